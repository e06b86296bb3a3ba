"""Answers and arguments as published JSON, and back: what every face tells, and what travels to a server and home again."""

from __future__ import annotations

import json
import math
import typing
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from remiss.codec.form import Form, Schema
from remiss.codec.forms import form_of
from remiss.codec.listing import LIST, several_form
from remiss.codec.records import is_record, record_form
from remiss.records.published import Several, published_as

Json = Any


def to_json(value: Any, declared: Any = None, *, position: int | None = None) -> Json:
    """Return a value as published JSON.

    Parameters
    ----------
    declared : the type that it was declared as, for example `action.returns`; default: its own, if it is a record
    position : where several things were read, for a `list` of them; one that is a page (`Rows`) knows its own

    Raises
    ------
    TypeError : a value of another type than declared, or of one that does not survive JSON
    """
    if declared is None:
        if not is_record(type(value)):
            raise TypeError(f"say what a {type(value).__name__} was declared as")
        declared = type(value)
    found = answer_form(declared).write(value)
    if position is not None and listed(declared):
        found["position"] = position  # type: ignore[index]
    return found


def from_json(declared: Any, document: object, where: str = "") -> Any:
    """Return the value of type `declared` that `document`, parsed JSON, stands for.

    Parameters
    ----------
    where : the path to `document`, for messages

    Raises
    ------
    RequestError : another form, an unknown or missing key, a number out of bounds
    """
    return answer_form(declared).read(document, where)


def parsed(text: str) -> Json:
    """Return what a text of JSON says, as RFC 8259 has it and with no name twice in one object.

    The standard library takes NaN and Infinity, which are no JSON, and of a name that stands twice the last value, so that a
    program that checks a text and one that acts by it may see two different ones.

    Raises
    ------
    JSONDecodeError : it is no JSON, a name stands twice in one object, or a number is greater than any that programs hold

    >>> parsed('{"case": "k7", "n": [1, 2.5, null]}')
    {'case': 'k7', 'n': [1, 2.5, None]}
    """

    def refuse(what: str) -> json.JSONDecodeError:
        return json.JSONDecodeError(what, text, 0)

    def constant(name: str) -> object:
        raise refuse(f"{name} is no number in JSON")

    def number(said: str) -> float:
        value = float(said)
        if math.isinf(value):
            raise refuse(f"{said[:40]} is greater than any number that programs hold")
        return value

    def named(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
            raise refuse(f"{twice[:40]!r} stands twice in one object")
        return found

    return json.loads(text, object_pairs_hook=named, parse_constant=constant, parse_float=number)


def schema_of(declared: Any, *, given: bool = False) -> Schema:
    """Return the JSON Schema of a type: of what is written, or `given` of what is accepted, where defaults may be left out."""
    return answer_form(declared).schema("accepted" if given else "written")


def kind_of(declared: Any) -> str | None:
    """Return the published name of what a type is written as; None where it has none, such as text."""
    return answer_form(declared).kind


def listed(declared: Any) -> bool:
    """Return whether a type is written as a `list` that has to be told where it was read."""
    return typing.get_origin(declared) is not None and kind_of(declared) == LIST


@cache
def answer_form(declared: Any) -> Form:
    """Return the form of a type that stands by itself: a tuple of things that have a kind is an object too."""
    inner = typing.get_args(declared)
    if typing.get_origin(declared) is typing.Annotated:
        said = next((each for each in inner[1:] if isinstance(each, Several)), None)
        return form_of(declared) if said is None else several_form(said, form_of(typing.get_args(inner[0])[0]), form_of)
    if typing.get_origin(declared) is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        item = form_of(inner[0])
        return form_of(declared) if item.kind is None else several_form(Several(), item, form_of)
    if is_record(declared) and published_as(declared).read is not None:
        return record_form(declared, form_of, answer=True)
    return form_of(declared)
