"""Pages and counts of cases: the conditions, and the choice among ways to answer them.

A condition can be met by walking the cases in the order of the page and asking each, or by collecting all that meet it
first. Which is quicker depends on how many there are, which databases misjudge most for words and side tables; so the rare
case is found out here, by looking at no more than a few entries of an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select, true, tuple_

from remiss.catalog.counting import CONTEXT
from remiss.catalog.listing import Order, Sort
from remiss.catalog.query import EVERYTHING, Operator, Query, Term, Text, conjuncts
from remiss.edges.stores.comparing import Condition
from remiss.edges.stores.dialect import words
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.phrases import said_before
from remiss.edges.stores.search import Face, case_face, case_face_at, condition, in_force_at
from remiss.edges.stores.tables import case_context, case_criteria, cases, revisions
from remiss.edges.stores.visible import visible_to
from remiss.govern.ports import Scope
from remiss.records.identity import from_micros

# Up to this many cases are collected by their keys alone.
FEW = 1_000
# Up to this many entries of a side table it is quicker to start from them than to walk the cases, newest first.
SOME = 10_000
# Sorts behind every grade.
UNGRADED = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What matches a query: the condition, for a walk or for a whole count, and the tables that it is about."""

    walk: Condition
    whole: Condition
    position: int | None
    trivial: bool

    def chosen(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Return a select from what the conditions are about."""
        statement = select(*columns).select_from(cases)
        return statement if self.position is None else statement.join(revisions, and_(*in_force_at(self.position)))


def matches(connection: Connection, query: Query, scope: Scope, position: int | None) -> Matches:
    """Return what matches a query and may be seen."""
    seen = visible_to(scope)
    if position is not None:
        face = case_face_at(position, connection.dialect, said_before(connection, query, position))
        whole = and_(seen, condition(query, face))
        return Matches(walk=whole, whole=whole, position=position, trivial=False)
    face = case_face(connection.dialect)
    parts = conjuncts(query)
    phrases = [part.phrase for part in parts if isinstance(part, Text)]
    rest = [part for part in parts if not isinstance(part, Text)]
    conditions = [seen, *(side_by_side(connection, part, face) for part in rest)]
    walk, whole = saying(connection, phrases)
    return Matches(
        walk=and_(*conditions, walk),
        whole=and_(*conditions, whole),
        position=None,
        trivial=query == EVERYTHING and scope.everything,
    )


def saying(connection: Connection, phrases: Sequence[str]) -> tuple[Condition, Condition]:
    """Return the condition that a case has all the phrases: for a walk from the newest, and for a count of all."""
    if not phrases:
        return true(), true()
    dialect = connection.dialect
    keys = words.few(connection, phrases, FEW)
    if keys is not None:
        known = among(cases.c.key, keys)
        return known, known
    # Collected before anything else: PostgreSQL would rather walk all cases by time, of which few have the words.
    collected = words.found(phrases, dialect).cte("said").prefix_with("MATERIALIZED")
    whole = cases.c.key.in_(select(collected))
    last = connection.execute(select(func.max(cases.c.key))).scalar() or 0
    return (words.says(cases.c.key, phrases, dialect) if words.common(connection, phrases, last) else whole), whole


def side_by_side(connection: Connection, part: Query, face: Face) -> Condition:
    """Return the condition of one part of a conjunction; one on a side table starts there when it has few entries."""
    entries = side_entries(part)
    if entries is not None:
        counted = select(func.count()).select_from(entries.limit(SOME + 1).subquery())
        if connection.execute(counted).scalar_one() <= SOME:
            return cases.c.key.in_(entries)
    return condition(part, face)


def side_entries(part: Query) -> Select[int] | None:
    """Return the keys of the cases that a side table gives for an equality, by its index alone."""
    match part:
        case Term("criterion", Operator.EQUAL, str() as value):
            return select(case_criteria.c.case_key).where(case_criteria.c.criterion == value)
        case Term(key, Operator.EQUAL, str() as value) if key.startswith(CONTEXT):
            name = key.removeprefix(CONTEXT)
            return select(case_context.c.case_key).where(case_context.c.name == name, case_context.c.value == value)
        case _:
            return None


def sort_columns(sort: Sort, position: int | None) -> list[tuple[ColumnElement[Any], bool]]:
    """Return what a list is sorted by, each with whether it descends; the last tells all cases apart."""
    down = sort.descending
    match sort.order:
        case Order.OCCURRED:
            return [(cases.c.at, down), (cases.c.key, down)]
        case Order.FILED:
            return [(cases.c.key, down)]
        case Order.SEVERITY:
            severity = cases.c.severity if position is None else revisions.c.severity
            last = -1 if down else UNGRADED
            return [(func.coalesce(severity, literal(last)), down), (cases.c.at, True), (cases.c.key, True)]


def behind(columns: Sequence[tuple[ColumnElement[Any], bool]], last: Sequence[int]) -> Condition:
    """Return the condition that a case stands behind these sort values."""
    values = [from_micros(value) if of is cases.c.at else value for (of, _), value in zip(columns, last, strict=True)]
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
