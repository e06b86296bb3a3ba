"""Sampled events of a frame, one by one: how each came to be kept, which queries it matches, and what people found of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
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
from remiss.edges.stores.sampled.columns import STORED_AS_JSON, field_values, numbered, objects, width_of
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
from remiss.understand.sampling_facts import BlindedEvent, EventStanding, FieldColumn, Frame, Judged, Sampled, SampledColumns

# So many events are decoded at once; a catalog may have a million.
AT_ONCE = 8_192
KINDS = {"probability": np.float64, **dict.fromkeys(("inside", "of", "uniform"), np.bool_)}
STANDING = ("criteria_met", "criteria_undecided", "criteria_outside", "criteria_ruled_out", "labelled")
ARRAYS = ("window", "probability", "inside", "of", "uniform", "standing")
# Keys of the filter language that events and observations answer from a column of their own.
COLUMNS: Mapping[str, Any] = {
    "source": events.c.source_name,
    "protocol": run_windows.c.protocol_name,
    "event_id": events.c.event_id,
    "model": events.c.model,
    "model_version": events.c.model_version,
    "model_digest": events.c.model_digest,
    "features": events.c.features,
    "confidence": events.c.confidence,
    "latency_ms": events.c.latency_ms,
    "call_status": events.c.status,
    "trace_id": events.c.trace_id,
    "output": observations.c.output,
    "label": observations.c.label,
    "occurred": events.c.occurred_at,
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
    """Return every sampled event of the runs in force of a frame by columns, with some of its fields; see the port."""
    windows = tuple(sorted(one.window for one in frame.windows))
    place_of = {to_micros(start): at for at, start in enumerate(windows)}
    uniform = exists().where(
        samples.c.run_key == observations.c.run_key,
        samples.c.event_key == observations.c.event_key,
        samples.c.criterion == ALL,
    )
    kept = [type_coerce(event_contents.c[name], Text()).label(name) for name in ("inputs", "context")]
    own = [
        (type_coerce(COLUMNS[name], Text()) if name in STORED_AS_JSON else COLUMNS[name]).label(f"own_{name}")
        for name in names_of
        if name in COLUMNS
    ]
    when = [events.c.occurred_at.label("moment")] if PERIODS & {*names_of} else []
    marked = _marked(reading, frame, plan.question.query, plan.among, None, more=(uniform.label("uniform"), *kept, *own, *when))
    codes: Mapping[str, dict[Any, int]] = {name: {} for name in (*names_of, "standing", "unit")}
    found: dict[str, list[Any]] = {name: [] for name in (*ARRAYS, *codes)}
    for rows in reading.connection.execution_options(yield_per=AT_ONCE).execute(marked).partitions():
        read = dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True))
        found["window"].append([place_of[start] for start in read["window_start"]])
        found["probability"].append(read["inclusion_probability"])
        for name in ("inside", "of", "uniform"):
            found[name].append([*map(bool, read[name])])
        found["standing"].append(numbered(codes["standing"], zip(*(read[name] for name in STANDING), strict=True)))
        if frame.unit is not None:
            found["unit"].append(numbered(codes["unit"], read["unit"]))
        inner = {INPUTS: objects(read["inputs"]), CONTEXT: objects(read["context"])}
        for name in names_of:
            there = field_values(name, read, inner)
            found[name].append(numbered(codes[name], ((value.__class__ is bool, value) for value in there)))
    made: dict[str, Any] = {
        name: np.array([*chain.from_iterable(parts)], dtype=KINDS.get(name, np.intp)) for name, parts in found.items()
    }
    unit = made.pop("unit")
    standings = tuple(_standing(*each) for each in codes["standing"])
    named = frozenset(plan.named)
    undecided = np.array(
        [bool(named & each.undecided) or (plan.needs_label and not each.labelled) for each in standings], dtype=bool
    )
    outside = np.array([plan.risk in each.outside for each in standings], dtype=bool)
    fields = tuple(FieldColumn(name, [value for _, value in codes[name]], made.pop(name)) for name in names_of)
    return SampledColumns(
        windows=windows,
        unit=None if frame.unit is None else unit,
        standings=standings,
        fields=fields,
        undecided=undecided[made["standing"]],
        outside=outside[made["standing"]],
        **made,
    )


def _standing(met: str, undecided: str, outside: str, ruled_out: str | None, labelled: object) -> EventStanding:
    """Return how events stand to the criteria, of the lists that the database has as text."""
    of, doubted, beyond, never = (
        frozenset(names(text)) if text else frozenset() for text in (met, undecided, outside, ruled_out)
    )
    return EventStanding(met=of, undecided=doubted, outside=beyond, ruled_out=never, labelled=bool(labelled))


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
