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

    def __init__(self) -> None:
        self.until: float | None = None

    def over(self) -> bool:
        return self.until is not None and time.monotonic() > self.until


def limit(engine: Engine, seconds: int) -> None:
    """Have statements of transactions that read end with an error after so many seconds. A server's own lower limit stays."""
    if engine.dialect.name == SQLITE:
        _limit_sqlite(engine, seconds)
    else:
        _limit_postgresql(engine, seconds)


def _limit_sqlite(engine: Engine, seconds: int) -> None:
    @event.listens_for(engine, "connect")
    def _connected(driver: Any, record: Any) -> None:
        clock = record.info[_KEPT] = _Clock()
        driver.set_progress_handler(clock.over, STEPS)

    @event.listens_for(engine, "checkin")
    def _given_back(_: Any, record: Any) -> None:
        # What a driver's own cursor does later passes by the next event.
        record.info[_KEPT].until = None

    @event.listens_for(engine, "before_cursor_execute")
    def _executes(connection: Connection, *_: object) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.info[_KEPT].until = None if writes else time.monotonic() + seconds


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
