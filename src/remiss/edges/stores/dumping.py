"""A catalog's database in a backup: what the snapshot is of, what it names outside of the database, and putting it back.

Restoring a file is for who places files; into a server all goes in one transaction, so that there is everything or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from remiss.edges.stores.case_evidence import NEEDED
from remiss.edges.stores.dialect.driving import check_server, connect, server_of, tables_of
from remiss.edges.stores.dialect.explaining import hidden
from remiss.edges.stores.dialect.on_disk import file_of, parse_address
from remiss.edges.stores.dialect.snapshots import Snapshot, TableFacts, Tick, frozen, load
from remiss.edges.stores.dialect.writing import lock_name
from remiss.edges.stores.migrating import apply
from remiss.edges.stores.store import Store
from remiss.edges.stores.tables import attachments, catalog_head, metadata, views_metadata
from remiss.edges.stores.version import LATEST, TABLE
from remiss.errors import Conflict, StorageError

_TAKEN_AWAY = select(attachments.c.address)
AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What a snapshot is of: catalog, position, key and schema, the server's kind and version, and what it names in the vault.

    `needed` are the addresses of evidence that it refers to, `other` those of attachments that were erased.
    """

    catalog: str
    position: int
    key: str | None
    schema: int
    server: str
    needed: frozenset[str]
    other: frozenset[str]


class Dump:
    """The database of an open catalog as it is at one moment."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        connection = snapshot.connection
        head = connection.execute(select(catalog_head)).one()
        needed = _addresses(snapshot)
        self.facts = DatabaseFacts(
            catalog=head.catalog_id,
            position=head.position,
            key=head.key_name,
            schema=LATEST,
            server=server_of(connection),
            needed=needed,
            other=frozenset(connection.execute(_TAKEN_AWAY).scalars()) - needed,
        )

    def write(self, folder: Path, tick: Tick) -> dict[str, TableFacts]:
        """Write it into a folder; return what is known of each table where they are written one by one.

        Raises
        ------
        StorageError : disk full and the like
        """
        names = sorted({*metadata.tables, *views_metadata.tables, TABLE})
        return self._snapshot.write(folder, names, tick)


@contextmanager
def dumping(store: Store) -> Iterator[Dump]:
    """Give the database of an open catalog as it is at one moment, for as long as the block lasts; others write meanwhile.

    Raises
    ------
    StorageError
    """
    with frozen(store.engine.url) as snapshot:
        yield Dump(snapshot)


def _addresses(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(snapshot.connection.execute(NEEDED, execution_options={"yield_per": AT_ONCE}).scalars())


def file_at(address: str) -> Path | None:
    """Return the file that an address of a catalog means; None is a server's database.

    Raises
    ------
    SettingError : it is no address of a catalog
    """
    return file_of(parse_address(address))


def shown(address: str) -> str:
    """Return an address as people may see it."""
    return hidden(parse_address(address))


def check_empty(address: str) -> None:
    """Refuse a server's database in which there is something.

    Raises
    ------
    Conflict : there is; StorageError : it cannot be reached, or the server is too old
    """
    engine = connect(parse_address(address))
    try:
        with engine.connect() as connection:
            check_server(connection)
            if tables_of(connection):
                raise _not_empty(address)
    finally:
        engine.dispose()


def load_tables(address: str, folder: Path, facts: Mapping[str, TableFacts], schema: int, position: int, tick: Tick) -> None:
    """Put a catalog's tables into an empty database of a server, in one transaction, under the schema that they were of.

    `position` is the one that the catalog is at then.

    Raises
    ------
    Conflict : there is something in it; StorageError : as the server says
    """
    engine = connect(parse_address(address))
    try:
        with engine.execution_options(writes=True).connect() as connection, connection.begin():
            lock_name(connection, "remiss migrations")
            if tables_of(connection):
                raise _not_empty(address)
            apply(connection, to=f"{schema:04}")
            load(connection, folder, facts, tick)
            if connection.execute(select(catalog_head.c.position)).scalar_one() != position:
                raise StorageError("the tables are of another position than the manifest says", do="use another backup")
    finally:
        engine.dispose()


def _not_empty(address: str) -> Conflict:
    return Conflict(
        f"{shown(address)} is not empty, and nothing was restored into it", do="create another: createdb NAME; and name that"
    )
