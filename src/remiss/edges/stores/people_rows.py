"""Rows of people as records: who they are, what they were granted and the tokens that stand for them, as of a position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from remiss.edges.stores.in_force import holds
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import grants, people
from remiss.records.case import Sensitivity
from remiss.records.person import Grant, Person, Token


def person_at(reading: Reading, name: str) -> Person | None:
    """Return a person with what they hold; None when they are not there."""
    position = reading.position
    row = reading.connection.execute(select(people).where(people.c.name == name, holds(people, position))).first()
    if row is None:
        return None
    held = reading.connection.execute(grants_at(position).where(grants.c.person == name))
    return person_of(row, [grant_of(each) for each in held], position)


def grants_at(position: int | None) -> Any:
    """Return the select of all grants that hold at a position, by team and role."""
    return select(grants).where(holds(grants, position)).order_by(grants.c.team, grants.c.role)


def grant_of(row: Row[Any]) -> Grant:
    """Return a row of `grants` as a record."""
    return Grant(role=row.role, team=row.team, clearance=Sensitivity(row.clearance))


def person_of(row: Row[Any], held: Sequence[Grant], position: int | None) -> Person:
    """Return a row of `people` as a record, as it stood at a position."""
    until = _until(row, position)
    given = tuple(held) if until is None else ()
    return Person(name=row.name, about=row.about, grants=given, since=row.position_from, until=until)


def token_of(row: Row[Any], position: int | None) -> Token:
    """Return a row of `tokens` as a record, as it stood at a position."""
    return Token(
        id=row.id,
        person=row.person,
        about=row.about,
        expires=row.expires,
        since=row.position_from,
        until=_until(row, position),
        once=row.once,
        used=None if row.used is None or (position is not None and row.used > position) else row.used,
    )


def _until(row: Row[Any], position: int | None) -> int | None:
    ended: int | None = row.position_to
    return None if ended is None or (position is not None and ended > position) else ended
