"""The filter language as SQL: a `Query` value in, a condition with bound values out.

Two faces of the catalog are searched. The *case face* answers `case search` from what `cases` repeats for it, or as of a
position from revisions and from the runs then in force. The *observation face* answers estimates from what a run saw of each
sampled event, case or not.

A comparison with what is not there is false, and its negation true: `-label:late` finds what has no label yet. Nothing of a
query ever becomes SQL text; field names are bound like values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, Dialect, Exists, FromClause, and_, case, exists, false, func, not_, or_, select, true
from sqlalchemy import Text as SqlText

from remiss.catalog.query.expression import And, Not, Or, Query, Term, Text
from remiss.catalog.query.fields import CLUSTER, SUGGESTED_KEYS, find
from remiss.edges.stores.blinding import origin_shown, suggestions_blinded, title_blinded
from remiss.edges.stores.dialect.conditions import among, among_listed, json_text
from remiss.edges.stores.dialect.full_text import has, wanted
from remiss.edges.stores.in_force import holds, in_force, same_window
from remiss.edges.stores.prepared import BlindedKind, Position, given, matched_then
from remiss.edges.stores.querying.comparing import (
    EVENT,
    RUN,
    Compare,
    Condition,
    by_version,
    column,
    criterion_now,
    in_cluster,
    in_content,
    in_context,
    in_event,
    in_revision,
    in_texts,
    is_so,
    met,
    of_cluster,
    protocol_of,
    value_of_text,
)
from remiss.edges.stores.tables import cases, events, observations, revisions, run_windows


@dataclass(frozen=True, slots=True)
class Face:
    """How each key and each phrase is answered. Keys of families are looked up by the family's name."""

    keys: Mapping[str, Compare]
    text: Callable[[Text], Condition]


@dataclass(frozen=True, slots=True)
class EventMatches:
    """Which events say each phrase: the keys of those whose text or fields do, and the outputs and labels that do, as text."""

    keys: Mapping[str, set[int]]
    values: Mapping[str, set[str]]


def condition(query: Query, face: Face) -> Condition:
    """Return the condition that holds for what matches the query."""
    match query:
        case And(parts):
            return and_(true(), *(condition(part, face) for part in parts))
        case Or(parts):
            return or_(false(), *(condition(part, face) for part in parts))
        case Not(part):
            inner = condition(part, face)
            # What is null is false, and so its negation true. Whether something exists is never null.
            return not_(inner) if isinstance(inner, Exists) else not_(func.coalesce(inner, false()))
        case Text():
            return face.text(query)
        case Term(key):
            entry = find(key)
            if entry is None:
                raise ValueError(f"a query with the unknown key {key}")
            return face.keys[entry.name](query)


def phrase(said: Text, dialect: Dialect) -> ColumnElement[str]:
    """Return the words to be found as a value for the database's full-text search."""
    return given(said, wanted(dialect), SqlText())


@lru_cache(maxsize=16)
def case_face(dialect: Dialect, blinded: BlindedKind | None = None) -> Face:
    """Return the face of `cases` as they are now. Statements select from `cases`.

    For a `blinded` kind of viewer, what was suggested of a case is as if it were not there, while that is blinded for them.
    """
    same = ("event_id", "model_digest", "features", "trace_id")
    of_event = {**{name: in_event(EVENT.c[name]) for name in same}, "call_status": in_event(EVENT.c.status)}
    keys = {
        **of_event,
        **constants(),
        "status": column(cases.c.status),
        "mode": column(cases.c.mode),
        "severity": column(cases.c.severity),
        "revision": column(cases.c.revision),
        "revised": in_revision(cases.c.revision),
        "is": is_so(None),
        CLUSTER.name: in_cluster(cases.c.key),
        "title": in_texts(cases.c.text_version),
        "output": value_of_text(cases.c.output),
        "label": value_of_text(cases.c.label),
        "criterion": criterion_now,
        "protocol": protocol_of(cases.c.event_key, None),
    }
    return Face(
        keys=as_blinded(keys, blinded), text=text_blinded(lambda said: has(cases.c.key, phrase(said, dialect), dialect), blinded)
    )


