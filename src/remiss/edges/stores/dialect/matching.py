"""Comparisons of the filter language that SQLite and PostgreSQL spell differently: globs, and numbers written as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Float, Text, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from remiss.edges.stores.dialect.conditions import Condition
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


def _sql(compiler: SQLCompiler, element: FunctionElement[Any], at: int, **kw: Any) -> str:
    return compiler.process(list(element.clauses)[at], **kw)


@compiles(_Glob, SQLITE)
def _glob_sqlite(element: _Glob, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({_sql(compiler, element, 0, **kw)} GLOB {_sql(compiler, element, 1, **kw)})"


@compiles(_Glob, POSTGRESQL)
def _glob_postgresql(element: _Glob, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({_sql(compiler, element, 0, **kw)} LIKE {_sql(compiler, element, 2, **kw)})"


@compiles(_AnyGlob, SQLITE)
def _any_glob_sqlite(element: _AnyGlob, compiler: SQLCompiler, **kw: Any) -> str:
    of, pattern = _sql(compiler, element, 0, **kw), _sql(compiler, element, 1, **kw)
    return f"EXISTS (SELECT 1 FROM json_each({of}) WHERE value GLOB {pattern})"


@compiles(_AnyGlob, POSTGRESQL)
def _any_glob_postgresql(element: _AnyGlob, compiler: SQLCompiler, **kw: Any) -> str:
    of, pattern = _sql(compiler, element, 0, **kw), _sql(compiler, element, 2, **kw)
    return f"EXISTS (SELECT 1 FROM jsonb_array_elements_text({of}) AS listed(value) WHERE value LIKE {pattern})"


@compiles(_Number, SQLITE)
def _number_sqlite(element: _Number, compiler: SQLCompiler, **kw: Any) -> str:
    of = _sql(compiler, element, 0, **kw)
    return (
        f"(CASE WHEN json_valid({of}) THEN CASE WHEN json_type({of}) IN ('integer', 'real') THEN json_extract({of}, '$') END END)"
    )


@compiles(_Number, POSTGRESQL)
def _number_postgresql(element: _Number, compiler: SQLCompiler, **kw: Any) -> str:
    of = _sql(compiler, element, 0, **kw)
    return f"(CASE WHEN {of} ~ '{NUMBER}' THEN {of}::double precision END)"


@compiles(_Ordered, SQLITE)
def _ordered_sqlite(element: _Ordered, compiler: SQLCompiler, **kw: Any) -> str:
    return _sql(compiler, element, 0, **kw)


@compiles(_Ordered, POSTGRESQL)
def _ordered_postgresql(element: _Ordered, compiler: SQLCompiler, **kw: Any) -> str:
    return f'({_sql(compiler, element, 0, **kw)} COLLATE "C")'
