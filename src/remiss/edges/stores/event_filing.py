"""Filing events: which of those that a run saw are in the catalog already, and the content of the others.

An event is known by its source, its id and its window. Windows of another width may hold the same event, so that one that is
there is the same if it lies in the window in which the run saw it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, select

from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.types import json_cell
from remiss.edges.stores.dialect.writing import insert_many, next_keys
from remiss.edges.stores.redactions import redactions_cell
from remiss.edges.stores.tables import event_contents, events, instant
from remiss.errors import Conflict
from remiss.records.case import Sensitivity
from remiss.records.event import Event
from remiss.records.identity import format_time, to_micros
from remiss.records.run import DerivedRun, Member
from remiss.records.window import window_of

EVENT = ("key", "source_name", "event_id", "occurred_at", "model", "team_id", "sensitivity", "recurrence")
DETAILS = ("model_version", "model_digest", "features", "confidence", "latency_ms", "status", "trace_id")
Place = tuple[str, datetime]


def place_of(member: Member) -> Place:
    """Return what an event is known by within its source: its id and the start of its window."""
    return member.event.id, member.window


@dataclass(frozen=True, slots=True)
class FiledEvents:
    """The keys of events by id and window, and how many were new."""

    keys: Mapping[Place, int]
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
    fresh = [member for member in members if place_of(member) not in keys]
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
    return FiledEvents(keys, len(fresh))


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
