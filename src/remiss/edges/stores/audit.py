"""The audit's logs as they lie in the catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import Select, Text, literal, select

from remiss.edges.stores.connecting import Store
from remiss.edges.stores.dialect.conditions import among, json_has
from remiss.edges.stores.dialect.driving import streaming
from remiss.edges.stores.journal import entry, said
from remiss.edges.stores.sealing import read_head
from remiss.edges.stores.storable import is_text
from remiss.edges.stores.tables import journal
from remiss.govern.auditing import Wanted, Written
from remiss.govern.entries import JOURNAL, NOTHING, Head, text_of
from remiss.govern.verification import Row

BLOCK = 4096
# In the order in which `_row` takes them, as they are stored, for a log is long.
_JOURNAL = (
    "SELECT position, action, actor, at, digests, request_id, role, sensitivity, subjects, team_id, leaf, seal "
    "FROM journal ORDER BY position"
)


def _row(
    number: int,
    action: str,
    actor: str,
    micros: int,
    digests: str,
    request: str | None,
    role: str | None,
    sensitivity: int,
    subjects: str,
    team: str,
    leaf: bytes | None,
    seal: bytes | None,
) -> Row:
    values = said(number, action, actor, micros, json.loads(digests), request, role, sensitivity, json.loads(subjects), team)
    return number, text_of(values).encode(), leaf, seal


class AuditStore:
    """The logs of one catalog: fulfils `govern.ports.Audit`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.catalog = store.catalog_id

    def rows(self, log: str) -> Iterator[Sequence[Row]]:
        """Yield a log from its beginning, in blocks."""
        if log != JOURNAL:
            return
        with self._store.reading() as connection:
            cursor = streaming(connection)
            try:
                cursor.execute(_JOURNAL)
                while block := cursor.fetchmany(BLOCK):
                    yield [_row(*row) for row in block]
            finally:
                cursor.close()

    def head(self, log: str) -> Head | None:
        """Return where a log ends, as it is kept; None when it was never sealed."""
        with self._store.reading() as connection:
            return read_head(connection, log)

    def begun(self, log: str) -> bool:
        """Return whether a log is known to have been sealed, by what lies beside the key."""
        return log == JOURNAL and self._store.sealing.known(self.catalog)

    def size(self, log: str) -> int:
        """Return how many entries there are."""
        head = self.head(log)
        return 0 if head is None else head.size

    def entry(self, log: str, number: int) -> Written | None:
        """Return one entry as it is kept."""
        if log != JOURNAL:
            return None
        found = self._journal(select(journal).where(journal.c.position == number))
        return found[0] if found else None

    def search(self, log: str, wanted: Wanted, before: int | None, limit: int) -> Sequence[Written]:
        """Return entries, newest first."""
        if log != JOURNAL:
            return ()
        if not all(is_text(each) for each in (wanted.actor, wanted.action, wanted.subject) if each is not None):
            return ()
        found = select(journal).order_by(journal.c.position.desc()).limit(limit)
        if wanted.actor is not None:
            found = found.where(journal.c.actor == wanted.actor)
        if wanted.action is not None:
            found = found.where(journal.c.action == wanted.action)
        if wanted.subject is not None:
            found = found.where(json_has(journal.c.subjects, literal(wanted.subject, Text())))
        if wanted.since is not None:
            found = found.where(journal.c.at >= wanted.since)
        if wanted.until is not None:
            found = found.where(journal.c.at < wanted.until)
        if wanted.teams is not None:
            found = found.where(among(journal.c.team_id, sorted(wanted.teams)))
        if before is not None:
            found = found.where(journal.c.position < before)
        return self._journal(found)

    def _journal(self, found: Select[tuple[object, ...]]) -> Sequence[Written]:
        with self._store.reading() as connection:
            rows = connection.execute(found).mappings().all()
            numbers = [row["position"] - 1 for row in rows]
            before = select(journal.c.position, journal.c.seal).where(among(journal.c.position, numbers))
            links = {row.position: row.seal for row in connection.execute(before)} if numbers else {}
        return [
            Written(
                log=JOURNAL,
                number=row["position"],
                text=text_of(entry(row)),
                link=bytes(links.get(row["position"] - 1) or NOTHING),
            )
            for row in rows
        ]
