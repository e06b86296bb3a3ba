"""The history of a case as lines of a list: a state that it was in, each."""

from __future__ import annotations

from collections.abc import Sequence

from remiss.records.case import Revision
from remiss.records.event import Scalar

HISTORY = ("revision", "position", "at", "actor", "action", "status", "mode", "severity", "title", "note", "reason", "hidden")


def history_rows(revisions: Sequence[Revision]) -> tuple[tuple[Scalar, ...], ...]:
    """Return the states of a case as values of HISTORY, oldest first."""
    return tuple(
        (
            each.revision,
            each.position_from,
            each.at,
            each.actor,
            each.action,
            each.status.value,
            each.mode,
            each.severity,
            each.title,
            each.note,
            each.reason,
            each.hidden,
        )
        for each in revisions
    )
