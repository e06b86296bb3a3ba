"""Labellings read: which are in force, who gave them, and the state of a case for its next labeller.

What is shown of them to somebody passes `blinded_case.labelled`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, bindparam, func, select

from remiss.edges.stores.in_force import holds, same_window
from remiss.edges.stores.in_force import in_force as run_in_force
from remiss.edges.stores.prepared import Position
from remiss.edges.stores.reading import POSITION, Reading
from remiss.edges.stores.tables import labelling_texts, labellings, observations, protocols, run_windows, runs
from remiss.records.labelling import Impact, Labelling, LabellingKind, Quote, Reproduced, Verdict


def in_force(position: Position | None = None, of: FromClause = labellings) -> ColumnElement[bool]:
    """Return the condition that a labelling is in force, now or at a position; `of` is `labellings` or an alias of it."""
    return holds(of, position, begins="position")


def labellers_of(reading: Reading, case_key: int) -> frozenset[str]:
    """Return who gave the labellings of a case that are in force now."""
    return frozenset(each.person for each in of_case(reading.now, case_key))


def of_case(reading: Reading, case_key: int) -> Sequence[Labelling]:
    """Return the labellings of a case in force, the first first."""
    return reading.once(("labellings", case_key, reading.position), lambda: _of_case(reading, case_key))


def _of_case(reading: Reading, case_key: int) -> Sequence[Labelling]:
    # What gave way later had not given way then.
    found = reading.rows(_labellings(past=reading.past), case=case_key)
    return tuple(replace(labelling_of(row), superseded=None) for row in found)


@cache
def _labellings(*, past: bool) -> Select[Any]:
    return (
        select(labellings, labelling_texts.c.rationale, labelling_texts.c.quotes)
        .outerjoin(labelling_texts, labelling_texts.c.labelling_key == labellings.c.key)
        .where(labellings.c.case_key == bindparam("case"), in_force(POSITION if past else None))
        .order_by(labellings.c.key)
    )


def labelling_of(row: Row[Any]) -> Labelling:
    """Return a row of `labellings` with its words as a record; without words they were erased."""
    return Labelling(
        kind=LabellingKind(row.kind),
        person=row.person,
        at=row.created_at,
        position=row.position,
        verdict=Verdict(row.verdict),
        round=row.round,
        attempt=row.attempt,
        mode=row.mode,
        modes=tuple(row.modes),
        answers=row.answers,
        severity=row.severity,
        severity_reason=row.severity_reason,
        impact=None if row.impact_unit is None else Impact(low=row.impact_low, high=row.impact_high, unit=row.impact_unit),
        rationale=row.rationale or "",
        quotes=tuple(Quote(field=field, text=text) for field, text in row.quotes or ()),
        target=row.target,
        reproduced=Reproduced(row.reproduced),
        superseded=row.superseded,
    )


def weights_of(reading: Reading, events: Collection[int] | Select[Any]) -> Mapping[int, float]:
    """Return 1/p of each of some events that a run in force drew, by the event's key.

    Where several runs in force drew it, by the one in which it was likeliest.
    """
    drawn = (
        select(observations.c.event_key, func.max(observations.c.inclusion_probability))
        .join(run_windows, and_(same_window(observations), run_in_force(reading.position)))
        .where(observations.c.event_key.in_(events))
        .group_by(observations.c.event_key)
    )
    return {event_key: 1 / probability for event_key, probability in reading.connection.execute(drawn) if probability}


def rounds_of(reading: Reading, case_key: int, found: Sequence[Labelling]) -> tuple[int, int]:
    """Return the round of the labellings in force, or the next when there are none; and how many annotations it has had."""
    counted = select(func.max(labellings.c.round)).where(labellings.c.case_key == case_key)
    number = found[0].round if found else (reading.connection.execute(counted).scalar() or 0) + 1
    attempts = select(func.max(labellings.c.attempt)).where(
        labellings.c.case_key == case_key,
        labellings.c.round == number,
        labellings.c.kind == LabellingKind.ANNOTATION.value,
    )
    return number, reading.connection.execute(attempts).scalar() or 0


def caught_by(reading: Reading, event_key: int) -> tuple[tuple[str, int], ...]:
    """Return names and versions of the protocols whose runs met an event, the latest first."""
    statement = (
        select(protocols.c.name, protocols.c.version)
        .join(runs, runs.c.protocol_key == protocols.c.key)
        .join(observations, observations.c.run_key == runs.c.key)
        .join(run_windows, same_window(observations))
        .where(observations.c.event_key == event_key, run_windows.c.position_from.is_not(None))
        .order_by(run_windows.c.position_from.desc(), runs.c.key.desc())
    )
    return tuple(dict.fromkeys((row.name, row.version) for row in reading.connection.execute(statement)))
