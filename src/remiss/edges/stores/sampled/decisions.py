"""What people found of events, as it stood at a position: what confirmed figures are made of.

Of a single case only decided verdicts leave this module; the annotator's grade goes into sums over many, and into the choice
of who is verified.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, Select, or_, select

from remiss.curate.steps import conclusion
from remiss.edges.stores.abstentions import abstainers, once_undecidable
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.in_force import come_by, holds, stale
from remiss.edges.stores.labelling_reading import in_force
from remiss.edges.stores.querying.search import in_force_at
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import (
    cases,
    events,
    labellings,
    links,
    revisions,
)
from remiss.records.labelling import LabellingKind, Relation, Verdict
from remiss.records.states import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was found of one event: see `understand.sampling_facts.Judged`."""

    annotated: bool = False
    severity: int | None = None
    final: Verdict | None = None
    again: bool = False
    cleared: bool = False
    chooser: str | None = None
    chance: float | None = None
    mode: str | None = None
    grade: int | None = None
    own_open: bool = False
    undecidable: bool = False
    ungraded: bool = False


NONE = Decision()
# Why a labelling gave way to another one that came later than its turn.
ANEW = frozenset({"reopened", "stale"})
# Of which somebody has looked at an annotated case and could not tell.
SECOND = frozenset({LabellingKind.VERIFICATION, LabellingKind.ADJUDICATION})


def decisions(reading: Reading, of: Collection[int] | None = None) -> Mapping[int, Decision]:
    """Return what people found of each event that is, or once was, labelled at a position, by the event's key.

    Parameters
    ----------
    of : the keys of the events that are asked about, at least; None is all
    """
    alike = _alike(reading.position)
    if of is not None:
        alike = alike.where(among(cases.c.event_key, sorted(of)))
    takes = reading.connection.execute(alike).all()
    known = in_force(reading.position)
    # One that was begun anew keeps its place in the order: what its annotator found then says in which cell it is.
    once = (labellings.c.kind == LabellingKind.ANNOTATION.value) & come_by(labellings, reading.position)
    found: Select[Any] = (
        select(
            cases.c.key,
            cases.c.event_key,
            events.c.event_id,
            stale(reading.position).label("stale"),
            revisions.c.status,
            revisions.c.mode,
            revisions.c.severity.label("grade"),
            *(labellings.c[name] for name in ("kind", "verdict", "severity", "superseded", "person", "chance")),
            known.label("in_force"),
        )
        .join_from(labellings, cases, cases.c.key == labellings.c.case_key)
        .join(events, events.c.key == cases.c.event_key)
        .join(revisions, revisions.c.case_key == cases.c.key)
        .where(or_(known, once), *in_force_at(reading.read_at))
        .order_by(labellings.c.key)
    )
    if of is not None:
        others = sorted({row.other_key for row in takes})
        found = found.where(or_(among(cases.c.event_key, sorted(of)), among(cases.c.key, others)))
    rows: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in reading.connection.execute(found):
        rows[row.event_key].append(row)
    asker = None if reading.viewer.operator else reading.viewer.name
    looked = abstainers(reading, SECOND)
    made = {event_key: _decision(own, asker, looked=event_key in looked) for event_key, own in rows.items()}
    undecidable = once_undecidable(reading)
    made |= {row.event_key: _undecidable(row, made.get(row.event_key)) for row in undecidable}
    labelled = {row.event_key: row for row in (*undecidable, *(own[0] for own in rows.values()))}
    of_case = {row.key: (row.event_id, made[event_key]) for event_key, row in labelled.items()}
    for row in takes:
        chooser, other = of_case.get(row.other_key, (None, NONE))
        if row.in_force:
            # A case that takes another's verdict is verified when that one is.
            made[row.event_key] = replace(other, chooser=chooser)
        elif row.event_key not in made:
            # One that once did has its place in the order, and waits for a verdict of its own.
            made[row.event_key] = replace(other, final=None, again=True, cleared=False)
    return made


def _alike(position: int | None) -> Select[Any]:
    """Return the select of events whose cases take, or once took, the verdict of another, with that case; the last first."""
    return (
        select(cases.c.event_key, links.c.other_key, holds(links, position).label("in_force"))
        .join_from(links, cases, cases.c.key == links.c.case_key)
        .where(links.c.relation == Relation.ALIKE.value, come_by(links, position, begins="position_from"))
        .order_by(links.c.key.desc())
    )


def _undecidable(row: Row[Any], known: Decision | None) -> Decision:
    """Return what was found of an event that is or once was undecidable: it counts as annotated, and keeps its place."""
    found = Decision(annotated=True, ungraded=True) if known is None else known
    lasts = row.status == Status.UNDECIDABLE.value and not row.stale
    return replace(found, again=found.again or not lasts, undecidable=lasts)


def _decision(rows: list[Row[Any]], asker: str | None, *, looked: bool) -> Decision:
    by_kind = {LabellingKind(row.kind): row for row in rows if row.in_force}
    # The last annotation, in force or not: of one that was redone or begun anew there are several.
    first = next((row for row in reversed(rows) if row.kind == LabellingKind.ANNOTATION.value), None)
    status = Status(rows[0].status)
    anew = bool(rows[0].stale)
    final = None if anew else conclusion(status, {kind: Verdict(row.verdict) for kind, row in by_kind.items()})
    open_ = final is None and (anew or status is not Status.UNDECIDABLE)
    return Decision(
        annotated=first is not None,
        severity=None if first is None else first.severity,
        chance=None if first is None else first.chance,
        final=final,
        again=anew
        or looked
        or LabellingKind.VERIFICATION in by_kind
        or any(row.superseded in ANEW for row in rows if not row.in_force),
        cleared=status is Status.CLEARED,
        mode=None if final is None else rows[0].mode,
        grade=None if final is None else rows[0].grade,
        own_open=open_ and any(row.person == asker for row in by_kind.values()),
    )
