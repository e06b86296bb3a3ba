"""Conditions and values that SQLite and PostgreSQL spell differently: JSON members, many values, patterns.

Comparisons of the filter language that SQLite and PostgreSQL spell differently: globs, and numbers written as text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    Integer,
    String,
    Text,
    literal,
    literal_column,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from remiss.edges.stores.dialect.spelling import Condition, compiled_as
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE

# A pattern's value, given how a database spells the pieces between its stars.
Spell: TypeAlias = Callable[[Sequence[str]], str]
Pattern: TypeAlias = Callable[[Spell], ColumnElement[str]]
# What JSON takes for a number, within what a double holds.
NUMBER = r"^[ \t\n\r]*-?(0|[1-9][0-9]{0,39})([.][0-9]{1,40})?([eE][+-]?[0-9]{1,2})?[ \t\n\r]*$"


class _Glob(Condition):
    inherit_cache = True


class _AnyGlob(Condition):
    inherit_cache = True


class _Number(FunctionElement[float]):
    inherit_cache = True
    type = Float()


class _Ordered(FunctionElement[str]):
    inherit_cache = True
    type = Text()


def glob(of: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
    """Return whether text is the pattern's pieces with anything between; letter case counts."""
    return _Glob(of, pattern(_globbed), pattern(_liked))


