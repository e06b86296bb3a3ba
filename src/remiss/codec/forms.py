"""The form of any type that an action takes or returns, as annotations name it; made once for each type."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any

from remiss.codec import values
from remiss.codec.form import (
    ADVICE,
    Form,
    Schema,
    Side,
    bounded,
    constant,
    nullable,
    read_list,
    sequence,
    unfit,
    write_column,
    wrong,
)
from remiss.codec.listing import rows_form
from remiss.codec.records import is_record, record_form
from remiss.codec.values import NUMBER, PLAIN, choice, enumeration
from remiss.errors import RequestError
from remiss.parameters import OneOf, Range
from remiss.records.rows import Rows


@cache
def form_of(declared: Any) -> Form:
    """Return the form of a type: a record, `tuple[Run, ...]`, `Mapping[str, int]`, `str | None`, ...

    Raises
    ------
    TypeError : a type that has none, such as an open file, or a union whose members cannot be told apart in JSON
    """
    origin, inner = typing.get_origin(declared), typing.get_args(declared)
    if origin is typing.Annotated:
        chosen = next((each.words for each in inner[1:] if isinstance(each, OneOf)), None)
        if chosen is not None:
            form = choice({each: each for each in chosen})
            return many(form) if _is_list(inner[0]) else form
        bounds = next((each for each in inner[1:] if isinstance(each, Range)), None)
        return form_of(inner[0]) if bounds is None else bounded(form_of(inner[0]), bounds, whole=inner[0] is int)
    if origin in {typing.Union, types.UnionType}:
        return _union(inner)
    if origin is typing.Literal:
        return choice({each: each for each in inner})
    if origin is tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
        return _fixed([form_of(each) for each in inner])
    if _is_list(declared):
        return many(form_of(inner[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(form_of(inner[1]))
    return _of_class(declared)


def _is_list(declared: Any) -> bool:
    origin = typing.get_origin(declared)
    return isinstance(origin, type) and issubclass(origin, Sequence)


def _of_class(declared: Any) -> Form:
    if declared in PLAIN:
        return PLAIN[declared]
    if declared is object:
        return Form(write=_json, read=_json, schema=constant({}))
    if declared is Rows:
        return rows_form()
    if isinstance(declared, type) and issubclass(declared, Enum):
        return enumeration(declared)
    if is_record(declared):
        return record_form(declared, form_of)
    raise TypeError(f"{getattr(declared, '__name__', declared)} does not survive JSON")


def _json(value: Any, where: str = "") -> Any:
    """Return JSON as it is: what a model answered, for example, which has no type of its own."""
    match value:
        case None | bool() | str() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case Mapping():
            return {str(key): _json(item, where) for key, item in value.items()}
        case list() | tuple():
            return [_json(item, where) for item in value]
        case _:
            raise unfit(value, "what JSON can hold")


def _union(members: Sequence[Any]) -> Form:
    others = [member for member in members if member is not type(None)]
    if len(others) == 1:
        form = form_of(others[0])
    elif set(others) == {int, float}:
        form = NUMBER
    elif values.TYPES.issuperset(others):
        return values.open_form(frozenset(members))
    else:
        raise TypeError(f"a union of {len(others)} types cannot be told apart in JSON")
    return form if len(others) == len(members) else nullable(form)


def many(form: Form) -> Form:
    """Return the form of a list of things; they come back as a tuple."""
    return Form(
        write=lambda value: [*write_column(form, sequence(value))],
        read=lambda value, where: tuple(form.read(each, f"{where}[{at}]") for at, each in enumerate(read_list(value, where))),
        schema=lambda side: {"type": "array", "items": form.schema(side)},
    )


def _fixed(forms: Sequence[Form]) -> Form:
    def write(value: Any) -> object:
        return [form.write(each) for form, each in zip(forms, value, strict=True)]

    def read(value: object, where: str) -> tuple[Any, ...]:
        items = read_list(value, where)
        if len(items) != len(forms):
            raise RequestError(f"{where or 'the value'}: expected {len(forms)} items, got {len(items)}", do=ADVICE)
        return tuple(form.read(each, f"{where}[{at}]") for at, (form, each) in enumerate(zip(forms, items, strict=True)))

    def schema(side: Side) -> Schema:
        size, items = len(forms), [form.schema(side) for form in forms]
        # Not every reader of schemas knows `prefixItems`; most tuples are of one kind of thing and need none.
        told: Schema = {"items": items[0]} if all(each == items[0] for each in items) else {"prefixItems": items}
        return {"type": "array", **told, "minItems": size, "maxItems": size}

    return Form(write=write, read=read, schema=schema)


def _refuse(key: object) -> str:
    raise unfit(key, "the text that a key is")


def _mapping(form: Form) -> Form:
    write_item = form.write

    def write(value: Any) -> object:
        # What it mostly is first: to ask an abstract class takes longer than to write a short mapping.
        if type(value) is not dict and not isinstance(value, Mapping):
            raise unfit(value, "a mapping")
        return {key if type(key) is str else _refuse(key): write_item(item) for key, item in value.items()}

    def read(value: object, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong(where, "an object", value)
        return {key: form.read(item, f"{where}.{key}" if where else key) for key, item in value.items()}

    return Form(write=write, read=read, schema=lambda side: {"type": "object", "additionalProperties": form.schema(side)})
