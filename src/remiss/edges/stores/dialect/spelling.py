"""Elements of a statement that each database spells its own way.

Gathering the rows of a side table into one value of the row that they belong to.

What the two planners have to be told.

PostgreSQL keeps statistics of every column and weighs by them. SQLite has none unless somebody runs ANALYZE, and then
prefers any index to none; so it is told where an index would only lead it through half of the table in random order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE

_PART = re.compile(r"\{([0-9])\}")


class Condition(FunctionElement[bool]):
    """A condition of its own spelling, which is one already: SQLAlchemy would write `= 1` behind it and hide the index."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> Condition:
        return self


def compiled_as(kind: type[FunctionElement[Any]], spellings: Mapping[str, str]) -> None:
    """Say how dialects spell a kind of element.

    Parameters
    ----------
    spellings : by dialect, SQL in which `{0}`, `{1}` and so on stand for the element's parts; what does not stand there is not
        bound either
    """
    for dialect, spelling in spellings.items():
        compiles(kind, dialect)(partial(_filled, spelling))


def _filled(spelling: str, element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    parts = list(element.clauses)
    texts = {at: compiler.process(parts[int(at)], **kw) for at in sorted(set(_PART.findall(spelling)))}
    return _PART.sub(lambda part: texts[part[1]], spelling)


class _Gathered(FunctionElement[str]):
    inherit_cache = True
    type = Text()


def gathered(of: ColumnElement[str]) -> ColumnElement[str]:
    """Return the aggregate of texts set apart by commas, in no order; null where there are none."""
    return _Gathered(of)


compiled_as(_Gathered, {SQLITE: "group_concat({0}, ',')", POSTGRESQL: "string_agg({0}, ',')"})


class _Unindexed(FunctionElement[Any]):
    inherit_cache = True


def weighs(dialect: Dialect) -> bool:
    """Return whether the planner knows how common values are."""
    return dialect.name == POSTGRESQL


def hashes(dialect: Dialect) -> bool:
    """Return whether groups are found by hashing, so that few groups cost little however many columns make one; SQLite sorts."""
    return dialect.name == POSTGRESQL


def unindexed(of: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column as a value for which SQLite uses no index."""
    element = _Unindexed(of)
    element.type = of.type
    return element


compiled_as(_Unindexed, {SQLITE: "+{0}", POSTGRESQL: "{0}"})