def any_glob(of: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
    """Return whether a JSON list of texts has one that is the pattern's pieces with anything between."""
    return _AnyGlob(type_coerce(of, Text()), pattern(_globbed), pattern(_liked))


def number_in(of: ColumnElement[Any]) -> ColumnElement[float]:
    """Return the number that a text spells; null when it spells none."""
    return _Number(of)


def by_code_point(of: ColumnElement[Any]) -> ColumnElement[str]:
    """Return text that is compared by code point, whatever the server's language."""
    return _Ordered(of)


# Each database's own wildcards are taken literally where the user wrote them.
def _globbed(pieces: Sequence[str]) -> str:
    return "*".join("".join(f"[{letter}]" if letter in "*?[" else letter for letter in piece) for piece in pieces)


def _liked(pieces: Sequence[str]) -> str:
    return "%".join("".join(f"\\{letter}" if letter in "\\%_" else letter for letter in piece) for piece in pieces)


compiled_as(_Glob, {SQLITE: "({0} GLOB {1})", POSTGRESQL: "({0} LIKE {2})"})
compiled_as(
    _AnyGlob,
    {
        SQLITE: "EXISTS (SELECT 1 FROM json_each({0}) WHERE value GLOB {1})",
        POSTGRESQL: "EXISTS (SELECT 1 FROM jsonb_array_elements_text({0}) AS listed(value) WHERE value LIKE {2})",
    },
)
compiled_as(
    _Number,
    {
        SQLITE: (
            "(CASE WHEN json_valid({0}) THEN CASE WHEN json_type({0}) IN ('integer', 'real') THEN json_extract({0}, '$') END END)"
        ),
        POSTGRESQL: "(CASE WHEN {0} ~ '" + NUMBER + "' THEN {0}::double precision END)",
    },
)
compiled_as(_Ordered, {SQLITE: "{0}", POSTGRESQL: '({0} COLLATE "C")'})


class _JsonText(FunctionElement[str]):
    inherit_cache = True
    type = String()


class _JsonNumber(FunctionElement[float]):
    inherit_cache = True
    type = Float()


class _JsonPart(FunctionElement[str]):
    inherit_cache = True
    type = Text()


class _Member(FunctionElement[str]):
    inherit_cache = True
    type = Text()


class _JsonHas(Condition):
    inherit_cache = True


class _ListMember(Condition):
    inherit_cache = True


class _Among(Condition):
    inherit_cache = True


class _LeastListed(FunctionElement[str]):
    inherit_cache = True
    type = Text()


def least_listed(of: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the first of the texts of a JSON list by code point; null where it is empty."""
    return _LeastListed(type_coerce(of, Text()))


def json_text(of: ColumnElement[Any], name: str | None = None) -> ColumnElement[str]:
    """Return the member `name` of a JSON column as text, or the column's own scalar; booleans are `true` and `false`."""
    return _JsonText(type_coerce(of, Text()), *_names(name))


def json_part(of: ColumnElement[Any], name: str) -> ColumnElement[str]:
    """Return the member `name` of a JSON column as the text of its JSON; null where there is none."""
    return _JsonPart(type_coerce(of, Text()), *_names(name))


def member(of: ColumnElement[Any], name: str) -> ColumnElement[str]:
    """Return the member `name` of JSON that is kept as text, as an index can have it; `name` is a word of this program."""
    return _Member(of, literal_column(f"'{name}'"))


def list_member(of: ColumnElement[Any], name: str, key: str, value: str) -> ColumnElement[bool]:
    """Return whether JSON that is kept as text has a list `name` of objects, of which one has `value` under `key`, both words."""
    return _ListMember(of, literal_column(f"'{name}'"), literal_column(f"'{key}'"), literal(value, Text()))


def as_bytes(connection: Connection, column: str) -> str:
    """Return the SQL of a column of text as UTF-8."""
    return f"CAST({column} AS BLOB)" if connection.dialect.name == SQLITE else f"convert_to({column}, 'UTF8')"


def surely_bytes(connection: Connection, column: str) -> str:
    """Return the SQL of a column of bytes, as bytes whatever somebody wrote there: SQLite keeps anything in any column."""
    return f"CAST({column} AS BLOB)" if connection.dialect.name == SQLITE else column


def surely_whole(connection: Connection, column: str) -> str:
    """Return the SQL of a column of whole numbers, 0 where somebody wrote something else there."""
    return f"CASE typeof({column}) WHEN 'integer' THEN {column} ELSE 0 END" if connection.dialect.name == SQLITE else column


def json_number(of: ColumnElement[Any], name: str | None = None) -> ColumnElement[float]:
    """Return the same as a number; null when it is none."""
    return _JsonNumber(type_coerce(of, Text()), *_names(name))


def _names(name: str | None) -> tuple[ColumnElement[str], ...]:
    return () if name is None else (literal(name, Text()),)


def json_has(of: ColumnElement[Any], value: ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether a JSON list of texts has `value`."""
    return _JsonHas(type_coerce(of, Text()), value)


def among(of: ColumnElement[Any], values: Sequence[str] | Sequence[int]) -> ColumnElement[bool]:
    """Return whether `of` is one of `values`, all texts or all integers: any number of them in one bound value."""
    return among_listed(of, literal(json.dumps(list(values)), Text()))


def among_listed(of: ColumnElement[Any], values: ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether `of` is one of the values of a JSON list."""
    return _Among(of, values)


def _sql(compiler: SQLCompiler, element: FunctionElement[Any], **kw: Any) -> list[str]:
    return [compiler.process(part, **kw) for part in element.clauses]


@compiles(_JsonText, SQLITE)
def _json_text_sqlite(element: _JsonText, compiler: SQLCompiler, **kw: Any) -> str:
    of, path = _path(compiler, element, **kw)
    return (
        f"(CASE json_type({of}, {path}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
        f"ELSE CAST(json_extract({of}, {path}) AS TEXT) END)"
    )


@compiles(_JsonPart, SQLITE)
def _json_part_sqlite(element: _JsonPart, compiler: SQLCompiler, **kw: Any) -> str:
    of, path = _path(compiler, element, **kw)
    return f"({of} -> ({path}))"


@compiles(_JsonNumber, SQLITE)
def _json_number_sqlite(element: _JsonNumber, compiler: SQLCompiler, **kw: Any) -> str:
    of, path = _path(compiler, element, **kw)
    return f"(CASE WHEN json_type({of}, {path}) IN ('integer', 'real') THEN json_extract({of}, {path}) END)"


def _path(compiler: SQLCompiler, element: FunctionElement[Any], **kw: Any) -> tuple[str, str]:
    of, *name = _sql(compiler, element, **kw)
    return of, f"'$.\"' || {name[0]} || '\"'" if name else "'$'"


@compiles(_JsonText, POSTGRESQL)
def _json_text_postgresql(element: _JsonText, compiler: SQLCompiler, **kw: Any) -> str:
    of, *name = _sql(compiler, element, **kw)
    return f"({of} ->> {name[0]})" if name else f"({of} #>> '{{}}')"


@compiles(_JsonNumber, POSTGRESQL)
def _json_number_postgresql(element: _JsonNumber, compiler: SQLCompiler, **kw: Any) -> str:
    of, *name = _sql(compiler, element, **kw)
    part = f"({of} -> {name[0]})" if name else of
    return f"(CASE WHEN jsonb_typeof({part}) = 'number' THEN ({part} #>> '{{}}')::double precision END)"


compiled_as(_JsonPart, {POSTGRESQL: "({0} -> {1})"})
compiled_as(_Member, {SQLITE: "({0} ->> {1})", POSTGRESQL: "(({0}::jsonb) ->> {1})"})
compiled_as(
    _ListMember,
    {
        SQLITE: "EXISTS (SELECT 1 FROM json_each({0}, '$.' || {1}) AS each WHERE each.value ->> {2} = {3})",
        POSTGRESQL: "coalesce((({0}::jsonb) -> {1}) @> jsonb_build_array(jsonb_build_object({2}::text, {3})), false)",
    },
)
compiled_as(
    _LeastListed,
    {
        SQLITE: "(SELECT min(value) FROM json_each({0}))",
        POSTGRESQL: '(SELECT min(value COLLATE "C") FROM jsonb_array_elements_text({0}) AS listed(value))',
    },
)
compiled_as(_JsonHas, {SQLITE: "({1} IN (SELECT value FROM json_each({0})))", POSTGRESQL: "({0} @> to_jsonb({1}))"})
compiled_as(_Among, {SQLITE: "({0} IN (SELECT value FROM json_each({1})))"})


@compiles(_Among, POSTGRESQL)
def _among_postgresql(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    of, values = _sql(compiler, element, **kw)
    each = f"(SELECT value FROM jsonb_array_elements_text({values}::jsonb) AS each(value))"
    whole = isinstance(next(iter(element.clauses)).type, Integer | BigInteger)
    return f"({of} = ANY(ARRAY{each}{'::bigint[]' if whole else ''}))"
