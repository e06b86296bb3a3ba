"""Floating-point numbers of the log: NaN is missing, as in the frames that most logs are written from.

NaN cannot be left to the engine's order, in which it is greatest. The statistics of a Parquet file leave NaN out, and DuckDB
decides comparisons, and isnan() too, for a whole file by them: what a row meets would depend on how rows are split into files.
isfinite() is always computed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

import sqlglot
from sqlglot import exp

from remiss.capture.sql.spelling import MOST_KNOWN

# What decides by a value instead of passing it on.
DECIDES = (exp.Predicate, exp.Case, exp.Greatest, exp.Least, exp.Nullif)
PARTS = (exp.Dot, exp.Bracket, exp.StructExtract)
ELEMENTS = frozenset({"LIST_EXTRACT", "MAP_EXTRACT_VALUE"})


def number(sql: str) -> str:
    """Return SQL that gives a floating-point number, null for NaN."""
    return f"CASE WHEN isfinite({sql}) OR ABS({sql}) = CAST('Infinity' AS DOUBLE) THEN {sql} END"


@lru_cache(MOST_KNOWN)
def deciding(sql: str) -> tuple[str, ...]:
    """Return the columns, and parts of nested ones, by whose values an expression decides, sorted.

    >>> deciding("CASE WHEN source.score > 1 THEN source.other END"), deciding("source.score * 2")
    (('source.score',), ())
    """
    return tuple(sorted({node.sql("duckdb") for node in _deciding(sqlglot.parse_one(sql, read="duckdb"))}))


def guarded(sql: str, floats: Collection[str]) -> str:
    """Return an expression in which those of its parts that are floating-point numbers, and decide, are null for NaN.

    >>> guarded("source.score < 1", {"source.score"})
    "CASE WHEN ISFINITE(source.score) OR ABS(source.score) = CAST('Infinity' AS DOUBLE) THEN source.score END < 1"
    """
    return _guarded(sql, frozenset(floats)) if floats else sql


@lru_cache(MOST_KNOWN)
def _guarded(sql: str, floats: frozenset[str]) -> str:
    parsed = sqlglot.parse_one(sql, read="duckdb")
    for node in list(_deciding(parsed)):
        if node.sql("duckdb") in floats:
            node.replace(sqlglot.parse_one(number(node.sql("duckdb")), read="duckdb"))
    return parsed.sql("duckdb")


def _deciding(parsed: exp.Expr) -> Iterator[exp.Expr]:
    for column in parsed.find_all(exp.Column):
        node: exp.Expr = column
        while node.parent is not None and _is_part(node.parent, node):
            node = node.parent
        if _decides(node):
            yield node


def _is_part(above: exp.Expr, node: exp.Expr) -> bool:
    """Return whether an expression is a part of a nested value: a field of a struct, an element of a list or a map."""
    if isinstance(above, exp.Anonymous):
        return above.name.upper() in ELEMENTS and above.expressions[0] is node
    return isinstance(above, PARTS) and node.arg_key == "this"


def _decides(node: exp.Expr) -> bool:
    """Return whether something above a part decides by it; what CASE gives is passed on."""
    below, above = node, node.parent
    while above is not None:
        given = isinstance(above, exp.Case) and below.arg_key != "this"
        if (isinstance(above, DECIDES) and not given) or (isinstance(above, exp.If) and below.arg_key == "this"):
            return True
        below, above = above, above.parent
    return False
