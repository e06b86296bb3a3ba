"""The store of the queue: the port `Queue` on a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Text, delete, func, literal, literal_column, or_, select, union_all

from remiss.curate.guidelines import named
from remiss.curate.ports.labelling import Reserved, Whereabouts
from remiss.curate.queueing import Progress
from remiss.curate.steering import Steering
from remiss.curate.tally import BatchOrder, Ownership
from remiss.edges.stores import tables
from remiss.edges.stores.abstentions import abstainers
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.spelling import unindexed
from remiss.edges.stores.dialect.writing import insert_missing, insert_or_take
from remiss.edges.stores.in_force import holds
from remiss.edges.stores.labelling.case_state import titles_of
from remiss.edges.stores.labelling.orders import orders
from remiss.edges.stores.labelling.steering import passers, steer, steering_at, steering_of
from remiss.edges.stores.labelling.uncased_events import offer
from remiss.edges.stores.labelling_reading import in_force
from remiss.edges.stores.protocol_rows import captured_by, keys_listed, own_versions
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import abstentions, cases, labellings, links, passes, reservations
from remiss.edges.stores.visible import visible_to
from remiss.records.case import Sensitivity
from remiss.records.identity import case_id
from remiss.records.labelling import LabellingKind, Relation
from remiss.records.states import Status

OF_CASE = (
    *(cases.c[name] for name in ("event_key", "model", "status", "stale", "position_from", "team_id", "sensitivity")),
    tables.events.c.event_id,
)
# Those of a case, or the kind, person, severity, position and chance of a labelling.
Facts: TypeAlias = tuple[Any, ...]


class QueueStore:
    """What waits to be labelled, and what people have in hand, of what a scope may see."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def orders(self) -> Sequence[BatchOrder]:
        """Return the batches of every source and protocol."""
        with self._reader.at() as reading:
            return reading.once("orders", lambda: orders(reading))

    def progress(self) -> Mapping[int, Progress]:
        """Return how far each case has come that is labelled, linked or filed by hand."""
        of_case: dict[int, Facts] = {}
        said: dict[int, list[Facts]] = defaultdict(list)
        with self._reader.at() as reading:
            connection = reading.connection
            for row in connection.execute(_labelled()):
                of_case[row[0]] = row[: len(OF_CASE)]
                said[row[0]].append(row[len(OF_CASE) :])
            linked = set(connection.execute(_linked()).scalars())
            of_case.update((row[0], tuple(row)) for row in connection.execute(_unlabelled()))
        return {key: _progress(each, tuple(said.get(key, ())), key in linked) for key, each in of_case.items()}

    def abstained(self, person: str) -> Mapping[int, frozenset[str]]:
        """Return who could not tell what an event is, by the event, as far as a person may know."""
        with self._reader.at() as reading:
            operator, own = self._reader.viewer.operator, named(person)
            return {event: people for event, people in abstainers(reading).items() if operator or own in people}

    def owned(self) -> frozenset[int]:
        """Return the events that await a second labelling and were captured while the viewer owned the model."""
        with self._reader.at() as reading:
            versions = own_versions(reading)
            if not versions:
                return frozenset()
            awaiting = cases.c.status.in_([Status.ANNOTATED.value, Status.DISPUTED.value])
            theirs = captured_by(literal(keys_listed(versions), Text()), cases.c.event_key, cases.c.team_id)
            return frozenset(reading.connection.execute(select(cases.c.event_key).where(awaiting, theirs)).scalars())

    def declined(self) -> tuple[Mapping[int, frozenset[str]], Mapping[int, frozenset[str]]]:
        """Return who could not annotate an event, and who passed it, whoever asks: what is told of it is up to the caller."""
        with self._reader.at() as reading:
            return abstainers(reading, frozenset({LabellingKind.ANNOTATION})), passers(reading)

    def steering(self) -> Mapping[str, Steering]:
        """Return how the queue of each protocol is steered, of those that somebody has steered."""
        with self._reader.at() as reading:
            return reading.once("steering", lambda: steering_of(reading))

    def steering_at(self, protocol: str, revision: int) -> Steering:
        """Return how the queue of a protocol was steered at a revision."""
        with self._reader.at() as reading:
            return steering_at(reading, protocol, revision)

    def steer(self, protocol: str, team: str, made: Steering, revision: int) -> Steering:
        """Write how the queue of a protocol is steered from now on, by somebody who read a revision."""
        return steer(self._store.transaction, self._reader.writing, protocol, team, made, revision)

    def passed(self, person: str) -> frozenset[int]:
        """Return the events that a person has passed."""
        with self._reader.at() as reading:
            found = select(passes.c.event_key).where(passes.c.person == person)
            return frozenset(reading.connection.execute(found).scalars())

    def let_pass(self, events: Iterable[int], person: str, now: datetime) -> None:
        """Write that a person is not given events again, which are in nobody's hand because of them any more."""
        keys = list(events)
        rows = [{"event_key": event, "person": person, "created_at": now} for event in keys]
        insert_missing(self._store.transaction.connection, passes, rows, ("event_key", "person"))
        self.release(keys, person)

    def reserved(self, now: datetime) -> Sequence[Reserved]:
        """Return what people have in hand."""
        found = select(reservations).where(reservations.c.expires_at > now).order_by(reservations.c.expires_at)
        with self._reader.at() as reading:
            return [
                Reserved(event=row.event_key, kind=LabellingKind(row.kind), person=row.person, until=row.expires_at)
                for row in reading.connection.execute(found)
            ]

    def reserve(self, event: int, kind: LabellingKind, person: str, now: datetime, until: datetime) -> bool:
        """Reserve an event for a person, if nobody else has it; return whether it is."""
        row = {"event_key": event, "kind": kind.value, "person": person, "expires_at": until}
        free = or_(reservations.c.expires_at <= now, reservations.c.person == person)
        return insert_or_take(self._store.transaction.connection, reservations, row, ("event_key", "kind"), free)

    def release(self, events: Iterable[int], person: str) -> None:
        """Take events out of a person's hand."""
        own = (among(reservations.c.event_key, sorted(events))) & (reservations.c.person == person)
        self._store.transaction.connection.execute(delete(reservations).where(own))

    def given(self, person: str, since: datetime) -> int:
        """Return how many labellings a person has given since a time."""
        counted = union_all(
            *(select(func.count()).where(of.c.person == person, of.c.created_at >= since) for of in (labellings, abstentions))
        )
        with self._reader.at() as reading:
            return sum(map(int, reading.connection.execute(counted).scalars()))

    def titles(self, events: Iterable[int]) -> Mapping[int, str]:
        """Return what protocols call some events."""
        with self._reader.at() as reading:
            return titles_of(reading, sorted(events))

    def where(self, events: Iterable[int]) -> Mapping[int, Whereabouts]:
        """Return the case, or the case to be, and the team of those events that the scope may see."""
        scope = self._reader.scope
        seen = or_(cases.c.key.is_not(None) & visible_to(scope), cases.c.key.is_(None) & visible_to(scope, tables.events))
        found = (
            select(
                tables.events.c.key,
                tables.events.c.source_name,
                tables.events.c.event_id,
                tables.events.c.recurrence,
                tables.events.c.team_id,
                cases.c.team_id.label("of_case"),
            )
            .outerjoin(cases, cases.c.event_key == tables.events.c.key)
            .where(among(tables.events.c.key, sorted(events)), seen)
        )
        with self._reader.at() as reading:
            return {
                row.key: Whereabouts(
                    case=case_id(row.source_name, row.event_id, row.recurrence),
                    source=row.source_name,
                    id=row.event_id,
                    team=row.of_case or row.team_id,
                )
                for row in reading.connection.execute(found)
            }

    def offer(self, event: int, place: Whereabouts) -> str:
        """Return the id under which a person is given an event, case or not yet."""
        named: str
        (named,) = offer(self._store.transaction.connection, [(place.case, event)])
        return named