def as_blinded(keys: Mapping[str, Compare], blinded: BlindedKind | None) -> Mapping[str, Compare]:
    """Return comparisons of which those that tell what was suggested hold for no case of which that is blinded."""
    if blinded is None:
        return keys
    hiding = {**dict.fromkeys(SUGGESTED_KEYS, suggestions_blinded(blinded)), "title": title_blinded(blinded)}
    return {name: unless_blinded(of, hiding[name]) if name in hiding else of for name, of in keys.items()}


def text_blinded(text: Callable[[Text], Condition], blinded: BlindedKind | None) -> Callable[[Text], Condition]:
    """Return how phrases are answered such that none finds a case of which title and note are blinded."""
    return text if blinded is None else lambda said: and_(text(said), not_(title_blinded(blinded)))


def unless_blinded(compare: Compare, hidden: Condition) -> Compare:
    """Return comparisons that hold for no case of which something is hidden."""
    return lambda term: and_(compare(term), not_(hidden))


def case_face_at(position: Position, dialect: Dialect, blinded: BlindedKind | None = None) -> Face:
    """Return the face of `cases` joined with the `revisions` in force at a position.

    The index knows only what is said now; which cases said a phrase then, among those that say something else now, the
    parameters bring (`matched_before`).
    """
    now = case_face(dialect)
    seen = seen_at(cases.c.event_key, position)

    def said(text: Text) -> Condition:
        return or_(and_(now.text(text), not_(said_otherwise(position))), among_listed(cases.c.key, matched_then(text)))

    keys = {
        **now.keys,
        "status": column(revisions.c.status),
        "mode": column(revisions.c.mode),
        "severity": column(revisions.c.severity),
        "revision": column(revisions.c.revision),
        "revised": column(revisions.c.created_at),
        "is": is_so(position),
        "title": in_texts(revisions.c.text_version),
        "output": value_of_text(as_seen_at(position, "output")),
        "label": value_of_text(as_seen_at(position, "label")),
        "criterion": lambda term: exists().where(seen, met(term)),
        "protocol": protocol_of(cases.c.event_key, position),
    }
    return Face(keys=as_blinded(keys, blinded), text=text_blinded(said, blinded))


def observation_face(position: int, dialect: Dialect, matched: EventMatches) -> Face:
    """Return the face of `observations` joined with `events`, for estimates from the runs in force at a position.

    Statements select from both, and may join other tables.

    `matched` says of each phrase which events say it themselves (see `phrases.py`): in an estimate a phrase speaks of events
    alone, since most of them are no cases. What people say is that of the case as of the position.
    """
    case_then = case_face_at(position, dialect)
    # Keys that only a case has are asked of the event's case, if it has one.
    of_people = {
        name: in_case(case_then.keys[name], position)
        for name in ("id", "status", "is", "mode", "severity", "origin", "title", "revision", "revised", "sensitivity")
    }
    return Face(
        keys={
            **of_people,
            CLUSTER.name: of_cluster,
            "source": column(events.c.source_name),
            "protocol": lambda term: exists().where(
                RUN.c.key == observations.c.run_key, or_(column(RUN.c.protocol_name)(term), by_version(term))
            ),
            "team": lambda term: exists().where(RUN.c.key == observations.c.run_key, column(RUN.c.team_id)(term)),
            "event_id": column(events.c.event_id),
            "model": column(events.c.model),
            "model_version": column(events.c.model_version),
            "model_digest": column(events.c.model_digest),
            "features": column(events.c.features),
            "occurred": column(events.c.occurred_at),
            "output": value_of_text(json_text(observations.c.output)),
            "label": value_of_text(json_text(observations.c.label)),
            "confidence": column(events.c.confidence),
            "latency_ms": column(events.c.latency_ms),
            "call_status": column(events.c.status),
            "trace_id": column(events.c.trace_id),
            "inputs.": in_content("inputs", events.c.key),
            "context.": in_content("context", events.c.key),
            "criterion": met,
            "suggested_mode": in_case(case_then.keys["suggested_mode"], position),
        },
        text=lambda said: event_says(said.phrase, matched),
    )


