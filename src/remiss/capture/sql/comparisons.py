"""Comparisons of the filter language as SQL over the log: one term against one field of an event.

They mean what they mean in the catalog (design, section 4): numbers are compared with numbers and are equal to text that spells
them alike, text is compared with text by code points, what is null fulfils nothing.

The questions of a count over the log: how many events of a window are alike, and how many units two versions answered alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from remiss.capture.sql.criteria import patterns, stated
from remiss.capture.sql.plan import ScanPlan, Shape
from remiss.capture.sql.scan import steps
from remiss.capture.sql.spelling import literal, name
from remiss.catalog.query.expression import Operator, Term
from remiss.catalog.query.fields import field_of
from remiss.catalog.query.values import pieces
from remiss.errors import QueryError
from remiss.records.event import to_text
from remiss.records.identity import to_micros

SIGNS = {
    Operator.EQUAL: "=",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
    Operator.GREATER: ">",
    Operator.AT_LEAST: ">=",
}
NUMBERS = frozenset({Shape.INTEGER, Shape.WIDE, Shape.NUMBER, Shape.DECIMAL})
# Fields whose values are text in the catalog, whatever the log has.
NAMING = frozenset({"id", "model_version", "model_digest", "features", "status", "trace_id"})
# Floating point, whatever the log has.
AMOUNTS = frozenset({"confidence", "latency_ms"})


def comparison(term: Term, plan: ScanPlan) -> str:
    """Return the condition that an event fulfils a term on one of its fields; never null.

    Raises
    ------
    QueryError : a field whose values leave the log otherwise than they are compared in it
    """
    if term.key == "occurred":
        return "TRUE" if term.operator is Operator.PRESENT else f"remiss_at {SIGNS[term.operator]} {_micros(term)}"
    field = field_of(term.key)
    quoted = name(field)
    if term.operator is Operator.PRESENT:
        return f"{quoted} IS NOT NULL"
    shape = plan.shapes[field]
    if field in NAMING:
        return f"COALESCE({_of_text(f'CAST({quoted} AS VARCHAR)', term)}, FALSE)"
    if field in AMOUNTS or shape in NUMBERS:
        return f"COALESCE({_of_number(f'CAST({quoted} AS DOUBLE)', term, field)}, FALSE)"
    if shape is Shape.BOOLEAN:
        return f"COALESCE({_of_truth(quoted, term)}, FALSE)"
    if shape is Shape.TEXT:
        return f"COALESCE({_of_text(f'CAST({quoted} AS VARCHAR)', term)}, FALSE)"
    raise QueryError(
        f"{term.key} is {shape.value} in the log, and nothing is compared with it there",
        do="leave it out of an exact count, or ask without --exact",
    )


def _micros(term: Term) -> int:
    if not isinstance(term.value, datetime):
        raise QueryError(f"{term.key} is compared with {term.value!r}", do="compare it with a time")
    return to_micros(term.value)


def _of_text(sql: str, term: Term) -> str:
    if term.operator is Operator.GLOB:
        return _glob(sql, str(term.value))
    if term.operator is Operator.EQUAL:
        return f"{sql} = {literal(to_text(term.value) or '')}"
    # Text is in no order with numbers.
    return f"{sql} {SIGNS[term.operator]} {literal(str(term.value))}" if isinstance(term.value, str) else "FALSE"


def _of_number(sql: str, term: Term, field: str) -> str:
    if term.operator is Operator.GLOB:
        raise QueryError(f"{field} is a number in the log, and a pattern is of text", do=f"compare it, as in {field}:>=10")
    if isinstance(term.value, bool) or not isinstance(term.value, int | float):
        return "FALSE"
    return f"{sql} {SIGNS[term.operator]} CAST({literal(repr(float(term.value)))} AS DOUBLE)"


def _of_truth(sql: str, term: Term) -> str:
    spelled = to_text(term.value)
    if term.operator is not Operator.EQUAL or spelled not in {"true", "false"}:
        return "FALSE"
    return f"{sql} = {spelled.upper()}"


def _glob(sql: str, pattern: str) -> str:
    """Return the condition that a text fits a pattern: its first piece, its last, and those between in order."""
    escaped = [piece.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for piece in pieces(pattern)]
    return f"{sql} LIKE {literal('%'.join(escaped))} ESCAPE '\\'"


def alike(plan: ScanPlan, terms: Sequence[str], key: str | None) -> str:
    """Return the statement that counts the events of each window that are alike: in state, label, conditions and one value.

    Parameters
    ----------
    terms : conditions over fields, never null
    key : an expression over fields; None counts by none
    """
    columns = {f"pattern_{at}": sql for at, sql in enumerate(patterns(plan))}
    columns["labelled"] = '"label" IS NOT NULL' if "label" in plan.checked.fields else "FALSE"
    columns |= {f"term_{at}": sql for at, sql in enumerate(terms)}
    columns |= {} if key is None else {"key": key}
    listed = ", ".join(f"{sql} AS {column}" for column, sql in columns.items())
    return (
        f"{steps(plan, labels=True)}, stated AS ({stated(plan)}), placed AS (SELECT remiss_window, {listed} FROM stated) "
        f"SELECT remiss_window, {', '.join(columns)}, COUNT(*) AS population FROM placed "
        f"GROUP BY remiss_window, {', '.join(columns)}"
    )


def paired(plan: ScanPlan, unit: str, baseline: str, candidate: str) -> str:
    """Return the statement that counts the units of each window that are alike in what two versions answered about them.

    `was` and `now` are how often each version answered, 2 for more than once; where each did once, `was_0` and so on and `now_0`
    are the patterns of both answers. `population` counts the events of the units, whichever version answered.

    Parameters
    ----------
    unit : the field whose values belong together; an event without one is a unit of its own
    """
    numbers = patterns(plan)
    listed = "".join(f", {sql} AS pattern_{at}" for at, sql in enumerate(numbers))
    sides = {"was": literal(baseline), "now": literal(candidate)}
    counts = ", ".join(f"COUNT(*) FILTER (WHERE version = {of}) AS {side}" for side, of in sides.items())
    each = "".join(
        f", MAX(pattern_{at}) FILTER (WHERE version = {of}) AS {side}_{at}"
        for side, of in sides.items()
        for at in range(len(numbers))
    )
    once = "".join(
        f", CASE WHEN was = 1 AND now = 1 THEN {side}_{at} END AS {side}_{at}" for side in sides for at in range(len(numbers))
    )
    return (
        f"{steps(plan, labels=True)}, stated AS ({stated(plan)}), "
        f"placed AS (SELECT remiss_window, COALESCE(NULLIF(CAST({name(unit)} AS VARCHAR), ''), id) AS unit, "
        f'CAST("model_version" AS VARCHAR) AS version{listed} FROM stated), '
        f"units AS (SELECT remiss_window, unit, COUNT(*) AS events, {counts}{each} FROM placed GROUP BY remiss_window, unit) "
        f"SELECT remiss_window, LEAST(was, 2) AS was, LEAST(now, 2) AS now{once}, COUNT(*) AS units, "
        "CAST(SUM(events) AS BIGINT) AS population FROM units GROUP BY ALL"
    )
