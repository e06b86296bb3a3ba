"""Redactions as cells: of an event's content with the content, of what a run saw otherwise with what it saw."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from remiss.edges.stores.dialect.types import to_json
from remiss.edges.stores.tables import event_contents
from remiss.records.event import Redaction

# What each run sees for itself: observations have it, and the content only as it was first.
SEEN = frozenset({"output", "label"})
# The content's column, where the capture's is selected too.
FIRST = event_contents.c.redactions.label("content_redactions")


def redactions_cell(found: Collection[Redaction]) -> str | None:
    """Return what a column holds of redactions, which are of one policy; nothing of none, as nearly all events have."""
    return to_json(redactions_value(found)) if found else None


def redactions_value(found: Collection[Redaction]) -> dict[str, object] | None:
    """Return the same before it is spelled."""
    if not found:
        return None
    return {
        "policy": next(iter(found)).policy,
        "marks": [[each.field, each.detector, each.start, each.end] for each in found],
    }


def seen_redactions(found: Collection[Redaction]) -> tuple[Redaction, ...]:
    """Return those of what each run sees for itself."""
    return tuple(each for each in found if each.field in SEEN)


def redactions_of(content: Any, seen: Any, *, captured: bool = True) -> tuple[Redaction, ...]:
    """Return the redactions of an event: of its content and, where it was captured, of what the run saw.

    Parameters
    ----------
    content, seen : values of the columns
    captured : whether output and label are those that a run saw
    """
    kept = [each for each in _read(content) if not captured or each.field not in SEEN]
    return (*kept, *_read(seen))


def _read(value: Any) -> tuple[Redaction, ...]:
    if not value:
        return ()
    return tuple(
        Redaction(field=field, detector=detector, start=start, end=end, policy=value["policy"])
        for field, detector, start, end in value["marks"]
    )
