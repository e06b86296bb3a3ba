"""Lists of cases: one statement for a page, and its rows as lines.

The statement for a list as it is now is remembered, so that a reader who turns pages or looks again does not wait for it to be
made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, Text, and_, case, null, select, type_coerce
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from remiss.catalog.listing import CaseLine, Order, Sort
from remiss.curate import blinding
from remiss.edges.stores.blinding import suggestions_blinded, title_blinded
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.spelling import gathered, unindexed
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.listing.pages import Matches, matches_now, matches_then
from remiss.edges.stores.listing.sorting import behind, sorted_by, sorted_in, with_fields
from remiss.edges.stores.prepared import Prepared, Row, parameter
from remiss.edges.stores.protocol_rows import NO_WORDS, Place, Words, called, words_of
from remiss.edges.stores.querying.paths import CACHED_STATEMENTS, AccessPath, QueryKind
from remiss.edges.stores.querying.search import as_seen_at, seen_at
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import (
    case_criteria,
    case_texts,
    cases,
    catalog_head,
    event_contents,
    events,
    observations,
    revisions,
    run_windows,
)
from remiss.records.event import Event, Scalar
from remiss.records.identity import from_micros
from remiss.records.rows import SortValues
from remiss.records.states import Status

STATUSES = {status.value: status for status in Status}
# Where a row has what it is sorted by, and the catalog's position.
AT, SORTED, KEY, HEAD = CaseLine._fields.index("occurred"), len(CaseLine._fields), -2, -1
HIDDEN = CaseLine._fields.index("hidden")
# Why a line does not tell what was suggested, by what its row says of it.
SECOND, MINE = 1, 2
WHY = {None: None, SECOND: blinding.SECOND, MINE: blinding.IN_HAND}
# A Line of its values without another call.
_line = tuple.__new__
STATE = ("status", "severity", "mode", "text_version")
FIXED = (
    *(
        "key",
        "id",
        "occurred_at",
        "event_key",
        "origin",
        "suggested_mode",
        "model",
        "model_version",
        "output",
        "label",
        "confidence",
    ),
    *("latency_ms", "source_name", "team_id"),
)


@lru_cache(CACHED_STATEMENTS)
def listed_now(asked: QueryKind, by: AccessPath, sort: Sort, *, continued: bool) -> Prepared:
    """Return the statement for a page of the cases as they are now."""
    return Prepared(listed(matches_now(asked, by), sort, continued=continued), asked.dialect)


@lru_cache(CACHED_STATEMENTS)
def listed_then(asked: QueryKind, sort: Sort, *, continued: bool, walked: bool) -> Prepared:
    """Return the statement for a page of the cases as they were at the position asked for."""
    return Prepared(listed(matches_then(asked, walked=walked), sort, continued=continued), asked.dialect)


def listed(found: Matches, sort: Sort, *, continued: bool) -> Select[Any]:
    """Return the statement for a page of what was found.

    Rows have what a line shows, then the case's key and the catalog's position. How many lines there are is a parameter,
    and if the page is `continued` the sort values that it begins behind.
    """
    order = sorted_by(sort, found)
    state = cases if found.position is None else revisions
    own: list[ColumnElement[Any]] = [*(cases.c[name] for name in FIXED), *(state.c[name] for name in STATE)]
    own += [each.of for each in order.own]
    if found.blinded is not None:
        own += [
            title_blinded(found.blinded).label("title_blinded"),
            suggestions_blinded(found.blinded).label("suggestions_blinded"),
            (cases.c.status == Status.ANNOTATED.value).label("second"),
        ]
    statement = with_fields(found.chosen(*own), sort)
    if continued:
        statement = statement.where(behind(order.columns))
    ordered = statement.order_by(*(each.directed for each in order.columns))
    return shown(ordered.limit(parameter(lambda given: given.lines, BigInteger())).subquery("page"), sort, found.position)


def shown(page: Subquery, sort: Sort, position: ColumnElement[int] | None) -> Select[Any]:
    """Return the select of what else is shown of a page, in its order; looked up for the page alone, whatever was sorted."""
    of = page.c
    now = select(gathered(case_criteria.c.criterion)).where(case_criteria.c.case_key == of.key).scalar_subquery()
    met = now if position is None else null()
    title = case((of.title_blinded, null()), else_=case_texts.c.title) if "title_blinded" in of else case_texts.c.title
    hidden: ColumnElement[Any] = (
        case((of.suggestions_blinded, case((of.second, SECOND), else_=MINE))) if "suggestions_blinded" in of else null()
    )
    line: tuple[ColumnElement[Any], ...] = (
        *(
            of.id,
            type_coerce(of.occurred_at, BigInteger()),
            of.status,
            unless_blinded(of, of.severity),
            unless_blinded(of, of.mode),
        ),
        *(unless_blinded(of, of.suggested_mode), of.model, of.model_version),
        *(of[name] if position is None else as_seen_at(position, name, page) for name in ("output", "label")),
        *(of.confidence, of.latency_ms, unless_blinded(of, met).label("met")),
        *(title, of.source_name, events.c.event_id, hidden.label("hidden")),
    )
    # What a title may be made of: as text, which is read of those lines alone that have none.
    content = (type_coerce(event_contents.c[name], Text()) for name in ("inputs", "context"))
    named_by = (of.team_id, *(events.c[name] for name in ("model_digest", "features", "status", "trace_id")), *content)
    behind_it = (of.key, select(catalog_head.c.position).scalar_subquery().label("head"))
    said = and_(case_texts.c.case_key == of.key, case_texts.c.version == of.text_version)
    order = sorted_in(sort, of)
    # Never the other way round: to look for a page's lines among all events takes as long as there are events.
    statement = select(*line, *(each.of for each in order.own), *named_by, *behind_it).select_from(page)
    statement = statement.join(events, events.c.key == unindexed(of.event_key)).outerjoin(case_texts, said)
    statement = statement.outerjoin(event_contents, event_contents.c.event_key == events.c.key)
    return statement.order_by(*(each.directed for each in order.columns))


def unless_blinded(of: ReadOnlyColumnCollection[str, Any], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return something of a page that tells what was suggested: null where that is blinded."""
    return case((of.suggestions_blinded, null()), else_=value) if "suggestions_blinded" in of else value


