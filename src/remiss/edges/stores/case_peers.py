"""Cases that a case could be a duplicate of: others of its model, with what went into them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, not_, select

from remiss.edges.stores.blinding import blinded_viewer, suggestions_blinded
from remiss.edges.stores.case_reading import resolve
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import cases, event_contents, revisions
from remiss.edges.stores.visible import visible_to
from remiss.govern.ports.actor import Scope
from remiss.records.event import Event

COLUMNS: tuple[ColumnElement[Any], ...] = (
    *(cases.c.id, cases.c.at, cases.c.model),
    *(event_contents.c.output, event_contents.c.inputs, event_contents.c.context, event_contents.c.text),
)

CASES = select(*COLUMNS).join(event_contents, event_contents.c.event_key == cases.c.event_key)


def newest_of(reading: Reading, model: str, considered: int) -> tuple[Event, ...]:
    """Return what went into up to `considered` cases of a model, the newest; by the ids of the cases."""
    return tuple(_event(each) for each in reading.connection.execute(of_model(model, reading.scope, considered)))


def of_model(model: str, scope: Scope, considered: int) -> Select[Any]:
    """Select up to `considered` cases of a model that a scope sees, the newest first."""
    seen = CASES.where(cases.c.model == model, visible_to(scope))
    return seen.order_by(cases.c.at.desc(), cases.c.key.desc()).limit(considered)


def peers(reading: Reading, case_id: str, considered: int) -> tuple[Event, tuple[Event, ...]]:
    """Return what went into a case, and into up to `considered` other cases of its model, the newest; by the ids of the cases.

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    connection, position, row = reading.connection, reading.position, resolve(reading, case_id)
    own = connection.execute(CASES.where(cases.c.key == row.key)).first()
    others = of_model(row.model, reading.scope, considered).where(cases.c.key != row.key)
    if position is not None:
        came = exists().where(
            revisions.c.case_key == cases.c.key, revisions.c.revision == 1, revisions.c.position_from <= position
        )
        others = others.where(came)
        viewer = blinded_viewer(reading)
        if viewer is not None:
            # When such a case came would tell whether it was a control.
            others = others.where(not_(suggestions_blinded(viewer)))
    found = connection.execute(others)
    mine = Event(id=row.id, at=row.at, model=row.model) if own is None else _event(own)
    return mine, tuple(_event(each) for each in found)


def _event(row: Row[Any]) -> Event:
    return Event(id=row.id, at=row.at, model=row.model, output=row.output, inputs=row.inputs, context=row.context, text=row.text)