def _labelled() -> Any:
    return (
        select(*OF_CASE, *(labellings.c[name] for name in ("kind", "person", "severity", "position", "chance")))
        .join_from(labellings, cases, cases.c.key == labellings.c.case_key)
        .join(tables.events, tables.events.c.key == cases.c.event_key)
        .where(in_force())
    )


def _linked() -> Any:
    own = (links.c.relation == Relation.ALIKE.value) & holds(links, None)
    return select(cases.c.event_key).join_from(links, cases, cases.c.key == links.c.case_key).where(own)


def _unlabelled() -> Any:
    """Return the select of the cases that nobody needs to have labelled: those filed by hand, linked, undecidable."""
    of_case = select(*OF_CASE).join_from(cases, tables.events, tables.events.c.key == unindexed(cases.c.event_key))
    # Spelt as the index on them is, or it would not be seen to have them all.
    by_hand = (cases.c.origin == literal_column("'filed'")) & (unindexed(cases.c.status) == Status.CANDIDATE.value)
    # In force or not: of one whose event has changed since they have ended, and it waits to be annotated anew.
    abstained = select(abstentions.c.event_key)
    undecidable = cases.c.event_key.in_(abstained) & (unindexed(cases.c.status) == Status.UNDECIDABLE.value)
    return union_all(*map(of_case.where, (by_hand, cases.c.event_key.in_(_linked()), undecidable)))


# Of ten thousand labelled cases one has changed since somebody took something last.
@lru_cache(50_000)
def _progress(of_case: Facts, said: tuple[Facts, ...], linked: bool) -> Progress:  # noqa: FBT001 - one of three facts
    event, model, status, stale, filed, team, sensitivity, event_id = of_case
    grades = [(severity, chance) for kind, _, severity, _, chance in said if kind == LabellingKind.ANNOTATION.value]
    return Progress(
        event=event,
        id=event_id,
        model=model,
        ownership=Ownership(team, Sensitivity(sensitivity)),
        status=Status(status),
        people=frozenset(named(person) for _, person, *_ in said),
        severity=grades[0][0] if grades else None,
        chance=grades[0][1] if grades else None,
        annotated=bool(grades) or status == Status.UNDECIDABLE.value,
        since=max((position for *_, position, _ in said), default=filed),
        stale=bool(stale),
        linked=linked,
    )
