"""Among how few of the newest cases a page's worth says something.

Of five thousand cases with a word a page shows fifty. To sort them by time each has to be looked up, ten times as many in a
catalog ten times as large, while the fifty stand among as many of the newest cases in either. So where a word is neither rare
nor common, a page is looked for among those. In which cases they are the index of words does not know, but it knows keys, and
cases are mostly filed in the order of time: all that happened after some instant have at least some key.

Where to look is a guess, what is found is not: when that is too little, or the catalog has changed meanwhile (who writes at
the same time may commit a lesser key later), the page is looked for among all.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Dialect, func, select, tuple_

from remiss.edges.stores.prepared import Parameters, Prepared, parameter
from remiss.edges.stores.tables import cases, catalog_head

# So many times the cases are taken in which a page's worth is expected: words come in bursts, and other conditions take some.
MARGIN = 2
# To pass an entry of the index in time takes so much less than to look a case up. Measured: 25 on SQLite, more on PostgreSQL.
ENTRIES_A_CASE = 20
BEHIND_ALL = 2**63 - 1


class Since(NamedTuple):
    """Every case that happened after `at` has at least the key `key`, as the catalog stood at the position `head`."""

    at: int
    key: int
    head: int


def entries(*, matching: int, sampled: int, cases: int, lines: int) -> int | None:
    """Return among how many of the newest cases to look for a page; None where it is quicker to collect all that say it.

    Parameters
    ----------
    matching, sampled : how many of so many cases that were filed last say it
    cases : how many there are
    lines : how many the page has

    >>> entries(matching=100, sampled=20_000, cases=1_000_000, lines=50)
    20000
    >>> entries(matching=100, sampled=20_000, cases=100_000, lines=50)
    """
    if matching <= 0:
        return None
    needed = MARGIN * lines * sampled // matching
    return needed if needed <= ENTRIES_A_CASE * (cases * matching // sampled) and needed < cases else None


def since(connection: Connection, dialect: Dialect, parameters: Parameters, newest: int) -> Since | None:
    """Return where the newest cases begin, so many behind what the page begins behind; None when there are no more."""
    ((at, key, count, head),) = _beginning(dialect).ask(connection, replace(parameters, lines=newest))
    return Since(at, key, head) if count == newest else None


@lru_cache(8)
def _beginning(dialect: Dialect) -> Prepared:
    """Return the select of earliest instant and least key of so many of the newest cases, how many they are, and the position."""
    behind = tuple_(*(parameter(partial(_behind, which), BigInteger()) for which in (0, 1)))
    taken = select(cases.c.occurred_at, cases.c.key).where(tuple_(cases.c.occurred_at, cases.c.key) < behind)
    newest = taken.order_by(cases.c.occurred_at.desc(), cases.c.key.desc()).limit(
        parameter(lambda given: given.lines, BigInteger())
    )
    of = newest.subquery("newest").c
    head = select(catalog_head.c.position).scalar_subquery()
    every: list[ColumnElement[Any]] = [func.min(of.occurred_at), func.min(of.key), func.count(), head]
    return Prepared(select(*every), dialect)


def _behind(which: int, parameters: Parameters) -> int:
    return parameters.after[which] if parameters.after else BEHIND_ALL
