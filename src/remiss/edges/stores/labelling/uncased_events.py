"""Prospects: events that are no cases yet, under the ids that their cases would have.

Controls and undecided events are given to people to label unmarked, so each needs an id like a case's from the start. It
becomes a case when somebody labels it, and not before: a row of `cases` would say what it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from remiss.catalog.full_text import searchable_values
from remiss.catalog.identifying import prefix_of
from remiss.curate.blinding import CONTROL
from remiss.edges.stores.case_reading import event_at, observations_of
from remiss.edges.stores.case_writing import file_context, first_state
from remiss.edges.stores.dialect.full_text import index_words
from remiss.edges.stores.dialect.writing import insert_missing, lock_name, next_keys
from remiss.edges.stores.logs.journal import UNSTAMPED, Transaction
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import cases, events, prospects, revisions
from remiss.edges.stores.visible import visible_to
from remiss.records.event import to_text
from remiss.records.identity import case_id
from remiss.records.states import Status


def offer(connection: Connection, found: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """Return the ids under which people are given events: the id of the case to be, and the key, of each.

    An id that was given once is good for ever. The caller writes.
    """
    rows = [{"id": named, "event_key": key} for named, key in found]
    insert_missing(connection, prospects, rows, ["id"])
    return tuple(str(row["id"]) for row in rows)


def uncased_event(reading: Reading, given: str) -> Row[Any] | None:
    """Return the event, as a row of `events`, of which somebody has the id; None when it is a case by now, or never was given."""
    is_case = select(cases.c.key).where(cases.c.event_key == events.c.key).exists()
    found = (
        select(events)
        .join(prospects, prospects.c.event_key == events.c.key)
        .where(prospects.c.id == prefix_of(given), ~is_case, visible_to(reading.scope, events))
    )
    row: Row[Any] | None = reading.once(
        ("uncased", prefix_of(given), reading.scope), lambda: reading.connection.execute(found).first()
    )
    return row


def file_uncased_event(transaction: Transaction, reading: Reading, event: Row[Any]) -> str:
    """File a control, of which somebody is about to say what it is, as a case; return its id.

    A second writer of the same waits here, and finds the case.
    """
    connection, named = transaction.connection, case_id(event.source_name, event.event_id, event.recurrence)
    lock_name(connection, f"event {event.key}")
    if connection.execute(select(cases.c.key).where(cases.c.event_key == event.key)).first() is not None:
        return named
    seen = event_at(reading, event.key, None, observations_of(reading, event.key))
    (key,) = next_keys(connection, cases, 1)
    values = searchable_values(seen.output, seen.label, seen.inputs, seen.context)
    index_words(connection, [(key, seen.text, None, None, values)])
    state = {"status": Status.CONTROL.value, "mode": None, "severity": None, "text_version": None}
    row = {
        "key": key,
        "id": named,
        "event_key": event.key,
        "origin": CONTROL,
        "revision": 1,
        "source_name": event.source_name,
        "model": event.model,
        "model_version": event.model_version,
        "occurred_at": event.occurred_at,
        "output": to_text(seen.output),
        "label": to_text(seen.label),
        "confidence": event.confidence,
        "latency_ms": event.latency_ms,
        "position_from": UNSTAMPED,
        "team_id": event.team_id,
        "sensitivity": event.sensitivity,
        **state,
    }
    connection.execute(insert(cases), row)
    file_context(connection, [((key, event.team_id, event.sensitivity), seen.context)])
    first_state(transaction, key, state, UNSTAMPED)
    # Not yet the position, which is the last lock: other cases may have to be held first, and what is in people's hands.
    transaction.stamp(lambda position: _stamp(connection, key, position))
    return named


def _stamp(connection: Connection, key: int, position: int) -> None:
    for table, of in ((cases, cases.c.key), (revisions, revisions.c.case_key)):
        connection.execute(update(table).where(of == key, table.c.position_from == UNSTAMPED).values(position_from=position))
