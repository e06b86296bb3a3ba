"""How soon the overview of a million cases answers: when its parts are remembered, and when the catalog has just changed."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse

from sqlalchemy import text

from bench import catalog_filing, results, server
from bench.catalog import postgresql_catalog, sqlite_catalog
from bench.catalog_cases import PEOPLE
from bench.results import WORK, Figure
from bench.serve import TOKEN, free_port
from remiss.edges.stores.connecting import Store

ROUNDS = 200
CHANGES = 40
BOUND_MS = 150.0
ABOUT = {"Authorization": f"Bearer {TOKEN}"}


def measure() -> list[Figure]:
    """Measure on both databases and return the figures."""
    WORK.mkdir(exist_ok=True)
    with server.running(WORK / "postgresql") as socket:
        places = {"sqlite": str(sqlite_catalog(WORK)), "postgresql": postgresql_catalog(socket)}
        return [figure for database, address in places.items() for figure in asked(database, address)]


def asked(database: str, address: str) -> Iterator[Figure]:
    """Time the page of one catalog, and the part of it that takes longest."""
    with serving(address) as connection, catalog_filing.opened(address) as store:
        get(connection, "/")
        first = results.timed(lambda: get(connection, "/parts/overview/criteria"))
        for part in ("holdings", "criteria"):
            get(connection, f"/parts/overview/{part}")
        get(connection, "/parts/standing")
        yield figure(
            f"{database}: overview, as it was a moment ago", [results.timed(lambda: get(connection, "/")) for _ in range(ROUNDS)]
        )
        changed = []
        for _ in range(CHANGES):
            change(store)
            changed.append(results.timed(lambda: get(connection, "/")))
        yield figure(f"{database}: overview, just after the catalog changed", changed)
        again = results.timed(lambda: get(connection, "/parts/overview/criteria"))
        said = f"{first / 1000:.1f} s when the server is new; {again / 1000:.1f} s after a change"
        yield Figure(f"{database}: its criteria with rates and trends, loaded after it", said, "none", None)


def figure(name: str, taken: list[float]) -> Figure:
    """Return what one kind of request took."""
    p95 = statistics.quantiles(taken, n=20)[-1]
    return Figure(
        name, f"p50 {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms", f"p95 under {BOUND_MS:.0f} ms", p95 < BOUND_MS
    )


@contextmanager
def serving(address: str) -> Iterator[HTTPConnection]:
    """Serve a catalog in a process of its own; give a connection to it."""
    port = free_port()
    environment = {**os.environ, "REMISS_TOKEN": TOKEN}
    command = [sys.executable, "-m", "remiss", "--catalog", address, "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    try:
        for _ in range(200):
            try:
                connection.connect()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield connection
    finally:
        connection.close()
        process.terminate()
        process.wait(30)


def get(connection: HTTPConnection, path: str) -> bytes:
    """Return what a path answers."""
    connection.request("GET", path, headers=ABOUT)
    return answer(connection.getresponse())


def change(store: Store) -> None:
    """Write into the catalog, so that it has another position; what it holds stays."""
    with store.writing(PEOPLE, "bench.touch", datetime.now(UTC)) as transaction:
        transaction.connection.execute(text("UPDATE cases SET severity = severity WHERE key = 1"))


def answer(response: HTTPResponse) -> bytes:
    """Return the body of a good answer; end the measuring for any other."""
    body = response.read()
    if response.status >= 300:
        sys.exit(f"the server answered {response.status}: {body[:500]!r}")
    return body
