"""Gathering the rows of a side table into one value of the row that they belong to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE


class _Gathered(FunctionElement[str]):
    inherit_cache = True
    type = Text()


def gathered(of: ColumnElement[str]) -> ColumnElement[str]:
    """Return the aggregate of texts set apart by commas, in no order; null where there are none."""
    return _Gathered(of)


@compiles(_Gathered, SQLITE)
def _gathered_sqlite(element: _Gathered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"group_concat({compiler.process(next(iter(element.clauses)), **kw)}, ',')"


@compiles(_Gathered, POSTGRESQL)
def _gathered_postgresql(element: _Gathered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"string_agg({compiler.process(next(iter(element.clauses)), **kw)}, ',')"
