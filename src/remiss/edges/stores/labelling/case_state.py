"""Where a case stands for whoever is about to label it, read of a database: of an event that is no case yet, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from remiss.curate.batches import share
from remiss.curate.blinding import CONTROL
from remiss.curate.guidelines import read
from remiss.curate.labelling_state import LabellingState
from remiss.edges.stores.abstentions import abstentions_of
from remiss.edges.stores.case_reading import event_at, observations_of
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.in_force import in_force as run_in_force
from remiss.edges.stores.in_force import same_window
from remiss.edges.stores.labelling_reading import caught_by, of_case, rounds_of
from remiss.edges.stores.linking import alike, followed
from remiss.edges.stores.protocol_rows import NO_WORDS, called, stored, words_of
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import events, observations, protocols, revisions, run_windows, runs
from remiss.protocol.terms import UNPLANNED
from remiss.records.identity import case_id
from remiss.records.states import DECIDED, Status

UNDECIDED = [status.value for status in Status if status not in DECIDED]


def state_of(reading: Reading, row: Row[Any]) -> LabellingState:
    """Return where the case of a row stands now, for somebody who sees what the scope does."""
    found = of_case(reading, row.key)
    number, attempts = rounds_of(reading, row.key, found)
    event = event_at(reading, row.event_key, row.label, observations_of(reading, row.event_key))
    words = words_of(reading).get((row.source_name, row.model, row.team_id), NO_WORDS)
    return LabellingState(
        case=row.id,
        revision=row.revision,
        status=Status(row.status),
        team=row.team_id,
        model=row.model,
        origin=row.origin,
        stale=row.stale,
        event=event,
        title=called(words, event),
        show=words.show,
        labellings=tuple(found),
        round=number,
        attempts=attempts,
        caught_by=caught_by(reading, row.event_key),
        link=alike(reading, row.key),
        suggested=suggested(reading, row),
        followed=followed(reading, row.key),
        abstentions=tuple(abstentions_of(reading, row.event_key)),
    )


def state_of_uncased(reading: Reading, event: Row[Any]) -> LabellingState:
    """Return where an event stands that is no case yet: as the case that labelling it will file."""
    seen = event_at(reading, event.key, None, observations_of(reading, event.key))
    words = words_of(reading).get((event.source_name, event.model, event.team_id), NO_WORDS)
    return LabellingState(
        case=case_id(event.source_name, event.event_id, event.recurrence),
        revision=1,
        status=Status.CONTROL,
        team=event.team_id,
        model=event.model,
        origin=CONTROL,
        stale=False,
        event=seen,
        title=called(words, seen),
        show=words.show,
        labellings=(),
        round=1,
        attempts=0,
        caught_by=caught_by(reading, event.key),
        link=None,
        suggested=(None, None),
        abstentions=tuple(abstentions_of(reading, event.key)),
    )


def titles_of(reading: Reading, event_keys: Sequence[int]) -> dict[int, str]:
    """Return what protocols call a few events, by their keys; those that have no title are left out."""
    known = words_of(reading)
    if not known or not event_keys:
        return {}
    found: dict[int, str] = {}
    for row in reading.connection.execute(select(events).where(among(events.c.key, list(event_keys)))):
        words = known.get((row.source_name, row.model, row.team_id), NO_WORDS)
        title = called(words, event_at(reading, row.key, None, observations_of(reading, row.key)))
        found |= {row.key: title} if title is not None else {}
    return found


def checked_share(reading: Reading, event_key: int) -> float:
    """Return of how many events that no criterion caught a second person labels though the first finds no failure: p3.

    Of one that several protocols drew it is the greatest.
    """
    drawn = (
        select(protocols)
        .join_from(observations, run_windows, same_window(observations))
        .join(runs, runs.c.key == observations.c.run_key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(observations.c.event_key == event_key, observations.c.inclusion_probability > 0, run_in_force(reading.position))
        .distinct()
    )
    documents = read(map(stored, reading.connection.execute(drawn)))
    return max((share((each.labelling or UNPLANNED).verify, None, flagged=False) for each in documents), default=0.0)


def suggested(reading: Reading, row: Row[Any]) -> tuple[str | None, int | None]:
    """Return mode and severity that a case had when it was last undecided: what was suggested."""
    before = (
        select(revisions.c.mode, revisions.c.severity)
        .where(revisions.c.case_key == row.key, revisions.c.status.in_(UNDECIDED))
        .order_by(revisions.c.revision.desc())
        .limit(1)
    )
    found = reading.connection.execute(before).first()
    return (None, None) if found is None else (found.mode, found.severity)
