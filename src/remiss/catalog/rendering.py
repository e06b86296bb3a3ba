"""The history of a case as lines of a list: a state that it was in, each."""

from __future__ import annotations

from remiss.records.case import CaseHistory
from remiss.records.rows import Rows

HISTORY = ("revision", "position", "at", "actor", "action", "status", "mode", "severity", "title", "note", "reason", "hidden")


def history_rows(found: CaseHistory) -> Rows:
    """Return the states of a case as rows of HISTORY, oldest first."""
    lines = tuple(
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
        for each in found
    )
    return Rows("revision", HISTORY, lines, found.position, total=len(lines))
