"""What people found of events, as it stood at a position: what confirmed figures are made of.

Of a single case only decided verdicts leave this module; the annotator's grade goes into sums over many, and into the choice
of who is verified.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from remiss.curate.verdicts import conclusion
from remiss.edges.stores.in_force import holds
from remiss.edges.stores.labelling_reading import in_force
from remiss.edges.stores.listing.search import in_force_at
from remiss.edges.stores.tables import cases, events, labellings, links, revisions
from remiss.records.labelling import LabellingKind, Relation, Verdict
from remiss.records.states import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was found of one event: see `understand.sampling_facts.Judged`."""

    annotated: bool = False
    severity: int | None = None
    final: Verdict | None = None
    cleared: bool = False
    chooser: str | None = None


NONE = Decision()


def decisions(connection: Connection, position: int) -> Mapping[int, Decision]:
    """Return what people found of each event that is labelled at a position, by the event's key."""
    found = (
        select(
            cases.c.key,
            cases.c.event_key,
            events.c.event_id,
            cases.c.stale,
            revisions.c.status,
            revisions.c.position_to,
            *(labellings.c[name] for name in ("kind", "verdict", "severity")),
        )
        .join_from(labellings, cases, cases.c.key == labellings.c.case_key)
        .join(events, events.c.key == cases.c.event_key)
        .join(revisions, revisions.c.case_key == cases.c.key)
        .where(in_force(position), *in_force_at(position))
    )
    rows: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(found):
        rows[row.event_key].append(row)
    made = {event_key: _decision(own) for event_key, own in rows.items()}
    of_case = {own[0].key: (own[0].event_id, made[event_key]) for event_key, own in rows.items()}
    for row in connection.execute(_alike(position)):
        chooser, other = of_case.get(row.other_key, (None, NONE))
        # Whoever takes another's verdict is verified when that one is.
        made[row.event_key] = replace(other, chooser=chooser)
    return made


def _alike(position: int) -> Select[Any]:
    """Return the select of events whose cases take the verdict of another, with that case."""
    return (
        select(cases.c.event_key, links.c.other_key)
        .join_from(links, cases, cases.c.key == links.c.case_key)
        .where(links.c.relation == Relation.ALIKE.value, holds(links, position))
    )


def _decision(rows: list[Row[Any]]) -> Decision:
    by_kind = {LabellingKind(row.kind): row for row in rows}
    first, status = by_kind.get(LabellingKind.ANNOTATION), Status(rows[0].status)
    # Whether its event has changed since is a matter of the case as it is now.
    stale = rows[0].stale and rows[0].position_to is None
    final = None if stale else conclusion(status, {kind: Verdict(row.verdict) for kind, row in by_kind.items()})
    return Decision(
        annotated=first is not None,
        severity=None if first is None else first.severity,
        final=final,
        cleared=status is Status.CLEARED,
    )
