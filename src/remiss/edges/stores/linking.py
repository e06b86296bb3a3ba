"""Links between cases, read and written."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, exists, insert, or_, select, update
from sqlalchemy import case as sql_case

from remiss.edges.stores.in_force import holds
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.reading import POSITION, SCOPES, Reading
from remiss.edges.stores.tables import cases, links
from remiss.edges.stores.visible import visible_to
from remiss.govern.ports.actor import Scope
from remiss.records.labelling import Link, Relation

# In the place of an id: that a case takes a verdict is known to those who see it, of which other one is not.
UNSEEN = "another case"


def links_of(reading: Reading, case_key: int) -> tuple[Link, ...]:
    """Return the links of a case, both ways, with cases that the scope may see; in force now or at the position."""
    found = reading.rows(_links(reading.scope, past=reading.past), case=case_key)
    return tuple(_link(row, outgoing=row.case_key == case_key) for row in found)


@lru_cache(2 * SCOPES)
def _links(scope: Scope, *, past: bool) -> Select[Any]:
    case: BindParameter[int] = bindparam("case")
    both_ways = or_(
        (links.c.case_key == case) & (cases.c.key == links.c.other_key),
        (links.c.other_key == case) & (cases.c.key == links.c.case_key),
    )
    return (
        select(links, cases.c.id.label("other"))
        .join(cases, both_ways)
        .where(holds(links, POSITION if past else None), visible_to(scope))
        .order_by(links.c.key)
    )


def alike(reading: Reading, case_key: int) -> Link | None:
    """Return the link by which a case takes another's verdict; without the other's id where the scope may not see it."""
    found = (
        select(links, sql_case((visible_to(reading.scope), cases.c.id), else_=UNSEEN).label("other"))
        .join(cases, cases.c.key == links.c.other_key)
        .where(links.c.case_key == case_key, links.c.relation == Relation.ALIKE.value, holds(links, None))
    )
    row = reading.connection.execute(found).first()
    return None if row is None else _link(row, outgoing=True)


def followed(reading: Reading, case_key: int) -> bool:
    """Return whether other cases take a case's verdict."""
    ours = (links.c.other_key == case_key) & (links.c.relation == Relation.ALIKE.value) & holds(links, None)
    return bool(reading.connection.execute(select(exists().where(ours))).scalar())


def write_link(transaction: Transaction, case_key: int, other_key: int, relation: Relation) -> None:
    """Write that a case hangs on another; the rows of both are held."""
    row = {
        "case_key": case_key,
        "other_key": other_key,
        "relation": relation.value,
        "person": transaction.actor.name,
        "created_at": transaction.at,
        "position_from": transaction.position(),
    }
    transaction.connection.execute(insert(links), row)


def end_link(transaction: Transaction, case_key: int, relation: Relation) -> None:
    """End the link of a case by that relation, if there is one."""
    ours = (links.c.case_key == case_key) & (links.c.relation == relation.value) & holds(links, None)
    transaction.connection.execute(update(links).where(ours).values(position_to=transaction.position()))


def _link(row: Row[Any], *, outgoing: bool) -> Link:
    return Link(relation=Relation(row.relation), case=row.other, outgoing=outgoing, person=row.person, at=row.created_at)
