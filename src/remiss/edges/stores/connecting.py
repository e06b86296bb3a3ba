"""Connecting to a catalog: which database, whether it is a catalog of this version, and its transactions.

A `Store` is an open catalog. The modules of statements (`runs.py`, `cases.py`, ...) read through `reading()`, which is the
transaction under way or a snapshot of its own, and write through `transaction`, which exists only inside an action.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from remiss.edges.stores.crashing import crash_point
from remiss.edges.stores.dialect.driving import (
    FOLD_BYTES,
    begin_nothing,
    check_server,
    connect,
    file_of,
    fold,
    identity_of,
    parse_address,
    tables_of,
    take_away,
    views_address,
)
from remiss.edges.stores.dialect.explaining import foreign, hidden
from remiss.edges.stores.dialect.limiting import limit
from remiss.edges.stores.journal import Transaction, acted
from remiss.edges.stores.sealing import Finder, Sealing
from remiss.edges.stores.tables import catalog_head
from remiss.edges.stores.version import LATEST, read_version
from remiss.edges.stores.views import ViewLog
from remiss.errors import CatalogMissing, CatalogNewer, CatalogOlder, Conflict, StorageError
from remiss.govern.entries import JOURNAL
from remiss.govern.ports.actor import Actor


class Store(threading.local):
    """An open catalog. Each thread has its own transaction."""

    def __init__(
        self,
        engine: Engine,
        catalog_id: str,
        *,
        sealing: Sealing,
        views: ViewLog,
        created: bool = False,
        identity: tuple[int, int] | None = None,
    ) -> None:
        self.engine = engine
        self.catalog_id = catalog_id
        self.sealing = sealing
        self.views = views
        self.created = created
        self.where = hidden(engine.url)
        self.file = file_of(engine.url)
        self._identity = identity
        self._writer = engine.execution_options(writes=True)
        self._connection: Connection | None = None
        self._transaction: Transaction | None = None

    @property
    def transaction(self) -> Transaction:
        """The writing transaction under way. To write outside an action is a mistake in this program."""
        if self._transaction is None:
            raise RuntimeError("something writes to the catalog outside an action")
        return self._transaction

    @property
    def writes(self) -> bool:
        """Whether a writing transaction is under way."""
        return self._transaction is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection on one snapshot: the one under way, or one of its own that ends with the block."""
        if self._connection is not None:
            yield self._connection
            return
        with self.engine.connect() as connection, connection.begin():
            self._connection = connection
            try:
                yield connection
            finally:
                self._connection = None

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """Give a connection for a single statement, which is a snapshot by itself: the one under way, or one without a beginning.

        To begin and to end takes a server two more answers, which is as long as a page.
        """
        if self._connection is not None:
            yield self._connection
            return
        with self.engine.connect() as connection:
            begin_nothing(connection)
            yield connection

    @contextmanager
    def writing(self, actor: Actor, action: str, at: datetime, request_id: str | None = None) -> Iterator[Transaction]:
        """Begin, give the transaction, write its row of the journal and commit; on any error nothing is left.

        Raises
        ------
        StorageError, Conflict : as the database says
        """
        if self._connection is not None:
            raise RuntimeError("a transaction is under way already")
        crash_point("before-begin")
        self._check_there()
        with self._writer.connect() as connection, connection.begin():
            self._check_there(connection)
            self._connection = connection
            transaction = Transaction(
                connection=connection, actor=actor, action=action, at=at, request_id=request_id, sealing=self.sealing
            )
            self._transaction = transaction
            try:
                yield transaction
                transaction.write_journal()
                crash_point("before-commit")
            finally:
                self._connection = self._transaction = None
        crash_point("after-commit")
        if transaction.began:
            self.sealing.began(self.catalog_id, JOURNAL)
        fold(self.engine, at_least=FOLD_BYTES)

    def _check_there(self, connection: Connection | None = None) -> None:
        """Refuse to write to a file that is not in its place any more, or to another one that is there now."""
        there = self.file is None or identity_of(self.file) == self._identity
        if there and connection is not None:
            # The number of a file that was removed may come again.
            there = connection.execute(select(catalog_head.c.catalog_id)).scalar_one_or_none() == self.catalog_id
        if not there:
            raise Conflict(
                f"the catalog {self.where} was removed or replaced since it was opened",
                do="do it again: nothing was written, and what is there now will be opened",
            )

    def take_away(self) -> bool:
        """Remove the catalog if opening it made it, nobody else has it open, and nothing was done with it since."""
        beside = self.views.file
        removed = self.created and take_away(self.engine, lambda connection: not acted(connection))
        if removed and beside is not None:
            self.views.close()
            for each in ("", "-wal", "-shm", "-fold"):
                beside.with_name(beside.name + each).unlink(missing_ok=True)
        return removed

    def close(self) -> None:
        """Fold the log back if nobody else does, and let go of all connections."""
        fold(self.engine)
        self.engine.dispose()
        self.views.close()


