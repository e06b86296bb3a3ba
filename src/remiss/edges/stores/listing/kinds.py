"""Counting cases by kind: those of one team and one sensitivity, of which the asker sees all or none.

To ask of every case who may see it makes a count of a million several times as long. There are few kinds, so they are asked
instead, and what is left is to count entries of an index that begins with team and sensitivity: no more work for somebody who
sees a part than for a person who sees everything. Such an index there is for each of `COLUMNS`, for criteria and for context.

Whether a scope sees every case that there is: then no case need be asked who may see it.

Most people see all that their catalog holds, or all but a team or two; to compare every case with their clearance makes a count
of a million several times as long. The highest sensitivity of each team's cases is two steps down an index for each team.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    SmallInteger,
    Table,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    union_all,
)

from remiss.catalog.listing import CONTEXT
from remiss.catalog.query.expression import Operator, Query, Term, kind_of
from remiss.edges.stores.listing.pages import hides
from remiss.edges.stores.prepared import Parameters, Prepared, parameter
from remiss.edges.stores.querying.comparing import Condition, column
from remiss.edges.stores.querying.paths import CACHED_STATEMENTS, INDEXED, QueryKind
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import case_context, case_criteria, cases
from remiss.edges.stores.visible import Sight, visible_to
from remiss.records.case import Sensitivity

COLUMNS: dict[str, ColumnElement[Any]] = {**INDEXED, "team": cases.c.team_id, "sensitivity": cases.c.sensitivity}
# Each value of each kind is a step down the index: up to so many, and one for so many cases, cost little beside the count.
SOME_VALUES, CASES_OF_VALUE = 500, 500


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of an index that begins with team and sensitivity: of a table, what is counted of it, what has to hold."""

    table: Table
    value: ColumnElement[Any]
    where: tuple[Condition, ...] = ()

    def of(self, kind: FromClause) -> tuple[Condition, ...]:
        """Return the condition that an entry is one of a kind."""
        own = self.table.c
        return own.team_id == kind.c.team_id, own.sensitivity == kind.c.sensitivity, *self.where


def teams() -> CTE:
    """Return the teams that have cases, and a null behind them: one step down an index for each."""
    named = select(func.min(cases.c.team_id).label("team_id")).cte("teams", recursive=True)
    following = select(func.min(cases.c.team_id)).where(cases.c.team_id > named.c.team_id).scalar_subquery()
    return named.union_all(select(following).where(named.c.team_id.is_not(None)))


def kinds(sight: Sight) -> CTE:
    """Return the kinds of cases that a scope sees."""
    named = teams()
    grades = (select(literal_column(str(int(each)), SmallInteger()).label("sensitivity")) for each in Sensitivity)
    levels = union_all(*grades).cte("levels")
    every = select(named.c.team_id, levels.c.sensitivity).where(named.c.team_id.is_not(None)).subquery("every")
    return select(every.c.team_id, every.c.sensitivity).where(visible_to(sight, every)).cte("kinds").prefix_with("MATERIALIZED")


def entries_by(field: str) -> Entries | None:
    """Return the entries that a facet of all cases counts; None of a field without an index for it."""
    if field == "criterion":
        return Entries(case_criteria, case_criteria.c.criterion)
    if field.startswith(CONTEXT):
        return Entries(case_context, case_context.c.value, (case_context.c.name == field.removeprefix(CONTEXT),))
    return Entries(cases, COLUMNS[field]) if field in COLUMNS else None


def entries_of(part: Query) -> Entries | None:
    """Return the entries of the cases that have one value; None where no index has them."""
    if not isinstance(part, Term) or part.operator is not Operator.EQUAL:
        return None
    if (part.key == "criterion" or part.key.startswith(CONTEXT)) and kind_of(part) is not str:
        return None
    entries = entries_by(part.key)
    return entries and Entries(entries.table, entries.value, (*entries.where, column(entries.value)(part)))


@lru_cache(CACHED_STATEMENTS)
def counted_by_kind(asked: QueryKind) -> Prepared | None:
    """Return the statement for the number of cases that match now and are seen; None where no index has them by kind."""
    if asked.sight.everything or asked.phrases or asked.visible_alone:
        return None
    match asked.parts:
        case []:
            entries: Entries | None = Entries(cases, cases.c.status)
        case [part]:
            entries = None if hides(asked, part) else entries_of(part)
        case _:
            entries = None
    if entries is None:
        return None
    seen = kinds(asked.sight)
    numbers = select(_number(entries, seen).label("number")).select_from(seen).cte("numbers").prefix_with("MATERIALIZED")
    return Prepared(select(cast(func.coalesce(func.sum(numbers.c.number), 0), BigInteger())), asked.dialect)


