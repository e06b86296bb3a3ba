"""Comparisons of the filter language that SQLite and PostgreSQL spell differently: globs, and numbers written as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Float, Text, type_coerce
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
