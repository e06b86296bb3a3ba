"""Binned: the statement that gives each event its window, what the criteria are on it, and its values as they are counted."""

from __future__ import annotations

from collections.abc import Sequence

from remiss.capture.sql.criteria import patterns, stated
from remiss.capture.sql.plan import LabelHistory, ScanPlan, Shape
from remiss.capture.sql.scan import steps
from remiss.capture.sql.spelling import literal, name
from remiss.capture.sql.statements import shown
from remiss.records.histogram import LABEL_DELAY, MISSING_BIN, Bins


def delayed(plan: ScanPlan) -> bool:
    """Return whether labels have times of their own, so that it is known how late they come."""
    return plan.checked.protocol.labels is not None and plan.history is not LabelHistory.NONE


def binned(plan: ScanPlan, bins: Bins, found: Sequence[str]) -> str:
    """Return the statement: `number`, `pattern`, and `field_0` on in the order of the bins.

    A category comes as its bin, a number as it is, for its bin is found faster outside.

    Parameters
    ----------
    found : all patterns that occur, as `spelled` gives them; the place in this list is what is given
    """
    values = []
    for at, (one, of) in enumerate(bins.fields.items()):
        value, kind = (_number(plan, one), "DOUBLE") if of.edges is not None else (_category(one, of.values or ()), "UTINYINT")
        values.append(f"CAST({value} AS {kind}) AS field_{at}")
    columns = [
        "CAST(remiss_window AS INTEGER) AS number",
        f"CAST(list_position([{', '.join(found)}], {_pattern(plan)}) - 1 AS USMALLINT) AS pattern",
        *values,
    ]
    lateness = LABEL_DELAY in bins.fields
    return f"{steps(plan, labels=True, lateness=lateness)}, stated AS ({stated(plan)}) SELECT {', '.join(columns)} FROM stated"


def _pattern(plan: ScanPlan) -> str:
    numbers = patterns(plan)
    return f"({numbers[0]})" if len(numbers) == 1 else f"concat_ws(':', {', '.join(numbers)})"


def spelled(numbers: Sequence[int]) -> str:
    """Return a pattern's integers as a literal of what tells patterns apart: one, or where there are many criteria a text.

    >>> spelled([12]), spelled([12, 7])
    ('12', "'12:7'")
    """
    return str(numbers[0]) if len(numbers) == 1 else literal(":".join(map(str, numbers)))


def _number(plan: ScanPlan, field: str) -> str:
    if field == LABEL_DELAY:
        return "remiss_first - remiss_at"
    return shown(plan, field) if plan.shapes[field] is Shape.INSTANT else name(field)


def _category(field: str, values: Sequence[str]) -> str:
    other = len(values) + 1
    found = f"list_position([{', '.join(map(literal, values))}], CAST({name(field)} AS VARCHAR))"
    named = f"COALESCE(NULLIF({found}, 0), {other})" if values else str(other)
    return f"CASE WHEN {name(field)} IS NULL THEN {MISSING_BIN} ELSE {named} END"
