"""Facets: how the cases that match are spread over the values of one field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, Connection, Dialect, Select, Table, and_, cast, func, not_, select

from remiss.catalog.listing import CONTEXT, INPUTS
from remiss.catalog.query.expression import EVERYTHING
from remiss.catalog.query.fields import SUGGESTED_KEYS
from remiss.edges.stores.blinding import origin_shown, suggestions_blinded
from remiss.edges.stores.dialect.conditions import json_text
from remiss.edges.stores.dialect.spelling import hashes, unindexed
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.in_force import in_force, same_window
from remiss.edges.stores.listing.kinds import spread_by_kind
from remiss.edges.stores.listing.pages import Matches, matches_now, matches_then
from remiss.edges.stores.prepared import Parameters, Prepared, Row, parameter
from remiss.edges.stores.querying.paths import CACHED_STATEMENTS, AccessPath, QueryKind
from remiss.edges.stores.querying.search import as_seen_at
from remiss.edges.stores.tables import case_context, case_criteria, cases, event_contents, observations, revisions, run_windows
from remiss.edges.stores.visible import visible_to
from remiss.records.case import Sensitivity
from remiss.records.event import Scalar

Counts: TypeAlias = tuple[tuple[Scalar, int], ...]
BATCH = 5_000
EVERY = 2**31
COLUMNS: dict[str, ColumnElement[Any]] = {
    "status": cases.c.status,
    "severity": cases.c.severity,
    "mode": cases.c.mode,
    "suggested_mode": cases.c.suggested_mode,
    "model": cases.c.model,
    "model_version": cases.c.model_version,
    "label": cases.c.label,
    "output": cases.c.output,
    "source": cases.c.source_name,
    "origin": origin_shown(),
    "team": cases.c.team_id,
    "sensitivity": cases.c.sensitivity,
}


def facet(connection: Connection, asked: QueryKind, by: AccessPath | None, field: str, parameters: Parameters) -> Sequence[Row]:
    """Return the most frequent values of a field and their counts: of the cases as they are now, by some ways, or as they were.

    Where it is blinded what was suggested of some, they are counted as having no such value.
    """
    if asked.blinded is None or field not in SUGGESTED_KEYS or (field == "criterion" and by is None):
        return whole(connection, asked, by, field, parameters)
    every = replace(parameters, lines=EVERY)
    hidden = hidden_in(asked, by, field).ask(connection, every)
    if not hidden:
        return whole(connection, asked, by, field, parameters)
    return less(whole(connection, asked, by, field, every), hidden, field)[: parameters.lines]


def whole(connection: Connection, asked: QueryKind, by: AccessPath | None, field: str, parameters: Parameters) -> Sequence[Row]:
    """Return the same whatever is blinded."""
    if by is None:
        return facet_then(connection, asked, field, parameters)
    of_all = spread_by_kind(connection, asked, field, parameters) if asked.query == EVERYTHING else None
    return (of_all or facet_now(asked, by, field)).ask(connection, parameters)


@lru_cache(CACHED_STATEMENTS)
def hidden_in(asked: QueryKind, by: AccessPath | None, field: str) -> Prepared:
    """Return the statement for the same among the few cases alone of which it is blinded what was suggested."""
    found = replace(matches_now(asked, by) if by else matches_then(asked), trivial=False)
    if found.blinded is not None:
        found = replace(found, where=and_(suggestions_blinded(found.blinded), found.where))
    return Prepared(grouped(found, field, asked.dialect), asked.dialect)


def less(found: Iterable[Row], hidden: Iterable[Row], field: str) -> Sequence[Row]:
    """Return counts by value without those of which the value is blinded: they have none, which criteria do not count.

    >>> less([(2, 5), (1, 3)], [(1, 3)], "severity"), less([("slow", 5)], [("slow", 4)], "criterion")
    ([(2, 5), (None, 3)], [('slow', 1)])
    """
    counts: Counter[Scalar] = Counter(dict(found))
    for value, count in hidden:
        counts[value] -= count
        if field != "criterion":
            counts[None] += count
    left = ((value, count) for value, count in counts.items() if count)
    return sorted(left, key=lambda item: (-item[1], item[0] is None, item[0]))


@lru_cache(CACHED_STATEMENTS)
def facet_now(asked: QueryKind, by: AccessPath, field: str) -> Prepared:
    """Return the statement for the most frequent values of a field among the cases as they are now, with their counts."""
    return Prepared(grouped(matches_now(asked, by), field, asked.dialect), asked.dialect)


def facet_then(connection: Connection, asked: QueryKind, field: str, parameters: Parameters) -> Sequence[Row]:
    """Return the most frequent values of a field among the cases as they were, and how many cases have each."""
    if field == "criterion":
        return criteria_then(connection, asked, parameters)
    return grouped_then(asked, field).ask(connection, parameters)


@lru_cache(CACHED_STATEMENTS)
def grouped_then(asked: QueryKind, field: str) -> Prepared:
    """Return the statement for the same as `facet_now` at the position asked for."""
    return Prepared(grouped(matches_then(asked), field, asked.dialect), asked.dialect)


def grouped(found: Matches, field: str, dialect: Dialect) -> Select[Any]:
    """Return the select of the most frequent values of a field and their counts; how many of them is a parameter."""
    most = parameter(lambda given: given.lines, BigInteger())
    if hashes(dialect) and not found.sight.everything and not field.startswith(INPUTS):
        # Grouped by who may see them too, and asked of the few groups: to ask it of each case takes longer than to hash it.
        value, kind = valued(found, field), (cases.c.team_id, cases.c.sensitivity)
        named = (value.label("value"), kind[0].label("team_id"), kind[1].label("sensitivity"))
        inside = counted(found.matching(*named, func.count().label("number")), field).group_by(value, *kind)
        # Or a server asks it of each case nevertheless, expects few, and looks them up one by one.
        groups = inside.cte("groups").prefix_with("MATERIALIZED")
        number = cast(func.sum(groups.c.number), BigInteger())
        seen = select(groups.c.value, number).where(visible_to(found.sight, groups))
        return seen.group_by(groups.c.value).order_by(number.desc(), groups.c.value).limit(most)
    if field.startswith(INPUTS):
        # An input stands in the content of the event alone. Named once, for a server takes the same expression twice for two.
        value = json_text(event_contents.c.inputs, field.removeprefix(INPUTS)).label("value")
        of_each = found.chosen(value).join(event_contents, event_contents.c.event_key == cases.c.event_key).subquery("of_each")
        spread = select(of_each.c.value, func.count()).group_by(of_each.c.value)
        return spread.order_by(func.count().desc(), of_each.c.value).limit(most)
    of = valued(found, field)
    # Without a condition the side table's own index has the answer.
    side = side_of(field)
    alone = found.trivial and side is not None
    statement = from_side(select(of, func.count()), field) if alone else counted(found.chosen(of, func.count()), field)
    return statement.group_by(of).order_by(func.count().desc(), of).limit(most)


def side_of(field: str) -> Table | None:
    """Return the table in which a field has its values, if they are not in that of cases."""
    if field == "criterion":
        return case_criteria
    return case_context if field.startswith(CONTEXT) else None


def counted(chosen: Select[Any], field: str) -> Select[Any]:
    """Return a select of cases joined with the values of a field, where these have a table of their own."""
    side = side_of(field)
    return chosen if side is None else from_side(chosen.join(side, side.c.case_key == cases.c.key), field)


def from_side(statement: Select[Any], field: str) -> Select[Any]:
    """Return a select from the table of a field's values with what has to hold of its rows."""
    return statement if field == "criterion" else statement.where(case_context.c.name == field.removeprefix(CONTEXT))


