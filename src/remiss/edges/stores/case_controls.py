"""What was drawn with a case: the groups of its window and stratum, and the controls that the same run kept there.

Cases that a case could be a duplicate of: others of its model, with what went into them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, false, not_, or_, select

from remiss.edges.stores.blinding import blinded_viewer, held, suggestions_blinded
from remiss.edges.stores.case_reading import case_at, observations_of, resolve, shown
from remiss.edges.stores.dialect.types import from_json, to_json
from remiss.edges.stores.in_force import come_by, same_window
from remiss.edges.stores.prepared import BlindedViewer
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.redactions import FIRST
from remiss.edges.stores.run_rows import event_of, group
from remiss.edges.stores.tables import (
    cases,
    event_contents,
    events,
    groups,
    observations,
    protocols,
    revisions,
    run_windows,
    runs,
    samples,
)
from remiss.edges.stores.visible import visible_to
from remiss.errors import NotFound
from remiss.govern.ports.actor import Scope
from remiss.records.comparison import Comparison
from remiss.records.event import Event
from remiss.records.run import ALL, CONTROL

COLUMNS: tuple[ColumnElement[Any], ...] = (
    *(cases.c.id, cases.c.occurred_at, cases.c.model),
    *(event_contents.c.output, event_contents.c.inputs, event_contents.c.context, event_contents.c.text),
)

CASES = select(*COLUMNS).join(event_contents, event_contents.c.event_key == cases.c.event_key)


def newest_of(reading: Reading, model: str, considered: int) -> tuple[Event, ...]:
    """Return what went into up to `considered` cases of a model, the newest; by the ids of the cases."""
    return tuple(_event(each) for each in reading.connection.execute(of_model(model, reading.scope, considered)))


def of_model(model: str, scope: Scope, considered: int) -> Select[Any]:
    """Select up to `considered` cases of a model that a scope sees, the newest first."""
    seen = CASES.where(cases.c.model == model, visible_to(scope))
    return seen.order_by(cases.c.occurred_at.desc(), cases.c.key.desc()).limit(considered)


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
        began = come_by(revisions, position, begins="position_from")
        came = exists().where(revisions.c.case_key == cases.c.key, revisions.c.revision == 1, began)
        others = others.where(came)
        viewer = blinded_viewer(reading)
        if viewer is not None:
            # When such a case came would tell whether it was a control.
            others = others.where(not_(suggestions_blinded(viewer)))
    found = connection.execute(others)
    mine = Event(id=row.id, at=row.occurred_at, model=row.model) if own is None else _event(own)
    return mine, tuple(_event(each) for each in found)


def _event(row: Row[Any]) -> Event:
    return Event(
        id=row.id, at=row.occurred_at, model=row.model, output=row.output, inputs=row.inputs, context=row.context, text=row.text
    )


# The window in which a capture lies, with the version of the protocol that drew it.
_WINDOW = (
    select(run_windows, protocols.c.version)
    .join(runs, runs.c.key == run_windows.c.run_key)
    .join(protocols, protocols.c.key == runs.c.protocol_key)
    .where(run_windows.c.run_key == bindparam("run"), run_windows.c.window_start == bindparam("window"))
)
# The groups of a capture's window and stratum, and of all events of the window.
_GROUPS = (
    select(groups, run_windows.c.provisional)
    .join(run_windows, same_window(groups))
    .where(
        groups.c.run_key == bindparam("run"),
        groups.c.window_start == bindparam("window"),
        (groups.c.stratum == bindparam("stratum")) | ((groups.c.criterion == ALL) & (groups.c.stratum == to_json({}))),
    )
    .order_by(groups.c.stratum, groups.c.criterion)
)
# The groups for which an event was kept.
_KEPT = (
    select(samples.c.criterion)
    .where(samples.c.run_key == bindparam("run"), samples.c.event_key == bindparam("event"))
    .order_by(samples.c.criterion)
)


def sampled_with(reading: Reading, case_id: str, considered: int) -> tuple[Comparison, tuple[Event, ...]]:
    """Return how the event of a case was drawn, and up to `considered` controls of its window and stratum.

    By the latest run in force that met it, else by the latest of all. The controls are those of least priority; none where it is
    blinded for the viewer why the case was caught, and none of which that is blinded, for by being here they would tell.

    How many were kept is known. So a person from whom some may be blinded is shown half of that, and the rest makes up for those
    that are.

    Raises
    ------
    NotFound, Ambiguous, InputError : no such case, or no run met its event
    """
    case = case_at(reading, case_id)
    event_key = resolve(reading, case_id).event_key
    seen = [each for each in observations_of(reading, event_key) if shown(each, reading.scope)]
    if not seen:
        raise NotFound(f"no run drew the event of case {case.id}", do="what a person filed has nothing that was drawn with it")
    met = next((each for each in seen if each.in_force), seen[0])
    where = {"run": met.run_key, "window": met.window_start}
    (window,) = reading.rows(_WINDOW, **where)
    found = reading.rows(_GROUPS, stratum=met.stratum, **where)
    comparison = Comparison(
        case=case.id,
        event=case.event,
        run=met.id,
        protocol=met.protocol_name,
        protocol_version=window.version,
        in_force=bool(met.in_force),
        window=met.window_start,
        until=met.window_start + timedelta(microseconds=window.width_micros),
        stratum=from_json(met.stratum),
        population=window.population,
        labelled=window.labelled,
        provisional=window.provisional,
        groups=tuple(group(row) for row in found),
        kept_in=() if case.hidden else tuple(row.criterion for row in reading.rows(_KEPT, run=met.run_key, event=event_key)),
        probability=None if case.hidden else met.inclusion_probability,
        position=reading.read_at,
        hidden=case.hidden,
        show=case.show,
    )
    if not considered or case.hidden:
        return comparison, ()
    viewer = blinded_viewer(reading)
    found = reading.connection.execute(_controls(met, reading.scope, viewer).limit(considered)).all()
    if viewer is not None:
        half = len(found) // 2
        shown_to_them = [row for row in found if not row.blinded]
        # Fewer than half would tell that more than half are blinded.
        found = shown_to_them[:half] if len(shown_to_them) >= half else []
    return comparison, tuple(event_of(row) for row in found)


def _controls(met: Row[Any], scope: Scope, viewer: BlindedViewer | None) -> Select[Any]:
    """Return the select of the controls that a run kept in a capture's window and stratum, by priority, and which are blinded."""
    blinded: ColumnElement[bool] = false()
    if viewer is not None:
        suggested = exists().where(cases.c.event_key == events.c.key, suggestions_blinded(viewer))
        blinded = or_(held(events.c.key, viewer), suggested)
    kept = and_(
        samples.c.run_key == observations.c.run_key,
        samples.c.event_key == observations.c.event_key,
        samples.c.criterion == CONTROL,
    )
    return (
        select(
            *(observations, events, event_contents.c.inputs, event_contents.c.context, event_contents.c.text, FIRST),
            blinded.label("blinded"),
        )
        .join(events, events.c.key == observations.c.event_key)
        .join(samples, kept)
        .join(event_contents, event_contents.c.event_key == events.c.key)
        .where(observations.c.run_key == met.run_key, observations.c.window_start == met.window_start)
        .where(observations.c.stratum == met.stratum, visible_to(scope, events))
        .order_by(observations.c.priority, events.c.event_id)
    )
