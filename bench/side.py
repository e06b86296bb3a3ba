"""What one tree's own benchmarks compute for, in processor seconds: `python -P bench/side.py NAME` prints them as JSON.

Run by its path, with another tree on PYTHONPATH, it measures that tree: it uses nothing but what is in `bench` there. Wall time
would tell how busy the machine is; here counts what this process, the servers that it starts, and PostgreSQL computed.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import remiss
from bench import (
    capture,
    capture_log,
    catalog,
    catalog_cases,
    catalog_filing,
    pages,
    reading,
    results,
    server,
    serving,
    unaudited,
)
from bench.catalog_questions import PAGES, QUESTIONS
from bench.results import KEYS, WORK

Figure = tuple[str, float]

MOST, ENOUGH_SECONDS = 40, 0.2
BATCHES, SERVED, COUNTED = 4, 10, 2
FILED = 5_000
READING_SECONDS = 2.0


def spent(*processes: int) -> float:
    """Return for how many seconds some processes and everything that they started have computed, of what runs still."""
    found, left = 0, [*processes]
    while left:
        tasks = Path(f"/proc/{left.pop()}/task")
        # A process, or a thread of one, may end while it is looked at.
        with suppress(FileNotFoundError, ProcessLookupError):
            for task in list(tasks.iterdir()):
                with suppress(FileNotFoundError, ProcessLookupError):
                    found += int((task / "schedstat").read_text("ascii").split()[0])
                    left += map(int, (task / "children").read_text("ascii").split())
    return found / 1e9


def children() -> list[int]:
    """Return the processes that this one has started."""
    every = Path("/proc/self/task").glob("*/children")
    return [int(number) for task in every for number in task.read_text("ascii").split()]


@contextmanager
def databases() -> Iterator[tuple[str, list[int]]]:
    """Run a PostgreSQL for the block; give its socket, and the process that all others of it come from."""
    with server.running(WORK / "postgresql") as socket:
        yield socket, [int((WORK / "postgresql" / "data" / "postmaster.pid").read_text("ascii").split()[0])]


def each(call: Callable[[], object], processes: Sequence[int]) -> float:
    """Return the least of what several calls take here and of other processes, after one that nobody measures.

    The least, for what a busy machine does to its caches only ever adds to a call that takes a thousandth of a second.
    """
    call()
    found = [once(call, processes)]
    while len(found) < MOST and sum(found) < ENOUGH_SECONDS:
        found.append(once(call, processes))
    return min(found)


def once(call: Callable[[], object], processes: Sequence[int]) -> float:
    """Return what one call takes here and of other processes."""
    before = time.process_time() + spent(*processes)
    call()
    return time.process_time() + spent(*processes) - before


def measure_capture() -> Iterator[Figure]:
    """Capture the log of `capture.py`, in a process of its own."""
    capture_log.generate(WORK / "log", capture.ROWS)
    shutil.copy(Path(str(capture.__file__)).with_name("capture.yaml"), WORK / "capture.yaml")
    os.chdir(WORK)
    capture.clear()
    capture.new_catalog()
    yield f"capture of {capture.ROWS:,} rows", results.child("-m", "bench.capture", "capture").processor_seconds


def measure_catalog() -> Iterator[Figure]:
    """Ask the questions of `catalog.py` in this process, and file a run."""
    unaudited.keep_nothing()
    with databases() as (socket, server_of_it):
        places = {"sqlite": str(catalog.sqlite_catalog(WORK)), "postgresql": catalog.postgresql_catalog(socket)}
        for database, address in places.items():
            with remiss.open(address) as ws:
                for question in QUESTIONS:
                    took = each(lambda asked=question: asked.ask(ws), server_of_it)  # type: ignore[misc]
                    yield f"{database}: {question.name}", took
        draw = catalog_cases.drawn(0, FILED, FILED)
        makers = {"sqlite": catalog_filing.sqlite(WORK / "filing"), "postgresql": catalog_filing.postgresql(socket)}
        for database, (fresh, _) in makers.items():
            with catalog_filing.opened(fresh()) as store:
                # The first of a process reads the protocol, too.
                catalog_cases.file_run(store, catalog_cases.drawn(1, 10, FILED), 1)
                took = once(lambda into=store: catalog_cases.file_run(into, draw, 0), server_of_it)  # type: ignore[misc]
                yield f"{database}: filing {FILED:,} events", took


def measure_pages() -> Iterator[Figure]:
    """Ask a server for the pages of `pages.py`: as JSON, as HTML, and counted."""
    with databases() as (socket, server_of_it):
        places = {"sqlite": str(catalog.sqlite_catalog(WORK)), "postgresql": catalog.postgresql_catalog(socket)}
        for database, address in places.items():
            with serving.serving(address) as client:
                for number, question in enumerate(PAGES):
                    for kind, times, path in (
                        ("as JSON", SERVED, pages.api),
                        ("as HTML", SERVED, pages.html),
                        ("counted", COUNTED, lambda asked, at: pages.api(asked, at, "true")),
                    ):
                        took = _answers(client, lambda at, to=path, of=number: to(of, at), times, server_of_it)  # type: ignore[misc]
                        yield f"{database}: {question.name}, {kind}", took


def _answers(client: serving.Client, path: Callable[[int], str], times: int, server_of_it: list[int]) -> float:
    """Return what an answer costs, on average of several at places that differ; the least of a few such averages."""
    found = []
    for batch in range(1 + BATCHES):
        before = spent(*children(), *server_of_it)
        for at in range(times):
            client.get(path(batch * times + at))
        found.append((spent(*children(), *server_of_it) - before) / times)
    return min(found[1:])


def measure_reading() -> Iterator[Figure]:
    """Have the clients of `reading.py` read cases one after the other, with everything recorded."""
    folder = WORK / "reading"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with databases() as (socket, server_of_it):
        server.administer(socket, "DROP DATABASE IF EXISTS reading WITH (FORCE)", "CREATE DATABASE reading")
        places = {"sqlite": str(folder / "remiss.db"), "postgresql": server.address(socket, "reading")}
        for database, address in places.items():
            cases = reading.filled(address)
            with serving.serving(address) as client:
                _read(client.port, cases, 0.5)
                before = spent(*children(), *server_of_it)
                answers = _read(client.port, cases, READING_SECONDS)
                took = (spent(*children(), *server_of_it) - before) / answers
                yield f"{database}: {reading.CLIENTS} clients read cases, each answer", took


def _read(port: int, cases: list[str], seconds: float) -> int:
    times: list[float] = []
    until = time.perf_counter() + seconds
    clients = [
        threading.Thread(target=reading.read_on, args=(port, cases[number:], until, times)) for number in range(reading.CLIENTS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return len(times)


def measure_serve() -> Iterator[Figure]:
    """Start a server and ask it for its first page."""
    folder = WORK / "serve"
    folder.mkdir(parents=True, exist_ok=True)
    address = str(folder / "remiss.db")
    if not Path(address).exists():
        remiss.open(address, environment={"REMISS_KEYS": str(KEYS)}, create=True).close()
    with serving.serving(address) as client:
        client.get("/api/v1/cases")
        yield "remiss serve: start to first page of cases", spent(*children())


MEASURES: dict[str, Callable[[], Iterator[Figure]]] = {
    "capture": measure_capture,
    "catalog": measure_catalog,
    "pages": measure_pages,
    "reading": measure_reading,
    "serve": measure_serve,
}


if __name__ == "__main__":
    WORK.mkdir(exist_ok=True)
    json.dump(dict(MEASURES[sys.argv[1]]()), sys.stdout)
