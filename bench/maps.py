"""What charts of a large sample compute when they are first asked for at a position: heatmap, drift, change of a rate.

By hand is the least that any of them does: the same rows with the fields that it looks at are read by the driver and counted.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import remiss
from bench import catalog_cases, catalog_filing, results, server, unaudited
from bench.results import WORK, Figure
from remiss import understand
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.records.run import ALL

SAMPLED = int(os.environ.get("BENCH_SAMPLED", "200000"))
WEEKS = 20
RULE = "criterion:missed-delay"
LATER = f"{RULE} occurred:>={(catalog_cases.START + WEEKS // 2 * catalog_cases.WEEK).date()}"
ASKED: dict[str, Callable[[Any], Any]] = {
    "heatmap of a field by month": lambda ws: understand.heatmap(ws, "inputs.carrier", "month", RULE),
    "heatmap of two fields": lambda ws: understand.heatmap(ws, "inputs.carrier", "inputs.distance", RULE),
    "drift of seven fields": understand.measure_drift,
    "change of a rate by two fields": lambda ws: understand.split_change(ws, LATER, by="inputs.carrier,context.airport"),
}
READ = {
    SQLITE: "i.inputs ->> '$.carrier'",
    POSTGRESQL: "i.inputs ->> 'carrier'",
}
ROWS = """
SELECT o.window_start, o.inclusion_probability, o.criteria_met, {field} FROM observations AS o
JOIN event_contents AS i ON i.event_key = o.event_key
"""


def measure() -> list[Figure]:
    """Measure on both databases and return the figures."""
    WORK.mkdir(exist_ok=True)
    unaudited.keep_nothing()
    with server.running(WORK / "postgresql") as socket:
        places = {SQLITE: sqlite_catalog(), POSTGRESQL: postgresql_catalog(socket)}
        hands = {SQLITE: catalog_filing.sqlite_by_hand, POSTGRESQL: catalog_filing.postgresql_by_hand}
        return [each for database, place in places.items() for each in asked(database, place, hands[database])]


def asked(database: str, address: str, driver: catalog_filing.Driver) -> Iterator[Figure]:
    """Time each chart in processor seconds of this process, and how long it takes in all."""
    with closing(driver(address)) as connection:
        by_hand = taken(partial(counted_by_hand, connection, database))
    for name, ask in ASKED.items():
        with remiss.open(address, environment={"REMISS_KEYS": str(results.KEYS)}) as ws:
            computed, waited = taken(partial(ask, ws))
        detail = f"{waited:.1f} s in all; the rows read and counted by hand {by_hand[0]:.1f} s, {by_hand[1]:.1f} s in all"
        yield Figure(f"{database}: {name}, {SAMPLED:,} sampled events", f"{computed:.1f} s", "none is promised", None, detail)


def taken(call: Callable[[], object]) -> tuple[float, float]:
    """Return the least processor seconds of this process of some calls, and the least seconds in all."""
    found = []
    for _ in range(min(3, results.REPEATS)):
        begun, started = time.process_time(), time.perf_counter()
        call()
        found.append((time.process_time() - begun, time.perf_counter() - started))
    return min(each[0] for each in found), min(each[1] for each in found)


def counted_by_hand(connection: Any, database: str) -> Counter[tuple[Any, ...]]:
    """Return how many sampled events there are of each window, probability, criteria and carrier."""
    return Counter(connection.execute(ROWS.format(field=READ[database])))


def sqlite_catalog() -> str:
    """Return the file of the filled catalog; make it unless it is there."""
    folder = WORK / f"maps-{SAMPLED}"
    if not folder.exists():
        making = WORK / "maps-in-making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        fill(str(making / "remiss.db"))
        making.rename(folder)
    return str(folder / "remiss.db")


def postgresql_catalog(socket: str) -> str:
    """Return the address of the filled catalog on the server; make it unless it is there."""
    name = f"maps_{SAMPLED}"
    if not server.has_database(socket, name):
        server.administer(socket, "DROP DATABASE IF EXISTS making WITH (FORCE)", "CREATE DATABASE making")
        fill(server.address(socket, "making"))
        server.administer(socket, "VACUUM ANALYZE", database="making")
        server.administer(socket, f"ALTER DATABASE making RENAME TO {name}")
    return server.address(socket, name)


def fill(address: str) -> None:
    """Make a catalog of so many sampled events, all of them of the uniform sample of their week, too."""
    size = SAMPLED // WEEKS
    remiss.open(address, environment={"REMISS_KEYS": str(results.KEYS)}, create=True).close()
    with catalog_filing.opened(address) as store:
        for week in range(WEEKS):
            draw = catalog_cases.drawn(week, size, size)
            members = tuple(replace(each, groups=(*each.groups, ALL)) for each in draw.members)
            catalog_cases.file_run(store, replace(draw, members=members), week)


if __name__ == "__main__":
    for figure in measure():
        sys.stdout.write(f"{figure.name}: {figure.measured} ({figure.detail})\n")
