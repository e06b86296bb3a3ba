"""Catalogs of former schemas: made by the released migrations, and filled past the tables of today, which have other names."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from remiss.edges.stores.dialect import driving, on_disk
from remiss.edges.stores.dialect.types import POSTGRESQL
from remiss.edges.stores.migrating import apply
from remiss.edges.stores.tables import audit_heads, views_metadata

# A catalog that remiss wrote with schema 17, with its keys and a checkpoint that was signed then: two captures, labellings off
# the queue, talk, an investigation, a file, a link and a recoding.
SEVENTEEN = Path(__file__).with_name("catalog_17.json")
# One that remiss wrote with schema 26: one captured hour, by a protocol without `sampling.population`, which was 500 then.
TWENTY_SIX = Path(__file__).with_name("catalog_26.json")
# The small demo at schema 26 with what three people said of it, beside the catalog of schema 17, which was upgraded then and has
# runs by both rules; with figures that were asked then. `keep.py` made it.
DEMO = Path(__file__).with_name("demo_26.json.gz")

Rows = list[dict[str, Any]]


@contextmanager
def writing(address: str) -> Iterator[Connection]:
    """Give a connection to a database, whatever is in it, and commit."""
    engine = driving.connect(on_disk.parse_address(address)).execution_options(writes=True)
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def fill(connection: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Have a table hold these rows alone, given as SQLite stores them: JSON is text, and what is true is 1."""
    kinds = {column["name"]: str(column["type"]) for column in inspect(connection).get_columns(table)}
    server = connection.dialect.name == POSTGRESQL
    connection.execute(text(f"DELETE FROM {table}"))
    for row in rows:
        values = {name: bool(value) if server and kinds[name] == "BOOLEAN" else value for name, value in row.items()}
        cells = (f"CAST(:{name} AS JSONB)" if kinds[name] == "JSONB" else f":{name}" for name in row)
        names = ", ".join(f'"{name}"' for name in row)
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(cells)})"), values)
    if server and "key" in kinds:
        # Who writes next draws a key that nobody has.
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'key'), max(key)) FROM {table}"))


def make(address: str, schema: int, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Make a catalog of a former schema in an empty database, with these rows by table."""
    with writing(address) as connection:
        apply(connection, f"{schema:04}")
        for table, found in rows.items():
            fill(connection, table, found)


@dataclass(frozen=True)
class Kept:
    """What was kept of a catalog: its rows by table as SQLite stores them, and what was signed of its logs.

    `views` is empty of one whose log of views was not begun.
    """

    schema: int
    catalog: Mapping[str, Rows]
    views: Mapping[str, Rows]
    keys: Mapping[str, str]
    checkpoint: str
    public_key: str
    asked: Mapping[str, Any]


def kept(path: Path = SEVENTEEN) -> Kept:
    """Return what is in a file that keeps a catalog; its tables stand in an order in which each refers to those before."""
    content = path.read_bytes()
    found = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    tables = {which: {name: _rows(table) for name, table in found[which].items()} for which in ("catalog", "views")}
    signed = "\n".join(found["checkpoint"])
    return Kept(
        schema=found["schema"],
        **tables,
        keys=found["keys"],
        checkpoint=signed,
        public_key=found["public_key"],
        asked=found["asked"],
    )


def _rows(table: Mapping[str, Any]) -> Rows:
    return [dict(zip(table["columns"], map(_value, row), strict=True)) for row in table["rows"]]


def _value(kept: Any) -> Any:
    return bytes.fromhex(kept["bytes"]) if isinstance(kept, dict) else kept


def restore(catalog: Kept, address: str, keys: Path) -> None:
    """Make a kept catalog anew in an empty database, with its log of views and its keys where they belong."""
    make(address, catalog.schema, catalog.catalog)
    path = on_disk.file_of(on_disk.parse_address(address))
    if catalog.views:
        _restore_views(catalog, address if path is None else f"{path}.views", apart=path is not None)
    keys.mkdir(mode=0o700)
    for name, content in catalog.keys.items():
        (keys / name).touch(mode=0o600)
        (keys / name).write_bytes(bytes.fromhex(content))


def _restore_views(catalog: Kept, address: str, *, apart: bool) -> None:
    with writing(address) as connection:
        if apart:
            audit_heads.create(connection)
            views_metadata.create_all(connection)
        heads = [] if apart else catalog.catalog["audit_heads"]
        fill(connection, "audit_heads", [*heads, *catalog.views["audit_heads"]])
        fill(connection, "views", catalog.views["views"])


def rows(address: str, tables: Iterable[str], widths: Mapping[str, int] | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of some tables, its values in the order of the columns: of all, or of as many as are named by table."""
    with writing(address) as connection:
        found = {name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))] for name in tables}
    return {name: sorted((row[: (widths or {}).get(name)] for row in own), key=str) for name, own in found.items()}
