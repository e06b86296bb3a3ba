"""How fast a log of a million entries is verified, and bare SHA-256 over the same entries, read from the same table.

The other side is the shortest loop that one can write: it reads each entry's bytes, hashes them, and compares nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg

import remiss
from bench import results, server
from bench.results import KEYS, WORK, Figure
from remiss.catalog import actions as catalog
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.govern import audit_actions as audit
from remiss.govern.audit.integrity import check
from remiss.govern.audit.log import VIEWS
from remiss.records.case import Filing
from remiss.records.view_entry import ViewEntry, ViewKind

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))
GROUP = 10_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BOUND = 0.5
ASKED = "SELECT entry FROM views ORDER BY n"

# All catalogs of the benchmarks have one key.
HERE = {"REMISS_KEYS": str(KEYS)}


def measure() -> list[Figure]:
    """Measure both sides on both databases and return the figures."""
    WORK.mkdir(exist_ok=True)
    with server.running(WORK / "postgresql") as socket:
        return [
            measured(SQLITE, str(file_catalog()), bare_file),
            measured(POSTGRESQL, server_catalog(socket), bare_server),
        ]


def measured(database: str, address: str, bare: Callable[[str], int]) -> Figure:
    """Time both sides on one database."""
    with remiss.open(address, environment=HERE) as ws:
        store = ws.audit
        secret = store.secret(VIEWS)

        def ours() -> int:
            found = check(VIEWS, lambda: store.rows(VIEWS), store.head(VIEWS), secret, begun=True, grow=ws.grow)
            assert found.sound
            return found.entries

        assert audit.verify_audit(ws)[1].sound
        entries = ours()
        assert entries == bare(address) >= ENTRIES
        mine, theirs = results.medians([ours, lambda: bare(address)])
    speed = theirs / mine
    return Figure(
        f"{database}: verifying {entries:,} entries",
        f"{mine / 1000:.2f} s; bare SHA-256 {theirs / 1000:.2f} s; {speed:.2f} times its speed",
        f"{BOUND:g}",
        speed >= BOUND,
    )


def bare_file(address: str) -> int:
    """Hash every entry of a file, and return how many there are."""
    with closing(sqlite3.connect(f"{address}.views")) as connection:
        return sum(len(hashlib.sha256(text.encode()).digest()) == 32 for (text,) in connection.execute(ASKED))


def bare_server(address: str) -> int:
    """Hash every entry on a server, and return how many there are."""
    with psycopg.connect(address) as connection, connection.cursor(name="bare") as cursor:
        cursor.itersize = 4096
        cursor.execute(ASKED)
        return sum(len(hashlib.sha256(text.encode()).digest()) == 32 for (text,) in cursor)


def file_catalog() -> Path:
    """Return the file of a catalog with a long log of views; make it unless it is there."""
    path = WORK / f"audit-{ENTRIES}" / "remiss.db"
    if not path.parent.exists():
        making = WORK / "audit-in-making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        fill(str(making / path.name))
        making.rename(path.parent)
    return path


def server_catalog(socket: str) -> str:
    """Return the address of one on the server."""
    name = f"audit_{ENTRIES}"
    if not server.has_database(socket, name):
        server.administer(socket, "DROP DATABASE IF EXISTS making WITH (FORCE)", "CREATE DATABASE making")
        fill(server.address(socket, "making"))
        server.administer(socket, "VACUUM ANALYZE", database="making")
        server.administer(socket, f"ALTER DATABASE making RENAME TO {name}")
    return server.address(socket, name)


def fill(address: str) -> None:
    """Make a catalog in which somebody looked at a million things."""
    with remiss.open(address, environment=HERE, create=True) as ws:
        case = catalog.file(ws, Filing(model="m", at=BEGIN, title="seen"))
        # Looks at raw evidence have an entry each.
        looks = [ViewEntry(kind=ViewKind.EVIDENCE, subject=case.id, position=2, team="default") for _ in range(GROUP)]
        for group in range(ENTRIES // GROUP):
            ws.request_id = f"r{group}"
            ws.record_views(looks, "evidence.show")
