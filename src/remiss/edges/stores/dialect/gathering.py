"""Gathering the rows of a side table into one value of the row that they belong to."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Text
from sqlalchemy.sql.functions import FunctionElement

from remiss.edges.stores.dialect.spelling import compiled_as
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE


class _Gathered(FunctionElement[str]):
    inherit_cache = True
    type = Text()


def gathered(of: ColumnElement[str]) -> ColumnElement[str]:
    """Return the aggregate of texts set apart by commas, in no order; null where there are none."""
    return _Gathered(of)


compiled_as(_Gathered, {SQLITE: "group_concat({0}, ',')", POSTGRESQL: "string_agg({0}, ',')"})
