"""What a run changed against those before it: filed, and read whole or as far as the asker may know that of each event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, not_, or_, select

from remiss.capture.captured import CHANGED
from remiss.edges.stores.blinding import blinded_viewer, held, suggestions_blinded
from remiss.edges.stores.dialect.writing import insert_many
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.storable import held as stored
from remiss.edges.stores.tables import cases, events, instant, run_changes
from remiss.edges.stores.visible import visible_to
from remiss.records.identity import format_time
from remiss.records.run import Change


def all_changes(connection: Connection, run_key: int) -> tuple[Change, ...]:
    """Return all changes of a run, whoever may know of them."""
    return tuple(map(_change, connection.execute(select(run_changes).where(run_changes.c.run_key == run_key))))


def visible_changes(reading: Reading, run: Row[Any]) -> tuple[Change, ...]:
    """Return the changes of a run, of which `run` is the row, by window and event.

    An event that became more guarded than the run is not among them for those to whom it is not visible. Nor is what was
    changed of one whose suggestions are blinded for the viewer, for it names the criteria that were met before and after.
    """
    viewer = blinded_viewer(reading)
    # An id may be that of several events, windows apart: what may not be known of one is told of none.
    named = exists().where(events.c.source_name == run.source_name, events.c.event_id == run_changes.c.event_id)
    unknown: ColumnElement[bool] = not_(visible_to(reading.scope, events))
    if viewer is not None:
        case = exists().where(cases.c.event_key == events.c.key, suggestions_blinded(viewer))
        unknown = or_(unknown, and_(run_changes.c.kind == CHANGED, or_(held(events.c.key, viewer), case)))
    found = (
        select(run_changes)
        .where(run_changes.c.run_key == run.key, named, not_(named.where(unknown)))
        .order_by(run_changes.c.window_start, run_changes.c.event_id, run_changes.c.kind)
    )
    return tuple(map(_change, reading.connection.execute(found)))


def _change(row: Row[Any]) -> Change:
    return Change(event=row.event_id, kind=row.kind, window=row.window_start, detail=row.detail)


def file_changes(connection: Connection, run_key: int, changes: Sequence[Change]) -> None:
    """File the changes of a run."""
    columns = ("run_key", "event_id", "kind", "window_start", "detail")
    rows = ((run_key, each.event, each.kind, instant(each.window), stored(each.detail)) for each in _by_id(changes))
    insert_many(connection, run_changes, columns, rows)


def _by_id(changes: Sequence[Change]) -> Iterable[Change]:
    """Return changes with each id once of a kind: the first, in which those of its other windows are said."""
    found: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for each in changes:
        found[each.event, each.kind].append(each)
    for first, *others in found.values():
        told = [f"also in the window of {format_time(each.window)}" for each in others]
        yield replace(first, detail="; ".join(filter(None, (first.detail, *told))))
