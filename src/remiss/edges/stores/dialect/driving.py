"""The drivers' side of connecting: pragmas and beginnings. What drivers' errors mean stands in `explaining.py`.

SQLite runs in WAL mode with every commit synced; no connection checkpoints by itself (`on_disk.py` says why).

Leases, as SQLite and PostgreSQL spell them: the clock that all runners share, and one runner a row.

The time is the database's, which is one for all who use the catalog, wherever they run. SQLite's is that of the machine
which has the file.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Dialect, Engine, Select, create_engine, event, literal_column, text
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from remiss import installing
from remiss.edges.stores.dialect.explaining import BUSY_MS, explained
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.errors import SettingError, StorageError

_CLOCK = {
    True: "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
    False: "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
}
_IDLE = """
SELECT set_config('idle_in_transaction_session_timeout', CASE
    WHEN setting::bigint BETWEEN 1 AND :ms THEN setting ELSE CAST(:ms AS text) END, true)
FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'
"""
# The backend of a runner whose lease is over, that has the job's row and has waited for it in one COPY for longer than a lease.
_STUCK = """
SELECT pg_terminate_backend(working.pid)
FROM jobs
JOIN pg_locks AS held ON held.locktype = 'transactionid' AND held.granted AND held.transactionid = jobs.xmax
JOIN pg_stat_activity AS working ON working.pid = held.pid
WHERE jobs.state = 'running' AND jobs.free_at <= CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)
    AND working.pid <> pg_backend_pid() AND working.state = 'active' AND working.wait_event = 'ClientRead'
    AND working.query_start < clock_timestamp() - make_interval(secs => :seconds)
"""


def clock(connection: Connection) -> ColumnElement[int]:
    """Return the database's time at the moment that it looks, in microseconds since 1970."""
    return literal_column(_CLOCK[connection.dialect.name == POSTGRESQL], BigInteger())


def taken_by_nobody(rows: Select[Any], connection: Connection) -> Select[Any]:
    """Return a select within a change that passes over the rows which other transactions hold, and holds those that it finds.

    On SQLite there is one writer at a time, so that in a writing transaction nobody else holds any.
    """
    return rows.with_for_update(skip_locked=True) if connection.dialect.name == POSTGRESQL else rows


def end_if_idle(connection: Connection, seconds: float) -> None:
    """Have the server end this transaction when its process says nothing for so long, because it stands still.

    What it held can be had by others then, and what it still meant to write is refused. On SQLite a process that stands still
    in the middle of writing keeps the lock of the file until it goes on or dies.
    """
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text(_IDLE), {"ms": int(1000 * seconds)})


def end_stuck(connection: Connection, seconds: float) -> bool:
    """Have a server end the transactions of runners that stand still while they send rows; return whether there were any.

    To a server such a transaction is not idle, whatever it is told by `end_if_idle`: it waits within a statement, for as long as
    the process is there, and all who write to the same source wait for it.

    Parameters
    ----------
    seconds : for how long one statement may have waited, of a runner whose lease is over
    """
    if connection.dialect.name != POSTGRESQL:
        return False
    return connection.execute(text(_STUCK), {"seconds": seconds}).first() is not None


