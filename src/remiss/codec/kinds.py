"""Kinds: the JSON Schema of whatever is published, by the name that `remiss schema` gives it.

They are those of what actions return, and of the records that these hold. The table of actions tells which there are, so that
their names are known without loading one.
"""

from __future__ import annotations

import typing
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

from remiss.codec.answers import answer_form
from remiss.codec.form import Schema
from remiss.codec.forms import form_of
from remiss.codec.listing import LIST, any_list
from remiss.codec.records import SCHEMA, is_record, name_of
from remiss.contract.table import action_of, entries
from remiss.records.published import published_as

# Documents that people write, by name: the module that knows its schema.
DOCUMENTS: Mapping[str, str] = {
    "protocol": "remiss.protocol.model",
    "scenarios": "remiss.safeguard.scenarios.document",
    "policy": "remiss.safeguard.gate_policy",
}
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


def kinds_of(declared: Any) -> frozenset[str]:
    """Return the names of what a type publishes: its own, and those of the records that it holds; `list` is none of them."""
    own = {published_as(each).kind for each in _within(declared, set())} | {answer_form(declared).kind}
    return frozenset(each for each in own if each not in {None, LIST})


def schemas() -> dict[str, Schema]:
    """Return the JSON Schema of every published kind but those of documents; this loads all chapters."""
    return {**_WRAPPERS, **_described(entries())}


def published(name: str) -> Schema:
    """Return the JSON Schema of that name, loading the actions that publish it.

    Raises
    ------
    KeyError : no such schema
    """
    if name in DOCUMENTS:
        document: Schema = import_module(DOCUMENTS[name]).json_schema()
        return document
    schema = (
        _WRAPPERS.get(name)
        or _described(action for action, entry in entries().items() if name in (entry.kind, *entry.kinds))[name]
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name_of(name), **schema}


def names() -> tuple[str, ...]:
    """Return the names of all published schemas, without loading an action."""
    return (*DOCUMENTS, *sorted({*_WRAPPERS, *(kind for entry in entries().values() for kind in (entry.kind, *entry.kinds))}))


def _described(actions: Iterable[str]) -> dict[str, Schema]:
    """Return the schemas of what some actions return, by kind."""
    found: dict[str, list[Schema]] = defaultdict(list)
    seen: set[Any] = set()
    for returns in dict.fromkeys(action_of(name).returns for name in actions):
        form = answer_form(returns)
        if form.kind not in {None, LIST}:
            found[form.kind].append(form.schema("written"))
        for declared in _parts(returns, seen):
            kind = published_as(declared).kind
            if kind not in {None, LIST}:
                found[kind].append(form_of(declared).schema("written"))
    return {kind: _either(each) for kind, each in found.items()}


def _parts(returns: Any, seen: set[Any]) -> Iterator[type]:
    """Give the records that an answer is made of, but for itself."""
    if not is_record(returns):
        yield from _within(returns, seen)
        return
    for each in typing.get_type_hints(returns, include_extras=True).values():
        yield from _within(each, seen)


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
