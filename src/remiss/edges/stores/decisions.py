"""What people found of events, as it stood at a position: what confirmed figures are made of.

Of a single case only decided verdicts leave this module; the annotator's grade goes into sums over many, and into the choice
of who is verified.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from remiss.curate.verification import conclusion
from remiss.edges.stores.labelling_reading import in_force
from remiss.edges.stores.search import in_force_at
from remiss.edges.stores.tables import cases, labellings, revisions
from remiss.records.labelling import LabellingKind, Verdict
from remiss.records.states import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was found of one event: see `understand.ports.Judged`."""

    annotated: bool = False
    severity: int | None = None
    final: Verdict | None = None
    cleared: bool = False


NONE = Decision()


def decisions(connection: Connection, position: int) -> Mapping[int, Decision]:
    """Return what people found of each event that is labelled at a position, by the event's key."""
    found = (
        select(
            cases.c.event_key,
            cases.c.stale,
            revisions.c.status,
            revisions.c.position_to,
            *(labellings.c[name] for name in ("kind", "verdict", "severity")),
        )
        .join_from(labellings, cases, cases.c.key == labellings.c.case_key)
        .join(revisions, revisions.c.case_key == cases.c.key)
        .where(in_force(position), *in_force_at(position))
    )
    rows: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(found):
        rows[row.event_key].append(row)
    return {event_key: _decision(own) for event_key, own in rows.items()}


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