# How much of a catalog a connection keeps at hand; SQLite's own 2 MB do not hold what one page of a large catalog touches.
CACHE_KB = 64 * 1024
# Nothing is prepared on the server: after five times it would plan for any value alike, and common words and rare ones need
# different plans. (Measured: a page of a common word took 50 ms in place of 1.)
POSTGRESQL_OPTIONS: dict[str, Any] = {"application_name": "remiss", "prepare_threshold": None}
# After which time a server that says nothing is taken to be away, where its address says nothing else: the first in milliseconds.
# Without these a network that swallows what it gets holds everybody for minutes. A server that computes for long still answers
# what keeps a connection alive.
POSTGRESQL_WAITS = {
    "tcp_user_timeout": 10_000,
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
# Where a server waits for more than its own disk, that stays.
WAITS_FOR_THE_DISK = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
# A connection to a server that has not been used for so long is tried first; to try each time would take a page as long again.
RESTED_SECONDS = 1.0
# A connection is dear to make on both sides: as many are kept as a server has threads at work, and so many more may come besides,
# so that those who sign in and those who ask whether the catalog can be read wait for nobody.
POSTGRESQL_POOL = {"pool_size": 16, "max_overflow": 16}
OLDEST_SQLITE = (3, 38)  # `->>`, RETURNING and FTS5 as used here
OLDEST_POSTGRESQL = 15


def connect(url: URL) -> Engine:
    """Return an engine whose connections are set up as the catalog needs them; nothing is connected yet.

    Raises
    ------
    SettingError : the driver is not installed; StorageError : the SQLite of this Python is too old
    """
    if url.drivername == SQLITE:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            oldest = ".".join(map(str, OLDEST_SQLITE))
            raise StorageError(f"this Python has SQLite {sqlite3.sqlite_version}", do=f"use one with {oldest} or newer")
        engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        try:
            waiting = {name: value for name, value in POSTGRESQL_WAITS.items() if name not in url.query}
            # No column is an hstore, and to ask the server whether it knows them costs every process a statement.
            engine = create_engine(url, connect_args=POSTGRESQL_OPTIONS | waiting, use_native_hstore=False, **POSTGRESQL_POOL)
        except ModuleNotFoundError as error:
            raise SettingError("PostgreSQL needs the driver psycopg", do=installing.of_extra("postgres")) from error
        event.listen(engine, "connect", _set_up_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
        event.listen(engine, "checkin", _rests)
        event.listen(engine, "checkout", partial(_still_there, engine.dialect))
    event.listen(engine, "handle_error", _explain, retval=True)
    return engine


def _set_up_sqlite(driver: Any, _: object) -> None:
    driver.isolation_level = None  # we say BEGIN ourselves, so that DDL is part of transactions too
    settings = ("foreign_keys = ON", "synchronous = FULL", "wal_autocheckpoint = 0", f"cache_size = {-CACHE_KB}")
    for pragma in (*settings, f"busy_timeout = {BUSY_MS}"):
        driver.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    if writes:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        # Takes no lock, and so cannot fail; the driver says it ten times as quickly.
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN DEFERRED").close()


def _set_up_postgresql(driver: Any, _: object) -> None:
    from psycopg.types.string import TextLoader

    driver.adapters.register_loader("jsonb", TextLoader)
    # Who was answered can rely on it, also where the server's default is not to wait for its disk.
    driver.autocommit = True
    driver.execute(WAITS_FOR_THE_DISK)
    driver.autocommit = False


def _begin_postgresql(connection: Connection) -> None:
    from psycopg import IsolationLevel

    # Readers see one snapshot. Writers do not: what they read after waiting for a lock must be what its holder left.
    writes = connection.get_execution_options().get("writes", False)
    driver: Any = connection.connection.driver_connection
    driver.autocommit = False
    # Said by the driver in its BEGIN, at no cost of their own.
    driver.isolation_level = IsolationLevel.READ_COMMITTED if writes else IsolationLevel.REPEATABLE_READ
    driver.read_only = not writes


def begin_nothing(connection: Connection) -> None:
    """Have each statement be a transaction of its own, until one is begun: there is no BEGIN and no COMMIT to wait for."""
    if connection.dialect.name == POSTGRESQL:
        driver: Any = connection.connection.driver_connection
        if not driver.autocommit:
            driver.autocommit = True


def is_aborted(connection: Connection) -> bool:
    """Return whether a statement failed within a transaction, after which a server answers nothing more in it."""
    if connection.dialect.name != POSTGRESQL or connection.invalidated or connection.closed:
        return connection.invalidated
    from psycopg.pq import TransactionStatus

    driver: Any = connection.connection.driver_connection
    return bool(driver.info.transaction_status is TransactionStatus.INERROR)


def streaming(connection: Connection, *, binary: bool = False) -> Any:
    """Return a cursor of the driver that does not hold all rows at once; within a transaction.

    `binary` is quicker where there are many bytes, and knows no JSON.
    """
    driver: Any = connection.connection.driver_connection
    return driver.cursor() if connection.dialect.name == SQLITE else driver.cursor(name="streaming", binary=binary)


@contextmanager
def texts_as_bytes(connection: Connection) -> Iterator[None]:
    """Have the driver give every text as its bytes while the block lasts, for SQLite keeps bytes that are no text as one."""
    driver: Any = connection.connection.driver_connection
    before, driver.text_factory = driver.text_factory, bytes
    try:
        yield
    finally:
        driver.text_factory = before


def is_undecodable(error: Exception) -> bool:
    """Return whether the driver failed on a text that is none; no server keeps such."""
    return isinstance(error, sqlite3.OperationalError) and "Could not decode" in str(error)


def _rests(_: object, record: ConnectionPoolEntry) -> None:
    record.info["since"] = time.monotonic()


def _still_there(dialect: Dialect, driver: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
    """Ask a connection that has rested for long whether the server is still there; the pool makes a new one if not."""
    if time.monotonic() - record.info.get("since", math.inf) > RESTED_SECONDS:
        try:
            dialect.do_ping(driver)
        except dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the server went away") from error


def check_server(connection: Connection) -> None:
    """Refuse a server that is too old, or whose text is not UTF-8.

    Raises
    ------
    StorageError
    """
    if connection.dialect.name == POSTGRESQL:
        version = connection.dialect.server_version_info or (0,)
        if int(version[0]) < OLDEST_POSTGRESQL:
            raise StorageError(
                f"the server is PostgreSQL {'.'.join(map(str, version))}", do=f"use version {OLDEST_POSTGRESQL} or newer"
            )
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            raise StorageError(f"the database's encoding is {encoding}", do="create it with: createdb --encoding UTF8 NAME")


def tables_of(connection: Connection) -> frozenset[str]:
    """Return the names of the tables that are there, in the schema that is used."""
    if connection.dialect.name == SQLITE:
        listed = text("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        listed = text("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()")
    return frozenset(connection.execute(listed).scalars())


def _explain(context: ExceptionContext) -> BaseException | None:
    error = context.original_exception
    engine = context.engine
    return explained(error, engine.url) if engine is not None else None


def server_of(connection: Connection) -> str:
    """Return the name and version of the database, for people."""
    if connection.dialect.name == SQLITE:
        return f"SQLite {sqlite3.sqlite_version}"
    return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}"
