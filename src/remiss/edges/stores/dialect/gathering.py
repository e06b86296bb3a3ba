"""Gathering the rows of a side table into one value of the row that they belong to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE, Json


class _Gathered(FunctionElement[Any]):
    inherit_cache = True
    type = Json()


def gathered(of: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the aggregate of values as a JSON list, in no order; on PostgreSQL null, not an empty one, where there are none."""
    return _Gathered(of)


@compiles(_Gathered, SQLITE)
def _gathered_sqlite(element: _Gathered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_group_array({compiler.process(next(iter(element.clauses)), **kw)})"


@compiles(_Gathered, POSTGRESQL)
def _gathered_postgresql(element: _Gathered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"jsonb_agg({compiler.process(next(iter(element.clauses)), **kw)})"
