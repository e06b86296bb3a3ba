"""Rules of nested values: parts of structs, elements of lists, values of maps, and what stands in JSON text.

A part that is not there is null, as a column's value that is missing: an element behind the end, a key that a map or an object
does not have, a text that is no JSON. A part that the log's schema does not know is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from remiss.protocol.expressions.refusal import refuse
from remiss.protocol.expressions.typed import (
    ExpressionReader,
    Rule,
    Typed,
    error,
    only,
    operand,
    say,
    show,
    try_cast,
    whole,
    written_whole,
)
from remiss.protocol.nearest import nearest
from remiss.protocol.structure import JSON, Nesting, Structure, leaves, written
from remiss.protocol.terms import Type

FURTHEST = 10_000


def of(node: exp.Expression, reads: frozenset[str], structure: Structure) -> Typed:
    """Return a value of a structure."""
    return Typed(node, structure.type, reads, zoned=structure.zoned, inner=structure if structure.form else None)


def part(value: Typed, name: str) -> Typed:
    """Return the part of a struct, or the value of a map, that has a name."""
    inner = value.inner
    if inner is not None and inner.form is Nesting.STRUCT:
        found = name if name in inner.fields else next((each for each in inner.fields if each.lower() == name.lower()), None)
        if found is None:
            known = [f"{show(value.node)}.{written(each)}" for each in inner.fields]
            raise error(f"{show(value.node)} has no part {name}", nearest(f"{show(value.node)}.{name}", known, "its parts are"))
        built = exp.StructExtract(this=value.node, expression=exp.Literal.string(found))
        return of(built, value.reads, inner.fields[found])
    if inner is not None and inner.form is Nesting.MAP:
        if inner.key is not Type.TEXT:
            raise error(f"the keys of {show(value.node)} are no text", f"write {show(value.node)}[1], with the key's own value")
        return _of_map(value, inner, exp.Literal.string(name))
    raise _without_parts(value, name)


def _without_parts(value: Typed, name: str) -> Exception:
    inner, shown = value.inner, show(value.node)
    if inner is not None and inner.form is Nesting.JSON:
        return error(f"{shown} is JSON, of which parts are named by a path", f"write {shown}->>'$.{written(name)}'")
    if inner is not None and inner.form is Nesting.LIST:
        return error(f"{shown} is a list, and a list has no part {name}", f"name an element first, for example {shown}[1]")
    if value.type is Type.TEXT:
        return error(f"{shown} is text, and a text has no part {name}", f"if it holds JSON, write {shown}->>'$.{written(name)}'")
    return error(
        f"{shown} is {say(value.type)} and has no part {name}", "name a column whose value is nested, or the column alone"
    )


def _of_map(value: Typed, inner: Structure, key: exp.Expression) -> Typed:
    assert inner.item is not None, "a map has values"
    return of(exp.Anonymous(this="map_extract_value", expressions=[value.node, key]), value.reads, inner.item)


def advice(value: Typed) -> str:
    """Return how a part of a nested value is named."""
    inner, shown = value.inner, show(value.node)
    if inner is None:
        return "have the log write the part as a column of its own"
    if inner.form is Nesting.STRUCT and inner.fields:
        example, _ = next(leaves(shown, inner))
        return f"name a part of it, for example {example}"
    example = {Nesting.LIST: f"{shown}[1]", Nesting.MAP: f"{shown}['key']"}.get(inner.form or Nesting.JSON, f"{shown}->>'$.name'")
    return f"name a part of it, for example {example}"


def dot(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read a part behind what is no plain name, as in `tags[1].name`."""
    only(node, "this", "expression")
    called = node.expression
    if isinstance(called, exp.Func):
        name = (called.name if isinstance(called, exp.Anonymous) else called.sql_name()).lower()
        raise error(f"{show(node)} calls a function of a value", f"write {name}({show(node.this)})")
    if not isinstance(called, exp.Identifier):
        raise refuse(node)
    return part(reader.read(node.this), called.name)


