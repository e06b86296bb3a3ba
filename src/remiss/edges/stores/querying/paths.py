"""Ways to answer a query, and the choice among them.

A condition can be met by walking the cases in the order of the page and asking each, or by collecting all that meet it
first. Which is quicker depends on how many there are, which databases misjudge most for words and side tables; so it is found
out here, by looking at no more than a few entries of an index, in one statement for the whole query.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, ScalarSelect, Select, func, literal, select

from remiss.catalog.listing import CONTEXT, INDEXED_ORDERS, Order, Sort
from remiss.catalog.query.expression import Operator, Query, Term, Text, conjuncts, kind_of
from remiss.edges.stores.dialect import full_text
from remiss.edges.stores.dialect.spelling import weighs
from remiss.edges.stores.prepared import BlindedKind, Parameters, Prepared, Row
from remiss.edges.stores.querying import newest
from remiss.edges.stores.querying.comparing import column
from remiss.edges.stores.querying.search import case_face, condition, phrase
from remiss.edges.stores.tables import case_context, case_criteria, cases
from remiss.edges.stores.visible import Sight

# Up to this many entries of an index, and one for so many cases, it is quicker to start from them than to walk the cases,
# newest first, until a page is full. (Both take as long where the entries are the root of 50 times the cases.)
SOME_OF_PAGE, CASES_OF_PAGE = 500, 200
# The same for all cases that match: at least this many, or this share of the cases.
SOME_OF_ALL, CASES_OF_ALL = 10_000, 16
# So many of the newest cases have to say something at the least, whatever share they are, for it to be common.
COMMON = 4
# How many kinds of questions, statements for them and ways are remembered.
CACHED_STATEMENTS = 256
NEWEST_FIRST = Sort(Order.OCCURRED, descending=True)
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryKind:
    """A kind of question about cases as they are now: all that its statements depend on, but for the ways.

    `blinded` is the kind of viewer, if anything may be blinded for them. With `visible_alone` only cases of which nothing is
    blinded are meant.
    Its query is a shape, so that the same kind is asked again and again with other values. There is one of each kind.
    """

    query: Query
    sight: Sight
    blinded: BlindedKind | None
    purpose: Purpose
    sort: Sort | None
    dialect: Dialect
    visible_alone: bool

    @property
    def order(self) -> Order | None:
        """By what a page is sorted."""
        return None if self.sort is None else self.sort.order

    @property
    def walks(self) -> bool:
        """Whether a page may be found by a walk: where no index has the order it may not: all that match are sorted."""
        return self.order in INDEXED_ORDERS and any(isinstance(part, Text) for part in conjuncts(self.query))

    @property
    def parts(self) -> list[Query]:
        """What has to hold, but for the phrases."""
        return [part for part in conjuncts(self.query) if not isinstance(part, Text)]

    @property
    def phrases(self) -> list[ColumnElement[str]]:
        """What has to be said."""
        return [phrase(part, self.dialect) for part in conjuncts(self.query) if isinstance(part, Text)]


@lru_cache(CACHED_STATEMENTS)
def query_kind(
    query: Query,
    sight: Sight,
    blinded: BlindedKind | None,
    purpose: Purpose,
    sort: Sort | None,
    dialect: Dialect,
    *,
    visible_alone: bool = False,
) -> QueryKind:
    """Return the kind of a question: a query's shape, for scopes of a kind, for a page in some order if for a page."""
    return QueryKind(
        query=query, sight=sight, blinded=blinded, purpose=purpose, sort=sort, dialect=dialect, visible_alone=visible_alone
    )


@dataclass(frozen=True, slots=True)
class AccessPath:
    """How a query is answered: which of its parts few cases meet, and whether many have its phrases.

    When `recent`, what has the phrases is looked for among the newest cases alone (see `newest.py`).
    """

    few: tuple[bool, ...]
    common: bool
    recent: bool = False


@dataclass(frozen=True, slots=True)
class ChosenPath:
    """The ways for some parameters, on what they depend, and where the newest cases begin when the page is looked for there."""

    path: AccessPath
    depends: Row
    since: newest.Since | None = None

    def misses(self, rows: Sequence[Row], parameters: Parameters, head: Callable[[Row], int]) -> bool:
        """Return whether the newest cases were too few for a page, or are no longer those that they were."""
        return self.since is not None and (len(rows) < parameters.lines or head(rows[0]) != self.since.head)

    def among_all(self) -> ChosenPath:
        """Return the same for a page that is not to be found among the newest cases."""
        return ChosenPath(replace(self.path, recent=False), self.depends)


