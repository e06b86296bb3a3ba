"""People in the catalog: who there are, and what they were granted."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from remiss.edges.stores.journal import Transaction
from remiss.edges.stores.tables import grants, people
from remiss.records.case import Sensitivity
from remiss.records.person import Grant, Person


def person_now(connection: Connection, name: str) -> Person | None:
    """Return a person with what they hold now; None when there is nobody of that name, or they are disabled."""
    row = connection.execute(select(people).where(people.c.name == name, people.c.position_to.is_(None))).first()
    if row is None:
        return None
    held = select(grants).where(grants.c.person == name, grants.c.position_to.is_(None))
    found = connection.execute(held.order_by(grants.c.team, grants.c.role))
    given = tuple(Grant(role=each.role, team=each.team, clearance=Sensitivity(each.clearance)) for each in found)
    return Person(name=row.name, about=row.about, grants=given, since=row.position_from)


def enrol(transaction: Transaction, name: str, *given: Grant) -> None:
    """Add a person who is not there, with some grants."""
    position = transaction.position()
    transaction.connection.execute(insert(people), {"name": name, "position_from": position})
    for each in given:
        row = {"person": name, "team": each.team, "role": each.role, "clearance": int(each.clearance)}
        transaction.connection.execute(insert(grants), {**row, "position_from": position})