def met_at(reading: Reading, keys: Sequence[int]) -> dict[int, set[str]]:
    """Return the criteria that the events of some cases met in the runs in force at the position read."""
    found: dict[int, set[str]] = defaultdict(set)
    then = (
        select(cases.c.key, observations.c.criteria_met)
        .select_from(cases)
        .join(observations, observations.c.event_key == cases.c.event_key)
    )
    then = then.join(run_windows, seen_at(cases.c.event_key, reading.read_at)).where(among(cases.c.key, keys))
    for key, met in reading.connection.execute(then):
        found[key].update(met)
    return found


def line_of(row: Row) -> CaseLine:
    """Return a row of a list as a line."""
    # Flat, without loops and slices, which would take half as long again: pages make thousands.
    id_, at, was, grade, mode, hint, model, version, output, label, sure, ms, met, title, source, event, hidden, *_ = row
    when, status, criteria = from_micros(at), STATUSES[was], criteria_in(met)
    why = WHY[hidden]
    whole = (id_, when, status, grade, mode, hint, model, version, output, label, sure, ms, criteria, title, source, event, why)
    return _line(CaseLine, whole)


def line_then(row: Row, met: Iterable[str]) -> CaseLine:
    """Return a row of a list as of a position as a line: of the criteria that were met then, which are read apart."""
    return line_of(row)._replace(criteria=tuple(sorted(met)))


def is_visible(row: Row) -> bool:
    """Return whether a row of a list tells what was suggested of its case."""
    return row[HIDDEN] is None


def key_of(row: Row) -> int:
    """Return the key of the case that a row of a list shows."""
    key: int = row[KEY]
    return key


def head_of(row: Row) -> int:
    """Return the catalog's position when a row of a list was read."""
    head: int = row[HEAD]
    return head


def sort_values(row: Row, sort: Sort) -> SortValues:
    """Return what a row of a list is sorted by."""
    own = row[SORTED : SORTED + max(0, len(sort.kinds) - 2)]
    return (*own, row[KEY]) if sort.order is Order.FILED else (*own, row[AT], row[KEY])


@lru_cache(1024)
def criteria_in(met: str | None) -> tuple[str, ...]:
    """Return the criteria that `gathered` set apart by commas, which no name has."""
    return tuple(sorted(met.split(","))) if met else ()


def titled(reading: Reading, rows: Sequence[Row], lines: Sequence[CaseLine]) -> tuple[CaseLine, ...]:
    """Return the lines of some rows, each that people gave no title with the one that its protocol has for it."""
    if all(line.title is not None for line in lines):
        return tuple(lines)
    known = words_of(reading, head_of(rows[0]))
    if not any(words.templates for words in known.values()):
        return tuple(lines)
    return tuple(
        line if line.title is not None else line._replace(title=_called(known, line, row))
        for line, row in zip(lines, rows, strict=True)
    )


def values_of(rows: Sequence[Row], fields: Sequence[str]) -> tuple[tuple[Scalar, ...], ...]:
    """Return of each row of a list the values of inputs and context fields; an event that was erased has none."""
    return tuple(_values(row, fields) for row in rows) if fields else ()


def _values(row: Row, fields: Sequence[str]) -> tuple[Scalar, ...]:
    *_, inputs, context, _, _ = row
    content = {"inputs": from_json(inputs or "{}"), "context": from_json(context or "{}")}
    named = (name.partition(".") for name in fields)
    return tuple(content[family].get(field) for family, _, field in named)


def _called(known: Mapping[Place, Words], line: CaseLine, row: Row) -> str | None:
    *_, team, digest, features, status, trace, inputs, context, _, _ = row
    words = known.get((line.source, line.model, team), NO_WORDS)
    # Without its content, an event was erased.
    if not words.templates or inputs is None:
        return None
    event = Event(
        id=line.event,
        at=line.occurred,
        model=line.model,
        model_version=line.model_version,
        model_digest=digest,
        features=features,
        output=line.output,
        label=line.label,
        confidence=line.confidence,
        latency_ms=line.latency_ms,
        status=status,
        trace_id=trace,
        inputs=from_json(inputs),
        context=from_json(context),
    )
    return called(words, event)