def event_says(phrase: str, matched: EventMatches) -> Condition:
    """Return the condition that the event at hand says a phrase, or that its output or label does as the run saw it."""
    values = sorted(matched.values.get(phrase, ()))
    shown = [among(json_text(observations.c[name]), values) for name in ("output", "label")] if values else []
    return or_(among(events.c.key, sorted(matched.keys.get(phrase, ()))), *shown)


def constants() -> dict[str, Compare]:
    """Return the keys that `cases` answers alike at every position."""
    return {
        "source": column(cases.c.source_name),
        "model": column(cases.c.model),
        "model_version": column(cases.c.model_version),
        "occurred": column(cases.c.occurred_at),
        "confidence": column(cases.c.confidence),
        "latency_ms": column(cases.c.latency_ms),
        "inputs.": in_content("inputs", cases.c.event_key),
        "context.": in_context,
        "suggested_mode": column(cases.c.suggested_mode),
        "id": column(cases.c.id),
        "origin": column(origin_shown()),
        "team": column(cases.c.team_id),
        "sensitivity": column(cases.c.sensitivity),
    }


def in_case(compare: Compare, position: int) -> Compare:
    """Return comparisons with the case of the event, in the state that was in force; without a case they are false."""
    return lambda term: (
        exists()
        .where(cases.c.event_key == events.c.key, *in_force_at(position), compare(term))
        .correlate_except(cases, revisions)
    )


def in_force_at(position: Position, key: ColumnElement[int] = cases.c.key) -> tuple[Condition, Condition]:
    """Return the join of `cases`, by its `key`, with that of its `revisions` which was in force at a position."""
    return (
        revisions.c.case_key == key,
        holds(revisions, position),
    )


def as_seen_at(position: Position, name: str, of: FromClause = cases) -> ColumnElement[str]:
    """Return output or label of a case as text, as the last run that had come in force by a position saw it.

    `of` has the case's columns: `cases` or a select from it.
    """
    of_event = and_(
        observations.c.event_key == of.c.event_key, same_window(observations), run_windows.c.position_from <= position
    )
    latest = (
        select(json_text(observations.c[name]))
        .where(of_event)
        .correlate(of)
        .order_by(run_windows.c.position_from.desc())
        .limit(1)
    )
    # No run ever saw what a person filed; it never changes.
    return case((of.c.origin == "filed", of.c[name]), else_=latest.scalar_subquery())


def said_otherwise(position: Position) -> Condition:
    """Return the condition that a case, joined with its revision at a position, may say something else now: so for the index.

    That is title and note, which have versions, and output and label, which a run has seen since. Fields are as they are now.
    """
    # A set, that is read once: to look at the observations of one case after another takes as long as all else.
    later = (
        select(observations.c.event_key)
        .join(run_windows, same_window(observations))
        .where(run_windows.c.position_from > position)
        .correlate(None)
    )
    shown = [
        value.is_distinct_from(as_seen_at(position, name))
        for name, value in (("output", cases.c.output), ("label", cases.c.label))
    ]
    return or_(revisions.c.text_version.is_distinct_from(cases.c.text_version), and_(cases.c.event_key.in_(later), or_(*shown)))


def seen_at(event_key: ColumnElement[int], position: Position | None) -> Condition:
    """Return the join of an event with its `observations` by the runs in force, now or at a position."""
    return and_(observations.c.event_key == event_key, same_window(observations), in_force(position))
