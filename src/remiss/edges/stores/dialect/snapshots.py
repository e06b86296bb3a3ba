"""A whole database, written to files as it is at one moment while others write to it, and put back.

SQLite copies its pages by its backup interface from within a snapshot, which no writer moves on. Of PostgreSQL every table is
written as COPY writes it, all from one REPEATABLE READ snapshot: so neither side needs `pg_dump`, of whatever version, and a
dump can be put back into any server that is new enough.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL

from remiss.edges.stores.dialect.driving import connect
from remiss.edges.stores.dialect.explaining import explained, failed
from remiss.edges.stores.dialect.on_disk import file_of, make_private, views_address
from remiss.edges.stores.dialect.types import SQLITE
from remiss.errors import StorageError

# Told how much of the work is done, in [0, 1].
Tick = Callable[[float], None]
PAGES = 2048
BLOCK = 1 << 20
CATALOG, VIEWS = "catalog.db", "catalog.db.views"
# What a sequence gives next is no part of a snapshot, and at least what the snapshot needs.
_SEQUENCES = """
SELECT column_name, pg_get_serial_sequence(quote_ident(table_name), column_name) AS sequence FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = :name
    AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL
"""
_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = :name AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
_REFERENCES = """
SELECT one.relname, other.relname FROM pg_constraint AS reference
JOIN pg_class AS one ON one.oid = reference.conrelid JOIN pg_class AS other ON other.oid = reference.confrelid
WHERE reference.contype = 'f' AND reference.connamespace = current_schema()::regnamespace AND one.oid <> other.oid
"""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What is known of a table of a dump: its columns in the order of the file, and the last value of each sequence."""

    columns: tuple[str, ...]
    sequences: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database as it is at one moment. `views` is a connection to a second file, where the log of views has one."""

    connection: Connection
    views: Connection | None

    def write(self, folder: Path, names: Sequence[str], tick: Tick) -> dict[str, TableFacts]:
        """Write the database into a folder; return what is known of each table where they are written one by one.

        Raises
        ------
        StorageError : disk full and the like
        """
        if self.connection.dialect.name == SQLITE:
            _copy_pages(self.connection, folder / CATALOG, tick)
            if self.views is not None:
                _copy_pages(self.views, folder / VIEWS, lambda _: None)
            return {}
        facts = {}
        for at, name in enumerate(names):
            tick(at / len(names))
            facts[name] = _facts(self.connection, name)
            _copy_out(self.connection, name, facts[name].columns, folder / f"{name}.copy")
        return facts


@contextmanager
def frozen(url: URL) -> Iterator[Snapshot]:
    """Give a snapshot of a database, and of the log of views beside it, of one moment: no look is missing, and none too many.

    While the one begins nobody adds to the log of views, which who looks at something waits for: that is some milliseconds.

    Raises
    ------
    StorageError
    """
    with ExitStack() as held:
        engine = _engine(url, held)
        beside = file_of(views_address(url)) if file_of(url) is not None else None
        if beside is None or not beside.exists():
            yield Snapshot(_begun(engine, held), None)
            return
        log = _engine(views_address(url), held)
        with log.execution_options(writes=True).connect() as writer, writer.begin():
            found = Snapshot(_begun(engine, held), _begun(log, held))
        yield found


def load(connection: Connection, folder: Path, facts: Mapping[str, TableFacts], tick: Tick) -> None:
    """Put tables back into a server's database, within a transaction that writes: what was in them is replaced.

    Raises
    ------
    StorageError : a file is missing; or as the server says
    """
    connection.execute(text(f"TRUNCATE {', '.join(map(_quoted, facts))}"))
    for at, name in enumerate(_ordered(connection, facts)):
        tick(at / len(facts))
        columns = ", ".join(map(_quoted, facts[name].columns))
        cursor: Any = connection.connection.cursor()
        try:
            with (
                (folder / f"{name}.copy").open("rb") as file,
                cursor.copy(f"COPY {_quoted(name)} ({columns}) FROM STDIN") as copy,
            ):
                while block := file.read(BLOCK):
                    copy.write(block)
        except connection.dialect.loaded_dbapi.Error as error:
            raise failed(connection, error) from error
        finally:
            cursor.close()
        for column, value in facts[name].sequences.items():
            given = {"name": _quoted(name), "column": column, "value": value}
            connection.execute(text("SELECT setval(pg_get_serial_sequence(:name, :column), :value)"), given)
    # A planner that knows nothing of the tables yet takes minutes for what takes milliseconds.
    connection.execute(text("ANALYZE"))


def check_pages(path: Path) -> None:
    """Look through the file of a SQLite database, which nobody has open and nothing is written to.

    Raises
    ------
    StorageError : it is damaged
    """
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
        try:
            said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            said = str(error)
    if said != "ok":
        raise StorageError(
            f"the catalog that is copied is damaged: {said}", do="restore it from an earlier backup; this one was not made"
        )


def _engine(url: URL, held: ExitStack) -> Engine:
    """Return an engine without our limit of time: a copy takes as long as it takes."""
    engine = connect(url)
    held.callback(engine.dispose)
    return engine


def _begun(engine: Engine, held: ExitStack) -> Connection:
    """Return a connection whose snapshot has begun: it begins with the first statement."""
    connection = held.enter_context(engine.connect())
    held.enter_context(connection.begin())
    first = "SELECT count(*) FROM sqlite_master" if engine.dialect.name == SQLITE else "SELECT 1"
    connection.execute(text(first)).scalar_one()
    return connection


def _copy_pages(connection: Connection, path: Path, tick: Tick) -> None:
    make_private(path)
    source: Any = connection.connection.driver_connection
    try:
        with closing(sqlite3.connect(path)) as target:
            source.backup(target, pages=PAGES, progress=lambda _, left, total: tick(1 - left / max(total, 1)))
    except sqlite3.Error as error:
        raise explained(error, URL.create(SQLITE, database=str(path))) or error from error
    check_pages(path)


def _copy_out(connection: Connection, name: str, columns: Sequence[str], path: Path) -> None:
    make_private(path)
    cursor: Any = connection.connection.cursor()
    try:
        listed = ", ".join(map(_quoted, columns))
        with path.open("wb") as file, cursor.copy(f"COPY {_quoted(name)} ({listed}) TO STDOUT") as copy:
            for block in copy:
                file.write(block)
    except connection.dialect.loaded_dbapi.Error as error:
        raise failed(connection, error) from error
    finally:
        cursor.close()


def _facts(connection: Connection, name: str) -> TableFacts:
    columns = tuple(connection.execute(text(_COLUMNS), {"name": name}).scalars())
    sequences = {}
    for column, sequence in connection.execute(text(_SEQUENCES), {"name": name}).all():
        last, called = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()
        if called:
            sequences[column] = int(last)
    return TableFacts(columns, sequences)


def _ordered(connection: Connection, names: Mapping[str, object]) -> list[str]:
    """Return tables such that each comes after those whose rows its own refer to."""
    needs: dict[str, set[str]] = {name: set() for name in names}
    for name, other in connection.execute(text(_REFERENCES)).all():
        if name in needs and other in needs:
            needs[name].add(other)
    ordered: list[str] = []
    while needs:
        free = sorted(name for name, others in needs.items() if others <= set(ordered))
        if not free:
            raise RuntimeError(f"tables refer to one another in a circle: {', '.join(sorted(needs))}")
        ordered += free
        for name in free:
            del needs[name]
    return ordered


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
