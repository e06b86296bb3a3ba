"""Which cases match, and in which order: the conditions for pages and counts, by the ways that are quickest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Dialect, Select, and_, func, not_, select, true

from remiss.catalog.listing import INDEXED_ORDERS
from remiss.catalog.query.expression import EVERYTHING, Query, Term
from remiss.catalog.query.fields import SUGGESTED_KEYS
from remiss.edges.stores.blinding import state_blinded, suggestions_blinded, title_blinded
from remiss.edges.stores.dialect import full_text
from remiss.edges.stores.dialect.spelling import unindexed, weighs
from remiss.edges.stores.prepared import BlindedKind, Parameters, Prepared, parameter, then
from remiss.edges.stores.querying.comparing import Condition, column
from remiss.edges.stores.querying.paths import CACHED_STATEMENTS, INDEXED, AccessPath, Purpose, QueryKind, leads, side_entries
from remiss.edges.stores.querying.search import case_face, case_face_at, condition, in_force_at
from remiss.edges.stores.tables import cases, revisions
from remiss.edges.stores.visible import Sight, visible_to

# So many entries of an index are passed over in a millisecond or two.
MANY_CHANGES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What matches a query: the condition, what may be seen, and the tables that they are about.

    `trivial` when it is no condition at all; `collected` when few cases are named, by their keys, which have to be sorted;
    `blinded` is the kind of viewer, if anything may be blinded for them; `walked` when the state that a case had is looked up for
    one case after another, not the cases for all states.
    """

    where: Condition
    sight: Sight
    position: ColumnElement[int] | None
    trivial: bool = False
    collected: bool = False
    walked: bool = False
    blinded: BlindedKind | None = None

    def chosen(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Return a select of what matches and may be seen."""
        # Who may see it is asked last, of what matches alone: SQLite asks in the order that it is told.
        return self.matching(*columns).where(visible_to(self.sight))

    def matching(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Return a select of what matches, visible or not: for what goes on to ask that of groups of cases."""
        statement = select(*columns).select_from(cases).where(self.where)
        if self.position is None:
            return statement
        key = unindexed(cases.c.key) if self.walked else cases.c.key
        return statement.join(revisions, and_(*in_force_at(self.position, key)))


def matches_then(asked: QueryKind, *, walked: bool = False) -> Matches:
    """Return what matched a kind of question at the position asked for and may be seen."""
    position = then()
    face = case_face_at(position, asked.dialect, asked.blinded)
    shown = visible_of(asked)
    if asked.blinded is not None:
        shown.append(not_(state_blinded(asked.blinded)))
    where = and_(true(), *shown, condition(asked.query, face))
    return Matches(where=where, sight=asked.sight, position=position, walked=walked, blinded=asked.blinded)


def visible_of(asked: QueryKind) -> list[Condition]:
    """Return the condition that nothing is blinded of a case, where such alone are asked for."""
    return [not_(suggestions_blinded(asked.blinded))] if asked.visible_alone and asked.blinded is not None else []


def texts_hidden_of(asked: QueryKind) -> list[Condition]:
    """Return the condition that no title and note is blinded of a case, where words are looked for."""
    return [not_(title_blinded(asked.blinded))] if asked.phrases and asked.blinded is not None else []


def lately(connection: Connection, asked: QueryKind, parameters: Parameters) -> bool:
    """Return whether so little has changed since the position asked for that most cases were there: a page of them is soon met.

    Where no index has the order there is no walk, for all that match are sorted; and a planner that weighs needs no telling.
    """
    if weighs(asked.dialect) or asked.order not in INDEXED_ORDERS:
        return False
    return not changed_since(asked.dialect).ask(connection, parameters)


@lru_cache(CACHED_STATEMENTS)
def changed_since(dialect: Dialect) -> Prepared:
    """Return the select of a change beyond many since the position asked for."""
    since = select(revisions.c.case_key).where(revisions.c.position_from > then()).limit(1).offset(MANY_CHANGES)
    return Prepared(since, dialect)


def matches_now(asked: QueryKind, by: AccessPath) -> Matches:
    """Return what matches a kind of question and may be seen, to be answered in these ways."""
    said, collected = matching_condition(asked, by)
    # Where few cases are named by one condition, no index may be tempting for another.
    named = collected or any(by.few)
    found = [part_condition(part, asked, few=few, named=named) for part, few in zip(asked.parts, by.few, strict=True)]
    return Matches(
        where=and_(*visible_of(asked), said, *texts_hidden_of(asked), *(each for each, _ in found)),
        sight=asked.sight,
        position=None,
        blinded=asked.blinded,
        trivial=asked.query == EVERYTHING and asked.sight.everything and not asked.visible_alone,
        collected=named or any(sorts for _, sorts in found),
    )


@lru_cache(CACHED_STATEMENTS)
def counted_now(asked: QueryKind, by: AccessPath) -> Prepared:
    """Return the statement for the number of what matches now."""
    entries = entries_alone(asked)
    counting = matches_now(asked, by).chosen(func.count())
    return Prepared(counting if entries is None else select(func.count()).select_from(entries.subquery("entries")), asked.dialect)


def entries_alone(asked: QueryKind) -> Select[int] | None:
    """Return the entries of a side table that are all that matches, one for each case; None where more is to be asked."""
    if not asked.sight.everything or asked.visible_alone:
        return None
    match asked.parts:
        case [] if asked.blinded is None:
            return full_text.found(asked.phrases, asked.dialect) if asked.phrases else None
        case [Term() as part] if not asked.phrases and not hides(asked, part):
            return side_entries(part)
        case _:
            return None


@lru_cache(CACHED_STATEMENTS)
def counted_then(asked: QueryKind) -> Prepared:
    """Return the statement for the number of what matched at the position asked for."""
    return Prepared(matches_then(asked).chosen(func.count()), asked.dialect)


def matching_condition(asked: QueryKind, by: AccessPath) -> tuple[Condition, bool]:
    """Return the condition that a case has all the phrases, and whether it names the cases by their keys."""
    if not asked.phrases:
        return true(), False
    if by.common:
        return full_text.says(cases.c.key, asked.phrases, asked.dialect), False
    at, least = (parameter(partial(_since, which), BigInteger()) for which in (0, 1))
    # Collected before anything else: PostgreSQL would rather walk all cases by time, of which few have the words.
    found = full_text.found(asked.phrases, asked.dialect, least if by.recent else None)
    named = cases.c.key.in_(select(found.cte("said").prefix_with("MATERIALIZED")))
    return (and_(named, unindexed(cases.c.occurred_at) > at) if by.recent else named), True


def part_condition(part: Query, asked: QueryKind, *, few: bool, named: bool) -> tuple[Condition, bool]:
    """Return the condition of one part of a conjunction, such that a planner without statistics does well.

    Also return whether it names the cases by their keys.
    """
    if asked.blinded is not None and hides(asked, part):
        found, sorts = part_condition(part, replace(asked, blinded=None), few=few, named=named)
        return and_(found, not_(suggestions_blinded(asked.blinded))), sorts
    plain = condition(part, case_face(asked.dialect, asked.blinded))
    if weighs(asked.dialect) or not isinstance(part, Term):
        return plain, False
    entries = side_entries(part)
    if entries is not None:
        start_there = few or asked.purpose is not Purpose.PAGE
        return (cases.c.key.in_(entries), True) if start_there else (plain, False)
    if few or part.key not in INDEXED or (leads(part, asked) and not named):
        return plain, False
    return column(unindexed(INDEXED[part.key]))(part), False


def hides(asked: QueryKind, part: Query) -> bool:
    """Return whether a part of a query tells what was suggested, to somebody from whom that may be blinded."""
    return asked.blinded is not None and isinstance(part, Term) and part.key in SUGGESTED_KEYS


def _since(which: int, parameters: Parameters) -> int:
    return parameters.since[which]
