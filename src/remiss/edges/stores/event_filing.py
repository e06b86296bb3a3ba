"""Filing events: which of those that a run saw are in the catalog already, and the content of the others.

An event is known by its source, its id and its window. Windows of another width may hold the same event, so that one that is
there is the same if it lies in the window in which the run saw it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, func, select

from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.types import json_cell, to_json
from remiss.edges.stores.dialect.writing import insert_many, next_keys
from remiss.edges.stores.redactions import redactions_cell, redactions_value
from remiss.edges.stores.tables import event_contents, events, instant, observations, protocols, runs
from remiss.errors import Conflict
from remiss.protocol.meaning import handling
from remiss.protocol.terms import Protocol
from remiss.protocol.versions import salvage
from remiss.records.case import Sensitivity
from remiss.records.event import Event
from remiss.records.identity import canonical, format_time, to_micros
from remiss.records.run import DerivedRun, Member
from remiss.records.window import window_of

# Of what a run may see otherwise than it was filed, in `event_contents`.
CONTENT = ("output", "inputs", "context", "text", "redactions")
EVENT = ("key", "source_name", "event_id", "occurred_at", "model", "team_id", "sensitivity", "recurrence")
DETAILS = ("model_version", "model_digest", "features", "confidence", "latency_ms", "status", "trace_id")
Place = tuple[str, datetime]


def place_of(member: Member) -> Place:
    """Return what an event is known by within its source: its id and the start of its window."""
    return member.event.id, member.window


@dataclass(frozen=True, slots=True)
class FiledEvents:
    """The keys of events by id and window, those among them that were there before, and how many were new."""

    keys: Mapping[Place, int]
    known: frozenset[int]
    new: int


def file_events(connection: Connection, derived: DerivedRun, width: timedelta, team: str, level: Sensitivity) -> FiledEvents:
    """Insert the events that are not there yet: those of whose id none is there in the window that it is in by this run."""
    source, members = derived.manifest.source, derived.members
    there = select(events.c.event_id, events.c.key, events.c.occurred_at, events.c.model, events.c.recurrence).where(
        events.c.source_name == source, among(events.c.event_id, sorted({member.event.id for member in members}))
    )
    known: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(there):
        known[row.event_id].append(row)
    keys = {}
    for member in members:
        if member.event.id in known:
            before = _same_event(known[member.event.id], member, width)
            if before is not None:
                _check_model(before, member.event, source)
                keys[place_of(member)] = int(before.key)
    there_before = frozenset(keys.values())
    # Lists stand by their keys. A run draws by priority, and what stands late in that order was kept by a criterion:
    # so they stand by id, of which nobody who labels them can tell.
    fresh = sorted((each for each in members if place_of(each) not in keys), key=lambda one: (one.window, one.event.id))
    keys |= zip(map(place_of, fresh), next_keys(connection, events, len(fresh)), strict=True)
    taken = {event_id: {int(row.recurrence) for row in rows} for event_id, rows in known.items()}
    details = attrgetter(*DETAILS)
    rows = (
        (
            *(keys[place_of(one)], source, one.event.id, instant(one.event.at), one.event.model, team, int(level)),
            *(_recurrence(taken, one), *details(one.event)),
        )
        for one in fresh
    )
    insert_many(connection, events, (*EVENT, *DETAILS), rows)
    contents = (
        (
            *(keys[place_of(one)], json_cell(one.event.output), json_cell(one.event.inputs), json_cell(one.event.context)),
            *(one.event.text, redactions_cell(one.event.redactions)),
        )
        for one in fresh
    )
    insert_many(connection, event_contents, ("event_key", "output", "inputs", "context", "text", "redactions"), contents)
    return FiledEvents(keys, there_before, len(fresh))


def _same_event(known: Sequence[Row[Any]], member: Member, width: timedelta) -> Row[Any] | None:
    """Return the event of the member's id that is in its window: that of its very time, else the nearest."""
    here = [row for row in known if window_of(row.occurred_at, width).start == member.window]
    return min(here, key=lambda row: (abs(row.occurred_at - member.event.at), row.key), default=None)


def _check_model(before: Row[Any], event: Event, source: str) -> None:
    if before.model != event.model:
        raise Conflict(
            f"event {event.id} of {source} came back as another one: it was of {before.model} at "
            f"{format_time(before.occurred_at)}, and now is of {event.model} at {format_time(event.at)}",
            do="let the protocol's field `id` name one prediction for ever; nothing was filed",
        )


def _recurrence(taken: dict[str, set[int]], member: Member) -> int:
    """Return 0 for the first event of an id, else a number that no other of them has: the start of its window."""
    others = taken.setdefault(member.event.id, set())
    number = to_micros(member.window) if others else 0
    # Windows of another width may begin at the same time.
    while number in others:
        number += 1
    others.add(number)
    return number


def content_that_differs(
    connection: Connection, document: Protocol, seen: Sequence[tuple[int, Member]], known: Collection[int]
) -> Mapping[int, str]:
    """Return, by event key, the content of known events that a run saw otherwise than the catalog has it, as a cell of JSON.

    Only where the protocol of this name brought the event, and guards content as it did then: what was filed under another
    guard stays as it is, so that a laxer one opens nothing.
    """
    if not known:
        return {}
    own = _guarded_alike(connection, document, sorted(known))
    stored = (
        select(events, *(event_contents.c[name] for name in CONTENT))
        .join(event_contents, event_contents.c.event_key == events.c.key)
        .where(among(events.c.key, sorted(own)))
    )
    before = {row.key: row for row in connection.execute(stored)}
    found = {}
    for key, member in seen:
        row, event = before.get(key), member.event
        if row is None:
            continue
        now = {"occurred_at": instant(event.at), **{name: getattr(event, name) for name in DETAILS}}
        now |= {"output": event.output, "inputs": event.inputs, "context": event.context, "text": event.text}
        now["redactions"] = redactions_value(event.redactions)
        was = {name: getattr(row, name) for name in now} | {"occurred_at": instant(row.occurred_at)}
        if to_json(was) != (cell := to_json(now)):
            found[key] = cell
    return found


def _guarded_alike(connection: Connection, document: Protocol, keys: Sequence[int]) -> frozenset[int]:
    """Return the events that a run by this protocol was the first to see, under the guard that the document has."""
    first = (
        select(observations.c.event_key, func.min(observations.c.run_key).label("run_key"))
        .where(among(observations.c.event_key, keys))
        .group_by(observations.c.event_key)
        .subquery("first")
    )
    by = (
        select(first.c.event_key, protocols.c.text)
        .join(runs, runs.c.key == first.c.run_key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(runs.c.protocol_name == document.name)
    )
    wanted = canonical(handling(document))
    alike: dict[str, bool] = {document.text: True}
    found = set()
    for row in connection.execute(by):
        if row.text not in alike:
            former = salvage(row.text, document.name)
            alike[row.text] = former is not None and canonical(handling(former)) == wanted
        if alike[row.text]:
            found.add(row.event_key)
    return frozenset(found)
