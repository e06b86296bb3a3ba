"""What it costs to record who looks at a case: 8 clients read cases over HTTP, with the audit and with one that keeps nothing."""

from __future__ import annotations

import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import remiss
from bench import results, server
from bench.results import KEYS, WORK, Figure
from bench.serving import Client, serving
from remiss.catalog import actions as catalog
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.records.case import Filing

CLIENTS = 8
CASES = 100
SECONDS = 3.0
LEAST, MOST_MS = 0.85, 25.0

# All catalogs of the benchmarks have one key.
HERE = {"REMISS_KEYS": str(KEYS)}


def measure() -> list[Figure]:
    """Measure both sides on both databases and return the figures."""
    WORK.mkdir(exist_ok=True)
    with server.running(WORK / "postgresql") as socket:
        server.administer(socket, "DROP DATABASE IF EXISTS reading WITH (FORCE)", "CREATE DATABASE reading")
        folder = WORK / "reading"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        places = {SQLITE: str(folder / "remiss.db"), POSTGRESQL: server.address(socket, "reading")}
        return [figure for database, address in places.items() for figure in measured(database, address)]


def measured(database: str, address: str) -> Iterator[Figure]:
    """Time both sides in turn on one database."""
    cases = filled(address)
    with serving(address) as ours, serving(address, module="bench.unaudited") as bare:
        rounds = [(read(ours.port, cases), read(bare.port, cases)) for _ in range(results.REPEATS + 1)][1:]
    speed = results.middle([mine[0] / theirs[0] for mine, theirs in rounds])
    mine, theirs = ([results.middle([each[side][at] for each in rounds]) for at in (0, 1)] for side in (0, 1))
    yield Figure(
        f"{database}: {CLIENTS} clients read cases",
        f"{mine[0]:,.0f} a second; without audit {theirs[0]:,.0f}; {speed:.2f} times its throughput",
        f"{LEAST:g}",
        speed >= LEAST,
    )
    later = results.middle([each[0][1] - each[1][1] for each in rounds])
    yield Figure(
        f"{database}: {CLIENTS} clients read cases, p95",
        f"{mine[1]:.1f} ms; without audit {theirs[1]:.1f} ms; {later:+.1f} ms",
        f"+{MOST_MS:.0f} ms",
        later <= MOST_MS,
    )


def filled(address: str) -> list[str]:
    """Make a catalog of some cases, and return their ids."""
    with remiss.open(address, environment=HERE, create=True) as ws:
        return [
            catalog.file(ws, Filing(model="m", at=datetime(2026, 1, 1, tzinfo=UTC), title=f"case {number}", text="seen")).id
            for number in range(CASES)
        ]


def read(port: int, cases: list[str]) -> tuple[float, float]:
    """Have all clients read cases for some seconds; return answers a second, and the p95 of milliseconds."""
    times: list[float] = []
    until = time.perf_counter() + SECONDS
    clients = [threading.Thread(target=read_on, args=(port, cases[number:], until, times)) for number in range(CLIENTS)]
    started = time.perf_counter()
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return len(times) / (time.perf_counter() - started), statistics.quantiles(times, n=20)[-1]


def read_on(port: int, cases: list[str], until: float, times: list[float]) -> None:
    """Read one case after the other over a connection that is kept."""
    client = Client(port)
    at = 0
    while time.perf_counter() < until:
        times.append(client.timed(f"/api/v1/cases/{cases[at % len(cases)]}"))
        at += 1
    client.close()
