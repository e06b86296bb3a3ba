"""Pages and counts of cases: the conditions, and the choice among ways to answer them.

A condition can be met by walking the cases in the order of the page and asking each, or by collecting all that meet it
first. Which is quicker depends on how many there are, which databases misjudge most for words and side tables; so the rare
case is found out here, by looking at no more than a few entries of an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select, true, tuple_

from remiss.catalog.counting import CONTEXT
from remiss.catalog.listing import Order, Sort
from remiss.catalog.query import EVERYTHING, Operator, Query, Term, Text, conjuncts
from remiss.edges.stores.comparing import Condition, column
from remiss.edges.stores.dialect import words
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.planning import unindexed, weighs
from remiss.edges.stores.phrases import said_before
from remiss.edges.stores.search import case_face, case_face_at, condition, in_force_at
from remiss.edges.stores.tables import Instant, case_context, case_criteria, cases, revisions
from remiss.edges.stores.visible import visible_to
from remiss.govern.ports import Scope
from remiss.records.identity import from_micros

# Up to this many cases with some words are collected by their keys alone.
FEW = 1_000
# Up to this many entries of an index it is quicker to start from them than to walk the cases, newest first; for a count of
# all, up to this share of the cases.
SOME = 10_000
SHARE = 1 / 16
# Sorts behind every grade.
UNGRADED = 9
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
class Matches:
    """What matches a query: the condition and the tables that it is about.

    `trivial` when it is no condition at all; `collected` when few cases are named, by their keys, which have to be sorted.
    """

    where: Condition
    position: int | None
    trivial: bool = False
    collected: bool = False

    def chosen(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Return a select of what matches."""
        statement = select(*columns).select_from(cases).where(self.where)
        return statement if self.position is None else statement.join(revisions, and_(*in_force_at(self.position)))


def matches(connection: Connection, query: Query, scope: Scope, position: int | None, purpose: Purpose) -> Matches:
    """Return what matches a query and may be seen."""
    seen = visible_to(scope)
    if position is not None:
        face = case_face_at(position, connection.dialect, said_before(connection, query, position))
        return Matches(where=and_(seen, condition(query, face)), position=position)
    parts = conjuncts(query)
    rest = [part for part in parts if not isinstance(part, Text)]
    alone = len(parts) == 1 and scope.everything
    found = [part_condition(connection, part, purpose, alone=alone) for part in rest]
    found.append(saying(connection, [part.phrase for part in parts if isinstance(part, Text)], purpose))
    return Matches(
        where=and_(seen, *(each for each, _ in found)),
        position=None,
        trivial=query == EVERYTHING and scope.everything,
        collected=any(collected for _, collected in found),
    )


def saying(connection: Connection, phrases: Sequence[str], purpose: Purpose) -> tuple[Condition, bool]:
    """Return the condition that a case has all the phrases, and whether it names the cases by their keys."""
    if not phrases:
        return true(), False
    dialect = connection.dialect
    keys = words.few(connection, phrases, FEW)
    if keys is not None:
        return among(cases.c.key, keys), True
    if purpose is Purpose.PAGE and words.common(connection, phrases, last_key(connection)):
        return words.says(cases.c.key, phrases, dialect), False
    # Collected before anything else: PostgreSQL would rather walk all cases by time, of which few have the words.
    collected = words.found(phrases, dialect).cte("said").prefix_with("MATERIALIZED")
    return cases.c.key.in_(select(collected)), True


def part_condition(connection: Connection, part: Query, purpose: Purpose, *, alone: bool) -> tuple[Condition, bool]:
    """Return the condition of one part of a conjunction, such that a planner without statistics does well.

    Also return whether it names the cases by their keys.
    """
    plain = condition(part, case_face(connection.dialect))
    if weighs(connection.dialect) or not isinstance(part, Term):
        return plain, False
    entries = side_entries(part)
    if entries is not None:
        start_there = purpose is not Purpose.PAGE or has_few(connection, entries, purpose)
        return (cases.c.key.in_(entries), True) if start_there else (plain, False)
    # An index on one value has the cases in the order of pages, and the number of them.
    ready = (purpose is Purpose.PAGE and part.operator is Operator.EQUAL) or (purpose is Purpose.COUNT and alone)
    if part.key not in INDEXED or ready or has_few(connection, select(cases.c.key).where(plain), purpose):
        return plain, False
    return column(unindexed(INDEXED[part.key]))(part), False


def has_few(connection: Connection, entries: Select[int], purpose: Purpose) -> bool:
    """Return whether there are so few entries of an index that it is best to start from them."""
    limit = SOME if purpose is Purpose.PAGE else max(SOME, int(last_key(connection) * SHARE))
    counted = select(func.count()).select_from(entries.limit(limit + 1).subquery())
    return bool(connection.execute(counted).scalar_one() <= limit)


def last_key(connection: Connection) -> int:
    """Return the greatest key of a case: about how many there are."""
    return connection.execute(select(func.max(cases.c.key))).scalar() or 0


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


def sort_columns(sort: Sort, found: Matches) -> list[tuple[ColumnElement[Any], bool]]:
    """Return what a list is sorted by, each with whether it descends; the last tells all cases apart."""
    down = sort.descending
    # Where the cases are named, no walk in the order of an index may be tempting.
    at, key = (unindexed(cases.c.at), unindexed(cases.c.key)) if found.collected else (cases.c.at, cases.c.key)
    match sort.order:
        case Order.OCCURRED:
            return [(at, down), (key, down)]
        case Order.FILED:
            return [(key, down)]
        case Order.SEVERITY:
            severity = cases.c.severity if found.position is None else revisions.c.severity
            last = -1 if down else UNGRADED
            return [(func.coalesce(severity, literal(last)), down), (at, True), (key, True)]


def behind(columns: Sequence[tuple[ColumnElement[Any], bool]], last: Sequence[int]) -> Condition:
    """Return the condition that a case stands behind these sort values."""
    values = [from_micros(value) if isinstance(of.type, Instant) else value for (of, _), value in zip(columns, last, strict=True)]
    if len({down for _, down in columns}) == 1:
        # As one comparison of rows, which is one step down an index.
        ours, theirs = (
            tuple_(*(of for of, _ in columns)),
            tuple_(*(bound(of, value) for (of, _), value in zip(columns, values, strict=True))),
        )
        return ours < theirs if columns[0][1] else ours > theirs
    steps = []
    for at, (of, down) in enumerate(columns):
        same = [before == value for (before, _), value in zip(columns[:at], values[:at], strict=True)]
        steps.append(and_(*same, of < values[at] if down else of > values[at]))
    return or_(*steps)


def bound(of: ColumnElement[Any], value: object) -> ColumnElement[Any]:
    """Return a value bound with the type of its column."""
    return literal(value, of.type)
