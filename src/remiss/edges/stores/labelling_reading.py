"""Labellings read: which are in force, what of them a viewer may see, and where a case stands for whoever labels it next.

No other module selects from `labellings` for somebody to look at: what is seen passes `blindness.seen` here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, func, or_, select
from sqlalchemy import case as sql_case

from remiss.curate.blindness import CAPTURED, FROM_CONTROLS, open_to, seen, told
from remiss.curate.grounds import owns
from remiss.edges.stores.blinkers import owners
from remiss.edges.stores.in_force import same_window
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import captures, cases, labelling_words, labellings, protocols, run_windows, runs
from remiss.records.case import Revision
from remiss.records.labelling import Impact, Labelled, Labelling, LabellingKind, Quote, Reproduced, Verdict
from remiss.records.states import DECIDED, Status


def in_force(position: int | None = None, of: FromClause = labellings) -> ColumnElement[bool]:
    """Return the condition that a labelling is in force, now or at a position; `of` is `labellings` or an alias of it."""
    if position is None:
        return of.c.position_to.is_(None)
    ended = of.c.position_to
    return (of.c.position <= position) & or_(ended.is_(None), ended > position)


def labelled(reading: Reading, case: Row[Any]) -> Labelled | None:
    """Return what a viewer may see of the labellings that are, or were, in force; None when there are none.

    `case` is its row as it is now, which decides on what is hidden.
    """
    found = of_case(reading, case.key)
    if not found:
        return None
    people, viewer = labellers_of(reading, case.key), reading.viewer
    return seen(found, people, Status(case.status), viewer, lambda: settles(reading, case.team_id, case.model))


def told_to(reading: Reading, case: Row[Any], history: Sequence[Revision], hidden: str | None) -> tuple[Revision, ...]:
    """Return the states of a case as a viewer may know them; `hidden` is why its suggestions are withheld, if they are."""
    people, viewer = labellers_of(reading, case.key), reading.viewer
    return told(
        history,
        viewer,
        everything=open_to(people, Status(case.status), viewer, lambda: settles(reading, case.team_id, case.model)),
        hidden=hidden,
    )


def origin_shown() -> ColumnElement[str]:
    """Return how a case came here, as `blindness.origin_told` has it."""
    control = or_(*(cases.c.origin == origin for origin in sorted(FROM_CONTROLS)))
    return sql_case((and_(undecided(), control), CAPTURED), else_=cases.c.origin)


def undecided() -> ColumnElement[bool]:
    """Return the condition that a case is not decided."""
    # One by one, for the text of such a statement may not depend on how many there are.
    return and_(*(cases.c.status != status.value for status in sorted(DECIDED)))


def labellers_of(reading: Reading, case_key: int) -> frozenset[str]:
    """Return who gave the labellings of a case that are in force now."""
    return frozenset(each.person for each in of_case(reading.now, case_key))


def settles(reading: Reading, team: str, model: str) -> bool:
    """Return whether the viewer is one who may settle disputes of a team's cases of a model: permitted, and no owner of it."""
    return reading.viewer.adjudicates(team) and not owns(reading.viewer.name, owners(reading).get(model, {}))


def of_case(reading: Reading, case_key: int) -> Sequence[Labelling]:
    """Return the labellings of a case in force, the first first."""
    return reading.once(("labellings", case_key, reading.position), lambda: _of_case(reading, case_key))


def _of_case(reading: Reading, case_key: int) -> Sequence[Labelling]:
    statement = (
        select(labellings, labelling_words.c.rationale, labelling_words.c.quotes)
        .outerjoin(labelling_words, labelling_words.c.labelling_key == labellings.c.key)
        .where(labellings.c.case_key == case_key, in_force(reading.position))
        .order_by(labellings.c.key)
    )
    # What gave way later had not given way then.
    return tuple(replace(labelling_of(row), superseded=None) for row in reading.connection.execute(statement))


def labelling_of(row: Row[Any]) -> Labelling:
    """Return a row of `labellings` with its words as a record; without words they were erased."""
    return Labelling(
        kind=LabellingKind(row.kind),
        person=row.person,
        at=row.at,
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


def rounds_of(connection: Connection, case_key: int, found: Sequence[Labelling]) -> tuple[int, int]:
    """Return the round of the labellings in force, or the next when there are none; and how many annotations it has had."""
    counted = select(func.max(labellings.c.round)).where(labellings.c.case_key == case_key)
    number = found[0].round if found else (connection.execute(counted).scalar() or 0) + 1
    attempts = select(func.max(labellings.c.attempt)).where(
        labellings.c.case_key == case_key,
        labellings.c.round == number,
        labellings.c.kind == LabellingKind.ANNOTATION.value,
    )
    return number, connection.execute(attempts).scalar() or 0


def caught_by(connection: Connection, event_key: int) -> tuple[tuple[str, int], ...]:
    """Return names and versions of the protocols whose runs met an event, the latest first."""
    statement = (
        select(protocols.c.name, protocols.c.version)
        .join(runs, runs.c.protocol_key == protocols.c.key)
        .join(captures, captures.c.run_key == runs.c.key)
        .join(run_windows, same_window(captures))
        .where(captures.c.event_key == event_key, run_windows.c.position_from.is_not(None))
        .order_by(run_windows.c.position_from.desc(), runs.c.key.desc())
    )
    return tuple(dict.fromkeys((row.name, row.version) for row in connection.execute(statement)))
