"""Recording what was looked at, before the answer leaves.

Who looks at something waits until that is on the disk, together with what others look at then; raw evidence by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert
from sqlalchemy.schema import CreateIndex

from remiss.edges.stores.dialect.on_disk import FOLD_BYTES, file_of, fold, identity_of, make_durable, make_private
from remiss.edges.stores.dialect.writing import insert_after, lock_name
from remiss.edges.stores.logs.grouping import Groups
from remiss.edges.stores.logs.sealing import Sealing, checked, head_row, read_head, write_head
from remiss.edges.stores.storable import held
from remiss.edges.stores.tables import audit_heads, views, views_metadata
from remiss.errors import CatalogForeign, Conflict, RemissError, StorageError, Tampered
from remiss.govern.audit.log import ALSO, CAME_FROM, VIEWS, Head, append, digested, text_of
from remiss.govern.audit.views import Entered, Seen
from remiss.govern.ports.actor import Actor
from remiss.records.identity import to_micros
from remiss.records.view_entry import ViewKind

Entry = dict[str, object]
IN_ITS_PLACE = (
    "bring it back from a copy; or move that file away: another log is begun then, and `remiss audit verify` says that entries "
    "were lost"
)


class ViewLog:
    """The log of views of one open catalog; safe for threads.

    Parameters
    ----------
    connect : gives an engine on the database that has the log, with connections of its own
    """

    def __init__(self, connect: Callable[[], Engine], sealing: Sealing, catalog: str) -> None:
        self._connect = connect
        self._sealing = sealing
        self._catalog = catalog
        self._groups: Groups[Entry] = Groups(self._append)
        self._identity: tuple[int, int] | None = None
        # Where we left the log; others may have gone on from there.
        self._left: Head | None = None

    @cached_property
    def _engine(self) -> Engine:
        return self._connect()

    @property
    def file(self) -> Path | None:
        """The file that the log is in, where it has one of its own."""
        return file_of(self._engine.url)

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """Give a connection on one snapshot of the log; None when there is none yet."""
        if self.file is not None and not self.file.exists():
            yield None
            return
        with self._of_its_own():
            self._make_sure()
            with self._engine.connect() as connection, connection.begin():
                yield connection

    def record(
        self,
        seen: Sequence[Entered],
        actor: Actor,
        at: datetime,
        request: str | None,
        secret: bytes,
        came_from: str | None = None,
    ) -> None:
        """Return when an entry of each is on the disk; digests are made with `secret`.

        Parameters
        ----------
        came_from : from where the actor was led to it, if another server led them

        Raises
        ------
        StorageError, Tampered : they cannot be recorded, and nothing may be shown
        """
        led = {} if came_from is None else {CAME_FROM: came_from}
        entries = [_entry(each, actor, at, request, secret) | led for each in seen]
        try:
            self._groups.bring(entries, alone=any(first.view.kind is ViewKind.EVIDENCE for first, *_ in seen))
        except BaseException as error:
            raise _unrecorded(error) from error

    def close(self) -> None:
        """Let go of all connections."""
        if "_engine" in self.__dict__:
            fold(self._engine)
            self._engine.dispose()

    def _append(self, entries: Sequence[Entry]) -> None:
        if self._left is not None and self._append_to(self._left, entries):
            return
        secret = self._sealing.secret(self._catalog, VIEWS)
        with self._of_its_own():
            self._make_sure()
            with self._engine.execution_options(writes=True).connect() as connection, connection.begin():
                kept_head = read_head(connection, VIEWS, locked=True) or self._first(connection)
                head = Head() if kept_head is None else checked(kept_head, VIEWS, kept_head.size, secret)
                self._sealing.check_later(self._catalog, VIEWS, head.size)
                rows, after = _sealed(head, entries, secret)
                connection.execute(insert(views), rows)
                write_head(connection, VIEWS, after, first=kept_head is None)
        self._sealing.went_on(self._catalog, VIEWS, after.size)
        if self.file is None:
            self._left = after
        fold(self._engine, at_least=FOLD_BYTES)

    def _append_to(self, head: Head, entries: Sequence[Entry]) -> bool:
        """Append by one statement to a server's log that still ends as we left it; return whether that was done.

        To begin, to read where the log ends, and to commit takes a server an answer for each. When it goes away before it answers
        here, the entries may be in the log twice: somebody who looked is better named twice than not at all.
        """
        rows, after = _sealed(head, entries, self._sealing.secret(self._catalog, VIEWS))
        self._left = None
        with self._engine.connect() as connection:
            try:
                if insert_after(connection, audit_heads, head_row(VIEWS, head), head_row(VIEWS, after), views, rows):
                    self._left = after
                    self._sealing.went_on(self._catalog, VIEWS, after.size)
            except (StorageError, Conflict):
                # What is wrong is met again where the end of the log is read first, or is over by then: not on an old connection.
                self._engine.dispose()
        return self._left is not None

    @contextmanager
    def _of_its_own(self) -> Iterator[None]:
        """Say of another file in the place of the log's what it means here.

        Raises
        ------
        Tampered
        """
        try:
            yield
        except CatalogForeign as error:
            raise Tampered(f"{self.file} is not a log of views: another file lies in its place", do=IN_ITS_PLACE) from error

    def _first(self, connection: Connection) -> Head | None:
        """Return the head that somebody else has made meanwhile; remember it when there should have been one all along."""
        lock_name(connection, "remiss views")
        head = read_head(connection, VIEWS, locked=True)
        if head is None and self._sealing.known(self._catalog, VIEWS):
            self._sealing.began_again(self._catalog, VIEWS)
        return head

    def _make_sure(self) -> None:
        """Make the file of the log when it is not there, or not the one that was opened."""
        path = self.file
        if path is None or (self._identity is not None and identity_of(path) == self._identity):
            return
        self._engine.dispose()
        make_private(path)
        with self._engine.connect() as connection:
            make_durable(connection)
        with self._engine.execution_options(writes=True).connect() as connection, connection.begin():
            audit_heads.create(connection, checkfirst=True)
            views_metadata.create_all(connection)
            # No migration comes to this file: what a log from before lacks is made here.
            for index in views.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
        self._identity = identity_of(path)


def _sealed(head: Head, entries: Sequence[Entry], secret: bytes) -> tuple[list[dict[str, Any]], Head]:
    """Return the rows of entries that follow a head, and the head that they leave."""
    kept, texts, after = append(head, secret, [partial(_text, entry) for entry in entries])
    rows = [
        {"n": each.number, "entry": text, "leaf": each.leaf, "seal": each.seal} for each, text in zip(kept, texts, strict=True)
    ]
    return rows, after


def _entry(seen: Entered, actor: Actor, at: datetime, request: str | None, secret: bytes) -> Entry:
    """Return an entry of what was shown: what it is about, and in `also` how what was shown beside that differs from it."""
    about, *others = [_shown(each, actor, secret) for each in seen]
    about["subject"] = next((each["subject"] for each in (about, *others) if each["subject"] is not None), None)
    entry = {**about, "actor": actor.name, "at": to_micros(at), "request": request, "role": actor.role}
    if others:
        entry[ALSO] = [{name: value for name, value in each.items() if value != about[name]} for each in others]
    return entry


def _shown(seen: Seen, actor: Actor, secret: bytes) -> Entry:
    view = seen.view
    found = {"query": view.query, "ids": "\n".join(view.ids) if view.ids else None}
    digests = {name: digested(secret, actor.name, name, content=_clean(text)) for name, text in found.items() if text is not None}
    return {
        "action": seen.action,
        "count": view.count,
        "digests": digests,
        "kind": view.kind.value,
        "position": view.position,
        "purpose": None if view.purpose is None else _clean(view.purpose),
        "subject": None if view.subject is None else _clean(view.subject),
        "team": view.team or actor.team,
    }


def _clean(text: str) -> str:
    """Return a text as every database can hold it, and JSON in it."""
    found: str = held(text.encode("utf-8", "backslashreplace").decode())
    return found


def _text(entry: Entry, number: int) -> str:
    return text_of({**entry, "n": number})


def _unrecorded(error: BaseException) -> BaseException:
    """Return what is told to those to whom something is not visible, because it cannot be recorded that they do."""
    if not isinstance(error, RemissError):
        return error
    do = error.do or "make the catalog's folder writable"
    return StorageError(f"nothing is shown, because it cannot be recorded who looks at it: {error.what}", do=do)
