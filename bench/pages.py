"""Lists of a million cases over HTTP, and the same lists by hand-written SQL behind a bare ASGI application.

Both are served by a process of their own with the same uvicorn settings, and asked in turn over a connection that is kept.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from bench import catalog, pages_by_hand, results, server
from bench.catalog_questions import PAGES
from bench.results import WORK, Figure
from bench.serving import Client, serving, serving_by_hand
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE

FEWER = catalog.CASES // 10
ROUNDS, WARMING = 200, 20
# Counting all that match takes a hundred times as long.
COUNTED_ROUNDS = 30
MIDDLE, LATE = 2.0, 3.0
FLAT = 1.5
# The other side records nothing of who asks; what that costs is measured by itself (`reading.py`).
UNAUDITED = "bench.unaudited"


@dataclass(frozen=True)
class Side:
    """One server, and the addresses of its answers: of the page of a question, at a place of a series."""

    client: Client
    page: Callable[[int, int], str]

    def ask(self, number: int, at: int) -> float:
        """Return the milliseconds of one answer."""
        return self.client.timed(self.page(number, at))

    def answer(self, number: int) -> dict[str, Any]:
        """Return one answer."""
        found: dict[str, Any] = json.loads(self.client.get(self.page(number, 7)))
        return found


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
        ours, hand = (
            open_servers.enter_context(each) for each in (serving(address, module=UNAUDITED), serving_by_hand(database, address))
        )
        small, hand_small = (
            open_servers.enter_context(each) for each in (serving(fewer, module=UNAUDITED), serving_by_hand(database, fewer))
        )
        sides = Side(ours, api), Side(hand, by_hand), Side(ours, html), Side(small, api), Side(hand_small, by_hand)
        counted = Side(ours, partial(api, total="true")), Side(hand, partial(by_hand, total="1"))
        for number, question in enumerate(PAGES):
            same(counted, number)
            yield from listed(f"{database}: {question.name}", number, sides)
        for number, question in enumerate(PAGES):
            yield from listed_and_counted(f"{database}: {question.name}, counted", number, counted)


def listed(name: str, number: int, sides: Sequence[Side]) -> Iterator[Figure]:
    """Time the page of one question as JSON, by hand, as HTML, and both sides among fewer cases."""
    ours, hand, page, small, hand_small = in_turn([partial(side.ask, number) for side in sides], ROUNDS, WARMING)
    middle, late = ours.middle / hand.middle, ours.late / hand.late
    yield Figure(
        name,
        f"{ours}; by hand {hand}; ratios {middle:.2f}, {late:.2f}; as HTML {page}",
        f"{MIDDLE:g}, {LATE:g}",
        middle <= MIDDLE and late <= LATE,
    )
    growth, hand_growth = ours.middle / small.middle, hand.middle / hand_small.middle
    yield Figure(
        f"{name}, among {catalog.CASES:,} cases and {FEWER:,}",
        f"{ours.middle:.2f} and {small.middle:.2f} ms; ratio {growth:.2f}; by hand {hand_growth:.2f}",
        f"{FLAT:g}",
        growth <= FLAT,
    )


def listed_and_counted(name: str, number: int, sides: Sequence[Side]) -> Iterator[Figure]:
    """Time the page of one question with the number of all that match, which the page of cases loads afterwards."""
    ours, hand = in_turn([partial(side.ask, number) for side in sides], COUNTED_ROUNDS, 2)
    middle, late = ours.middle / hand.middle, ours.late / hand.late
    holds = middle <= MIDDLE and late <= LATE
    yield Figure(name, f"{ours}; by hand {hand}; ratios {middle:.2f}, {late:.2f}", f"{MIDDLE:g}, {LATE:g}", holds)


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


def same(sides: Sequence[Side], number: int) -> None:
    """Check that both sides answer the same."""
    ours, hand = (side.answer(number) for side in sides)
    results.same(PAGES[number].name, *([*answer["items"], answer["total"]] for answer in (ours, hand)))


def api(number: int, at: int, total: str = "false") -> str:
    """Return the address of a page of cases as JSON."""
    return f"/api/v1/cases?{urlencode({'query': pages_by_hand.question(number, at).query, 'total': total})}"


def html(number: int, at: int) -> str:
    """Return the address of a page of cases for a browser, which has no count."""
    return f"/cases?{urlencode({'query': pages_by_hand.question(number, at).query})}"


def by_hand(number: int, at: int, total: str = "") -> str:
    """Return the address of the page that was made by hand."""
    return f"/?{urlencode({'question': number, 'at': at, 'total': total})}"
