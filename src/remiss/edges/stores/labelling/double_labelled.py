"""Cases that two people labelled independently, at a position, with what they weigh: the port `DoubleLabelled` on a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import exists, func, not_, or_

from remiss.catalog.query.expression import Query, split_values
from remiss.curate.blinding import BlindedPart, blinded
from remiss.edges.stores.cases import parameters_then
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.labelling.orders import second_weights
from remiss.edges.stores.labelling_reading import in_force
from remiss.edges.stores.listing.pages import matches_then
from remiss.edges.stores.prepared import Parameters, Prepared
from remiss.edges.stores.protocol_rows import settles
from remiss.edges.stores.querying.paths import Purpose, query_kind
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import abstentions, cases, labellings
from remiss.edges.stores.visible import Sight
from remiss.records.agreement import Double, Given, Looks
from remiss.records.identity import from_micros
from remiss.records.labelling import LabellingKind, Verdict
from remiss.records.states import DECIDED, Status

ANNOTATION, VERIFICATION = LabellingKind.ANNOTATION.value, LabellingKind.VERIFICATION.value
OF_CASE = ("id", "event_key", "status", "team_id", "model")
COLUMNS = ("kind", "person", "verdict", "mode", "modes", "severity", "created_at", "chance")


class DoubleLabelledCase(NamedTuple):
    """What is read of a case: what it is called, and by what its labellings are told."""

    id: str
    event_key: int
    status: str
    team_id: str
    model: str


class DoubleLabelledStore:
    """Double labellings of the cases that a scope may see, and which of them a viewer may read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def labelled_twice(self, query: Query, position: int, *, person: str | None = None) -> tuple[Double, ...]:
        """Return the cases that match and whose annotation and verification are in force at a position, in no order.

        A third labelling, by somebody who has seen both, is no independent one.

        Parameters
        ----------
        person : only those that this person is one of the two of, without their weights
        """
        shape, values = split_values(query)
        dialect = self._reader.store.engine.dialect
        asked = query_kind(shape, Sight.of(self._reader.scope), None, Purpose.COUNT, None, dialect)
        second = labellings.alias("second")
        twice = exists().where(second.c.case_key == cases.c.key, second.c.kind == VERIFICATION, in_force(position, second))
        visible = [labellings.c[name] for name in COLUMNS]
        statement = (
            matches_then(asked)
            .chosen(*(cases.c[name] for name in OF_CASE), *visible)
            .join(labellings, labellings.c.case_key == cases.c.key)
            .where(in_force(position), or_(labellings.c.kind == ANNOTATION, labellings.c.kind == VERIFICATION), twice)
        )
        if person is not None:
            own = labellings.alias("own")
            theirs = (own.c.person == person, or_(own.c.kind == ANNOTATION, own.c.kind == VERIFICATION))
            statement = statement.where(exists().where(own.c.case_key == cases.c.key, *theirs, in_force(position, own)))
        with self._reader.at(position) as reading:
            connection = reading.connection
            parameters = parameters_then(reading, Parameters(values=values, scope=reading.scope), query)
            rows = Prepared(statement, dialect).ask(connection, parameters)
            settling = cache(lambda team, model, event: settles(reading, team, model, event))
            given: dict[DoubleLabelledCase, dict[str, Any]] = {}
            chances: dict[int, float | None] = {}
            for *case, kind, who, verdict, mode, modes, severity, at, chance in rows:
                said = Given(person=who, verdict=Verdict(verdict), mode=mode, modes=tuple(from_json(modes)), severity=severity)
                of = DoubleLabelledCase(*case)
                given.setdefault(of, {})[kind] = (said, at)
                if kind == ANNOTATION:
                    chances[of.event_key] = chance
            both_given = {case: both for case, both in given.items() if len(both) == 2}
            grades = {
                case.event_key: (both[ANNOTATION][0].severity, chances[case.event_key]) for case, both in both_given.items()
            }
            # What one person compares is no figure of production.
            weights = second_weights(reading, grades) if person is None else {}
            open_ = {case for case, both in given.items() if self._may_see(case, both, settling)}
        return tuple(
            Double(
                case=case.id,
                weight=weights.get(case.event_key),
                at=from_micros(both[VERIFICATION][1]),
                first=both[ANNOTATION][0],
                second=both[VERIFICATION][0],
                visible=case in open_,
            )
            for case, both in both_given.items()
        )

    def looks(self, query: Query, position: int) -> Looks:
        """Return how often who annotated or verified cases that match, and are decided, could tell what they are.

        Of others it is not told that anybody looked.
        """
        shape, values = split_values(query)
        dialect = self._reader.store.engine.dialect
        asked = query_kind(shape, Sight.of(self._reader.scope), None, Purpose.COUNT, None, dialect)
        decided = or_(*(cases.c.status == each.value for each in Status if each in DECIDED))
        ways = ((labellings, labellings.c.case_key == cases.c.key), (abstentions, abstentions.c.event_key == cases.c.event_key))
        counts = [
            matches_then(asked)
            .chosen(func.count())
            .join(of, own)
            .where(decided, not_(cases.c.stale), in_force(position, of), or_(of.c.kind == ANNOTATION, of.c.kind == VERIFICATION))
            for of, own in ways
        ]
        with self._reader.at(position) as reading:
            parameters = parameters_then(reading, Parameters(values=values, scope=reading.scope), query)
            (told,), (not_told,) = (row for each in counts for row in Prepared(each, dialect).ask(reading.connection, parameters))
        return Looks(told=int(told), not_told=int(not_told))

    def _may_see(self, case: DoubleLabelledCase, both: Mapping[str, Any], settling: Callable[[str, str, int], bool]) -> bool:
        """Return whether the viewer may read both labellings, by where the case stands now."""
        people = frozenset(said.person for said, _ in both.values())
        facts = self._reader.viewer.facts(
            people, case.team_id, settles=lambda: settling(case.team_id, case.model, case.event_key)
        )
        return blinded(BlindedPart.LABELLINGS, Status(case.status), facts) is None
