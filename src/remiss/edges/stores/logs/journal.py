"""The journal: one position per committed transaction, and how a transaction comes by it (docs/adr/0004).

A writing transaction first reads, locks and changes what it has to; then it takes its position, which is the last lock that
it waits for; then it writes the rows that carry the position, the journal's row, and commits. Since the lock is held until
the commit, a reader of position P also sees everything of all positions up to P.

The journal is one of the two logs of the audit: position P is entry P. Its rows are sealed from the first change of a catalog on,
for before that there is no key; the rows until then, which make and upgrade it, are sealed by that change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from remiss.edges.stores.crashing import crash_point
from remiss.edges.stores.logs.sealing import ADVICE, Sealing, checked, name_of, read_head, write_head
from remiss.edges.stores.tables import catalog_head, journal
from remiss.errors import Tampered
from remiss.govern.audit.log import JOURNAL, Head, append, digested, text_of
from remiss.govern.ports.actor import Actor
from remiss.records.identity import to_micros

# What is done to the catalog itself, before and below all actions.
INIT = "catalog.init"
UPGRADE = "catalog.upgrade"
# The secret under which the journal's digests are made.
DIGESTS = "journal"
_HEAD = select(catalog_head.c.position)
_ACTED = select(exists().where(journal.c.action.not_in([INIT, UPGRADE])))


def head(connection: Connection) -> int:
    """Return the catalog's position as this connection's snapshot sees it."""
    position: int = connection.execute(_HEAD).scalar_one()
    return position


def moment(connection: Connection, position: int) -> datetime:
    """Return when the catalog came to a position that it has: the time of the row, or that of its making for 0."""
    found: datetime | None = connection.execute(
        select(journal.c.recorded_at).where(journal.c.position == position)
    ).scalar_one_or_none()
    return found or connection.execute(select(catalog_head.c.created_at)).scalar_one()


def acted(connection: Connection) -> bool:
    """Return whether anything was done with the catalog yet, other than making and upgrading it."""
    found: bool = connection.execute(_ACTED).scalar_one()
    return found


# In the place of a position that a transaction has not taken yet.
UNSTAMPED = -1


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One writing transaction: who does what, when, and on which connection.

    `subjects` and `digests` go into the journal; a writer may add to them. `team` is whose things are written, as far as
    they are one team's; else the row has the actor's own.
    """

    connection: Connection
    actor: Actor
    action: str
    at: datetime
    request_id: str | None = None
    sealing: Sealing = field(default_factory=Sealing)
    # Whether this may seal a journal of before there were seals, whatever is in it: an upgrade may.
    seals_all: bool = False
    team: str | None = None
    # Whether its row is sealed: all are, but for those of before there is a key.
    sealed: bool = False
    subjects: list[str] = field(default_factory=list)
    digests: dict[str, Any] = field(default_factory=dict)
    _position: int | None = None
    _catalog: str = ""
    _stamps: list[Callable[[int], None]] = field(default_factory=list)

    def position(self) -> int:
        """Return the position that this transaction will be committed at, taking it if it has none yet.

        Takes the lock on `catalog_head`, for which all other writers wait from here on: call it after everything that could
        itself wait for a lock, and after the bulk of the writing.
        """
        if self._position is None:
            crash_point("before-position")
            next_ = update(catalog_head).values(position=catalog_head.c.position + 1)
            taken = next_.returning(catalog_head.c.position, catalog_head.c.catalog_id)
            self._position, self._catalog = self.connection.execute(taken).one()
            for write in self._stamps:
                write(self._position)
        return self._position

    def stamp(self, write: Callable[[int], None]) -> None:
        """Have `write` called with the position as soon as there is one, at the latest before the commit.

        For a writer of a row that carries the position in the middle of a transaction, without making everybody wait
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
            "recorded_at": self.at,
            "actor": self.actor.name,
            "team_id": self.team or self.actor.team,
            "role": self.actor.role,
            "action": self.action,
            "subjects": list(dict.fromkeys(self.subjects)),
            "request_id": self.request_id,
            "digests": self.digests,
        }
        self.connection.execute(insert(journal), row | self._sealed(row))
        return position

    def changed(self, subject: str, before: object, after: object) -> None:
        """Put into the journal that a thing was changed: digests of what it was and what it is, and of no other thing.

        None is nothing: before it was made, or after it was taken away.
        """
        secret = self.sealing.keys().secret(DIGESTS)
        self.digests.setdefault("changes", {})[subject] = [
            None if each is None else digested(secret, subject, content=each) for each in (before, after)
        ]

    def _sealed(self, row: Mapping[str, Any]) -> dict[str, bytes]:
        """Return the leaf and the seal of this transaction's row, having replaced the head; nothing when there is no key yet."""
        head = read_head(self.connection, JOURNAL)
        if head is None and (not self.sealing.possible or not self._begins()):
            return {}
        secret = self.sealing.secret(self._catalog, JOURNAL)
        before = self._begin(secret) if head is None else checked(head, JOURNAL, row["position"] - 1, secret)
        self.sealing.check_later(self._catalog, JOURNAL, before.size)
        (added,), _, after = append(before, secret, [partial(_text, row)])
        write_head(self.connection, JOURNAL, after, first=head is None)
        if self.sealing.needed is None:
            nameless = update(catalog_head).where(catalog_head.c.key_name.is_(None))
            self.connection.execute(nameless.values(key_name=name_of(self.sealing.keys())))
        self.sealed = True
        return {"leaf": added.leaf, "seal": added.seal}

    def _begins(self) -> bool:
        """Return whether this is the transaction that seals the journal.

        Raises
        ------
        Tampered : it was sealed before, and its head is gone
        """
        if self.action in {INIT, UPGRADE} and not acted(self.connection):
            return False
        self.sealing.keys(lambda: not acted(self.connection))
        if (acted(self.connection) and not self.seals_all) or self.sealing.known(self._catalog, JOURNAL):
            raise Tampered("what was kept of the end of the journal is gone: the audit log was altered", do=ADVICE)
        return True

    def _begin(self, secret: bytes) -> Head:
        """Seal all rows that there are, and return the head of them."""
        rows = self.connection.execute(select(journal).order_by(journal.c.position)).mappings().all()
        kept, _, head = append(Head(), secret, [partial(_text, row) for row in rows])
        if kept:
            which = journal.c.position == bindparam("number")
            sealed = [{"number": each.number, "leaf": each.leaf, "seal": each.seal} for each in kept]
            self.connection.execute(update(journal).where(which), sealed)
        return head


def _text(row: Mapping[Any, Any], number: int) -> str:
    return text_of(entry(row))


def entry(row: Mapping[Any, Any]) -> dict[str, object]:
    """Return what is hashed of a row of the journal."""
    return content_of(
        row["position"],
        row["action"],
        row["actor"],
        to_micros(row["recorded_at"]),
        row["digests"],
        row["request_id"],
        row["role"],
        row.get("sensitivity", 1),
        row["subjects"],
        row["team_id"],
    )


def content_of(
    number: int,
    action: str,
    actor: str,
    micros: int,
    digests: object,
    request: str | None,
    role: str | None,
    sensitivity: int,
    subjects: object,
    team: str,
) -> dict[str, object]:
    """Return what is hashed of a row with these values; the time in microseconds since 1970."""
    return {
        "action": action,
        "actor": actor,
        "at": micros,
        "digests": digests,
        "n": number,
        "request": request,
        "role": role,
        "sensitivity": sensitivity,
        "subjects": subjects,
        "team": team,
    }
