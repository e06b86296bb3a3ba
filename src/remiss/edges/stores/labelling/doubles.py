"""Cases that two people labelled by themselves, at a position, with what they weigh: the port `Doubles` on a database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, exists, func, or_, select

from remiss.catalog.query import Query
from remiss.catalog.shape import parted
from remiss.edges.stores.cases import asking_then
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.labelling_reading import in_force
from remiss.edges.stores.late import Asking, Ready
from remiss.edges.stores.listing.pages import matches_then
from remiss.edges.stores.listing.search import seen_at
from remiss.edges.stores.listing.ways import Purpose, asked_for
from remiss.edges.stores.store import Store
from remiss.edges.stores.tables import captures, cases, labellings, run_windows
from remiss.edges.stores.visible import Sight
from remiss.govern.ports.actor import Scope
from remiss.records.agreement import Double, Given
from remiss.records.identity import from_micros
from remiss.records.labelling import LabellingKind, Verdict

ANNOTATION, VERIFICATION = LabellingKind.ANNOTATION.value, LabellingKind.VERIFICATION.value
SAID = ("kind", "person", "verdict", "mode", "modes", "severity", "at")


class DoubleStore:
    """Double labellings of the cases that a scope may see."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def labelled_twice(self, query: Query, position: int) -> tuple[Double, ...]:
        """Return the cases that match and whose annotation and verification are in force at a position, in no order.

        A third labelling, by somebody who has seen both, is no independent one.
        """
        shape, values = parted(query)
        dialect = self._store.engine.dialect
        asked = asked_for(shape, Sight.of(self._scope), None, Purpose.COUNT, None, dialect)
        second = labellings.alias("second")
        twice = exists().where(second.c.case_key == cases.c.key, second.c.kind == VERIFICATION, in_force(position, second))
        told = [labellings.c[name] for name in SAID]
        statement = (
            matches_then(asked)
            .chosen(cases.c.id, cases.c.event_key, *told)
            .join(labellings, labellings.c.case_key == cases.c.key)
            .where(in_force(position), or_(labellings.c.kind == ANNOTATION, labellings.c.kind == VERIFICATION), twice)
        )
        with self._store.reading() as connection:
            asking = asking_then(connection, Asking(values=values, scope=self._scope), query, position)
            rows = Ready(statement, dialect).ask(connection, asking)
            weights = _weights(connection, position)
        given: dict[tuple[str, int], dict[str, Any]] = {}
        for case, event_key, kind, person, verdict, mode, modes, severity, at in rows:
            said = Given(person=person, verdict=Verdict(verdict), mode=mode, modes=tuple(from_json(modes)), severity=severity)
            given.setdefault((case, event_key), {})[kind] = (said, at)
        return tuple(
            Double(
                case=case,
                weight=weights.get(event_key),
                at=from_micros(both[VERIFICATION][1]),
                first=both[ANNOTATION][0],
                second=both[VERIFICATION][0],
            )
            for (case, event_key), both in given.items()
            if len(both) == 2
        )


def _weights(connection: Connection, position: int) -> Mapping[int, float]:
    """Return 1/p of each event that was labelled twice and drawn by a run in force, by its key.

    Where several runs in force drew it, by the one in which it was likeliest.
    """
    twice = (
        select(cases.c.event_key)
        .join(labellings, labellings.c.case_key == cases.c.key)
        .where(labellings.c.kind == VERIFICATION, in_force(position))
    )
    drawn = (
        select(captures.c.event_key, func.max(captures.c.probability))
        .join(run_windows, seen_at(captures.c.event_key, position))
        .where(captures.c.event_key.in_(twice))
        .group_by(captures.c.event_key)
    )
    return {event_key: 1 / probability for event_key, probability in connection.execute(drawn) if probability}
