"""What a run changed, as its page tells it: events by kind of change, each with its case.

And what differs between any two runs: their rules' rates as one chart of differences, and the rest in tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remiss.capture.requirements import explain
from remiss.catalog import actions as catalog
from remiss.catalog.query.expression import either
from remiss.catalog.query.fields import having
from remiss.catalog.query.printing import unparse
from remiss.faces.web.run_facts import MOST
from remiss.present.chart_marks import EXACT, SURE, ChartMark, legend_items, legend_of
from remiss.present.chart_scale import MARK_LIMIT
from remiss.present.forest import differences, signed
from remiss.present.legible import share
from remiss.records.estimate import EstimateRow
from remiss.records.event import Scalar
from remiss.records.rows import Rows
from remiss.records.run import Run

if TYPE_CHECKING:
    from remiss.workspace import Workspace

# A query may have 4,000 letters and 200 terms.
QUERY_LETTERS, QUERY_TERMS = 3_500, 100
KINDS = {
    "added": "sampled now, and not before",
    "dropped": "still in the log, and no longer sampled",
    "gone": "sampled before, and no longer in the log",
    "changed": "another output or label than before, or other criteria met",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The events of one kind of change, each with its case and where that is shown; None where it has none."""

    kind: str
    means: str
    count: int
    lines: tuple[dict[str, Any], ...]


def changes_of(ws: Workspace, run: Run, found: Rows) -> tuple[Changes, ...]:
    """Return the changes of a run by kind, what is gone first, each event with its case."""
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in found:
        lines[str(line["kind"])].append(line)
    shown = {kind: of_kind[:MOST] for kind, of_kind in lines.items()}
    known = cases_of_events(ws, run.manifest.source, [str(line["event"]) for part in shown.values() for line in part])
    order = [kind for kind in ("gone", "changed", "added", "dropped") if kind in lines]
    return tuple(
        Changes(
            kind=kind,
            means=KINDS[kind],
            count=len(lines[kind]),
            lines=tuple(line | {"case": known.get(str(line["event"]))} for line in shown[kind]),
        )
        for kind in order
    )


def cases_of_events(ws: Workspace, source: str, events: Iterable[str]) -> dict[str, str]:
    """Return the ids of the cases of some events of a source, by event; events without a case are left out."""
    found: dict[str, str] = {}
    for batch in batches(events):
        query = either(*(having("event_id", event) for event in batch))
        lines = catalog.search(ws, unparse(query), limit=10_000, total=False)
        found |= {str(line["event"]): str(line["id"]) for line in lines if line["source"] == source}
    return found


def batches(events: Iterable[str]) -> Iterator[list[str]]:
    """Give events in as many parts as queries have room for; an id that fits into none is left out."""
    batch: list[str] = []
    letters = 0
    for event in events:
        needs = len(unparse(having("event_id", event))) + len(" OR ")
        if needs > QUERY_LETTERS:
            continue
        if batch and (letters + needs > QUERY_LETTERS or len(batch) == QUERY_TERMS):
            yield batch
            batch, letters = [], 0
        batch.append(event)
        letters += needs
    if batch:
        yield batch


# The parts of a comparison in the order of a page, which calls refused rows and fields by more than their names.
PARTS = ("rule", "protocol", "sampling", "refused", "field", "log")
TITLES = {"rule": "Rules", "refused": "Refused rows", "field": "Fields"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingLine:
    """One thing that differs between two runs: its name, what it is in each, and by how much it differs."""

    name: str
    before: str
    after: str
    difference: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingPart:
    """What differs of one part."""

    title: str
    lines: tuple[DifferingLine, ...]


def differing_parts(found: Rows) -> tuple[DifferingPart, ...]:
    """Return a comparison of runs as its page shows it."""
    lines: dict[str, list[DifferingLine]] = defaultdict(list)
    for each in sorted(found, key=lambda line: -abs(float(str(line["difference"] or 0)))):
        part, remark = str(each["part"]), str(each["remark"] or "")
        before, after = (str(each[name]) for name in ("before", "after"))
        if part == "rule":
            before, after = (share(float(text)) if text else "" for text in (before, after))
        name = explain(str(each["name"])) if part == "refused" else str(each["name"])
        lines[part].append(DifferingLine(name=name, before=before, after=after, difference=_points(each), remark=remark))
    return tuple(
        DifferingPart(title=TITLES.get(part, part.capitalize()), lines=tuple(lines[part][:MOST])) for part in PARTS if lines[part]
    )


def _points(line: dict[str, Scalar]) -> str:
    difference, low, high = (line[name] for name in ("difference", "low", "high"))
    if not isinstance(difference, int | float):
        return ""
    interval = f" ({signed(low * 100)} to {signed(high * 100)})" if isinstance(low, float) and isinstance(high, float) else ""
    return f"{signed(difference * 100)}{interval}"


def chart_of_differences(found: Rows) -> tuple[str, str, str]:
    """Return the title of the chart of rules whose rates differ, its picture and its legend; nothing where none do."""
    rules = [line for line in found if line["part"] == "rule" and isinstance(line["difference"], int | float)]
    rules.sort(key=lambda line: -abs(float(str(line["difference"]))))
    if not rules:
        return "", "", ""
    marks = []
    for line in rules[:MARK_LIMIT]:
        value, low, high = (None if line[name] is None else float(str(line[name])) for name in ("difference", "low", "high"))
        row = EstimateRow(key=line["name"], value=value, low=low, high=high, method="counted", sampled=10)
        text, _, interval = _points(line).partition(" ")
        kind = EXACT if low is None else SURE
        marks.append(ChartMark(kind, str(line["name"]), text, interval.strip("()"), row))
    first = marks[0]
    way = "Up" if float(first.row.value or 0) > 0 else "Down"
    title = f"{way} most: {first.label}, by {first.value[1:]} points"
    svg, glyphs = differences(marks, title)
    return title, svg, legend_of(legend_items(glyphs))
