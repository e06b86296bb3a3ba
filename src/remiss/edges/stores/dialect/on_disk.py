"""A catalog that is a file on a disk: folding its log back into it, telling it from another, and taking it away.

SQLite before 3.51.3 can corrupt a WAL database when two connections checkpoint at once, so that no connection checkpoints by
itself here: `fold` does, in one process at a time, under a lock file. (SQLite also checkpoints when the last connection
closes, which it does alone under its own exclusive lock.)

Addresses of catalogs: a path, `sqlite:///PATH` or `postgresql://...`, and the files that they mean.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from remiss.edges.stores.dialect.explaining import BUSY_MS, failed
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.errors import SettingError, StorageError


def parse_address(address: str) -> URL:
    """Return the URL of a catalog's address: a path, `sqlite:///PATH` or `postgresql://...`.

    Raises
    ------
    SettingError : another kind of address, or one that cannot be read
    """
    advice = "give a path, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
    if "://" not in address:
        if not address or address == ":memory:" or address.startswith("file:"):
            raise SettingError(f"{address!r} names no file that a catalog could be kept in", do=advice)
        return URL.create(SQLITE, database=address)
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise SettingError(f"{address!r} is not an address of a catalog", do=advice) from error
    if url.drivername == SQLITE and url.query:
        raise SettingError(
            f"{address} has options after `?`, and a SQLite catalog takes none", do="leave them out: sqlite:///PATH"
        )
    if url.drivername == SQLITE and not url.host and url.database and url.database != ":memory:":
        return url
    if url.drivername in {POSTGRESQL, "postgres", "postgresql+psycopg"} and url.database:
        return url.set(drivername="postgresql+psycopg")
    shown = url.render_as_string(hide_password=True)
    raise SettingError(f"{shown} is not an address of a catalog", do=advice)


def file_of(url: URL) -> Path | None:
    """Return the file of a catalog that is one."""
    return Path(url.database) if url.drivername == SQLITE and url.database else None


def views_address(url: URL) -> URL:
    """Return the address of the database that has a catalog's log of views: a file of its own, beside one; else the same."""
    path = file_of(url)
    return url if path is None else url.set(database=str(path.with_name(path.name + ".views")))


# When the log that SQLite keeps beside the catalog is longer than this, a commit tries to fold it back.
FOLD_BYTES = 64 * 1024 * 1024
# Between two tries to set the journal mode of a file in which somebody writes.
RETRY_SECONDS = 0.01


def make_durable(connection: Connection) -> None:
    """Set what a database file remembers: its journal mode, which is not set within a transaction.

    Raises
    ------
    StorageError
    """
    if connection.dialect.name == SQLITE:
        cursor = connection.connection.cursor()
        until = time.monotonic() + BUSY_MS / 1000
        try:
            while not _in_wal_mode(cursor, until):
                time.sleep(RETRY_SECONDS)
        except sqlite3.Error as error:
            raise failed(connection, error) from error
        finally:
            cursor.close()


def _in_wal_mode(cursor: Any, until: float) -> bool:
    """Set the journal mode; return whether that was done, for SQLite does not wait by itself for who has begun to write."""
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
            raise
        return False
    return True


def make_private(path: Path) -> None:
    """Make the file of a database, if it is not there, so that its owner alone may read it.

    SQLite, which would go by the umask, gives the files beside it (`-wal`, `-shm`) the same mode.

    Raises
    ------
    StorageError
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StorageError(
            f"{path} cannot be made: {error.strerror}", do="see that its folder may be written and has room"
        ) from error


def open_to_others(path: Path) -> tuple[Path, ...]:
    """Return which of a catalog's files people other than its owner may read."""
    beside = (path.with_name(path.name + ending) for ending in ("", "-wal", "-shm", ".views", ".views-wal", ".views-shm"))
    return tuple(each for each in beside if each.exists() and each.stat().st_mode & 0o077)


def fold(engine: Engine, *, at_least: int = 0) -> bool:
    """Fold SQLite's write-ahead log back into the catalog if no other process is doing so; return whether it was done.

    `at_least` is the length in bytes that the log must have. Elsewhere there is nothing to fold.
    """
    path = file_of(engine.url)
    if path is None:
        return False
    log = path.with_name(path.name + "-wal")
    try:
        if log.stat().st_size <= at_least:
            return False
        lock = os.open(path.with_name(path.name + "-fold"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with engine.connect() as connection:
            return _checkpoint(connection.connection.cursor())
    except (BlockingIOError, sqlite3.OperationalError):
        # Somebody else is at it, or the disk is full: nothing is lost, the log stays beside the catalog.
        return False
    finally:
        os.close(lock)


def _checkpoint(cursor: Any) -> bool:
    try:
        # Not to wait for readers: what they still need is left for the next time.
        cursor.execute("PRAGMA busy_timeout = 0")
        blocked, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not blocked
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        cursor.close()


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another that has its name later; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def take_away(engine: Engine, unused: Callable[[Connection], bool]) -> bool:
    """Remove the file of a catalog if nobody else has it open and nothing was done with it; return whether it was removed.

    Leaving WAL mode needs that no other connection is open. A process that comes in between waits for our lock, and then finds
    that the file is not the one that it opened (`Store.writing`).
    """
    path = file_of(engine.url)
    if path is None:
        return False
    engine.dispose()
    removed = False
    with engine.execution_options(writes=True).connect() as connection:
        cursor = connection.connection.cursor()
        try:
            cursor.execute("PRAGMA busy_timeout = 0")
            if cursor.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
                return False
        except sqlite3.OperationalError:
            return False
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            cursor.close()
        with connection.begin():
            if unused(connection):
                path.unlink()
                removed = True
        if not removed:
            make_durable(connection)
    engine.dispose()
    if removed:
        path.with_name(path.name + "-fold").unlink(missing_ok=True)
    return removed
