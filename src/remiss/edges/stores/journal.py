"""The journal: one position per committed transaction, and how a transaction comes by it (docs/adr/0004).

A writing transaction first reads, locks and changes what it has to; then it takes its position, which is the last lock that
it waits for; then it writes the rows that carry the position, the journal's row, and commits. Since the lock is held until
the commit, whoever reads position P also sees everything of all positions up to P.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from remiss.edges.stores.crashing import crash_point
from remiss.edges.stores.tables import catalog_head, journal
from remiss.govern.ports import Actor

# What is done to the catalog itself, before and below all actions.
INIT = "catalog.init"
UPGRADE = "catalog.upgrade"
_HEAD = select(catalog_head.c.position)
_ACTED = select(exists().where(journal.c.action.not_in([INIT, UPGRADE])))


def head(connection: Connection) -> int:
    """Return the catalog's position as this connection's snapshot sees it."""
    position: int = connection.execute(_HEAD).scalar_one()
    return position


def moment(connection: Connection, position: int) -> datetime:
    """Return when the catalog came to a position that it has: the time of the row, or that of its making for 0."""
    found: datetime | None = connection.execute(select(journal.c.at).where(journal.c.position == position)).scalar_one_or_none()
    return found or connection.execute(select(catalog_head.c.created)).scalar_one()


def acted(connection: Connection) -> bool:
    """Return whether anything was done with the catalog yet, other than making and upgrading it."""
    found: bool = connection.execute(_ACTED).scalar_one()
    return found


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One writing transaction: who does what, when, and on which connection.

    `subjects` and `digests` go into the journal; whoever writes may add to them.
    """

    connection: Connection
    actor: Actor
    action: str
    at: datetime
    request_id: str | None = None
    subjects: list[str] = field(default_factory=list)
    digests: dict[str, Any] = field(default_factory=dict)
    _position: int | None = None
    _stamps: list[Callable[[int], None]] = field(default_factory=list)

    def position(self) -> int:
        """Return the position that this transaction will be committed at, taking it if it has none yet.

        Takes the lock on `catalog_head`, for which all other writers wait from here on: call it after everything that could
        itself wait for a lock, and after the bulk of the writing.
        """
        if self._position is None:
            crash_point("before-position")
            taken = update(catalog_head).values(position=catalog_head.c.position + 1).returning(catalog_head.c.position)
            self._position = self.connection.execute(taken).scalar_one()
            for write in self._stamps:
                write(self._position)
        return self._position

    def stamp(self, write: Callable[[int], None]) -> None:
        """Have `write` called with the position as soon as there is one, at the latest before the commit.

        For whoever writes a row that carries the position in the middle of a transaction, without making everybody wait
        from there on. `write` changes only rows of this transaction.
        """
        if self._position is None:
            self._stamps.append(write)
        else:
            write(self._position)

    def write_journal(self) -> int:
        """Append this transaction's row and return its position; the last statement before the commit."""
        position = self.position()
        crash_point("before-journal")
        row = {
            "position": position,
            "at": self.at,
            "actor": self.actor.name,
            "team_id": self.actor.team,
            "role": self.actor.role,
            "action": self.action,
            "subjects": list(dict.fromkeys(self.subjects)),
            "request_id": self.request_id,
            "digests": self.digests,
        }
        self.connection.execute(insert(journal), row)
        return position