def valued(found: Matches, field: str) -> ColumnElement[Any]:
    """Return what is counted by."""
    if field == "criterion":
        return case_criteria.c.criterion
    if field.startswith(CONTEXT):
        return case_context.c.value
    value: ColumnElement[Any] = COLUMNS[field]
    if found.position is not None and field in {"status", "severity", "mode"}:
        value = revisions.c[field]
    elif found.position is not None and field in {"label", "output"}:
        value = as_seen_at(found.position, field).label(field)
    return value if found.trivial else unindexed(value)


def criteria_then(connection: Connection, asked: QueryKind, parameters: Parameters) -> Sequence[Row]:
    """Return the facet of criteria in the past: those met in the runs then in force, each once for a case."""
    counts: Counter[str] = Counter()
    last: int | None = None
    names: set[str] = set()
    for key, listed in chain.from_iterable(met_then(asked).batches(connection, parameters, BATCH)):
        if key != last:
            last, names = key, set()
        met = names_in(listed)
        counts.update(met - names)
        names |= met
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: parameters.lines]


@lru_cache(CACHED_STATEMENTS)
def met_then(asked: QueryKind) -> Prepared:
    """Return the statement for what the runs in force at the position asked for met, by case."""
    found = matches_then(asked)
    chosen = found.chosen(cases.c.key, cases.c.event_key)
    matched = (chosen if found.blinded is None else chosen.where(not_(suggestions_blinded(found.blinded)))).subquery("matched")
    met = select(matched.c.key, observations.c.criteria_met).join_from(
        matched, observations, observations.c.event_key == matched.c.event_key
    )
    met = met.join(run_windows, same_window(observations)).where(in_force(found.position)).order_by(matched.c.key)
    return Prepared(met, asked.dialect)


@lru_cache(1024)
def names_in(listed: str) -> frozenset[str]:
    """Return the names in a list as it is stored."""
    return frozenset(from_json(listed))


def shown(field: str, found: Iterable[Row]) -> Counts:
    """Return values and counts as they were found, the values as the filter language writes them."""
    if field == "sensitivity":
        return tuple((Sensitivity(value).name.lower(), count) for value, count in found)
    return tuple((value, count) for value, count in found)
