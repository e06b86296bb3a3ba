"""What somebody looked at, or was refused: what an action says of what it showed, for the audit to record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from remiss.records.rows import Rows


class ViewKind(StrEnum):
    """What was shown."""

    CASE = "case"
    EVIDENCE = "evidence"  # raw: committed by itself, before anybody has it
    LIST = "list"
    FIGURE = "figure"
    REFUSED = "refused"  # nothing: the attempt is recorded


# What an entry of the audit may be of: a change, which is in the journal, or one of these.
CHANGE = "change"
KINDS = (CHANGE, *ViewKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewEntry:
    """One thing that was shown.

    `subject` is the whole id of the thing, where it was one. `query` is what was asked, and `ids` name what was shown: of both
    nothing but digests is kept. `count` is how many there were, `position` the catalog's that was read; None is the latest.
    `team` is whose thing it was; None is that of the viewer. `purpose` is what they said it is for, redacted; of
    a refusal what forbade it, where that was no permission.
    """

    kind: ViewKind
    subject: str | None = None
    query: str | None = None
    position: int | None = None
    ids: Sequence[str] = ()
    count: int | None = None
    team: str | None = None
    purpose: str | None = None


# Given the workspace, an action's arguments and its result, returns what was shown.
Looked = Callable[[Any, Mapping[str, Any], Any], Sequence[ViewEntry]]


def listed(_: object, given: Mapping[str, Any], rows: Rows, *, subject: str | None = None) -> tuple[ViewEntry, ...]:
    """Return the look at a page of a list, whose first column names its lines; of a list that was asked by a query, with it."""
    query = given.get("query")
    ids = rows.ids if rows.ids is not None else tuple(str(line[0]) for line in rows.rows)
    return (ViewEntry(kind=ViewKind.LIST, subject=subject, query=query, position=rows.position, ids=ids, count=len(rows)),)
