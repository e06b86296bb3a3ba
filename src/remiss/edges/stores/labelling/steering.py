"""How queues are steered, in the catalog: one row for each act, with all that holds after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, func, insert, select

from remiss.catalog.revision import check_read
from remiss.curate.steering import UNSTEERED, BatchScope, First, Steer, Steering
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import passes, steerings
from remiss.records.identity import format_time, parse_time


def steering_of(reading: Reading) -> Mapping[str, Steering]:
    """Return how the queue of each protocol is steered, of those that somebody has steered."""
    last = (
        select(steerings.c.protocol, func.max(steerings.c.revision).label("revision")).group_by(steerings.c.protocol).subquery()
    )
    found = select(steerings).join(last, (steerings.c.protocol == last.c.protocol) & (steerings.c.revision == last.c.revision))
    return {row.protocol: _steering(row) for row in reading.connection.execute(found)}


def steering_at(reading: Reading, protocol: str, revision: int) -> Steering:
    """Return how the queue of a protocol was steered at a revision."""
    found = select(steerings).where(steerings.c.protocol == protocol, steerings.c.revision == revision)
    row = reading.connection.execute(found).first()
    return UNSTEERED if row is None else _steering(row)


def steer(transaction: Transaction, reading: Reading, protocol: str, team: str, made: Steering, revision: int) -> Steering:
    """Write how the queue of a protocol is steered from now on.

    Parameters
    ----------
    made : the next state
    revision : that which the writer read

    Raises
    ------
    Precondition : somebody else has steered it since; InputError : a revision that never was
    """
    # From here on other writers wait, so that of two who read the same revision the second is told.
    position = transaction.position()
    now = steering_of(reading.now).get(protocol, UNSTEERED)
    check_read(f"the queue of {protocol}", revision, now.revision)
    after = replace(made, revision=revision + 1, person=transaction.actor.name, at=transaction.at)
    row = {
        "protocol": protocol,
        "revision": after.revision,
        "first": after.first.value,
        "steers": [_plain(each) for each in after.steers],
        "person": after.person,
        "created_at": transaction.at,
        "position": position,
    }
    transaction.connection.execute(insert(steerings), row)
    transaction.team = team
    before = {"first": now.first.value, "steers": [_plain(each) for each in now.steers]}
    transaction.changed(f"queue/{protocol}", before, {"first": row["first"], "steers": row["steers"]})
    return after


def passers(reading: Reading) -> Mapping[int, frozenset[str]]:
    """Return who passed an event, by its key."""
    found: dict[int, set[str]] = defaultdict(set)
    for row in reading.connection.execute(select(passes.c.event_key, passes.c.person)):
        found[row.event_key].add(row.person)
    return {key: frozenset(people) for key, people in found.items()}


def _steering(row: Row[Any]) -> Steering:
    return Steering(
        revision=row.revision,
        first=First(row.first),
        steers=tuple(map(_read, row.steers)),
        person=row.person,
        at=row.created_at,
    )


def _plain(made: Steer) -> Mapping[str, object]:
    which = made.which
    period = None if which.period is None else format_time(which.period)
    return {"open": made.open, "criterion": which.criterion, "period": period, "stratum": dict(which.stratum)}


def _read(made: Mapping[str, Any]) -> Steer:
    period = None if made["period"] is None else parse_time(made["period"])
    return Steer(open=made["open"], which=BatchScope(criterion=made["criterion"], period=period, stratum=made["stratum"]))