def open_store(
    address: str,
    *,
    create: bool = False,
    upgrade: bool = False,
    now: datetime,
    actor: Actor,
    limit_seconds: int = 0,
    keys: Callable[[Path | None], Finder] | None = None,
) -> Store:
    """Open the catalog at an address.

    Parameters
    ----------
    address : a path, `sqlite:///PATH` or `postgresql://...`
    create : make it when it is not there
    upgrade : bring an older one to this version
    now, actor : when and by whom one is made or upgraded, for the journal
    limit_seconds : how long one statement that reads may take; 0 is no limit
    keys : given the catalog's file, if it is one, returns what finds its key; without it nothing can be sealed

    Raises
    ------
    CatalogMissing, CatalogForeign, CatalogNewer, CatalogOlder, StorageError, SettingError
    """
    engine = connect(parse_address(address))
    path = file_of(engine.url)
    sealing = Sealing(None if keys is None else keys(path))
    if limit_seconds:
        limit(engine, limit_seconds)
    try:
        _check_file(engine, create=create)
        version = _version(engine)
        _check_version(version, engine, create=create, upgrade=upgrade)
        if version != LATEST:
            from remiss.edges.stores.migrating import migrate

            migrate(engine, now, actor, sealing)
        with engine.connect() as connection:
            catalog_id = connection.execute(select(catalog_head.c.catalog_id)).scalar_one()
    except BaseException:
        engine.dispose()
        raise
    identity = None if path is None else identity_of(path)
    views = ViewLog(partial(connect, views_address(engine.url), tried=True), sealing, catalog_id)
    return Store(engine, catalog_id, sealing=sealing, views=views, created=version is None, identity=identity)


def _check_version(version: int | None, engine: Engine, *, create: bool, upgrade: bool) -> None:
    where = hidden(engine.url)
    if version is None:
        if not create:
            raise CatalogMissing(f"{where} is empty", do=f"make a catalog there with: remiss init {where}")
    elif version > LATEST:
        raise CatalogNewer(
            f"{where} was written by a newer remiss (catalog version {version}, this one knows {LATEST})",
            do="use that version of remiss",
        )
    elif version < LATEST and not upgrade:
        raise CatalogOlder(
            f"{where} was written by an older remiss (catalog version {version}, this one needs {LATEST})",
            do="copy it for safety, then: remiss catalog upgrade",
        )


def _check_file(engine: Engine, *, create: bool) -> None:
    path = file_of(engine.url)
    if path is None:
        return
    if path.is_dir():
        raise StorageError(f"{path} is a folder", do="name a file in it, for example remiss.db")
    if not path.exists():
        if not create:
            raise CatalogMissing(f"there is no catalog {path}", do=f"make one with: remiss init {path}")
        if not path.parent.is_dir():
            raise StorageError(f"there is no folder {path.parent}", do=f"make it with: mkdir -p {path.parent}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise StorageError(
            f"the folder {path.parent} may not be written, and the catalog keeps its log there",
            do="check the folder's permissions, or name another; a catalog of others can be copied to a folder of yours",
        )
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise StorageError(
            f"{path} may not be read and written, and who looks at it is recorded",
            do="check the file's permissions, or copy it, with its keys, to where you may write",
        )


def _version(engine: Engine) -> int | None:
    """Return the number of the catalog's last migration, or None when the database is empty."""
    with engine.connect() as connection:
        check_server(connection)
        there = tables_of(connection)
        if not there:
            return None
        if not {"catalog_head", "catalog_version"} <= there:
            raise foreign(hidden(engine.url))
        return read_version(connection)
