"""One case as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from remiss.codec import to_json
from remiss.curate.labelling_sheet import Sheet
from remiss.faces.cli import render
from remiss.records import chances, facts
from remiss.records.case import Case
from remiss.records.comparison import Comparison
from remiss.records.event import Event
from remiss.records.legible import share

COMPARED = ("id", "at", "model_version", "output", "label", "confidence", "latency_ms")


def show(case: Case, shape: str) -> None:
    """Print what happened, what caught it, and how it was sampled, in the shape that was asked for."""
    if shape == "json":
        render.as_json(to_json(case))
        return
    render.facts(facts.of_case(case))
    if case.captures:
        render.table(facts.CAPTURES, facts.captures(case))


def sheet(found: Sheet) -> None:
    """Print by what a case is labelled."""
    render.facts(_of_sheet(found))
    for question in found.questions:
        click.echo(f"\n{question.id}: {question.asks}")
        render.table(("answer", "what must be true", "points"), [(each.id, each.says, each.points) for each in question.answers])
    click.echo()
    render.table(("failure mode", "definition"), [(each.id, each.definition) for each in found.modes])


def _of_sheet(found: Sheet) -> Iterator[facts.Pair]:
    yield "case", f"{found.case} (revision {found.revision})"
    yield "due", found.obstacle or found.kind
    yield from facts.happened(found.event, None)
    yield from facts.went_in(found.event)
    if found.units:
        yield "impact in", ", ".join(found.units)


def compare(found: Comparison, shape: str) -> None:
    """Print how a case was drawn, and it beside the controls that are most like it: a column of each, a line a field."""
    if shape == "json":
        render.as_json(to_json(found))
        return
    click.echo(chances.drawn(found))
    if not found.controls:
        return
    events = [found.event, *(control.event for control in found.controls)]
    titles = ["field", found.case, *(f"control {at}" for at in range(1, len(events)))]
    lines: list[tuple[object, ...]] = [("likeness", None, *(share(control.likeness) for control in found.controls))]
    lines += [(name, *(_spelled(value) for value in values)) for name, values in _fields(events)]
    render.table(titles, lines)


def _fields(events: list[Event]) -> list[tuple[str, list[object]]]:
    """Return what is known of some events, field by field."""
    found: list[tuple[str, list[object]]] = [(name, [getattr(event, name) for event in events]) for name in COMPARED]
    for family in ("inputs", "context"):
        names = dict.fromkeys(name for event in events for name in getattr(event, family))
        found += [(f"{family}.{name}", [getattr(event, family).get(name) for event in events]) for name in names]
    return [(name, values) for name, values in found if any(value is not None for value in values)]


def _spelled(value: object) -> object:
    # As text: a number that is a name (flight 1371) must not be grouped into thousands.
    if isinstance(value, datetime):
        return value
    return f"{value:.6g}" if isinstance(value, float) else None if value is None else str(value)
