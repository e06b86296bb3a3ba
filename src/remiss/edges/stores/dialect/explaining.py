"""What the errors of SQLite and PostgreSQL mean to a user, and what to do about each.

A server ends who stands still in the middle of writing; the lock of a file lasts as long as the process does. So whoever waited
for that in vain is told which process has it, as the kernel tells on Linux, and at which job it works; nothing is guessed.

What has no meaning here is a mistake of this program, and keeps its traceback.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.errors import (
    CatalogForeign,
    CatalogMissing,
    Conflict,
    ConnectionLost,
    InputError,
    RemissError,
    StorageError,
    TimedOut,
)

# How long a writer of SQLite waits for the one before it.
BUSY_MS = 30_000
# What SQLite makes with the permissions that the file had then, and the room that it takes.
BESIDE = "what has its name and ends in -wal or -shm"
BESIDE_BYTES = 64 * 1024

# A commit whose fsync failed is there for the next one who opens the file, unless the power goes first.
UNKNOWN_WHETHER = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}

# How the driver says that a server is gone without having said why.
CLOSED = ("server closed the connection", "connection is closed", "connection is lost")

LOCKS = Path("/proc/locks")
# Which byte of the file that ends in -shm a writer locks. Source: SQLite's documentation of its WAL-index format.
WRITER = 120
# States of a process that does nothing until it gets a signal. Source: proc_pid_stat(5).
STOPPED = frozenset("Tt")
# `(process 1234)` at the end of a runner's name; only one that the catalog says is at work.
_AT_WORK = "SELECT id, runner FROM jobs WHERE state = 'running' ORDER BY key LIMIT 100"


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
    kind = None if code is None else code & 0xFF
    if kind == sqlite3.SQLITE_IOERR and code not in UNKNOWN_WHETHER and _is_full(where):
        # So it says when there is no room for what it makes beside the file to read that.
        kind = sqlite3.SQLITE_FULL
    match kind:
        case sqlite3.SQLITE_FULL:
            return _no_room(where)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return in_use(where, BUSY_MS // 1000)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return StorageError(
                f"{where} may not be written", do=f"check the permissions of the file, of its folder, and of {BESIDE} beside it"
            )
        case sqlite3.SQLITE_CANTOPEN:
            return StorageError(f"{where} cannot be opened", do="check that its folder exists and may be written")
        case sqlite3.SQLITE_IOERR:
            return _disk_failed(where, error, known=code not in UNKNOWN_WHETHER)
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


def _disk_failed(where: str, error: sqlite3.Error, *, known: bool) -> StorageError:
    if known:
        return StorageError(f"the disk failed on {where}: {error}", do="check the disk and the file system")
    return StorageError(
        f"the disk failed on {where} when it was to keep what was written, and whether it did is not known: {error}",
        do="check the disk and its room; look whether it was done, and do it again if not",
    )


def _no_room(where: str) -> StorageError:
    return StorageError(f"there is no room left for {where}; nothing was written", do="make room and do it again")


def _is_full(where: str) -> bool:
    try:
        return shutil.disk_usage(Path(where).absolute().parent).free < BESIDE_BYTES
    except OSError:
        return False


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
    if state in {"25P03", "57P01", "57P02"} or (not state and any(words in said for words in CLOSED)):
        return _connection_lost(state, where)
    if state == "57014":
        return timed_out(where)
    if state == "53100":
        return _no_room(where)
    if state == "3D000" or (not state and "does not exist" in said and "database" in said):
        return CatalogMissing(f"there is no database {where}", do="create it with: createdb NAME, then: remiss init ADDRESS")
    if state == "42501":
        return StorageError(f"{where} refuses this user: {said}", do="ask for the rights, or use another user")
    if state == "25006":
        return StorageError(f"{where} may not be written: {said}", do="ask for the rights, or use another user")
    if state[:2] in {"08", "28", "53", "57"} or (not state and _of_the_connection(error)):
        return StorageError(f"{where} cannot be reached: {said}", do="check that the server runs and that the address is right")
    return None


def _of_the_connection(error: BaseException) -> bool:
    """Return whether an error that no server gave a number to is one of connecting: among them that it took too long."""
    return any(each.__name__ == "OperationalError" for each in type(error).__mro__)


def _connection_lost(state: str, where: str) -> ConnectionLost:
    if state == "25P03":
        return ConnectionLost(
            f"{where} ended a transaction in which nothing was done for long; nothing was written", do="do it again"
        )
    return ConnectionLost(
        f"{where} closed the connection; what was under way is written whole or not at all",
        do="look whether it is, and do it again; the log of the server says why it did",
    )


def in_use(where: str, seconds: int) -> StorageError:
    """Return the error for a file in which another wrote for longer than this one waits: who, and what to do about it."""
    what = f"{where} was in use by another writer for {seconds} seconds"
    process, jobs = writer_of(Path(where)), _at_work(where)
    if process is None:
        if not jobs:
            return StorageError(what, do="wait for it to end and do it again")
        job, runner = jobs[0]
        return StorageError(
            f"{what}; {runner} is at work on {job}",
            do="do it again when that step is done; if its process is stopped, send it SIGCONT or end it with SIGKILL",
        )
    number = f" (process {process})"
    its = next((f", {runner.removesuffix(number)} at {job}" for job, runner in jobs if runner.endswith(number)), "")
    if process == os.getpid():
        return StorageError(f"{what}: this process itself{its}", do="do it again when that is done")
    if not is_stopped(process):
        return StorageError(f"{what}: process {process}{its}", do=f"wait for it to end and do it again; see: ps -fp {process}")
    return StorageError(
        f"{what}: process {process}{its}, which is stopped",
        do=f"have it go on: kill -CONT {process}; or end it, and what it was writing is undone: kill -KILL {process}",
    )


def writer_of(path: Path) -> int | None:
    """Return the number of the process that writes to a catalog's file; None when nobody does, or it cannot be known."""
    try:
        found = path.with_name(path.name + "-shm").stat()
        lines = LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for line in lines:
        match line.split():
            case [_, "POSIX", _, "WRITE", process, where, first, last] if where == file and process.isdecimal():
                # A process of another container is told as 0.
                if last == "EOF" or int(first) <= WRITER <= int(last):
                    return int(process) or None
    return None


def is_stopped(process: int) -> bool:
    """Return whether a process does nothing until somebody has it go on."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] in STOPPED
    except (OSError, IndexError):
        return False


def _at_work(where: str) -> list[tuple[str, str]]:
    """Return the jobs that are under way and their runners; who reads waits for no writer."""
    try:
        with closing(sqlite3.connect(f"file:{quote(where)}?mode=ro", uri=True, timeout=0)) as connection:
            return [(str(job), str(runner)) for job, runner in connection.execute(_AT_WORK)]
    except sqlite3.Error:
        return []
