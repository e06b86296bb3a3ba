"""Patterns: groups of cases with something in common, under a name that people use, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from remiss.records import arrow
from remiss.records.case import Sensitivity
from remiss.records.published import LISTED, Count, Items, published

if TYPE_CHECKING:
    import pyarrow as pa

# Of its columns in Arrow.
TYPES = {
    **dict.fromkeys(("id", "name", "query", "state", "owner", "team", "person"), arrow.TEXT),
    "revision": arrow.WHOLE,
    "at": arrow.TIME,
}
CHANGES = {
    **dict.fromkeys(("pattern", "act", "person", "name", "about", "query", "owner", "state", "note", "other"), arrow.TEXT),
    "named": arrow.TEXTS,
    **dict.fromkeys(("revision", "position"), arrow.WHOLE),
    "at": arrow.TIME,
}


class PatternState(StrEnum):
    """How a pattern stands, as people say it: supposed, found to be true, acted upon, or done with."""

    HYPOTHESIS = "hypothesis"
    CONFIRMED = "confirmed"
    ADDRESSED = "addressed"
    CLOSED = "closed"


class PatternKind(StrEnum):
    """What a pattern was made of: kept slices, clusters, or a query that somebody wrote."""

    SLICE = "slice"
    CLUSTER = "cluster"
    QUERY = "query"


class PatternAct(StrEnum):
    """What somebody did to a pattern."""

    NAMED = "named"
    DESCRIBED = "described"
    OWNED = "owned"
    MARKED = "marked"
    MERGED = "merged"  # another went into it
    JOINED = "joined"  # it went into another
    SPLIT = "split"  # a part of it became another


class PatternLinkKind(StrEnum):
    """What a pattern is linked to."""

    CASE = "case"
    HYPOTHESIS = "hypothesis"
    EXPERIMENT = "experiment"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternLink:
    """What a pattern is linked to: the case with the id `address`, its hypothesis or experiment `number`, or a ticket."""

    kind: PatternLinkKind
    address: str
    number: Count | None
    person: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternChange:
    """One thing that somebody did to a pattern, and what it was from then on; None is what stayed as it was.

    `pattern` is the one that it was done to, which since may have gone into another, and `revision` the one that it had then.
    `other` is the pattern that went into it or that it went into, or that it was split from or into. `named` are the slices and
    clusters that the query was made of.
    """

    pattern: str
    revision: Count
    act: PatternAct
    person: str
    at: datetime
    position: Count
    name: str | None = None
    about: str | None = None
    query: str | None = None
    owner: str | None = None
    state: PatternState | None = None
    note: str | None = None
    other: str | None = None
    named: tuple[str, ...] = ()


@published("pattern", read="read_position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A group of cases with something in common: a slice, a cluster, or what a query matches.

    `query` is what it stands for, in the filter language: `pattern:ID` is that query wherever one is asked for. `named` are the
    slices and clusters that it was made of. `asked` is the id or name that was asked for: another one than its own where that
    pattern was `merged` into this. `split_from` is the one that it was a part of. `history` is what was done to it and to all
    that it came of, the oldest first.

    `subscribed` says whether the asker is told what happens to it, and `news` how many changes by others they have not seen
    since they last said so.
    """

    id: str
    asked: str
    name: str
    about: str
    query: str
    kind: PatternKind
    named: tuple[str, ...]
    state: PatternState
    owner: str
    revision: Count
    person: str
    at: datetime
    position: Count
    changed_at: datetime
    links: tuple[PatternLink, ...] = ()
    merged: tuple[str, ...] = ()
    split_from: str | None = None
    history: tuple[PatternChange, ...] = ()
    subscribed: bool = False
    news: Count = 0
    team: str = "default"
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    notes: tuple[str, ...] = ()
    read_position: Count | None = field(default=None, compare=False)

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each change."""
        return arrow.table({name: [_plain(getattr(each, name)) for each in self.history] for name in CHANGES}, CHANGES)


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class Patterns(Items[Pattern]):
    """Patterns, what changed last first."""

    OF: ClassVar = "pattern"

    items: tuple[Pattern, ...]

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each pattern."""
        return arrow.table({name: [_plain(getattr(each, name)) for each in self.items] for name in TYPES}, TYPES)


def _plain(value: object) -> object:
    return value.value if isinstance(value, StrEnum) else value
