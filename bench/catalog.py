"""Asking and filling a catalog of a million cases, and the same by hand-written SQL, on both databases."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

import remiss
from bench import catalog_cases, catalog_filing, results, server, unaudited
from bench.catalog_questions import QUESTIONS
from bench.results import WORK, Figure
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE

CASES = int(os.environ.get("BENCH_CASES", "1000000"))
RUN = 50_000
FILED = 20_000
BOUND = 2.0
# Milliseconds, not seconds: many rounds cost little and quiet the noise.
ROUNDS = 21


def measure() -> list[Figure]:
    """Measure both sides on both databases and return the figures."""
    WORK.mkdir(exist_ok=True)
    unaudited.keep_nothing()
    with server.running(WORK / "postgresql") as socket:
        places = {SQLITE: str(sqlite_catalog(WORK)), POSTGRESQL: postgresql_catalog(socket)}
        hands = {SQLITE: catalog_filing.sqlite(WORK / "filing"), POSTGRESQL: catalog_filing.postgresql(socket)}
        figures = [figure for database, place in places.items() for figure in asked(database, place, hands[database][1])]
        return figures + [catalog_filing.measure(database, *hand, FILED) for database, hand in hands.items()]


def asked(database: str, address: str, driver: catalog_filing.Driver) -> Iterator[Figure]:
    """Time each question both ways, in turn; what they answer has to be the same."""
    with remiss.open(address) as ws, closing(driver(address)) as connection:
        for question in QUESTIONS:
            results.same(f"{database}, {question.name}", question.ask(ws), question.by_hand(connection, database))
            sides = (lambda q=question: q.ask(ws), lambda q=question: q.by_hand(connection, database))
            ours, theirs = results.medians(sides, ROUNDS)
            yield Figure(
                f"{database}: {question.name}",
                f"{ours:.2f} ms; by hand {theirs:.2f} ms; ratio {ours / theirs:.2f}",
                f"{BOUND:g}",
                ours / theirs <= BOUND,
            )


def sqlite_catalog(folder: Path, cases: int = CASES) -> Path:
    """Return the file of the filled catalog; make it unless it is there."""
    path = folder / f"catalog-{cases}" / "remiss.db"
    if not path.parent.exists():
        making = folder / "catalog-in-making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        fill(str(making / path.name), cases)
        making.rename(path.parent)
    return path


def postgresql_catalog(socket: str, cases: int = CASES) -> str:
    """Return the address of the filled catalog on the server; make it unless it is there."""
    name = f"catalog_{cases}"
    if not server.has_database(socket, name):
        server.administer(socket, "DROP DATABASE IF EXISTS making WITH (FORCE)", "CREATE DATABASE making")
        fill(server.address(socket, "making"), cases)
        # As the server would do by itself some minutes later.
        server.administer(socket, "VACUUM ANALYZE", database="making")
        server.administer(socket, f"ALTER DATABASE making RENAME TO {name}")
    return server.address(socket, name)


def fill(address: str, cases: int) -> None:
    """Make a catalog of so many cases."""
    remiss.open(address, environment={"REMISS_KEYS": str(results.KEYS)}, create=True).close()
    with catalog_filing.opened(address) as store:
        catalog_cases.file_runs(store, cases, min(RUN, cases))
        with store.writing(catalog_cases.PEOPLE, "bench.revise", datetime.now(UTC)) as transaction:
            for statement in catalog_cases.WORKED_ON:
                transaction.connection.execute(text(statement))
