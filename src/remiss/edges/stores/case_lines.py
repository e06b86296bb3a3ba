"""Lists of cases: one statement for a page, and its rows as lines.

The statement for a list as it is now is remembered, so that whoever turns pages or looks again does not wait for it to be made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, Subquery, and_, null, select, type_coerce

from remiss.catalog.listing import Line, Sort
from remiss.edges.stores.case_pages import Matches, behind, matches_now, sort_columns
from remiss.edges.stores.case_ways import REMEMBERED, Asked, Ways
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.gathering import gathered
from remiss.edges.stores.late import Ready, Row, late
from remiss.edges.stores.search import as_seen_at, seen_at
from remiss.edges.stores.tables import captures, case_criteria, case_texts, cases, catalog_head, events, revisions, run_windows
from remiss.records.identity import from_micros
from remiss.records.states import Status

STATUSES = {status.value: status for status in Status}
# A line, and behind it the key and the position.
WIDTH = len(Line._fields) + 2
STATE = ("status", "severity", "mode", "text_version")
FIXED = (
    *("key", "id", "at", "event_key", "origin", "suggested_mode", "model", "model_version", "output", "label", "confidence"),
    *("latency_ms", "source_name"),
)


@lru_cache(REMEMBERED)
def listed_now(asked: Asked, by: Ways, sort: Sort, *, continued: bool) -> Ready:
    """Return the statement for a page of the cases as they are now."""
    return Ready(listed(matches_now(asked, by), sort, continued=continued), asked.dialect)


def listed(found: Matches, sort: Sort, *, continued: bool) -> Select[Any]:
    """Return the statement for a page of what was found.

    Rows have the sort values as numbers, then what a line shows, then the case's key and the catalog's position. How many
    lines there are the asking brings, and if the page is `continued` the sort values that it begins behind.
    """
    columns = sort_columns(sort, found)
    state = cases if found.position is None else revisions
    own = (*(cases.c[name] for name in FIXED), *(state.c[name] for name in STATE))
    statement = found.chosen(*own, *(of.label(f"sort_{at}") for at, (of, _) in enumerate(columns)))
    if continued:
        statement = statement.where(behind(columns))
    ordered = statement.order_by(*(of.desc() if down else of.asc() for of, down in columns))
    return shown(ordered.limit(late(lambda asking: asking.lines, BigInteger())).subquery("page"), columns, found.position)


def shown(page: Subquery, columns: Sequence[tuple[ColumnElement[Any], bool]], position: int | None) -> Select[Any]:
    """Return the select of what else is shown of a page, in its order; looked up for the page alone, whatever was sorted."""
    of = page.c
    now = select(gathered(case_criteria.c.criterion)).where(case_criteria.c.case_key == of.key).scalar_subquery()
    line: tuple[ColumnElement[Any], ...] = (
        *(of.id, type_coerce(of.at, BigInteger()), of.status, of.severity, of.mode),
        *(of.suggested_mode, of.model, of.model_version),
        *(of[name] if position is None else as_seen_at(position, name, page) for name in ("output", "label")),
        *(of.confidence, of.latency_ms, (now if position is None else null()).label("met")),
        *(case_texts.c.title, of.source_name, events.c.event_id),
    )
    behind_it = (of.key, select(catalog_head.c.position).scalar_subquery().label("head"))
    said = and_(case_texts.c.case_key == of.key, case_texts.c.version == of.text_version)
    sorts = [of[f"sort_{at}"] for at in range(len(columns))]
    first: list[ColumnElement[Any]] = [type_coerce(value, BigInteger()) for value in sorts]
    order = [value.desc() if down else value.asc() for value, (_, down) in zip(sorts, columns, strict=True)]
    statement = select(*first, *line, *behind_it).select_from(page).join(events, events.c.key == of.event_key)
    return statement.outerjoin(case_texts, said).order_by(*order)


def met_at(connection: Connection, keys: Sequence[int], position: int) -> dict[int, set[str]]:
    """Return the criteria that the events of some cases met in the runs in force at a position."""
    found: dict[int, set[str]] = defaultdict(set)
    then = select(cases.c.key, captures.c.met).select_from(cases).join(captures, captures.c.event_key == cases.c.event_key)
    then = then.join(run_windows, seen_at(cases.c.event_key, position)).where(among(cases.c.key, keys))
    for key, met in connection.execute(then):
        found[key].update(met)
    return found


def line_of(row: Row, then: Iterable[str] | None = None) -> Line:
    """Return a row of a list as a line; `then` are the criteria met as of its position."""
    id_, at, status, severity, mode, suggested, model, version, output, label, confidence, latency, met, *which = row[-WIDTH:-2]
    criteria = criteria_in(met) if then is None else tuple(sorted(then))
    state = (STATUSES[status], severity, mode, suggested)
    return Line(id_, from_micros(at), *state, model, version, output, label, confidence, latency, criteria, *which)


def key_of(row: Row) -> int:
    """Return the key of the case that a row of a list shows."""
    key: int = row[-2]
    return key


def head_of(row: Row) -> int:
    """Return the catalog's position when a row of a list was read."""
    head: int = row[-1]
    return head


def sort_values(row: Row) -> tuple[int, ...]:
    """Return what a row of a list is sorted by."""
    return row[:-WIDTH]


@lru_cache(1024)
def criteria_in(met: str | None) -> tuple[str, ...]:
    """Return the criteria that `gathered` set apart by commas, which no name has."""
    return tuple(sorted(met.split(","))) if met else ()
