"""Charts of safeguards, for pages and notebooks: what a version passes, how two differ, and what a gate held against margins."""

from __future__ import annotations

from collections.abc import Sequence

from remiss.present.chart_marks import NONE, SURE, UNKNOWN, ChartMark
from remiss.present.forest import differences, shares
from remiss.present.legible import without_namespace
from remiss.present.result_words import MEASURES, figure_value, of_what, points
from remiss.records.estimate import EstimateRow
from remiss.records.gate import GateCondition
from remiss.records.result import PairedDifference, ResultFigure

# So many figures are drawn; all are in the table.
DRAWN = 40
# Under so many independent events a figure is drawn hollow.
ENOUGH = 10
# The title of a chart, and the picture; both empty where there is nothing to draw.
Picture = tuple[str, str]


def named(found: ResultFigure | PairedDifference) -> str:
    """Return which events a figure is about, where no head says what kind of name it is.

    >>> named(ResultFigure(group="severity", name="2", measure="pass-rate", value=None, low=None, high=None, events=0,
    ...                    families=0, effective=0.0))
    'Severity 2'
    """
    return f"{'Severity ' if found.group == 'severity' else ''}{without_namespace(of_what(found))}"


def rates(found: Sequence[ResultFigure], width: int | None = None) -> Picture:
    """Return the chart of the shares among the figures of a result, in their order."""
    shown = [each for each in found if not each.measure.endswith("-ms")][:DRAWN]
    marks = []
    for each in shown:
        value, _, interval = figure_value(each).partition(" (")
        sure = each.low is not None and each.high is not None
        kind = NONE if each.value is None else SURE if sure else UNKNOWN
        row = _row(each.name, each.value, each.low if sure else None, each.high if sure else None, each.effective)
        says = f"{value} %" if interval else value
        label = f"{named(each)}: {MEASURES[each.measure]}"
        marks.append(ChartMark(kind, label, says, interval.removesuffix(") %") if kind is SURE else "", row))
    known = [mark for mark in marks if mark.number is not None]
    if not known:
        return "", ""
    title = f"{known[0].label} {known[0].value}"
    return title, shares(marks, title, width)


def compared(found: Sequence[PairedDifference], width: int | None = None) -> Picture:
    """Return the chart of differences between two versions: those that are surely some first, then the largest."""
    largest = sorted(found, key=lambda each: (each.low <= 0 <= each.high, -abs(each.difference)))[:DRAWN]
    if not largest:
        return "", ""
    marks = []
    for each in largest:
        text, _, interval = points(each).partition(" ")
        row = _row(each.name, each.difference, each.low, each.high, each.effective)
        marks.append(ChartMark(SURE, named(each), text, interval.strip("()"), row))
    first = largest[0]
    sure = not first.low <= 0 <= first.high
    title = f"Differs most: {marks[0].label}, by {marks[0].value} points" if sure else "No difference is sure"
    return title, differences(marks, title, width=width)[0]


def conditions(found: Sequence[GateCondition], width: int | None = None) -> Picture:
    """Return the chart of the conditions that are differences with a margin."""
    marks, margins = [], []
    for each in found:
        if each.value is None or each.low is None or each.high is None or each.threshold is None:
            continue
        margins.append(each.threshold)
        interval = f"{100 * each.low:+.1f} to {100 * each.high:+.1f}, margin {100 * each.threshold:g}"
        row = _row(each.name, each.value, each.low, each.high, each.effective or 0)
        marks.append(ChartMark(SURE, each.name.capitalize(), f"{100 * each.value:+.1f}", interval, row))
    if not marks:
        return "", ""
    worst = min(marks, key=lambda mark: mark.row.value or 0.0)
    title = f"Lowest: {worst.label}, {worst.value} points"
    return title, differences(marks, title, margins, width=width)[0]


def _row(name: str, value: float | None, low: float | None, high: float | None, effective: float) -> EstimateRow:
    sampled = int(effective)
    return EstimateRow(key=name, value=value, low=low, high=high, method="weighted", sampled=sampled, few=sampled < ENOUGH)
