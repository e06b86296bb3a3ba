"""What the errors of SQLite and PostgreSQL mean to a user, and what to do about each.

What has no meaning here is a mistake of this program, and keeps its traceback.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.errors import CatalogForeign, CatalogMissing, Conflict, InputError, RemissError, StorageError, TimedOut

# How long a writer of SQLite waits for the one before it.
BUSY_MS = 30_000
# What SQLite makes with the permissions that the file had then.
BESIDE = "what has its name and ends in -wal or -shm"


def hidden(url: URL) -> str:
    """Return the address as people may see it: without its password."""
    if url.drivername == SQLITE:
        return str(url.database)
    return url.set(drivername=POSTGRESQL).render_as_string(hide_password=True)


def failed(connection: Connection, error: Any) -> Exception:
    """Return what the error of a statement given straight to the driver means; a connection that broke is used no more."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.is_disconnect(error, driver, None):
        connection.invalidate(error)
    known: Exception = explained(error, connection.engine.url) or error
    return known


def explained(error: BaseException, url: URL) -> RemissError | None:
    """Return what a driver's error means to a user, or None when it can only be our mistake."""
    where = hidden(url)
    if isinstance(error, UnicodeEncodeError | OverflowError):
        return _unstorable()
    if isinstance(error, sqlite3.Error):
        return _explained_sqlite(error, where)
    if type(error).__module__.startswith("psycopg"):
        return _explained_postgresql(error, where)
    return None


def _explained_sqlite(error: sqlite3.Error, where: str) -> RemissError | None:
    code = getattr(error, "sqlite_errorcode", None)
    match None if code is None else code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return StorageError(f"there is no room left for {where}; nothing was written", do="make room and do it again")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageError(
                f"{where} was in use by another writer for {BUSY_MS // 1000} seconds", do="wait for it to end and do it again"
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return StorageError(
                f"{where} may not be written", do=f"check the permissions of the file, of its folder, and of {BESIDE} beside it"
            )
        case sqlite3.SQLITE_CANTOPEN:
            return StorageError(f"{where} cannot be opened", do="check that its folder exists and may be written")
        case sqlite3.SQLITE_IOERR:
            return StorageError(f"the disk failed on {where}: {error}", do="check the disk and the file system")
        case sqlite3.SQLITE_CORRUPT:
            return StorageError(f"{where} is damaged: {error}", do="restore the catalog from a copy")
        case sqlite3.SQLITE_INTERRUPT:
            return timed_out(where)
        case sqlite3.SQLITE_NOTADB:
            return foreign(where)
        case _ if any(said in str(error) for said in ("Could not decode to UTF-8", "malformed JSON")):
            return StorageError(f"{where} was altered by another program: {error}", do="see what with: remiss audit verify")
        case _:
            return None


def _unstorable() -> RemissError:
    return InputError(
        "no catalog can hold that: a text with a NUL or half a character, or a whole number of more than 64 bits",
        do="leave it out",
    )


def timed_out(where: str) -> RemissError:
    """Return the error for a statement that was ended because it took too long."""
    return TimedOut(
        f"{where} did not answer in the time that one statement may take",
        do="ask a narrower question (fewer words and terms, a time: occurred:2013-06), or raise REMISS_STATEMENT_TIMEOUT",
    )


def foreign(where: str) -> RemissError:
    """Return the error for a database that is not a catalog."""
    return CatalogForeign(f"{where} is not a catalog of remiss", do="name another one, or make one with: remiss init PATH")


def _explained_postgresql(error: BaseException, where: str) -> RemissError | None:
    state = getattr(error, "sqlstate", None) or ""
    said = str(error).strip().partition("\n")[0]
    if state in {"22021", "22P05"} or (not state and "cannot contain NUL" in said):
        return _unstorable()
    if state in {"40001", "40P01", "55P03"}:
        return Conflict("somebody else was changing the same things; nothing was written", do="do it again")
    if state == "25P03":
        return StorageError(
            f"{where} ended a transaction in which nothing was done for long; nothing was written", do="do it again"
        )
    if state == "57014":
        return timed_out(where)
    if state == "53100":
        return StorageError(f"there is no room left for {where}; nothing was written", do="make room and do it again")
    if state == "3D000" or (not state and "does not exist" in said and "database" in said):
        return CatalogMissing(f"there is no database {where}", do="create it with: createdb NAME, then: remiss init ADDRESS")
    if state == "42501":
        return StorageError(f"{where} refuses this user: {said}", do="ask for the rights, or use another user")
    if state == "25006":
        return StorageError(f"{where} may not be written: {said}", do="ask for the rights, or use another user")
    if state[:2] in {"08", "28", "53", "57"} or (not state and type(error).__name__ == "OperationalError"):
        return StorageError(f"{where} cannot be reached: {said}", do="check that the server runs and that the address is right")
    return None
