"""Filing a run, and a bare `executemany` of the rows that it left in every table: same tables, same indexes, one commit."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.string import TextLoader

import remiss
from bench import catalog_cases, results, server
from bench.results import Figure
from remiss.edges.keys import FolderKeys
from remiss.edges.stores.connecting import open_store
from remiss.edges.stores.dialect.driving import CACHE_KB
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.edges.stores.store import Store
from remiss.govern.ports.actor import Actor

# In an order in which every row finds what it refers to.
TABLES = (
    *("protocols", "runs", "run_windows", "groups", "cells", "events", "event_contents", "observations", "samples"),
    *("cases", "revisions", "case_criteria", "case_context", "case_words", "journal"),
)
# What a hidden column or a type of its own needs: how it is read and written.
READ = {(SQLITE, "case_words"): "rowid, text, title, note, field_values", (POSTGRESQL, "case_words"): "case_key, words::text"}
MARK = {SQLITE: "?", POSTGRESQL: "%s"}

Fresh = Callable[[], str]  # makes a new catalog in place of the last, and returns its address
Driver = Callable[[str], Any]  # connects to an address as a program by hand would


def sqlite(folder: Path) -> tuple[Fresh, Driver]:
    """Return how catalogs for this are made and reached in files."""

    def fresh() -> str:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        remiss.open(str(folder / "filing.db"), environment={"REMISS_KEYS": str(results.KEYS)}, create=True).close()
        return str(folder / "filing.db")

    return fresh, sqlite_by_hand


def sqlite_by_hand(address: str) -> Any:
    """Return a connection with the settings that the catalog's own have: every commit is synced, references are checked."""
    connection = sqlite3.connect(address, isolation_level=None)
    for pragma in ("foreign_keys = ON", "synchronous = FULL", "wal_autocheckpoint = 0", f"cache_size = {-CACHE_KB}"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def postgresql(socket: str) -> tuple[Fresh, Driver]:
    """Return how catalogs for this are made and reached on a server."""

    def fresh() -> str:
        server.administer(socket, "DROP DATABASE IF EXISTS filing WITH (FORCE)", "CREATE DATABASE filing")
        remiss.open(server.address(socket, "filing"), environment={"REMISS_KEYS": str(results.KEYS)}, create=True).close()
        # What the last round left to write is not this one's.
        server.administer(socket, "CHECKPOINT")
        return server.address(socket, "filing")

    return fresh, postgresql_by_hand


def postgresql_by_hand(address: str) -> Any:
    """Return a connection that gives JSON as it is stored.

    Nothing is prepared: people's queries differ, and each is planned for its own values, as the catalog has it done too.
    """
    connection = psycopg.connect(address, autocommit=True, prepare_threshold=None)
    connection.adapters.register_loader("jsonb", TextLoader)
    return connection


def measure(database: str, fresh: Fresh, by_hand: Driver, events: int) -> Figure:
    """Time both sides in turn, each into a new catalog."""
    draw = catalog_cases.drawn(0, events, events)
    rows = added(database, fresh, by_hand, lambda store: catalog_cases.file_run(store, draw, 0))
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(results.REPEATS):
        with opened(fresh()) as store:
            times[0].append(results.timed(partial(catalog_cases.file_run, store, draw, 0)))
        with closing(by_hand(fresh())) as connection:
            times[1].append(results.timed(partial(insert, connection, database, rows)))
    ours, theirs = (results.middle(each) for each in times)
    speed = results.middle([hand / own for own, hand in zip(*times, strict=True)])
    return Figure(
        f"{database}: filing {events:,} events, all of them new cases",
        f"{ours:.0f} ms; by hand {theirs:.0f} ms; {speed:.2f} times its speed",
        "0.5",
        speed >= 0.5,
        f"{sum(map(len, rows.values())):,} rows in {len(TABLES)} tables",
    )


def added(database: str, fresh: Fresh, by_hand: Driver, file: Callable[[Store], None]) -> dict[str, list[tuple[Any, ...]]]:
    """Return what a filing adds to each table of a new catalog, which has a row of the journal of its own."""
    address = fresh()
    with closing(by_hand(address)) as connection:
        before = {table: {known(table, row) for row in left(connection, database, table)} for table in TABLES}
    with opened(address) as store:
        file(store)
    with closing(by_hand(address)) as connection:
        after = {table: left(connection, database, table) for table in TABLES}
    return {table: [row for row in rows if known(table, row) not in before[table]] for table, rows in after.items()}


def known(table: str, row: tuple[Any, ...]) -> Any:
    """Return by what a row is known again: whole, but one of the journal by its position, for it is sealed later."""
    return row[0] if table == "journal" else row


@contextmanager
def opened(address: str) -> Iterator[Store]:
    """Open a catalog and close it again."""
    store = open_store(
        address,
        now=datetime.now(UTC),
        actor=Actor(name="bench"),
        keys=lambda _: lambda _: FolderKeys(results.KEYS, create=True),
    )
    try:
        yield store
    finally:
        store.close()


def left(connection: Any, database: str, table: str) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a table as they are stored."""
    columns = READ.get((database, table), "*")
    return iter(connection.execute(f"SELECT {columns} FROM {table}").fetchall())


def insert(connection: Any, database: str, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    """Insert all rows, table by table, in one transaction."""
    cursor = connection.cursor()
    cursor.execute("BEGIN")
    for table, found in rows.items():
        columns = READ.get((database, table), "").replace("::text", "")
        into = f"{table} ({columns})" if columns else table
        marks = ", ".join([MARK[database]] * len(found[0]))
        cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", found)
    cursor.execute("COMMIT")
