"""One case and its history, read from all the tables that know of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select

from remiss.catalog.identifying import only, prefix_of
from remiss.curate.blinding import BlindedPart, begun, origin_for, words_without
from remiss.edges.stores.blinded_case import blinded_people, history_shown, labelled, why_blinded
from remiss.edges.stores.in_force import come_by, in_force, same_window, stale
from remiss.edges.stores.linking import links_of
from remiss.edges.stores.protocol_rows import NO_WORDS, called, words_of
from remiss.edges.stores.querying.search import in_force_at
from remiss.edges.stores.reading import POSITION, SCOPES, Reading
from remiss.edges.stores.redactions import redactions_of
from remiss.edges.stores.resolution_reading import asked_again
from remiss.edges.stores.tables import (
    case_criteria,
    case_texts,
    cases,
    event_contents,
    events,
    observations,
    revision_reasons,
    revisions,
    run_windows,
    runs,
)
from remiss.edges.stores.visible import visible_to
from remiss.errors import NotFound
from remiss.govern.ports.actor import Scope
from remiss.records.case import PEOPLE, PROTOCOL, Capture, Case, Revision, Sensitivity
from remiss.records.event import Event, Scalar
from remiss.records.states import Status

# How many of the cases that share a beginning are looked up, to name some.
SHARING = 7
_TEXTS = select(case_texts).where(case_texts.c.case_key == bindparam("case"), case_texts.c.version == bindparam("version"))
_EVENT = select(events).where(events.c.key == bindparam("event"))
_CONTENT = select(event_contents).where(event_contents.c.event_key == bindparam("event"))
_REPEATED = select(case_criteria.c.criterion).where(case_criteria.c.case_key == bindparam("case"))
_HISTORY = (
    select(revisions, case_texts.c.title, case_texts.c.note, revision_reasons.c.reason)
    .outerjoin(case_texts, and_(case_texts.c.case_key == revisions.c.case_key, case_texts.c.version == revisions.c.text_version))
    .outerjoin(
        revision_reasons,
        and_(revision_reasons.c.case_key == revisions.c.case_key, revision_reasons.c.revision == revisions.c.revision),
    )
    .where(revisions.c.case_key == bindparam("case"))
    .order_by(revisions.c.revision)
)


def resolve(reading: Reading, case_id: str) -> Row[Any]:
    """Return the row of the one case that an id or a beginning means, as it is now.

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    prefix = prefix_of(case_id)
    row = reading.once(("case", prefix, reading.scope), lambda: _one(reading, prefix, case_id))
    return reading.once(("case", row.id, reading.scope), lambda: row)


def _one(reading: Reading, prefix: str, case_id: str) -> Row[Any]:
    # '~' sorts behind every letter of an id.
    found = reading.rows(_between(reading.scope), since=prefix, until=prefix + "~")
    only(case_id, [row.id for row in found])
    return found[0]


@lru_cache(SCOPES)
def _between(scope: Scope) -> Select[Any]:
    """Return the statement for the first cases that a scope sees with ids from one to before another."""
    alike = select(cases).where(cases.c.id >= bindparam("since"), cases.c.id < bindparam("until"), visible_to(scope))
    return alike.order_by(cases.c.id).limit(SHARING)


