"""The scale of a chart, which no single interval rules, and which of the rows are drawn in which order.

Shares begin at nought. The scale ends at most at 1.25 times the greatest upper end among rows of ten or more sampled events:
what goes on gets an arrow head, and its number is in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from remiss.present import estimate_facts
from remiss.present.chart_marks import ChartMark
from remiss.present.svg import Axis, axis
from remiss.records.estimate import Estimate, EstimateRow
from remiss.records.identity import parse_time

MARK_LIMIT, TIME_LIMIT = 40, 120
HEADROOM = 1.25
PERIODS = {"month": None, "week": timedelta(weeks=1), "day": timedelta(days=1), "window": None}


def scale_of(marks: Sequence[ChartMark], *, rate: bool, most: int = 6) -> Axis:
    """Return the scale of a chart.

    Parameters
    ----------
    most : how many ticks there may be
    """
    drawn = [mark for mark in marks if mark.number is not None]
    firm = [mark for mark in drawn if not mark.row.few]
    uppers = [mark.upper or 0.0 for mark in firm] or [mark.number or 0.0 for mark in drawn]
    everything = max((mark.upper or 0.0 for mark in drawn), default=0.0)
    limit = max(uppers, default=0.0) * HEADROOM or everything
    reach = min(limit, everything)
    found = axis([0.0, reach], most=most, rate=rate)
    if found.end <= limit or not limit:
        return found
    return Axis(found.start, limit, found.step, tuple(tick for tick in found.ticks if tick <= limit))


def moment_of(row: EstimateRow, by: str | None) -> datetime | None:
    """Return when a row's period begins; None where it is no period."""
    if by not in PERIODS or not isinstance(row.key, str):
        return None
    try:
        return datetime.fromisoformat(f"{row.key}-01").replace(tzinfo=UTC) if by == "month" else parse_time(row.key)
    except ValueError:
        return None


def over_time(estimate: Estimate) -> bool:
    """Return whether the rows of an estimate are periods."""
    return estimate.by in PERIODS and all(moment_of(row, estimate.by) is not None for row in estimate.rows)


def ordered(estimate: Estimate, *, by_name: bool = False) -> tuple[EstimateRow, ...]:
    """Return the rows as they are shown: periods in order, all else the greatest first or by name."""
    if over_time(estimate):
        return tuple(sorted(estimate.rows, key=lambda row: str(row.key)))
    if by_name:
        return tuple(sorted(estimate.rows, key=_name))
    return tuple(sorted(estimate.rows, key=_greatest))


def chosen(estimate: Estimate, *, by_name: bool = False, most: int = TIME_LIMIT) -> tuple[EstimateRow, ...]:
    """Return the rows that a chart draws: the 40 greatest, of periods the last 120; or `most` of them, where that is less."""
    rows = ordered(estimate, by_name=by_name)
    if over_time(estimate):
        return rows[-most:]
    kept = {id(row) for row in sorted(rows, key=_greatest)[: min(MARK_LIMIT, most)]}
    return tuple(row for row in rows if id(row) in kept)


def _greatest(row: EstimateRow) -> tuple[bool, float]:
    known = estimate_facts.figure_of(row, rate=False)[0] != estimate_facts.UNDEFINED
    return not known, -float(row.value or 0) if known else 0.0


def _name(row: EstimateRow) -> tuple[bool, bool, float, str]:
    """Return what rows are sorted by from A to Z: numbers by their size, and what is not known last."""
    numeric = isinstance(row.key, int | float) and not isinstance(row.key, bool)
    return row.key is None, not numeric, float(row.key) if numeric else 0.0, estimate_facts.key_of(row).casefold()  # type: ignore[arg-type]
