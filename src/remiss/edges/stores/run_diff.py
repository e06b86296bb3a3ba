"""What a run changed against those before it, as far as whoever asks may know that of each event."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, not_, or_, select, true

from remiss.capture.planning import CHANGED
from remiss.edges.stores.blinding import blinded_viewer, held, suggestions_blinded
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import cases, events, run_changes
from remiss.edges.stores.visible import visible_to
from remiss.records.run import Change


def changes_of(reading: Reading, run: Row[Any]) -> tuple[Change, ...]:
    """Return the changes of a run, of which `run` is the row, by window and event.

    An event that became more guarded than the run is not among them for whoever does not see it. Nor is what was changed of one
    whose suggestions are blinded for the viewer, for it names the criteria that were met before and after.
    """
    viewer = blinded_viewer(reading)
    known: ColumnElement[bool] = true()
    if viewer is not None:
        case = exists().where(cases.c.event_key == events.c.key, suggestions_blinded(viewer))
        known = not_(and_(run_changes.c.kind == CHANGED, or_(held(events.c.key, viewer), case)))
    found = (
        select(run_changes)
        .join(events, and_(events.c.source_name == run.source_name, events.c.event_id == run_changes.c.event_id))
        .where(run_changes.c.run_key == run.key, visible_to(reading.scope, events), known)
        .order_by(run_changes.c.window_start, run_changes.c.event_id, run_changes.c.kind)
    )
    return tuple(
        Change(event=row.event_id, kind=row.kind, window=row.window_start, detail=row.detail)
        for row in reading.connection.execute(found)
    )
