"""What a run changed, as its page tells it: events by kind of change, each with its case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remiss.catalog import actions as catalog
from remiss.catalog.query.expression import either
from remiss.catalog.query.fields import having
from remiss.catalog.query.printing import unparse
from remiss.faces.web.run_facts import MOST
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
