"""Cases as a person reads them on a terminal: one, what it is labelled by, what it is compared with, what its raw event was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from remiss import catalog
from remiss.catalog.query.fields import asks_for_controls
from remiss.catalog.query.parsing import parse
from remiss.curate.blinding import OPEN
from remiss.curate.labelling_form import LabellingForm
from remiss.faces.cli import render
from remiss.present import facts, sampling
from remiss.present.legible import counted, one_line, share
from remiss.records.case import Case
from remiss.records.comparison import Comparison
from remiss.records.event import Event
from remiss.records.evidence import Attachment, RawEvent
from remiss.records.rows import Rows

if TYPE_CHECKING:
    from remiss.workspace import Workspace


COMPARED = ("id", "at", "model_version", "output", "label", "confidence", "latency_ms")


def case(found: Case) -> None:
    """Print what happened, what caught it, and how it was sampled."""
    render.facts(facts.of_case(found))
    if found.captures:
        render.table(facts.CAPTURES, facts.captures(found))


def filed(found: Case, ws: Workspace, _arguments: Mapping[str, Any]) -> None:
    """Print a case that was just filed, and say of which it may be a duplicate."""
    from remiss.catalog.similarity import ASKED, possible_duplicates

    case(found)
    like = possible_duplicates(catalog.similar(ws, found.id, limit=ASKED))
    if like:
        named = ", ".join(f"{each.id} ({each.likeness:.0%} of {each.fields} fields similar)" for each in like)
        render.say(f"it may be a duplicate of {named}; see `remiss case link`")


def search(found: Rows, _: Workspace, arguments: Mapping[str, Any]) -> None:
    """Print a page of cases, and say why something of some is hidden, and where what is no case is found."""
    render.page(found, "case")
    if asks_for_controls(parse(arguments["query"] if found.query is None else found.query)):
        render.say(facts.CONTROLS)
    for why, count in Counter(found.column("hidden") if "hidden" in found.columns else ()).items():
        if why is not None:
            render.say(f"criteria, mode and severity of {counted(count, 'case')} are {why}")


def sampled(found: Rows) -> None:
    """Print a page of sampled events, and say of how many it is not told how they were drawn."""
    render.page(found, "sampled event")
    hidden = sum(why is not None for why in found.column("hidden")) if "hidden" in found.columns else 0
    if hidden:
        whole = "" if found.blinded is None else f" of {counted(found.blinded, 'event')} in all,"
        render.say(f"groups, weight, verdict and mode of {hidden:,} of these,{whole} are {OPEN}")


def raw_event(found: RawEvent) -> None:
    """Print a raw event, field by field, letter by letter."""
    render.facts(found.pairs)
    render.say(f"{found.sensitivity.name.lower()}; the event of case {found.case} as {found.run} kept it")


def removed(gone: Attachment) -> None:
    """Say that a file is removed, and how it is restored."""
    render.say(f"{gone.id} is removed from case {gone.case}; to list it again: remiss attachment restore {gone.id}")


def restored(back: Attachment) -> None:
    """Say that a file is listed again."""
    render.say(f"{back.id} is listed in case {back.case} again")


def erased(gone: Attachment) -> None:
    """Say that a file is erased."""
    render.say(f"{gone.id} of case {gone.case} is erased for good")


def form(found: LabellingForm) -> None:
    """Print by what a case is labelled."""
    render.facts(_of_form(found))
    for question in found.questions:
        click.echo(f"\n{question.id}: {question.asks}")
        render.table(("answer", "what must be true", "points"), [(each.id, each.says, each.points) for each in question.answers])
    click.echo()
    render.table(("failure mode", "definition"), [(each.id, each.definition) for each in found.modes])
    if found.guidelines is not None:
        head = found.guidelines.strip().partition("\n")[0].lstrip("# ")
        render.say(f"guidelines: {one_line(head)[:80]}; `remiss protocol show` has them below the protocol, --format json here")


def _of_form(found: LabellingForm) -> Iterator[facts.Pair]:
    yield "case", f"{found.case} (revision {found.revision})"
    if found.title is not None:
        yield "title", found.title
    yield "due", found.obstacle or found.kind
    yield from facts.event_facts(found.event, None, found.show)
    yield from facts.went_in(found.event, found.show)
    if found.units:
        yield "impact in", ", ".join(found.units)


def comparison(found: Comparison) -> None:
    """Print how a case was drawn, and it beside the controls that are most like it: a column of each, a line a field."""
    click.echo(sampling.drawn(found))
    if not found.controls:
        return
    events = [found.event, *(control.event for control in found.controls)]
    titles = ["field", found.case, *(f"control {at}" for at in range(1, len(events)))]
    lines: list[tuple[object, ...]] = [("likeness", None, *(share(control.likeness) for control in found.controls))]
    lines += [(facts.headed(found.show, name), *(_to_text(value) for value in values)) for name, values in _fields(events)]
    render.table(titles, lines)


def _fields(events: list[Event]) -> list[tuple[str, list[object]]]:
    """Return what is known of some events, field by field."""
    found: list[tuple[str, list[object]]] = [(name, [getattr(event, name) for event in events]) for name in COMPARED]
    for family in ("inputs", "context"):
        names = dict.fromkeys(name for event in events for name in getattr(event, family))
        found += [(f"{family}.{name}", [getattr(event, family).get(name) for event in events]) for name in names]
    return [(name, values) for name, values in found if any(value is not None for value in values)]


def _to_text(value: object) -> object:
    # As text: a number that is a name (flight 1371) must not be grouped into thousands.
    if isinstance(value, datetime):
        return value
    return f"{value:.6g}" if isinstance(value, float) else None if value is None else str(value)
