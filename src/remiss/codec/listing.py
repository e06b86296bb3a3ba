"""Lists: a page of lines, or several whole things, as one object that says what it holds, where it was read and how to go on."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from remiss.codec.form import ADVICE, Form, Schema, Side, nullable, read_list, sequence, unfit, write_column, wrong
from remiss.codec.records import SCHEMA, FormOf, headed, name_of, same_keys
from remiss.codec.values import OPEN, PLAIN, read_text
from remiss.errors import RequestError
from remiss.records import arrow
from remiss.records.published import Several
from remiss.records.rows import Rows

LIST = "list"
_NUMBER = PLAIN[int]
_NUMBER_OR_NOTHING, _TOKEN, _TIME_OR_NOTHING = nullable(_NUMBER), nullable(PLAIN[str]), nullable(PLAIN[datetime])
_KEYS = ("of", "columns", "position", "total", "items", "next")
# Told where it was counted.
_BLINDED = "blinded"
# Told where keys of the query were written out.
_QUERY, _READ_AS = "query", "read_as"
_TOLD: Schema = {_QUERY: {"type": "string"}, _READ_AS: {"type": "array", "items": {"type": "string"}}}
_COUNT: Schema = {"type": "integer", "minimum": 0}


_COLUMNS: Schema = {"columns": {"type": "array", "items": {"type": "string"}}}


def list_schema(items: Schema, of: Schema) -> Schema:
    """Return the schema of a list of that; only one of lines says its columns."""
    properties = {
        SCHEMA: {"const": name_of(LIST)},
        "of": of,
        "position": _COUNT,
        "total": {"anyOf": [_COUNT, {"type": "null"}]},
        "items": {"type": "array", "items": items},
        "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    }
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def any_list() -> Schema:
    """Return the schema of any list."""
    found = list_schema({"type": "object"}, {"type": "string"})
    return found | {"properties": found["properties"] | _COLUMNS | {_BLINDED: _COUNT} | _TOLD}


def rows_form() -> Form:
    """Return the form of a page of lines. `columns` names the values of a line, which an empty page would not say otherwise."""

    def schema(_side: Side) -> Schema:
        found = any_list()
        return found | {"required": sorted([*found["required"], *_COLUMNS])}

    return Form(write=_write, read=_read, schema=schema, kind=LIST)


def _cells(kind: str, columns: Sequence[str]) -> list[Form]:
    """Return the form of each column: times are told as such in the columns that are known to have nothing else."""
    types = arrow.column_types(kind, columns)
    return [_TIME_OR_NOTHING if types.get(name) == arrow.TIME else OPEN for name in columns]


def _write(page: Any) -> dict[str, object]:
    if not isinstance(page, Rows):
        raise unfit(page, "a page of a list")
    columns = page.columns
    # Column by column: most have values of one type, and are JSON already.
    written = [
        write_column(form, values)
        for form, values in zip(_cells(page.schema, columns), zip(*page.rows, strict=True), strict=bool(page.rows))
    ]
    return {
        SCHEMA: name_of(LIST),
        "of": page.schema,
        "columns": [*columns],
        "position": _NUMBER.write(page.position),
        "total": _NUMBER_OR_NOTHING.write(page.total),
        "items": [dict(zip(columns, line, strict=True)) for line in (zip(*written, strict=True) if columns else page.rows)],
        "next": page.next,
        **({} if page.blinded is None else {_BLINDED: _NUMBER.write(page.blinded)}),
        **({_QUERY: page.query, _READ_AS: [*page.read_as]} if page.read_as else {}),
    }


def _read(value: object, where: str) -> Rows:
    document = headed(value, where, name_of(LIST), LIST)
    same_keys(document, (*_KEYS, _BLINDED, _QUERY, _READ_AS), _KEYS, where or LIST)
    at = f"{where}." if where else ""
    kind = read_text(document["of"], f"{at}of")
    columns = tuple(read_text(each, f"{at}columns") for each in read_list(document["columns"], f"{at}columns"))
    forms = dict(zip(columns, _cells(kind, columns), strict=True))
    if len(forms) < len(columns):
        raise RequestError(f"{at}columns: one is there twice", do=ADVICE)
    return Rows(
        kind,
        columns,
        tuple(
            _line(each, forms, f"{at}items[{number}]") for number, each in enumerate(read_list(document["items"], f"{at}items"))
        ),
        _NUMBER.read(document["position"], f"{at}position"),
        total=_NUMBER_OR_NOTHING.read(document["total"], f"{at}total"),
        next=_TOKEN.read(document["next"], f"{at}next"),
        blinded=_NUMBER_OR_NOTHING.read(document.get(_BLINDED), f"{at}{_BLINDED}"),
        query=_TOKEN.read(document.get(_QUERY), f"{at}{_QUERY}"),
        read_as=tuple(read_text(each, f"{at}{_READ_AS}") for each in read_list(document.get(_READ_AS, []), f"{at}{_READ_AS}")),
    )


def _line(value: object, forms: Mapping[str, Form], where: str) -> tuple[Any, ...]:
    if not isinstance(value, dict):
        raise wrong(where, "an object", value)
    same_keys(value, forms, forms, where)
    return tuple(form.read(value[name], f"{where}.{name}") for name, form in forms.items())


def several_form(said: Several, item: Form, form_of: FormOf) -> Form:
    """Return the form of a tuple that an action returns, as an object of its own kind or as a `list`."""
    whole = said.kind == LIST
    of = said.of or item.kind or "text"
    also = {key: (form_of(typing.get_type_hints(make)["return"]), make) for key, make in said.also}
    keys = ("of", "position", "total", said.items, "next") if whole else (*also, said.items)

    def write(value: Any) -> dict[str, object]:
        found = [item.write(each) for each in sequence(value)]
        if whole:
            # Where it was read is for the caller to say (`to_json`), who knows.
            told: dict[str, object] = {"of": of, "position": None, "total": len(found), said.items: found, "next": None}
        else:
            told = {key: form.write(make(value)) for key, (form, make) in also.items()} | {said.items: found}
        return {SCHEMA: name_of(said.kind), **told}

    def read(value: object, where: str) -> tuple[Any, ...]:
        document = headed(value, where, name_of(said.kind), said.kind)
        same_keys(document, keys, keys, where or said.kind)
        path = f"{where}.{said.items}" if where else said.items
        if whole and document["of"] != of:
            raise wrong(f"{where}.of" if where else "of", f"the text {of}", document["of"])
        found = tuple(item.read(each, f"{path}[{at}]") for at, each in enumerate(read_list(document[said.items], path)))
        for key, (_, make) in also.items():
            if document[key] != make(found):
                raise RequestError(f"{where or said.kind}: {key} does not agree with the rest", do=ADVICE)
        return found

    def schema(side: Side) -> Schema:
        if whole:
            return list_schema(item.schema(side), {"const": of})
        told = {key: form.schema(side) for key, (form, _) in also.items()}
        properties = {SCHEMA: {"const": name_of(said.kind)}, **told, said.items: {"type": "array", "items": item.schema(side)}}
        return {"type": "object", "properties": properties, "required": sorted(properties)}

    return Form(write=write, read=read, schema=schema, kind=said.kind)
