"""Pages of a catalog of a million cases over HTTP, and the same lists by hand-written SQL behind a bare ASGI application.

Both are served by a process of their own with the same uvicorn settings, and asked in turn over a connection that is kept.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlencode

from bench import catalog, pages_by_hand, results, server
from bench.catalog_questions import PAGES, Series
from bench.results import WORK, Figure
from bench.serving import Client, serving, serving_by_hand
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE

FEWER = catalog.CASES // 10
ROUNDS, WARMING = 200, 20
# Counting all that match takes a hundred times as long.
COUNTED_ROUNDS = 30
WRITES = 60
MIDDLE, LATE = 2.0, 3.0
# Twice as many cases make an index one step deeper at most; ten times as many, not twice as slow.
FLAT = 1.5
OVERVIEW_MS = 150


@dataclass(frozen=True)
class Side:
    """One server, and the addresses of its answers: of the page of a question, at a place of a series, counted or not."""

    client: Client
    page: Callable[[int, int, bool], str]

    def ask(self, number: int, at: int, counted: bool = False) -> float:
        """Return the milliseconds of one answer."""
        return self.client.timed(self.page(number, at, counted))


@dataclass(frozen=True)
class Spread:
    """How long answers took, in milliseconds: half of them at most `middle`, 19 of 20 at most `late`."""

    middle: float
    late: float

    def __str__(self) -> str:
        return f"{self.middle:.2f}, {self.late:.2f} ms"


def measure() -> list[Figure]:
    """Measure both sides on both databases and return the figures."""
    WORK.mkdir(exist_ok=True)
    with server.running(WORK / "postgresql") as socket:
        places = {
            SQLITE: [str(catalog.sqlite_catalog(WORK, cases)) for cases in (catalog.CASES, FEWER)],
            POSTGRESQL: [catalog.postgresql_catalog(socket, cases) for cases in (catalog.CASES, FEWER)],
        }
        return [figure for database, addresses in places.items() for figure in measured(database, *addresses)]


def measured(database: str, address: str, fewer: str) -> Iterator[Figure]:
    """Measure the pages of one database."""
    with ExitStack() as open_servers:
        ours, hand = (open_servers.enter_context(each) for each in (serving(address), serving_by_hand(database, address)))
        small = open_servers.enter_context(serving(fewer))
        sides = Side(ours, api), Side(hand, by_hand), Side(ours, html), Side(small, api)
        for number, question in enumerate(PAGES):
            same(sides[0], sides[1], number)
            yield from listed(f"{database}: {question.name}", number, sides)
        for number, question in enumerate(PAGES):
            yield from listed_and_counted(f"{database}: {question.name}, counted", number, sides[:2])
        yield from overview(database, ours)


def listed(name: str, number: int, sides: Sequence[Side]) -> Iterator[Figure]:
    """Time the page of one question as JSON, by hand, as HTML, and among fewer cases."""
    ours, hand, page, small = in_turn([lambda at, side=side: side.ask(number, at) for side in sides], ROUNDS, WARMING)
    middle, late = ours.middle / hand.middle, ours.late / hand.late
    yield Figure(
        name,
        f"{ours}; by hand {hand}; ratios {middle:.2f}, {late:.2f}; as HTML {page}",
        f"{MIDDLE:g}, {LATE:g}",
        middle <= MIDDLE and late <= LATE,
    )
    growth = ours.middle / small.middle
    yield Figure(
        f"{name}, among {catalog.CASES:,} cases and {FEWER:,}",
        f"{ours.middle:.2f} and {small.middle:.2f} ms; ratio {growth:.2f}",
        f"{FLAT:g}",
        growth <= FLAT,
    )


def listed_and_counted(name: str, number: int, sides: Sequence[Side]) -> Iterator[Figure]:
    """Time the page of one question with the number of all that match, which the page of cases loads afterwards."""
    calls = [lambda at, side=side: side.ask(number, at, True) for side in sides]
    ours, hand = in_turn(calls, COUNTED_ROUNDS, 2)
    middle, late = ours.middle / hand.middle, ours.late / hand.late
    holds = middle <= MIDDLE and late <= LATE
    yield Figure(name, f"{ours}; by hand {hand}; ratios {middle:.2f}, {late:.2f}", f"{MIDDLE:g}, {LATE:g}", holds)


def overview(database: str, ours: Client) -> Iterator[Figure]:
    """Time the overview, and the first look at it after each of some writes."""
    for part in ("", "parts/overview/holdings", "parts/overview/criteria", "parts/standing"):
        ours.timed(f"/{part}")
    steady = spread([ours.timed("/") for _ in range(ROUNDS)])
    yield Figure(f"{database}: overview", str(steady), f"{OVERVIEW_MS} ms", steady.late < OVERVIEW_MS)
    after, parts = [], []
    for number in range(WRITES):
        revise(ours, f"looked at {number} times")
        after.append(ours.timed("/"))
        parts.append([ours.timed(f"/parts/{part}") for part in ("overview/holdings", "overview/criteria", "standing")])
    first = spread(after)
    later = "; ".join(f"{name} {spread(each)}" for name, each in zip(("holdings", "criteria", "standing"), zip(*parts), strict=True))
    yield Figure(
        f"{database}: overview, the first after a write", str(first), f"{OVERVIEW_MS} ms", first.late < OVERVIEW_MS, f"parts that follow: {later}"
    )


def revise(ours: Client, note: str) -> None:
    """Write something about the newest case."""
    [case] = json.loads(ours.get("/api/v1/cases?limit=1&total=false")[1])["items"]
    path = f"/api/v1/cases/{case['id']}"
    headers, _ = ours.get(path)
    ours.send("PATCH", path, {"note": note}, {"If-Match": headers["ETag"]})


def in_turn(calls: Sequence[Callable[[int], float]], rounds: int, warming: int) -> list[Spread]:
    """Return how long each call took, asked in turn at places that differ."""
    times: list[list[float]] = [[] for _ in calls]
    for at in range(warming + rounds):
        for each, call in zip(times, calls, strict=True):
            each.append(call(at))
    return [spread(each[warming:]) for each in times]


def spread(times: Sequence[float]) -> Spread:
    """Return the middle and the late of some times."""
    return Spread(statistics.median(times), statistics.quantiles(times, n=20)[-1])


def same(ours: Side, hand: Side, number: int) -> None:
    """Check that both sides answer the same."""
    answers = [json.loads(side.client.get(side.page(number, 7, True))[1]) for side in (ours, hand)]
    if any(answers[0][key] != answers[1][key] for key in ("items", "total")):
        raise SystemExit(f"{PAGES[number].name}: the two sides answer differently: {answers}")


def api(number: int, at: int, counted: bool) -> str:
    """Return the address of a page of cases as JSON."""
    total = str(counted).lower()
    return f"/api/v1/cases?{urlencode({'query': pages_by_hand.question(number, at).query, 'total': total})}"


def html(number: int, at: int, counted: bool) -> str:
    """Return the address of a page of cases for a browser, which has no count."""
    return f"/cases?{urlencode({'query': pages_by_hand.question(number, at).query})}"


def by_hand(number: int, at: int, counted: bool) -> str:
    """Return the address of the page that was made by hand."""
    return f"/?question={number}&at={at}" + ("&total=1" if counted else "")
