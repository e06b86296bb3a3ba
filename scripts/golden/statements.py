"""Statements that are issued while something is answered: of the catalog's database how many, which and how they are planned,
and all of the engine.

They are seen where SQLAlchemy hands them to a driver, and where DuckDB takes them, whatever the tree that issues them is called
inside.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import duckdb
from sqlalchemy import Engine, event

from scripts.golden.plans import Plan, plan_of

# How often a list of values is repeated in a statement depends on the data, not on the code.
_LISTS = re.compile(r"\((?:\s*(?:\?|%\([a-z0-9_]+\)s(?:::[a-z0-9_ ]+)?|NULL)\s*,?)+\)", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
# Of a statement that is issued again and again, so many are explained: most have one plan, whatever their values are.
EXPLAINED = 3


@dataclass(slots=True)
class Seen:
    """What was asked since the last time that somebody looked."""

    statements: Counter[str] = field(default_factory=Counter)
    plans: dict[str, set[Plan]] = field(default_factory=dict)
    begun: int = 0
    committed: int = 0
    rolled_back: int = 0
    # What the engine ran over logs, in its order.
    scans: list[str] = field(default_factory=list)

    @property
    def figures(self) -> dict[str, Any]:
        """How much it was, how often each statement was issued, and how it would find its rows."""
        return {
            "statements": sum(self.statements.values()),
            "transactions": self.begun,
            "commits": self.committed,
            "rollbacks": self.rolled_back,
            "shapes": dict(sorted(self.statements.items())),
            "plans": {statement: sorted(map(list, plans - {()})) for statement, plans in sorted(self.plans.items())},
        }


def watch() -> Callable[[], Seen]:
    """Look at every engine of this process from now on; the function that is returned gives what was seen, and begins anew."""
    seen = Seen()

    def asked(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        shape = normal(statement)
        seen.statements[shape] += 1
        if seen.statements[shape] <= EXPLAINED:
            seen.plans.setdefault(shape, set()).add(plan_of(cursor, statement, parameters))

    def counted(name: str) -> Callable[[Any], None]:
        def count(_connection: Any) -> None:
            setattr(seen, name, getattr(seen, name) + 1)

        return count

    connect = duckdb.connect

    def watched(*args: Any, **given: Any) -> Any:
        return _Watched(connect(*args, **given), seen.scans)

    duckdb.connect = watched
    event.listen(Engine, "before_cursor_execute", asked)
    for name, attribute in (("begin", "begun"), ("commit", "committed"), ("rollback", "rolled_back")):
        event.listen(Engine, name, counted(attribute))

    def take() -> Seen:
        plans, counts = dict(seen.plans), (seen.begun, seen.committed, seen.rolled_back)
        taken = Seen(Counter(seen.statements), plans, *counts, list(seen.scans))
        seen.statements.clear()
        seen.plans.clear()
        seen.scans.clear()
        seen.begun = seen.committed = seen.rolled_back = 0
        return taken

    return take


class _Watched:
    """A connection to the engine that writes down what it is asked."""

    def __init__(self, connection: Any, scans: list[str]) -> None:
        self._connection, self._scans = connection, scans

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def __enter__(self) -> Self:
        self._connection.__enter__()
        return self

    def __exit__(self, *raised: object) -> Any:
        return self._connection.__exit__(*raised)

    def execute(self, statement: str, *given: Any, **named: Any) -> Any:
        self._scans.append(statement)
        return self._connection.execute(statement, *given, **named)

    def sql(self, statement: str, *given: Any, **named: Any) -> Any:
        self._scans.append(statement)
        return self._connection.sql(statement, *given, **named)

    def cursor(self) -> _Watched:
        return _Watched(self._connection.cursor(), self._scans)


def normal(statement: str) -> str:
    r"""Return a statement on one line, with each list of values as one.

    >>> normal("SELECT a\nFROM t WHERE b IN (?, ?, ?)")
    'SELECT a FROM t WHERE b IN (?)'
    """
    return _SPACES.sub(" ", _LISTS.sub("(?)", statement)).strip()