def bracket(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read `prediction['label']` and `tags[1]`."""
    only(node, "this", "expressions")
    keys = node.expressions
    if len(keys) != 1:
        raise refuse(node)
    value = reader.read(node.this)
    if isinstance(keys[0], exp.Literal) and keys[0].is_string:
        return part(value, keys[0].name)
    place = whole(keys[0])
    if place is None:
        raise error(f"{show(node)} does not name a fixed part", "write a quoted name or a whole number, as in tags[1]")
    # The parser counts from 0, as other dialects do.
    return _element(value, place + 1)


def _element(value: Typed, place: int) -> Typed:
    inner, shown = value.inner, show(value.node)
    if inner is not None and inner.form is Nesting.MAP and inner.key is Type.INTEGER:
        return _of_map(value, inner, written_whole(place))
    if inner is None or inner.form is not Nesting.LIST or inner.item is None:
        what = say(value.type) if inner is None else f"a {inner.form}"
        raise error(f"{shown} is {what} and has no element {place}", "name a list, or a part by its name")
    if not 0 < abs(place) <= FURTHEST:
        raise error(
            f"a list has no element {place}" if not place else f"the element {place} of a list is beyond what is read",
            f"the first element of a list is {shown}[1], the last one {shown}[-1]",
        )
    return of(exp.Anonymous(this="list_extract", expressions=[value.node, written_whole(place)]), value.reads, inner.item)


def struct_part(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read struct_extract, as which parts of structs are written anew."""
    only(node, "this", "expression")
    name = node.expression
    if not (isinstance(name, exp.Literal) and name.is_string):
        raise refuse(node)
    return part(reader.read(node.this), name.name)


def _list_element(node: exp.Anonymous, reader: ExpressionReader) -> Typed:
    value, place = node.expressions
    number = whole(place)
    if number is None:
        raise refuse(node)
    return _element(reader.read(value), number)


def _map_value(node: exp.Anonymous, reader: ExpressionReader) -> Typed:
    value, key = node.expressions
    if isinstance(key, exp.Literal) and key.is_string:
        return part(reader.read(value), key.name)
    return _list_element(node, reader)


# Functions that the parser has no node of its own for, by name and how many arguments they take.
CALLS: Mapping[tuple[str, int], Rule] = {
    ("list_extract", 2): _list_element,  # type: ignore[dict-item]
    ("map_extract_value", 2): _map_value,  # type: ignore[dict-item]
}


def json_part(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read `->`, the JSON at a path."""
    value, path = _json(node, reader)
    built = exp.JSONExtract(this=operand(value.node), expression=path, only_json_types=False)
    return of(built, value.reads, JSON)


def json_text(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read `->>`, the text of what stands at a path of JSON: of an object or a list it is the JSON."""
    value, path = _json(node, reader)
    built = exp.JSONExtractScalar(this=operand(value.node), expression=path, only_json_types=False, scalar_only=False)
    return Typed(built, Type.TEXT, value.reads)


def _json(node: exp.Expression, reader: ExpressionReader) -> tuple[Typed, exp.JSONPath]:
    only(node, "this", "expression", "only_json_types", "scalar_only")
    path = node.expression
    if not isinstance(path, exp.JSONPath):
        raise error(f"{show(node)} does not name a fixed path", "write a quoted path, for example payload->>'$.model'")
    inner = node.this
    while isinstance(inner, exp.Paren):
        inner = inner.this
    # As it is written anew, and reads back.
    if isinstance(inner, exp.TryCast) and inner.to.is_type("json"):
        inner = inner.this
    value = reader.read(inner)
    if value.inner is not None and value.inner.form is not Nesting.JSON:
        shown = show(value.node)
        raise error(
            f"{shown} is a {value.inner.form} and no JSON", f"name its part as in {shown}.name, {shown}['name'] or {shown}[1]"
        )
    if value.inner is None and value.type not in {Type.TEXT, Type.UNKNOWN}:
        raise error(f"{show(value.node)} is {say(value.type)} and holds no JSON", "name a column of text that holds JSON")
    # A text that is no JSON holds nothing at any path.
    already = value.inner is not None and isinstance(value.node, exp.JSONExtract)
    return (value if already else Typed(try_cast(value.node, "JSON"), value.type, value.reads)), _path(path, inner)


def _path(path: exp.JSONPath, value: exp.Expression) -> exp.JSONPath:
    steps: list[exp.Expression] = [exp.JSONPathRoot()]
    for step in path.expressions[1:]:
        match step:
            case exp.JSONPathKey(this=str(name)) if not re.search(r"[\"\\\x00-\x1f]", name):
                steps.append(exp.JSONPathKey(this=name))
            case exp.JSONPathSubscript(this=int(place)) if 0 <= place <= FURTHEST:
                steps.append(exp.JSONPathSubscript(this=place))
            case _:
                raise error(
                    f"the path into {show(value)} has a step that is no plain name or place",
                    "write names and places alone, for example '$.answer.items[0].name'",
                )
    if len(steps) < 2:
        raise error(f"the path into {show(value)} names no part", "write a name or place behind '$', for example '$.model'")
    return exp.JSONPath(expressions=steps)
