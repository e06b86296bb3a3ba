"""What a database is asked, as its driver hears it: most statements about cases go straight to the driver, past SQLAlchemy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from remiss.workspace import Workspace


@contextmanager
def overheard(ws: Workspace) -> Iterator[list[str]]:
    """Give a list of the selects that the catalog is asked within the block, in order, each with its values."""
    heard: list[str] = []

    def hear(statement: str) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            heard.append(statement)

    def begin(driver: Any, *_: object) -> None:
        if isinstance(driver, sqlite3.Connection):
            driver.set_trace_callback(hear)
        elif driver.cursor_factory.__name__ != "Overheard":
            driver.cursor_factory = overhearing(driver.cursor_factory, hear)

    def end(driver: Any, *_: object) -> None:
        if isinstance(driver, sqlite3.Connection):
            driver.set_trace_callback(None)
        elif driver is not None and driver.cursor_factory.__name__ == "Overheard":
            driver.cursor_factory = driver.cursor_factory.__base__

    event.listen(ws._store.engine, "checkout", begin)
    event.listen(ws._store.engine, "checkin", end)
    try:
        yield heard
    finally:
        event.remove(ws._store.engine, "checkout", begin)
        event.remove(ws._store.engine, "checkin", end)


def overhearing(cursor: type[Any], hear: Any) -> type[Any]:
    """Return psycopg's kind of cursor, telling first what it executes."""

    class Overheard(cursor):  # type: ignore[misc]
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            hear(f"{query} -- {params}")
            return super().execute(query, params, **options)

    return Overheard
