"""The audit's logs as they lie in the catalog.

The rows of the audit's logs as they are verified, whatever somebody has made of them.

Who can write to a database can write what remiss never does: no JSON where there is JSON, bytes that are no text, a text where
there is a number. Such a row is an altered one, and is to be named like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, Text, cast, literal, or_, select

from remiss.edges.stores.blinded_case import asked_for, blinded_entries
from remiss.edges.stores.dialect.conditions import among, as_bytes, json_has, list_member, member, surely_bytes, surely_whole
from remiss.edges.stores.dialect.driving import is_undecodable, streaming, texts_as_bytes
from remiss.edges.stores.logs.journal import content_of, entry
from remiss.edges.stores.logs.sealing import ADVICE, read_head
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import journal, views
from remiss.errors import Tampered
from remiss.former import names_of
from remiss.govern.audit.integrity import Row
from remiss.govern.audit.log import ALSO, JOURNAL, NOTHING, VIEWS, Head, text_of
from remiss.govern.audit.search import AuditEntry, AuditSearch, line
from remiss.govern.audit.views import beside
from remiss.records.event import is_text
from remiss.records.identity import to_micros

# Few enough to be still in the processor's caches when they are hashed, enough that a server is not asked too often.
BLOCK = 1024
# In the order in which `_row` takes them, as they are stored, for a log is long.
_JOURNAL = (
    "SELECT {number}, action, actor, recorded_at, digests, request_id, role, sensitivity, subjects, team_id, {leaf}, {seal} "
    "FROM journal ORDER BY position"
)
_VIEWS = "SELECT {number}, {entry}, {leaf}, {seal} FROM views ORDER BY n"
# Stands for an entry that cannot be read; there is no such entry, so it fits nothing that was sealed.
UNREADABLE = b""
# What reading an entry raises that is not as it was written.
MALFORMED = (ValueError, TypeError, RecursionError)


def rows(connection: Connection, log: str) -> Iterator[Sequence[Row]]:
    """Yield a log from its beginning, in blocks."""
    leaf, seal = (surely_bytes(connection, name) for name in ("leaf", "seal"))
    if log == JOURNAL:
        statement = _JOURNAL.format(number=surely_whole(connection, "position"), leaf=leaf, seal=seal)
    else:
        entry = as_bytes(connection, "entry")
        statement = _VIEWS.format(number=surely_whole(connection, "n"), entry=entry, leaf=leaf, seal=seal)
    read = 0
    try:
        for block in _blocks(connection, log, statement):
            read += len(block)
            yield block
    except Exception as error:
        if not is_undecodable(error):
            raise
        # Of the block with such bytes nothing came: the rest is read again, each text by its bytes.
        with texts_as_bytes(connection):
            yield from _blocks(connection, log, f"{statement} LIMIT -1 OFFSET {read}")


def _blocks(connection: Connection, log: str, statement: str) -> Iterator[Sequence[Row]]:
    cursor = streaming(connection, binary=log != JOURNAL)
    try:
        cursor.execute(statement)
        while block := cursor.fetchmany(BLOCK):
            yield _entries(block) if log == JOURNAL else block
    finally:
        cursor.close()


def _entries(block: Sequence[Any]) -> Sequence[Row]:
    try:
        return [_row(*row) for row in block]
    except MALFORMED:
        return [_whatever(row) for row in block]


def _whatever(row: Sequence[Any]) -> Row:
    number, *fields, leaf, seal = row
    texts = [each.decode("utf-8", "surrogateescape") if isinstance(each, bytes) else each for each in fields]
    whole: Sequence[Any] = (number, *texts, leaf, seal)
    try:
        # Bytes that are no text become what no JSON can hold.
        return _row(*whole)
    except MALFORMED:
        return number, UNREADABLE, leaf, seal


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
    values = content_of(
        number, action, actor, micros, json.loads(digests), request, role, sensitivity, json.loads(subjects), team
    )
    return number, text_of(values).encode(), leaf, seal


class AuditStore:
    """The logs of one catalog: fulfils `govern.ports.Audit`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store
        self.catalog = self._store.catalog_id

    def rows(self, log: str) -> Iterator[Sequence[Row]]:
        """Yield a log from its beginning, in blocks."""
        with self._reading(log) as connection:
            if connection is not None:
                yield from rows(connection, log)

    def head(self, log: str) -> Head | None:
        """Return where a log ends, as it is kept; None when it was never sealed."""
        with self._reading(log) as connection:
            return None if connection is None else read_head(connection, log)

    def secret(self, log: str) -> bytes:
        """Return what a log is sealed with."""
        return self._store.sealing.secret(self.catalog, log)

    def begun(self, log: str) -> bool:
        """Return whether a log is known to have been sealed, by what lies beside the key."""
        return self._store.sealing.known(self.catalog, log)

    def lost(self, log: str) -> bool:
        """Return whether a log had to be begun again, because what was there before is gone."""
        return self._store.sealing.lost(self.catalog, log)

    def size(self, log: str) -> int:
        """Return how many entries there are."""
        head = self.head(log)
        return 0 if head is None else head.size

    def entry(self, log: str, number: int) -> AuditEntry | None:
        """Return one entry as it is kept."""
        if log == JOURNAL:
            found = self._journal(select(journal).where(journal.c.position == number))
        else:
            found = self._views(select(views.c.n, views.c.entry).where(views.c.n == number))
        return next(iter(self._blinded(found)), None)

    def search(self, log: str, wanted: AuditSearch, before: int | None, limit: int) -> Sequence[AuditEntry]:
        """Return entries, newest first."""
        if not all(is_text(each) for each in (wanted.actor, wanted.action, wanted.subject) if each is not None):
            return ()
        found: list[AuditEntry] = []
        while len(found) < limit:
            asked = limit - len(found)
            some = self._found(log, wanted, before, asked)
            # What was asked for by what is blinded of it is not there.
            found += (each for each in self._blinded(some) if not asked_for(each, wanted))
            if len(some) < asked:
                break
            before = some[-1].number
        return found

    def _found(self, log: str, wanted: AuditSearch, before: int | None, limit: int) -> Sequence[AuditEntry]:
        if log == JOURNAL:
            asked = [*_asked_journal(wanted), *([] if before is None else [journal.c.position < before])]
            return self._journal(select(journal).where(*asked).order_by(journal.c.position.desc()).limit(limit))
        asked = [*_asked_views(wanted), *([] if before is None else [views.c.n < before])]
        # By statements of their own, each of which goes along an index in the order of the entries.
        found = [each for kind in _of_kind(wanted.kind) for each in self._views(_newest(limit, *asked, *kind))]
        return sorted(found, key=lambda each: each.number, reverse=True)[:limit]

    def _blinded(self, found: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        """Return entries with what the viewer may not know of each."""
        if self._reader.viewer.operator or not found:
            return found
        with self._reader.at() as reading:
            return blinded_entries(reading, found)

    @contextmanager
    def _reading(self, log: str) -> Iterator[Connection | None]:
        if log == JOURNAL:
            with self._reader.at() as reading:
                yield reading.connection
        else:
            with self._store.views.reading() as connection:
                yield connection

    def _journal(self, found: Select[tuple[object, ...]]) -> Sequence[AuditEntry]:
        with self._reader.at() as reading, _legible(JOURNAL):
            connection = reading.connection
            kept = connection.execute(found).mappings().all()
            numbers = [row["position"] - 1 for row in kept]
            before = select(journal.c.position, journal.c.seal).where(among(journal.c.position, numbers))
            links = {row.position: row.seal for row in connection.execute(before)} if numbers else {}
            return [
                AuditEntry(
                    log=JOURNAL,
                    number=row["position"],
                    text=text_of(entry(row)),
                    link=bytes(links.get(row["position"] - 1) or NOTHING),
                )
                for row in kept
            ]

    def _views(self, found: Select[tuple[object, ...]]) -> Sequence[AuditEntry]:
        with self._reading(VIEWS) as connection, _legible(VIEWS):
            if connection is None:
                return ()
            kept = connection.execute(found).all()
            before = select(views.c.n, views.c.seal).where(among(views.c.n, [row.n - 1 for row in kept]))
            links = {row.n: bytes(row.seal) for row in connection.execute(before)} if kept else {}
            entries = [AuditEntry(log=VIEWS, number=row.n, text=row.entry, link=links.get(row.n - 1, NOTHING)) for row in kept]
            for each in entries:
                line(each)
            return entries


@contextmanager
def _legible(log: str) -> Iterator[None]:
    """Say of entries that cannot be read that somebody altered them.

    Raises
    ------
    Tampered
    """
    try:
        yield
    except MALFORMED as error:
        raise Tampered(f"entries of the {log} were altered, so that they cannot be read", do=ADVICE) from error


def _newest(limit: int, *conditions: ColumnElement[bool]) -> Select[tuple[int, str]]:
    return select(views.c.n, views.c.entry).where(*conditions).order_by(views.c.n.desc()).limit(limit)


def _of_kind(kind: str | None) -> list[list[ColumnElement[bool]]]:
    """Return conditions on an entry that it is of a kind, one of which holds: that it is about such, or names such beside."""
    if kind is None:
        return [[]]
    of = member(views.c.entry, "kind")
    return [[of == kind], *([of == each, list_member(views.c.entry, ALSO, "kind", kind)] for each in beside(kind))]


def _asked_journal(wanted: AuditSearch) -> list[ColumnElement[bool]]:
    """Return the conditions that an entry has to meet."""
    found: list[ColumnElement[bool]] = []
    if wanted.actor is not None:
        found.append(journal.c.actor == wanted.actor)
    if wanted.action is not None:
        found.append(among(journal.c.action, names_of(wanted.action)))
    if wanted.subject is not None:
        found.append(json_has(journal.c.subjects, literal(wanted.subject, Text())))
    if wanted.since is not None:
        found.append(journal.c.recorded_at >= wanted.since)
    if wanted.until is not None:
        found.append(journal.c.recorded_at < wanted.until)
    if wanted.teams is not None:
        found.append(among(journal.c.team_id, sorted(wanted.teams)))
    return found


def _asked_views(wanted: AuditSearch) -> list[ColumnElement[bool]]:
    at = cast(member(views.c.entry, "at"), BigInteger)
    found = [
        member(views.c.entry, name) == value
        for name, value in (
            ("actor", wanted.actor),
            ("subject", wanted.subject),
        )
        if value is not None
    ]
    if wanted.action is not None:
        names = names_of(wanted.action)
        named = [list_member(views.c.entry, ALSO, "action", each) for each in names]
        found.append(or_(among(member(views.c.entry, "action"), names), *named))
    if wanted.since is not None:
        found.append(at >= to_micros(wanted.since))
    if wanted.until is not None:
        found.append(at < to_micros(wanted.until))
    if wanted.teams is not None:
        found.append(among(member(views.c.entry, "team"), sorted(wanted.teams)))
    return found
