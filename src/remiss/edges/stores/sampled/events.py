"""Sampled events of a frame, one by one: how each came to be kept, which queries it matches, and what people found of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Row, Select, Text, exists, false, func, literal, select, type_coerce

from remiss.catalog.query.expression import And, Query
from remiss.edges.stores.blinding import blinded_viewer, suggestions_blinded
from remiss.edges.stores.dialect.conditions import json_part
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.in_force import same_window
from remiss.edges.stores.querying.phrases import matched_events
from remiss.edges.stores.querying.search import condition, observation_face
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.run_rows import names, stratum
from remiss.edges.stores.sampled.columns import (
    COLUMNS,
    FAMILIES,
    STANDS,
    CodedField,
    family_of,
    joined,
    numbered,
    objects,
    period_column,
    selected_for,
    standing_of,
    width_of,
)
from remiss.edges.stores.sampled.decisions import NONE, Decision, decisions
from remiss.edges.stores.sampled.frames import of_frame
from remiss.edges.stores.tables import (
    cases,
    event_contents,
    events,
    observations,
    run_windows,
    samples,
)
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.event import Scalar
from remiss.records.identity import from_micros, to_micros
from remiss.records.run import ALL
from remiss.understand.periods import PERIODS, period_of
from remiss.understand.question import QuestionPlan
from remiss.understand.sampling_facts import BlindedEvent, Frame, Judged, Sampled, SampledColumns

# So many events are decoded at once; a catalog may have a million.
AT_ONCE = 8_192
# What is an array as the database has it, and of what.
KINDS: Mapping[str, Any] = {
    "window_start": np.int64,
    "inclusion_probability": np.float64,
    **dict.fromkeys(("inside", "of", "uniform"), np.bool_),
}
# Lists of criteria and strata as text: they come again with every event, and `run_rows` reads each once.
SEEN = (
    *(observations.c[name] for name in ("run_key", "event_key")),
    type_coerce(observations.c.window_start, BigInteger()).label("window_start"),
    type_coerce(observations.c.stratum, Text()).label("stratum"),
    *(observations.c[name] for name in ("inclusion_probability", "labelled")),
    *(
        type_coerce(observations.c[name], Text()).label(name)
        for name in ("criteria_met", "criteria_undecided", "criteria_outside", "criteria_ruled_out")
    ),
)


def sampled(reading: Reading, frame: Frame, query: Query, of: Query | None, by: str | None) -> list[Sampled]:
    """Return every sampled event of the runs in force of a frame, marked by what it matches; see the port."""
    found = reading.connection.execute(_marked(reading, frame, query, of, by))
    return [Sampled(**_facts(row, by, frame)) for row in found]


def sampled_columns(reading: Reading, frame: Frame, plan: QuestionPlan, names_of: Sequence[str]) -> SampledColumns:
    """Return every sampled event of the runs in force of a frame by columns, with some of its fields; see the port.

    There may be a million: no more is selected than is asked for, what comes again is numbered as the database has it, and read
    once.
    """
    windows = tuple(sorted(one.window for one in frame.windows))
    periods = [name for name in names_of if name in PERIODS]
    selected = selected_for([name for name in names_of if name not in PERIODS])
    fields = {name: CodedField(name, own) for name, (own, _) in selected.items()}
    families = [*dict.fromkeys(family_of(name) for name, (own, _) in selected.items() if own is None)]
    known: dict[str, dict[Any, int]] = {"stands": {}, **({} if frame.unit is None else {"unit": {}})}
    kinds = {**KINDS, **(dict.fromkeys(("moment", "width_micros"), np.int64) if periods else {})}
    found: dict[str, list[Any]] = {name: [] for name in (*kinds, *known)}
    for rows in _rows_of_columns(reading, frame, plan, selected, families, moments=bool(periods)):
        read: Mapping[str, Sequence[Any]] = dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True))
        for name, kind in kinds.items():
            # What is null does not match.
            found[name].append(np.array(read[name], dtype=kind))
        for name, numbers in known.items():
            found[name].append(numbered(numbers, read[name]))
        inner = {each: objects(read[each]) for each in families}
        for one in fields.values():
            one.add(read, inner)
    made = {name: joined(parts, kinds.get(name, np.intp)) for name, parts in found.items()}
    read_of = {name: one.column() for name, one in fields.items()}
    if periods:
        # All windows of a frame are as wide.
        width = width_of(int(made["width_micros"].max(initial=1)))
        read_of |= {name: period_column(name, made["moment"], width) for name in periods}
    standings, standing = tuple(map(standing_of, known["stands"])), made["stands"]
    named = frozenset(plan.named)
    undecided = np.array(
        [bool(named & each.undecided) or (plan.needs_label and not each.labelled) for each in standings], dtype=bool
    )
    outside = np.array([plan.risk in each.outside for each in standings], dtype=bool)
    return SampledColumns(
        windows=windows,
        window=np.searchsorted(np.array([*map(to_micros, windows)], dtype=np.int64), made["window_start"]).astype(np.intp),
        probability=made["inclusion_probability"],
        inside=made["inside"],
        of=made["of"],
        uniform=made["uniform"],
        standing=standing,
        unit=made.get("unit"),
        standings=standings,
        fields=tuple(read_of[name] for name in names_of),
        undecided=undecided[standing],
        outside=outside[standing],
    )


def _rows_of_columns(
    reading: Reading,
    frame: Frame,
    plan: QuestionPlan,
    selected: Mapping[str, tuple[str | None, Any]],
    families: Sequence[str],
    *,
    moments: bool,
) -> Iterator[Sequence[Row[Any]]]:
    """Yield the sampled events of a frame, thousands at a time, with what columns are made of and nothing else."""
    uniform = exists().where(
        samples.c.run_key == observations.c.run_key,
        samples.c.event_key == observations.c.event_key,
        samples.c.criterion == ALL,
    )
    own = [column for _, column in selected.values() if column is not None]
    whole = [type_coerce(FAMILIES[each], Text()).label(each) for each in families]
    when = [type_coerce(events.c.occurred_at, BigInteger()).label("moment")] if moments else []
    erased = event_contents.c.inputs.is_(None).label("erased")
    more = (uniform.label("uniform"), STANDS.label("stands"), erased, *own, *whole, *when)
    marked = _marked(reading, frame, plan.question.query, plan.among, None, more=more)
    asked = {*KINDS, "unit", "width_micros", *(each.name for each in more)}
    only = marked.with_only_columns(*(each for each in marked.selected_columns if each.key in asked))
    yield from reading.connection.execution_options(yield_per=AT_ONCE).execute(only).partitions()


def judged(reading: Reading, frame: Frame, query: Query, agreed: Query, of: Query | None, by: str | None) -> list[Judged]:
    """Return every sampled event of the runs in force of a frame, marked alike, with what people found of it."""
    decided = decisions(reading)
    found = reading.connection.execute(_marked(reading, frame, query, of, by, agreed))
    return [_judged(row, _facts(row, by, frame), decided.get(row.event_key, NONE)) for row in found]


def blinded_events(reading: Reading, frame: Frame, terms: Sequence[Query], by: str | None) -> list[BlindedEvent]:
    """Return every sampled event of a frame of whose case the suggestions are blinded for the viewer; see the port."""
    viewer = blinded_viewer(reading)
    if viewer is None:
        return []
    face = observation_face(reading.read_at, reading.connection.dialect, matched_events(reading, And(tuple(terms))))
    held = [func.coalesce(condition(term, face), false()).label(f"held_{at}") for at, term in enumerate(terms)]
    found = (
        select(observations.c.window_start, run_windows.c.width_micros, *_key_columns(by), *held)
        .join_from(observations, events, events.c.key == observations.c.event_key)
        .join(cases, cases.c.event_key == observations.c.event_key)
        .outerjoin(event_contents, event_contents.c.event_key == observations.c.event_key)
        .join(run_windows, same_window(observations))
        .where(of_frame(reading, frame), observations.c.inclusion_probability > 0, suggestions_blinded(viewer))
    )
    return [
        BlindedEvent(
            window=row.window_start,
            holds=tuple(bool(row[len(row) - len(held) + at]) for at in range(len(held))),
            key=_key(row, by),
        )
        for row in reading.connection.execute(found)
    ]


def _marked(
    reading: Reading,
    frame: Frame,
    query: Query,
    of: Query | None,
    by: str | None,
    agreed: Query | None = None,
    more: tuple[Any, ...] = (),
) -> Select[Any]:
    """Return the select of the sampled events of a frame, each marked by the queries.

    All of them, whoever filed an event first: a figure of a run that one may see must not depend on who asks. Of windows with
    an event above the clearance there is none (`understand.pipeline`).
    """
    matched = matched_events(reading, And(tuple(each for each in (query, of, agreed) if each is not None)))
    face = observation_face(reading.read_at, reading.connection.dialect, matched)
    inside, base = condition(query, face), literal(True) if of is None else condition(of, face)
    if agreed is not None:
        more = (*more, events.c.event_id, events.c.occurred_at, condition(agreed, face).label("agreed"))
    # Events of one unit have one priority. It is read only where that matters, for there may be a million of them.
    if frame.unit is not None:
        more = (*more, observations.c.priority.label("unit"))
    return (
        select(*SEEN, run_windows.c.width_micros, inside.label("inside"), base.label("of"), *_key_columns(by), *more)
        .join_from(observations, events, events.c.key == observations.c.event_key)
        .outerjoin(event_contents, event_contents.c.event_key == observations.c.event_key)
        .join(run_windows, same_window(observations))
        # Of inclusion probability 0 is what was not sampled, only read again because it is in the catalog.
        .where(of_frame(reading, frame), observations.c.inclusion_probability > 0)
        .order_by(observations.c.window_start, observations.c.priority, observations.c.event_key)
    )


def _key_columns(by: str | None) -> tuple[Any, ...]:
    """Return what a row must have so that `_key` finds its value of the breakdown."""
    if by is None:
        return ()
    if by in PERIODS:
        return (events.c.occurred_at.label("by"),)
    for prefix, column in ((INPUTS, event_contents.c.inputs), (CONTEXT, event_contents.c.context)):
        if by.startswith(prefix):
            return (json_part(column, by.removeprefix(prefix)).label("by"),)
    if by not in COLUMNS:
        raise ValueError(f"no event has the key {by}")
    return (COLUMNS[by].label("by"),)


def _key(row: Row[Any], by: str | None) -> Scalar:
    if by is None:
        return None
    if by in PERIODS:
        return period_of(by, row.by, width_of(row.width_micros))
    if by.startswith((INPUTS, CONTEXT)):
        return None if row.by is None else part(row.by)
    found: Scalar = row.by
    return found


@lru_cache(4096)
def part(stored: str) -> Scalar:
    """Return a stored value of a field."""
    found: Scalar = from_json(stored)
    return found


def _facts(row: Row[Any], by: str | None, frame: Frame) -> dict[str, Any]:
    """Return the fields of a `Sampled`."""
    _, _, window, strata, probability, labelled, met, undecided, outside, ruled_out, _, inside, of = row[: len(SEEN) + 3]
    return {
        "window": moment(window),
        "stratum": stratum(strata),
        "probability": probability,
        "met": names(met),
        "undecided": names(undecided),
        "outside": names(outside),
        "ruled_out": names(ruled_out) if ruled_out else (),
        "labelled": labelled,
        # What is null does not match.
        "inside": bool(inside),
        "of": bool(of),
        "key": None if by is None else _key(row, by),
        "unit": None if frame.unit is None else row.unit,
    }


# Of a window there are hundreds of events.
moment = lru_cache(4096)(from_micros)


def _judged(row: Row[Any], facts: dict[str, Any], decision: Decision) -> Judged:
    return Judged(
        **facts,
        event=row.event_id,
        at=row.occurred_at,
        agreed=bool(row.agreed),
        annotated=decision.annotated,
        severity=decision.severity,
        final=decision.final,
        again=decision.again,
        cleared=decision.cleared,
        chooser=decision.chooser or row.event_id,
        chance=decision.chance,
        mode=decision.mode,
        grade=decision.grade,
        own_open=decision.own_open,
        undecidable=decision.undecidable,
        ungraded=decision.ungraded,
    )
