"""Writing and locking, as SQLite and PostgreSQL spell them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, LargeBinary, Table, func, select, text, update
from sqlalchemy.types import TypeEngine

from remiss.edges.stores.dialect.driving import begin_nothing
from remiss.edges.stores.dialect.explaining import failed
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE, to_json


def insert_missing(connection: Connection, into: Table, rows: Sequence[dict[str, Any]], on: Sequence[str]) -> None:
    """Insert the rows whose unique columns `on` are not there yet; leave the others as they are."""
    if rows:
        connection.execute(_insert(connection, into).on_conflict_do_nothing(index_elements=list(on)), list(rows))


def insert_or_take(
    connection: Connection, into: Table, row: dict[str, Any], on: Sequence[str], free: ColumnElement[bool]
) -> bool:
    """Insert a row, or write it over the one with the same unique columns `on` where `free` holds of that; return whether.

    Of several that do it at once one is first, and the others find its row. Who does not get it holds no lock on it either: an
    insertion that would write over what it conflicts with locks that also where it must not, and two who try rows in different
    orders would wait for one another.
    """
    made = _insert(connection, into).values(row).on_conflict_do_nothing(index_elements=list(on)).returning(into.c[on[0]])
    if connection.execute(made).first() is not None:
        return True
    others = {name: value for name, value in row.items() if name not in on}
    taken = update(into).where(*(into.c[name] == row[name] for name in on), free).values(others).returning(into.c[on[0]])
    return connection.execute(taken).first() is not None


def _insert(connection: Connection, into: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT; the dialect of the other database is never loaded."""
    if connection.dialect.name == SQLITE:
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(into)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(into)


def insert_many(connection: Connection, into: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert many rows the fastest way that the database has: `executemany` on SQLite, COPY on PostgreSQL.

    Values are taken as they are stored: times by `tables.instant`, JSON by `types.json_cell`.
    """
    dialect = connection.dialect
    names = ", ".join(f'"{name}"' for name in columns)
    cursor: Any = connection.connection.cursor()
    try:
        if dialect.name == SQLITE:
            marks = ", ".join("?" * len(columns))
            cursor.executemany(f"INSERT INTO {into.name} ({names}) VALUES ({marks})", rows)
        else:
            with cursor.copy(f"COPY {into.name} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
    except dialect.loaded_dbapi.Error as error:
        raise failed(connection, error) from error
    finally:
        cursor.close()


def insert_after(
    connection: Connection,
    moving: Table,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    into: Table,
    rows: Sequence[Mapping[str, Any]],
) -> bool:
    """On a server: replace the row `before` and insert other rows, where that row is as it was before; return whether.

    One statement that is a transaction of its own, over a connection on which none was begun. Who comes second waits for the
    first, and finds the row changed.

    Raises
    ------
    StorageError, Conflict : as the server says
    """
    begin_nothing(connection)
    statement = _after(connection.dialect, moving, into)
    values = [row[column.name] for row in (after, before) for column in moving.c]
    brought = to_json([[_plain(row[column.name]) for column in into.c] for row in rows])
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(statement, (*values, brought))
        return bool(cursor.rowcount)
    except connection.dialect.loaded_dbapi.Error as error:
        raise failed(connection, error) from error
    finally:
        cursor.close()


@cache
def _after(dialect: Dialect, moving: Table, into: Table) -> str:
    sets = ", ".join(f"{column.name} = %s" for column in moving.c)
    still = " AND ".join(f"{column.name} = %s" for column in moving.c)
    columns = ", ".join(column.name for column in into.c)
    # All rows as one text: to spell arrays takes the driver more time than all else that there is to do for them.
    cells = ", ".join(_cell(number, column.type, dialect) for number, column in enumerate(into.c))
    return (
        f"WITH moved AS (UPDATE {moving.name} SET {sets} WHERE {still} RETURNING 1) "
        f"INSERT INTO {into.name} ({columns}) SELECT {cells} FROM moved, jsonb_array_elements(%s::jsonb) AS brought(row)"
    )


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _cell(number: int, of: TypeEngine[Any], dialect: Dialect) -> str:
    text = f"brought.row ->> {number}"
    return f"decode({text}, 'hex')" if isinstance(of, LargeBinary) else f"({text})::{of.compile(dialect)}"


def next_keys(connection: Connection, of: Table, count: int) -> Sequence[int]:
    """Return `count` increasing keys of a table with a `Key`, which nobody else will use."""
    if connection.dialect.name == SQLITE:
        last = connection.execute(select(func.coalesce(func.max(of.c.key), 0))).scalar_one()
        return range(last + 1, last + 1 + count)
    drawn = text("SELECT nextval(pg_get_serial_sequence(:name, 'key')) FROM generate_series(1, :count)")
    return sorted(connection.execute(drawn, {"name": of.name, "count": count}).scalars())


def lock_name(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds the lock of that name; hold it until this one ends.

    On SQLite there is one writer at a time, so that a writing transaction has it already.
    """
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
