"""Leases, as SQLite and PostgreSQL spell them: the clock that all runners share, and one runner a row.

The time is the database's, which is one for all who use the catalog, wherever they run. SQLite's is that of the machine
which has the file.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, literal_column, text

from remiss.edges.stores.dialect.types import POSTGRESQL

_CLOCK = {
    True: "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
    False: "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
}
_IDLE = """
SELECT set_config('idle_in_transaction_session_timeout', CASE
    WHEN setting::bigint BETWEEN 1 AND :ms THEN setting ELSE CAST(:ms AS text) END, true)
FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'
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