def spread_by_kind(connection: Connection, asked: QueryKind, field: str, parameters: Parameters) -> Prepared | None:
    """Return the statement for the most frequent values of a field among all cases that are seen, with their counts.

    None where no index has them by kind, or has so many values that it is quicker to ask every case.
    """
    looks = None if asked.sight.everything else _beyond_some(asked, field)
    return None if looks is None or looks.ask(connection, parameters) else _spread(asked, field)


@lru_cache(CACHED_STATEMENTS)
def _beyond_some(asked: QueryKind, field: str) -> Prepared | None:
    """Return the select of a value beyond the some for which it is quicker to count each."""
    entries = entries_by(field)
    if entries is None:
        return None
    found = _values(entries, kinds(asked.sight))
    some = select(SOME_VALUES + func.coalesce(func.max(cases.c.key), 0) // CASES_OF_VALUE).scalar_subquery()
    return Prepared(select(found.c.value).where(found.c.value.is_not(None)).limit(1).offset(some), asked.dialect)


@lru_cache(CACHED_STATEMENTS)
def _spread(asked: QueryKind, field: str) -> Prepared:
    entries = entries_by(field)
    if entries is None:
        raise ValueError(f"no index counts {field} by kind")
    seen = kinds(asked.sight)
    found = _values(entries, seen)
    each = select(found.c.value, _number(entries, found, entries.value == found.c.value).label("number"))
    numbers = each.where(found.c.value.is_not(None)).cte("numbers").prefix_with("MATERIALIZED")
    counted: FromClause = numbers
    if entries.value.expression.nullable:
        of_null = select(cast(null(), entries.value.type), _number(entries, seen, entries.value.is_(None))).select_from(seen)
        counted = union_all(select(numbers.c.value, numbers.c.number), of_null).subquery("counted")
    count = cast(func.sum(counted.c.number), BigInteger())
    spread = select(counted.c.value, count).where(counted.c.number > 0).group_by(counted.c.value)
    return Prepared(
        spread.order_by(count.desc(), counted.c.value).limit(parameter(lambda given: given.lines, BigInteger())),
        asked.dialect,
    )


def _values(entries: Entries, seen: CTE) -> CTE:
    """Return each value of each kind, and a null behind those of each: one step down an index for each."""
    least = select(func.min(entries.value)).where(*entries.of(seen)).scalar_subquery()
    found = select(seen.c.team_id, seen.c.sensitivity, least.label("value")).cte("found", recursive=True)
    following = select(func.min(entries.value)).where(*entries.of(found), entries.value > found.c.value).scalar_subquery()
    return found.union_all(select(found.c.team_id, found.c.sensitivity, following).where(found.c.value.is_not(None)))


def _number(entries: Entries, kind: FromClause, *where: Condition) -> ColumnElement[int]:
    """Return how many entries there are of a kind, by steps along the index and no look at a case."""
    return select(func.count(literal(1))).select_from(entries.table).where(*entries.of(kind), *where).scalar_subquery()


WHOLE = Sight(everything=True, every_team=True)


def sight_of(reading: Reading) -> Sight:
    """Return the kind of the scope in this snapshot: that of a person who sees everything where it sees all cases that there
    are.
    """
    scope, connection = reading.scope, reading.connection
    if scope.everything:
        return WHOLE
    found = _most_guarded(connection.dialect).ask(connection, Parameters(values=(), scope=scope))
    seen = all(scope.sees(team, Sensitivity(greatest)) for team, greatest in found)
    return WHOLE if seen else Sight.of(scope)


@cache
def _most_guarded(dialect: Dialect) -> Prepared:
    """Return the statement for each team that has cases, and the greatest sensitivity among them."""
    named = teams()
    greatest = select(func.max(cases.c.sensitivity)).where(cases.c.team_id == named.c.team_id).scalar_subquery()
    return Prepared(select(named.c.team_id, greatest).where(named.c.team_id.is_not(None)), dialect)
