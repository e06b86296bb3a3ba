"""Kinds: the JSON Schema of whatever is published, by the name that `remiss schema` gives it.

They are those of what actions return, and of the records that these hold; the actions that are loaded decide which there are.
"""

from __future__ import annotations

import typing
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from remiss.action import ACTIONS
from remiss.codec.answers import answer_form
from remiss.codec.form import Schema
from remiss.codec.forms import form_of
from remiss.codec.listing import LIST, any_list
from remiss.codec.records import SCHEMA, is_record, name_of
from remiss.records.published import published_as

PROTOCOL = "protocol"
_TEXT: Schema = {"type": "string"}
_FIELD_ERROR: Schema = {
    "type": "object",
    "properties": {"field": _TEXT, "what": _TEXT, "do": _TEXT},
    "required": ["do", "field", "what"],
}
_WHERE: Schema = {
    "type": "object",
    "properties": {"file": _TEXT, "line": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}},
    "required": ["file", "line"],
}
_ERROR: Schema = {
    "type": "object",
    "properties": {
        "code": _TEXT,
        "what": _TEXT,
        "where": {"anyOf": [_WHERE, {"type": "null"}]},
        "do": _TEXT,
        # Of a labelling: what is wrong with each field of it.
        "fields": {"type": "array", "items": _FIELD_ERROR},
    },
    "required": ["code", "do", "what", "where"],
}
# What no action returns: how lists, errors and results are wrapped.
_WRAPPERS: Mapping[str, Schema] = {
    LIST: any_list(),
    "error": {"type": "object", "properties": {"error": _ERROR}, "required": ["error"]},
    "result": {
        "type": "object",
        "properties": {SCHEMA: {"const": name_of("result")}, "result": {}},
        "required": ["result", SCHEMA],
    },
}


def schemas() -> dict[str, Schema]:
    """Return the JSON Schema of every kind that the loaded actions publish."""
    found: dict[str, list[Schema]] = defaultdict(list)
    seen: set[Any] = set()
    for action in ACTIONS.values():
        form = answer_form(action.returns)
        for declared in _within(action.returns, seen):
            kind = published_as(declared).kind
            if kind not in {None, LIST}:
                found[kind].append(form_of(declared).schema("written"))
        if form.kind is not None and form.kind not in found and form.kind != LIST:
            found[form.kind].append(form.schema("written"))
    return {**_WRAPPERS, **{kind: _either(each) for kind, each in found.items()}}


def published(name: str) -> Schema:
    """Return the JSON Schema of that name.

    Raises
    ------
    KeyError : no such schema
    """
    if name == PROTOCOL:
        from remiss.protocol.model import json_schema

        return json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name_of(name), **schemas()[name]}


def names() -> tuple[str, ...]:
    """Return the names of all published schemas."""
    return (PROTOCOL, *sorted(schemas()))


def _within(declared: Any, seen: set[Any]) -> Iterator[type]:
    """Give the records that a type is made of, each only once."""
    inner = typing.get_args(declared)
    if inner and typing.get_origin(declared) is not typing.Literal:
        for each in inner:
            yield from _within(each, seen)
    elif is_record(declared) and declared not in seen:
        seen.add(declared)
        yield declared
        for each in typing.get_type_hints(declared, include_extras=True).values():
            yield from _within(each, seen)


def _either(found: list[Schema]) -> Schema:
    """Return the schema of records that share a kind: their keys together, of which those that all have are always there."""
    first, *others = found
    for other in others:
        required = [key for key in first["required"] if key in other["required"]]
        first = first | {"properties": other["properties"] | first["properties"], "required": required}
    return first