class PathCache:
    """The ways found lately, each until the catalog has changed: a page that is looked at again needs no more looking round.

    Nor does one that differs only in values on which the ways do not depend. A way that was the quickest before a change still
    gives the right answer, once; so nobody has to ask for the position first.
    """

    def __init__(self) -> None:
        # Which forgets its oldest in one step, for the threads of a server share it.
        self._found: OrderedDict[tuple[QueryKind, Row], tuple[int, ChosenPath]] = OrderedDict()

    def choice(self, connection: Connection, asked: QueryKind, parameters: Parameters) -> ChosenPath:
        """Return the ways that are remembered for a page, or else the quickest."""
        looks = looks_for(asked)
        if looks is None:
            return ChosenPath(plain_paths(asked), ())
        looked_at = looks.arguments(parameters)
        # Where the newest cases begin depends on the page too.
        depends = (*looked_at, *parameters.after, parameters.lines) if asked.walks else looked_at
        found = self._found.get((asked, depends))
        if found is not None:
            return found[1]
        return _choice(connection, asked, parameters, looks.rows(connection, looked_at), depends)

    def went(self, asked: QueryKind, choice: ChosenPath, head: int) -> None:
        """Remember by which ways a question was answered at a position, or forget them when they were of another."""
        if choice.depends:
            at, _ = self._found.pop((asked, choice.depends), (head, choice))
            if at == head:
                self._found[asked, choice.depends] = (head, choice)
            if len(self._found) > CACHED_STATEMENTS:
                self._found.popitem(last=False)


def access_paths(connection: Connection, asked: QueryKind, parameters: Parameters) -> AccessPath:
    """Return the quickest ways to answer a question in this catalog that is not about a page."""
    looks = looks_for(asked)
    return plain_paths(asked) if looks is None else _path(asked, looks.ask(connection, parameters))


@lru_cache(CACHED_STATEMENTS)
def plain_paths(asked: QueryKind) -> AccessPath:
    """Return the ways where there is nothing to find out."""
    return AccessPath((False,) * len(asked.parts), common=False)


def _choice(connection: Connection, asked: QueryKind, parameters: Parameters, found: Sequence[Row], depends: Row) -> ChosenPath:
    """Return the quickest ways for a page."""
    plain = ChosenPath(_path(asked, found), depends)
    if asked.sort != NEWEST_FIRST or not asked.walks or plain.path.common or any(plain.path.few):
        return plain
    *_, matching, count = found[0]
    entries = newest.entries(matching=matching, sampled=_sampled(asked, count), cases=count, lines=parameters.lines)
    since = None if entries is None else newest.since(connection, asked.dialect, parameters, entries)
    return plain if since is None else ChosenPath(replace(plain.path, recent=True), depends, since)


def _path(asked: QueryKind, found: Sequence[Row]) -> AccessPath:
    ((*beyond, matching, count),) = found
    common = asked.walks and matching >= max(COMMON, full_text.COMMON[asked.dialect.name] * _sampled(asked, count))
    return AccessPath(tuple(each is None for each in beyond), common=common)


def _sampled(asked: QueryKind, count: int) -> int:
    return min(count, full_text.SAMPLED[asked.dialect.name])


@lru_cache(CACHED_STATEMENTS)
def looks_for(asked: QueryKind) -> Prepared | None:
    """Return the select of an entry beyond the few of each part, of how many of the last cases have the phrases, and of all.

    None when there is nothing to find out.
    """
    counted = [_entries(part, asked) for part in asked.parts]
    if not asked.walks and all(entries is None for entries in counted):
        return None
    # A part without entries is not met by few.
    beyond = [literal(0) if entries is None else _beyond_few(entries, asked.purpose) for entries in counted]
    last_key = select(func.coalesce(func.max(cases.c.key), 0))
    matching = full_text.lately(asked.phrases, last_key, asked.dialect) if asked.walks else literal(0)
    every: list[ColumnElement[Any]] = [*beyond, matching, last_key.scalar_subquery()]
    return Prepared(select(*every), asked.dialect)


def _beyond_few(entries: Select[int], purpose: Purpose) -> ScalarSelect[int]:
    some, share = (SOME_OF_PAGE, CASES_OF_PAGE) if purpose is Purpose.PAGE else (SOME_OF_ALL, CASES_OF_ALL)
    few = select(some + func.coalesce(func.max(cases.c.key), 0) // share).scalar_subquery()
    return entries.limit(1).offset(few).scalar_subquery()


def _entries(part: Query, asked: QueryKind) -> Select[int] | None:
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


def leads(part: Term, asked: QueryKind) -> bool:
    """Return whether the index on one value has the cases in the order of pages, or the number of them."""
    match asked.purpose:
        case Purpose.PAGE:
            return part.operator is Operator.EQUAL and asked.order is Order.OCCURRED
        case Purpose.COUNT:
            return len(conjuncts(asked.query)) == 1 and asked.sight.everything
        case Purpose.FACET:
            return False


def side_entries(part: Term) -> Select[int] | None:
    """Return the keys of the cases that a side table gives for an equality, by its index alone."""
    if part.operator is not Operator.EQUAL or kind_of(part) is not str:
        return None
    if part.key == "criterion":
        return select(case_criteria.c.case_key).where(column(case_criteria.c.criterion)(part))
    if part.key.startswith(CONTEXT):
        named = case_context.c.name == part.key.removeprefix(CONTEXT)
        return select(case_context.c.case_key).where(named, column(case_context.c.value)(part))
    return None
