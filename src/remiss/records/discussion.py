"""Discussion: what people say to one another about a case, in threads, and what of it waits for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from remiss.records.published import LISTED, Count, Items, published


class ThreadStatus(StrEnum):
    """Whether a thread still wants something of somebody."""

    OPEN = "open"
    RESOLVED = "resolved"


class Mentioned(StrEnum):
    """What became of a mention: it waits, the person mentioned has written in the thread since, or the thread is resolved."""

    WAITING = "waiting"
    ANSWERED = "answered"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What one person wrote, in Markdown; `text` is None once it was erased. `mentions` are the names that stand in it."""

    number: Count
    person: str
    at: datetime
    position: Count
    text: str | None
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """That somebody resolved a thread or opened it again."""

    status: ThreadStatus
    person: str
    at: datetime
    position: Count


@published("thread", keys={"id": "thread"}, read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A thread on a case: its comments and how it was resolved and opened again, each in the order in which they came.

    `hidden` says why when there are comments that one may not read yet, which are left out. `notes` are for who has just written
    in it: which of the names that they mention reach nobody.
    """

    id: str
    case: str
    status: ThreadStatus
    comments: tuple[Comment, ...]
    turned: tuple[Turned, ...] = ()
    hidden: str | None = None
    notes: tuple[str, ...] = ()
    position: Count | None = field(default=None, compare=False)


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class CaseThreads(Items[Thread]):
    """The threads of a case, the oldest first."""

    OF: ClassVar = "thread"

    items: tuple[Thread, ...]
