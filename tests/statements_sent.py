"""Which tests send PostgreSQL nothing that others do not send: those may ask it in `make soak`, and SQLite in `make test`.

`pytest -p tests.statements_sent --statements FILE -k postgresql FOLDERS` notes what each test sends, in one process; then
`python -m tests.statements_sent FILE` lists the tests, dearest first, that can be marked `postgresql_in_soak` one after another.
What differs between databases stands in a few words beside each other: an operator and its types, a clause, a function. So
statements are compared by the words in them, three in a row, without values. What races, is killed or waits for others is not
told by its statements: leave it.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache, wraps
from pathlib import Path
from typing import Any

import psycopg
import pytest

# What `processor_time.py` tells of a test; it is loaded later than this is.
PROPERTY = "processor_s"
# What differs between two sendings of one statement: parameters and how many there are, numbers, and names of databases.
OTHERWISE = (
    (re.compile(r"%\(\w+\)s(::[A-Za-z_ ]+(\[\])?)?|\btest_[0-9a-f]{32}\b|\bmade_\w+"), "?"),
    (re.compile(r"\?(, \?)+"), "?"),
    (re.compile(r"\(\?\)(, \(\?\))+"), "(?)"),
    (re.compile(r"\b\d+\b"), "N"),
)


def shape_of(statement: str) -> str:
    """Return a statement without what differs each time.

    >>> shape_of("SELECT 7 WHERE a IN (%(a_1)s::VARCHAR, %(a_2)s::VARCHAR)")
    'SELECT N WHERE a IN (?)'
    """
    for pattern, instead in OTHERWISE:
        statement = pattern.sub(instead, statement)
    return statement


WORD = re.compile(r"[A-Za-z_][\w.]*|'[^']*'|\S")
IN_A_ROW = 3


def parts_of(shape: str) -> frozenset[tuple[str, ...]]:
    """Return what a statement is made of: its words, three in a row, whatever number a name ends in.

    >>> sorted(parts_of("SELECT a_1 FROM t"))
    [('a_N', 'from', 't'), ('select', 'a_N', 'from')]
    """
    words = [re.sub(r"_\d+$", "_N", word.lower()) for word in WORD.findall(shape)]
    return frozenset(tuple(words[at : at + IN_A_ROW]) for at in range(max(1, len(words) - IN_A_ROW + 1)))


class Notes:
    """What each test sent so far, written down when it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sent: set[str] = set()
        for kind in (psycopg.Cursor, psycopg.ServerCursor):
            for name in {"execute", "executemany", "copy"} & vars(kind).keys():
                setattr(kind, name, self.noting(getattr(kind, name)))

    def noting(self, send: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(send)
        def noted(cursor: Any, query: object, *given: Any, **more: Any) -> Any:
            self.sent.add(str(query))
            return send(cursor, query, *given, **more)

        return noted

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            spent = sum(sum(value[:2]) for name, value in report.user_properties if name == PROPERTY)
            with self.path.open("a") as file:
                file.write(json.dumps([report.nodeid, spent, sorted(set(map(shape_of, self.sent)))]) + "\n")
            self.sent.clear()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--statements", type=Path, required=True, metavar="FILE", help="note there what each test sends to PostgreSQL"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Notes(config.getoption("--statements")), "statements-sent")


def dispensable(lines: Iterable[str]) -> Iterator[tuple[float, str]]:
    """Yield what each test took that sends nothing by itself, dearest first; of each file the last stays."""
    seconds: Counter[str] = Counter()
    sent: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    known = cache(parts_of)
    for nodeid, spent, shapes in map(json.loads, lines):
        test = nodeid.partition("[")[0]
        seconds[test] += spent
        sent[test].update(*map(known, shapes))
    senders = Counter(part for parts in sent.values() for part in parts)
    left = Counter(test.partition("::")[0] for test in sent)
    for test, spent in seconds.most_common():
        file = test.partition("::")[0]
        if left[file] > 1 and all(senders[part] > 1 for part in sent[test]):
            left[file] -= 1
            senders.subtract(sent[test])
            yield spent, test


if __name__ == "__main__":
    for spent, test in dispensable(Path(sys.argv[1]).read_text().splitlines()):
        print(f"{spent:8.2f}  {test}")
