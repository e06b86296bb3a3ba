"""The catalog's schema files, for reviewers: writes them, or with --check says whether they are what the migrations make.

    python -m scripts.schema [--check]

SQLite's is what the migrations make of an empty database; PostgreSQL's is rendered from the tables without a server, and a test
proves that the migrations make the same there.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Dialect, MetaData, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from remiss.edges.stores import tables
from remiss.edges.stores.connecting import open_store
from remiss.edges.stores.dialect.full_text import WORDS_DDL
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.edges.stores.tables import metadata, views_metadata
from remiss.edges.stores.version import LATEST
from remiss.govern.ports.actor import Actor

STORES = Path(tables.__file__).parents[1]
FILES = {name: STORES / f"schema.{name}.sql" for name in (SQLITE, POSTGRESQL)}
BESIDE = "-- In the file CATALOG.views, beside the catalog, together with a table audit_heads.\n"
HEAD = "-- The catalog's schema, version {version}. Generated: run `make tidy` after a change.\n\n"


def rendered() -> dict[Path, str]:
    """Return what the schema files must hold."""
    head = HEAD.format(version=LATEST)
    return {FILES[SQLITE]: head + _of_sqlite(), FILES[POSTGRESQL]: head + _of_postgresql()}


def _of_sqlite() -> str:
    # FTS5 keeps its index in tables that it makes itself.
    listed = text(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'case\\_words\\_%' ESCAPE '\\' "
        "ORDER BY tbl_name, type DESC, name"
    )
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(str(Path(folder) / "remiss.db"), create=True, now=datetime.now(UTC), actor=Actor(name="schema"))
        with store.reading() as connection:
            statements = [_tidy(statement) for statement in connection.execute(listed).scalars()]
        store.close()
    views = [BESIDE + statement for statement in _rendered(views_metadata, sqlite.dialect())]
    return "".join(f"{statement};\n\n" for statement in [*statements, *views]).rstrip() + "\n"


def _of_postgresql() -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statements = [*_rendered(metadata, dialect), *_rendered(views_metadata, dialect), *map(_tidy, WORDS_DDL[POSTGRESQL])]
    return "".join(f"{statement};\n\n" for statement in statements).rstrip() + "\n"


def _rendered(of: MetaData, dialect: Dialect) -> list[str]:
    statements = []
    for table in sorted(of.tables.values(), key=lambda table: table.name):
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        statements.extend(str(CreateIndex(index).compile(dialect=dialect)) for index in indexes)
    return [_tidy(statement) for statement in statements]


def _tidy(statement: str) -> str:
    lines = (line.rstrip().replace("\t", "    ") for line in statement.strip().splitlines())
    return "\n".join(line for line in lines if line)


def main(arguments: list[str]) -> int:
    """Write the files, or check them; 1 when one is not current."""
    check = arguments == ["--check"]
    status = 0
    for path, wanted in rendered().items():
        current = path.exists() and path.read_text("utf-8") == wanted
        if check and not current:
            print(f"{path.name} is not what the migrations make: run make tidy")
            status = 1
        elif not current:
            path.write_text(wanted, "utf-8")
            print(f"wrote {path.name}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
