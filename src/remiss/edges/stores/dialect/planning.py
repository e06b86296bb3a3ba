"""What the two planners have to be told.

PostgreSQL keeps statistics of every column and weighs by them. SQLite has none unless somebody runs ANALYZE, and then
prefers any index to none; so it is told where an index would only lead it through half of the table in random order.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Dialect
from sqlalchemy.sql.functions import FunctionElement

from remiss.edges.stores.dialect.spelling import compiled_as
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE


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
