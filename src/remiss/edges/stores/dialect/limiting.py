"""How long one statement that reads may take: no question that anybody may ask holds a catalog for ever.

PostgreSQL keeps the limit itself. SQLite asks us every so many steps whether to go on. What writes has no limit of ours: the bulk
of a capture takes as long as it takes.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, Engine, event

from remiss.edges.stores.dialect.types import SQLITE

# Between two questions whether to go on; some milliseconds.
STEPS = 200_000
_KEPT = "remiss limit"
_LIMIT = """
SELECT current_setting('statement_timeout'), set_config('statement_timeout', CASE
    WHEN setting::bigint BETWEEN 1 AND %(ms)s THEN setting ELSE %(ms)s::text END, false)
FROM pg_settings WHERE name = 'statement_timeout'
"""


class _Clock:
    """When the statement that a SQLite connection runs has to end; None where it may take its time."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._until: float | None = None

    def start(self, connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        self._until = None if writes else time.monotonic() + self._seconds

    def stop(self) -> None:
        self._until = None

    def over(self) -> bool:
        return self._until is not None and time.monotonic() > self._until


def limit(engine: Engine, seconds: int) -> None:
    """Have statements of transactions that read end with an error after so many seconds. A server's own lower limit stays."""
    if engine.dialect.name == SQLITE:
        _limit_sqlite(engine, seconds)
    else:
        _limit_postgresql(engine, seconds)


def begins(connection: Connection) -> None:
    """Have the time of a statement count that is given straight to the driver, which passes by SQLAlchemy's events."""
    clock = connection.info.get(_KEPT)
    if isinstance(clock, _Clock):
        clock.start(connection)


def _limit_sqlite(engine: Engine, seconds: int) -> None:
    @event.listens_for(engine, "connect")
    def _connected(driver: Any, record: Any) -> None:
        clock = record.info[_KEPT] = _Clock(seconds)
        driver.set_progress_handler(clock.over, STEPS)

    @event.listens_for(engine, "checkin")
    def _given_back(_: Any, record: Any) -> None:
        # What a driver's own cursor does later passes by the next event.
        record.info[_KEPT].stop()

    @event.listens_for(engine, "before_cursor_execute")
    def _executes(connection: Connection, *_: object) -> None:
        connection.info[_KEPT].start(connection)


def _limit_postgresql(engine: Engine, seconds: int) -> None:
    @event.listens_for(engine, "connect")
    def _connected(driver: Any, record: Any) -> None:
        record.info[_KEPT], _ = driver.execute(_LIMIT, {"ms": 1000 * seconds}).fetchone()
        driver.commit()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        if connection.get_execution_options().get("writes", False):
            # What the server had before us.
            connection.exec_driver_sql("SELECT set_config('statement_timeout', %s, true)", (connection.info[_KEPT],))
