"""How soon the overview of a million cases answers: when its parts are remembered, and when the catalog has just changed."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import text

from bench import catalog_filing, server
from bench.catalog import postgresql_catalog, sqlite_catalog
from bench.catalog_cases import PEOPLE
from bench.results import WORK, Figure
from bench.serving import serving
from remiss.edges.stores.store import Store

ROUNDS = 200
CHANGES = 40
BOUND_MS = 150.0


def measure() -> list[Figure]:
    """Measure on both databases and return the figures."""
    WORK.mkdir(exist_ok=True)
    with server.running(WORK / "postgresql") as socket:
        places = {"sqlite": str(sqlite_catalog(WORK)), "postgresql": postgresql_catalog(socket)}
        return [figure for database, address in places.items() for figure in asked(database, address)]


def asked(database: str, address: str) -> Iterator[Figure]:
    """Time the page of one catalog, and the part of it that takes longest."""
    with serving(address) as client, catalog_filing.opened(address) as store:
        client.get("/")
        first = client.timed("/parts/overview/criteria")
        client.get("/parts/overview/holdings")
        client.get("/parts/standing")
        yield figure(f"{database}: overview, as it was a moment ago", [client.timed("/") for _ in range(ROUNDS)])
        changed = []
        for _ in range(CHANGES):
            change(store)
            changed.append(client.timed("/"))
        yield figure(f"{database}: overview, just after the catalog changed", changed)
        again = client.timed("/parts/overview/criteria")
        said = f"{first / 1000:.1f} s when the server is new; {again / 1000:.1f} s after a change"
        yield Figure(f"{database}: its criteria with rates and trends, loaded after it", said, "none", None)


def figure(name: str, taken: list[float]) -> Figure:
    """Return what one kind of request took."""
    p95 = statistics.quantiles(taken, n=20)[-1]
    return Figure(
        name, f"p50 {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms", f"p95 under {BOUND_MS:.0f} ms", p95 < BOUND_MS
    )


def change(store: Store) -> None:
    """Write into the catalog, so that it has another position; what it holds stays."""
    with store.writing(PEOPLE, "bench.touch", datetime.now(UTC)) as transaction:
        transaction.connection.execute(text("UPDATE cases SET severity = severity WHERE key = 1"))