def case_at(reading: Reading, case_id: str) -> Case:
    """Return a case as it is, or as it was at the position, with what the viewer may see of labellings and suggestions.

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    row = resolve(reading, case_id)
    return reading.once_for_viewer(("case as shown", row.key, reading.position), lambda: _case(reading, row))


def _case(reading: Reading, row: Row[Any]) -> Case:
    connection, scope, position = reading.connection, reading.scope, reading.position
    hidden = why_blinded(reading, BlindedPart.SUGGESTIONS, row)
    if position is not None and hidden is not None:
        _check_begun(reading, row, position, hidden)
    state = row if position is None else _state_at(connection, row, position)
    seen = observations_of(reading, row.event_key)
    people = blinded_people(reading, row)
    event = event_at(reading, row.event_key, row.label, seen)
    words = words_of(reading).get((row.source_name, row.model, row.team_id), NO_WORDS)
    texts: Revision | Row[Any] | None = next(iter(reading.rows(_TEXTS, case=row.key, version=state.text_version)), None)
    if people and texts is not None:
        texts = words_without(_history(reading, row)[: state.revision], people)[-1]
    written = None if texts is None else texts.title
    title = called(words, event) if written is None else written
    return Case(
        id=row.id,
        revision=state.revision,
        status=Status(state.status),
        source=row.source_name,
        event=event,
        origin=origin_for(row.origin, Status(row.status)),
        criteria=_criteria(reading, row.key, seen) if hidden is None else (),
        captures=tuple(_capture(each) for each in seen if shown(each, scope)) if hidden is None else (),
        mode=state.mode if hidden is None else None,
        severity=state.severity if hidden is None else None,
        suggested_mode=row.suggested_mode if hidden is None else None,
        labelling=labelled(reading, row),
        stale=row.stale if position is None else _stale_at(connection, row, position),
        links=links_of(reading, row.key),
        title=title,
        title_by=PEOPLE if written is not None else PROTOCOL if title is not None else None,
        show=words.show,
        note=None if texts is None else texts.note,
        team=row.team_id,
        sensitivity=Sensitivity(row.sensitivity),
        hidden=hidden,
        **asked_again(reading, row, state, hidden),
    )


def event_at(reading: Reading, event_key: int, label: Scalar, seen: Sequence[Row[Any]]) -> Event:
    """Return an event as the latest of its observations has it.

    Parameters
    ----------
    label : of an event that no run saw, since a person filed it
    seen : its observations, the latest first
    """
    current = seen[0] if seen else None
    (event,) = reading.rows(_EVENT, event=event_key)
    content = next(iter(reading.rows(_CONTENT, event=event_key)), None)
    erased = content is None
    output: Scalar = (content.output if content is not None else None) if current is None else current.output
    known: Scalar = label if current is None else current.label
    return Event(
        id=event.event_id,
        at=event.occurred_at,
        model=event.model,
        model_version=event.model_version,
        model_digest=event.model_digest,
        features=event.features,
        output=None if erased else output,
        label=None if erased else known,
        confidence=event.confidence,
        latency_ms=event.latency_ms,
        status=event.status,
        trace_id=event.trace_id,
        inputs={} if content is None else content.inputs,
        context={} if content is None else content.context,
        text=None if content is None else content.text,
        redactions=()
        if content is None
        else redactions_of(content.redactions, current and current.redactions, captured=current is not None),
    )


def _check_begun(reading: Reading, row: Row[Any], position: int, hidden: str) -> None:
    """Refuse to tell what a case was before its present round of labelling, or that it was none; `hidden` is why.

    Raises
    ------
    NotFound
    """
    known = select(revisions.c.status, revisions.c.position_from).where(revisions.c.case_key == row.key)
    states = [
        (Status(each.status), each.position_from) for each in reading.connection.execute(known.order_by(revisions.c.revision))
    ]
    if position < states[begun([status for status, _ in states])][1]:
        raise NotFound(f"what there was of case {row.id} at position {position} is {hidden}", do="give a later position, or none")


def _state_at(connection: Connection, row: Row[Any], position: int) -> Row[Any]:
    then = select(revisions).join(cases, and_(*in_force_at(position))).where(cases.c.key == row.key)
    state = connection.execute(then).first()
    if state is None:
        raise NotFound(f"case {row.id} was not there yet at position {position}", do="give a later position, or none")
    return state


def _stale_at(connection: Connection, row: Row[Any], position: int) -> bool:
    return connection.execute(select(cases.c.key).where(cases.c.key == row.key, stale(position))).first() is not None


def observations_of(reading: Reading, event_key: int) -> list[Row[Any]]:
    """Return every observation of an event up to the position by a run that came in force, the latest first."""
    return reading.once(("observations", event_key, reading.position), lambda: _observations_of(reading, event_key))


def _observations_of(reading: Reading, event_key: int) -> list[Row[Any]]:
    return list(reading.rows(_captured(past=reading.past), event=event_key))


@cache
def _captured(*, past: bool) -> Select[Any]:
    position = POSITION if past else None
    statement = (
        select(
            observations,
            runs.c.id,
            runs.c.protocol_name,
            runs.c.team_id,
            runs.c.sensitivity,
            run_windows.c.position_from,
            in_force(position).label("in_force"),
        )
        .join(runs, runs.c.key == observations.c.run_key)
        .join(run_windows, same_window(observations))
        .where(observations.c.event_key == bindparam("event"), run_windows.c.position_from.is_not(None))
        .order_by(run_windows.c.position_from.desc(), observations.c.run_key.desc())
    )
    return statement.where(come_by(run_windows, position, begins="position_from"))


def shown(captured: Row[Any], scope: Scope) -> bool:
    """Return whether a scope sees the run that captured an event."""
    return scope.sees(captured.team_id, Sensitivity(captured.sensitivity))


def _capture(row: Row[Any]) -> Capture:
    return Capture(
        run=row.id,
        protocol=row.protocol_name,
        window=row.window_start,
        stratum=json.loads(row.stratum),
        probability=row.inclusion_probability,
        in_force=bool(row.in_force),
        criteria=tuple(row.criteria_met),
    )


def _criteria(reading: Reading, case_key: int, seen: list[Row[Any]]) -> tuple[str, ...]:
    """Return the criteria met in the runs in force, in the order of their protocols; what `cases` repeats comes last."""
    met = [name for each in seen if each.in_force for name in each.criteria_met]
    if not reading.past:
        repeated = {row.criterion for row in reading.rows(_REPEATED, case=case_key)}
        met = [name for name in met if name in repeated] + sorted(repeated - set(met))
    return tuple(dict.fromkeys(met))


def states(reading: Reading, case_id: str) -> tuple[Revision, ...]:
    """Return every state of a case up to now, oldest first, as the viewer may know them.

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    row = resolve(reading, case_id)
    return history_shown(reading, row, words_without(_history(reading, row), blinded_people(reading, row)))


def _history(reading: Reading, row: Row[Any]) -> tuple[Revision, ...]:
    """Return every state of the case of a row, oldest first, without a check of who may know it."""
    return reading.once(("history", row.key), lambda: _read_history(reading, row))


def _read_history(reading: Reading, row: Row[Any]) -> tuple[Revision, ...]:
    return tuple(
        Revision(
            revision=each.revision,
            position_from=each.position_from,
            position_to=each.position_to,
            at=each.created_at,
            actor=each.actor,
            action=each.action,
            status=Status(each.status),
            mode=each.mode,
            severity=each.severity,
            title=each.title,
            note=each.note,
            reason=each.reason,
        )
        for each in reading.rows(_HISTORY, case=row.key)
    )


def next_text_version(connection: Connection, case_key: int) -> int:
    """Return the number that no version of a case's texts has yet."""
    last = connection.execute(select(func.max(case_texts.c.version)).where(case_texts.c.case_key == case_key)).scalar()
    return (last or 0) + 1
