"""Ways to answer a query, and the choice among them.

A condition can be met by walking the cases in the order of the page and asking each, or by collecting all that meet it
first. Which is quicker depends on how many there are, which databases misjudge most for words and side tables; so it is found
out here, by looking at no more than a few entries of an index, in one statement for the whole query.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Dialect, ScalarSelect, Select, func, literal, null, select

from remiss.catalog.counting import CONTEXT
from remiss.catalog.listing import Order
from remiss.catalog.query import Operator, Query, Term, Text, conjuncts
from remiss.edges.stores.dialect import words
from remiss.edges.stores.dialect.planning import weighs
from remiss.edges.stores.search import case_face, condition
from remiss.edges.stores.tables import case_context, case_criteria, cases
from remiss.govern.ports import Scope

# Up to this many entries of an index, and one for so many cases, it is quicker to start from them than to walk the cases,
# newest first, until a page is full. (Both take as long where the entries are the root of 50 times the cases.)
SOME_OF_PAGE, CASES_OF_PAGE = 500, 200
# The same for all cases that match: at least this many, or this share of the cases.
SOME_OF_ALL, CASES_OF_ALL = 10_000, 16
# How many queries, and statements for them, are remembered.
REMEMBERED = 256
INDEXED: dict[str, ColumnElement[Any]] = {
    "status": cases.c.status,
    "severity": cases.c.severity,
    "mode": cases.c.mode,
    "model": cases.c.model,
    "model_version": cases.c.model_version,
}


class Purpose(Enum):
    """What a condition is for: some cases in order, how many there are, or how many have each value of a field."""

    PAGE = "page"
    COUNT = "count"
    FACET = "facet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query about cases as they are now: all that the statement for it depends on, but for the ways.

    What was made for one is found again by its spelling, since to Python 1, 1.0 and True are equal.
    """

    query: Query = field(compare=False)
    spelling: str
    scope: Scope
    purpose: Purpose
    order: Order | None
    dialect: Dialect

    @classmethod
    def of(cls, query: Query, scope: Scope, purpose: Purpose, connection: Connection, order: Order | None = None) -> Self:
        """Return the query as it is asked on a connection, for a page in some order."""
        dialect = connection.dialect
        return cls(query=query, spelling=repr(query), scope=scope, purpose=purpose, order=order, dialect=dialect)

    @property
    def parts(self) -> list[Query]:
        """What has to hold, but for the phrases."""
        return [part for part in conjuncts(self.query) if not isinstance(part, Text)]

    @property
    def phrases(self) -> list[str]:
        """What has to be said."""
        return [part.phrase for part in conjuncts(self.query) if isinstance(part, Text)]


@dataclass(frozen=True, slots=True)
class Ways:
    """How a query is answered: which of its parts few cases meet, and whether many have its phrases."""

    few: tuple[bool, ...]
    common: bool


class Remembered:
    """The ways found lately, each until the catalog has changed: a page that is looked at again needs no more looking round.

    A way that was the quickest before a change still gives the right answer, once; so nobody has to ask for the position first.
    """

    def __init__(self) -> None:
        self._found: dict[Asked, tuple[int, Ways]] = {}

    def ways(self, connection: Connection, asked: Asked) -> Ways:
        """Return the ways that are remembered, or else the quickest."""
        found = self._found.get(asked)
        return ways(connection, asked) if found is None else found[1]

    def went(self, asked: Asked, by: Ways, head: int) -> None:
        """Remember by which ways a query was answered at a position, or forget them when they were of another."""
        found = self._found.pop(asked, (head, by))
        if found[0] == head:
            self._found[asked] = found
        if len(self._found) > REMEMBERED:
            self._found.pop(next(iter(self._found)), None)


def ways(connection: Connection, asked: Asked) -> Ways:
    """Return the quickest ways to answer a query in this catalog."""
    looks = _looks(asked)
    if looks is None:
        return Ways((False,) * len(asked.parts), common=False)
    *beyond, common = connection.execute(looks).one()
    return Ways(tuple(each is None for each in beyond), bool(common))


@lru_cache(REMEMBERED)
def _looks(asked: Asked) -> Select[Any] | None:
    """Return the select of an entry beyond the few of each part, and of whether the phrases are common.

    None when there is nothing to find out.
    """
    counted = [_entries(part, asked) for part in asked.parts]
    # By severity there is no walk, for all that match have to be sorted.
    walks = asked.order in {Order.OCCURRED, Order.FILED} and bool(asked.phrases)
    if not walks and all(entries is None for entries in counted):
        return None
    # A part without entries is not met by few.
    beyond = [literal(0) if entries is None else _beyond_few(entries, asked.purpose) for entries in counted]
    common = words.common(asked.phrases, select(func.max(cases.c.key)), asked.dialect) if walks else null()
    every: list[ColumnElement[Any]] = [*beyond, common]
    return select(*every)


def _beyond_few(entries: Select[int], purpose: Purpose) -> ScalarSelect[int]:
    some, share = (SOME_OF_PAGE, CASES_OF_PAGE) if purpose is Purpose.PAGE else (SOME_OF_ALL, CASES_OF_ALL)
    few = select(some + func.coalesce(func.max(cases.c.key), 0) // share).scalar_subquery()
    return entries.limit(1).offset(few).scalar_subquery()


def _entries(part: Query, asked: Asked) -> Select[int] | None:
    """Return the entries of the index that a part could be answered from, where it matters how many there are."""
    if weighs(asked.dialect) or not isinstance(part, Term):
        return None
    entries = side_entries(part)
    if entries is not None:
        # To count them all, it is always best to start there.
        return entries if asked.purpose is Purpose.PAGE else None
    if part.key not in INDEXED or leads(part, asked):
        return None
    return select(cases.c.key).where(condition(part, case_face(asked.dialect)))


def leads(part: Term, asked: Asked) -> bool:
    """Return whether the index on one value has the cases in the order of pages, or the number of them."""
    match asked.purpose:
        case Purpose.PAGE:
            return part.operator is Operator.EQUAL and asked.order is Order.OCCURRED
        case Purpose.COUNT:
            return len(conjuncts(asked.query)) == 1 and asked.scope.everything
        case Purpose.FACET:
            return False


def side_entries(part: Term) -> Select[int] | None:
    """Return the keys of the cases that a side table gives for an equality, by its index alone."""
    if part.operator is not Operator.EQUAL or not isinstance(part.value, str):
        return None
    if part.key == "criterion":
        return select(case_criteria.c.case_key).where(case_criteria.c.criterion == part.value)
    if part.key.startswith(CONTEXT):
        named = case_context.c.name == part.key.removeprefix(CONTEXT)
        return select(case_context.c.case_key).where(named, case_context.c.value == part.value)
    return None
