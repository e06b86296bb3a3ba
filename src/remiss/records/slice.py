"""Slices: parts of a log in which failures are commoner than in the rest, with how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from remiss.records import arrow
from remiss.records.case import Sensitivity
from remiss.records.published import LISTED, Amount, Count, Items, Share, published

if TYPE_CHECKING:
    import pyarrow as pa

# Of its columns in Arrow.
TYPES = {
    **dict.fromkeys(("query", "words", "into"), arrow.TEXT),
    **dict.fromkeys(("sampled", "failed", "windows"), arrow.WHOLE),
    **dict.fromkeys(("events", "share", "rate", "rate_low", "rate_high", "rest", "p", "q", "adds"), arrow.REAL),
    **dict.fromkeys(("difference", "difference_low", "difference_high", "ratio", "ratio_low", "ratio_high"), arrow.REAL),
    **dict.fromkeys(("excess", "excess_low", "excess_high"), arrow.REAL),
    "notes": arrow.TEXTS,
}
ATTEMPTS = {
    **dict.fromkeys(("number", "windows", "sampled", "failed", "beside"), arrow.WHOLE),
    **dict.fromkeys(("since", "until", "at"), arrow.TIME),
    **dict.fromkeys(("rate", "rest", "excess", "difference", "error", "degrees", "p", "adjusted"), arrow.REAL),
    **dict.fromkeys(("low", "high", "told"), arrow.REAL),
    **dict.fromkeys(("exact", "confirmed"), arrow.YES_NO),
    "person": arrow.TEXT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFigure:
    """One slice beside the rest of the log; intervals are of 95 %, of the process that wrote it.

    `query` is what its events match, in the filter language; it is the name of the slice, whoever found it. `words` says it for
    people. It has about `events` of the log that the rate is among, a `share` of them, of which `sampled` were sampled and
    `failed` of these failed, in so many `windows`. `rate` is its own and `rest` that of all other events; `difference` and
    `ratio` compare the two. `excess` is how many failures a month there would be less if it were like the rest: what mending it
    is worth.

    `p` is how probable as many failures are if it is like the rest, and `q` the share of false ones among all slices that are at
    least as sure. `adds` is the p-value of what it adds to those told before it; one that adds nothing is folded `into` another,
    which is named by its query.
    """

    query: str
    words: str
    sampled: Count
    failed: Count
    windows: Count
    events: Amount
    share: Share
    rate: Share
    rate_low: Share | None
    rate_high: Share | None
    rest: Share
    difference: float
    difference_low: float
    difference_high: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    excess: float
    excess_low: float
    excess_high: float
    p: Share
    q: Share
    adds: Share
    into: str | None = None
    notes: tuple[str, ...] = ()


@published("slices", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class SliceReport:
    """The slices that were found, the surest first, and what they were looked for among.

    `query` says what failed, `among` in words among what; both of one source and protocol version, in `windows` windows from
    `since` until `until`. `rate` is that of all. `fields` are those whose values, bins or absence a slice may ask for.
    `tested` slices had support, of at most `depth` predicates: `expected` failures among the sampled events if they are like the
    rest, in at least `present` windows. `few` had not, and what they contain was not looked at; `same` have the events of a
    shorter one. `found` of them pass the false discovery rate `level`; those that are told are the first, without what is folded
    into others unless that was asked for. `correlation` is that of windows that follow each other, over all slices; it widens
    every test.

    What was found in some windows is a hypothesis until later windows confirm it.
    """

    query: str
    among: str
    source: str
    protocol: str
    protocol_version: Count
    windows: Count
    since: datetime
    until: datetime
    rate: Share
    sampled: Count
    failed: Count
    fields: tuple[str, ...]
    depth: Count
    level: Share
    expected: Amount
    present: Count
    tested: Count
    few: Count
    same: Count
    found: Count
    folded: Count
    correlation: Share
    slices: tuple[SliceFigure, ...]
    position: Count
    notes: tuple[str, ...] = ()

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each slice."""
        return arrow.table({name: [getattr(each, name) for each in self.slices] for name in SliceFigure.__slots__}, TYPES)

    def to_pandas(self) -> Any:
        """Return a pandas data frame with a line for each slice; needs pandas."""
        return arrow.to_pandas(self.to_arrow())


class SliceState(StrEnum):
    """How a kept slice stands: a hypothesis until later windows were asked, confirmed when they agreed at any attempt."""

    HYPOTHESIS = "hypothesis"
    CONFIRMED = "confirmed"
    UNCONFIRMED = "not confirmed"


@published("slice-attempt", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class SliceAttempt:
    """One time that windows which a slice had never used were asked whether it fails more often than the rest.

    `number` counts its attempts from 1. `windows` windows from `since` until `until` have `sampled` events of the slice, of which
    `failed` failed; where `exact`, all events of the log were counted by the engine. `rate` and `rest` are those of the slice and
    of all other events, weighted; `difference` is between them, with the standard error `error` of `degrees` degrees of freedom,
    and `p` how probable as much is if the slice is like the rest. These were kept as they were found.

    The others follow from all attempts of its catalog as they stood: `beside` is how many were made against any of the same
    windows, this one among them; `adjusted` is the p-value that allows for these and for the number of the attempt, and
    `confirmed` says whether it is at most 0.05. `low` to `high` is the interval of the difference, of 95 % or, where it was
    confirmed, adjusted for that. `told` is the difference shrunken by what is known of all: the best guess.
    """

    number: Count
    since: datetime
    until: datetime
    windows: Count
    exact: bool
    sampled: Count
    failed: Count
    rate: Share
    rest: Share
    excess: float
    difference: float
    error: float
    degrees: Amount
    p: Share
    person: str
    at: datetime
    beside: Count = 1
    adjusted: Share = 1.0
    confirmed: bool = False
    low: float = 0.0
    high: float = 0.0
    told: float = 0.0


@published("slice", read="read_position")
@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSlice:
    """A slice that was found in some windows and kept, to be held against later ones.

    Its identity is `query`, what its events match, with `failure`, what is commoner among them, and `among`, the query of what
    that is a rate of where one was given; all without limits in time. `name` is made of them: `slice:NAME` is its query wherever
    one is asked for. It was `found` in `windows` windows from `since` until `until`, among `tested` slices, by
    the version of the protocol that captured them. `used_until` is where windows begin that it has never used. `correlation` is
    that of windows that follow each other, where it was found.
    """

    id: str
    name: str
    query: str
    words: str
    failure: str
    among: str | None
    source: str
    protocol: str
    protocol_version: Count
    since: datetime
    until: datetime
    windows: Count
    tested: Count
    level: Share
    correlation: Share
    found: SliceFigure
    person: str
    at: datetime
    position: Count
    used_until: datetime
    state: SliceState = SliceState.HYPOTHESIS
    attempts: tuple[SliceAttempt, ...] = ()
    team: str = "default"
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    notes: tuple[str, ...] = ()
    read_position: Count | None = field(default=None, compare=False)

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each attempt."""
        return arrow.table({name: [getattr(each, name) for each in self.attempts] for name in SliceAttempt.__slots__}, ATTEMPTS)


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class KeptSlices(Items[KeptSlice]):
    """Kept slices, the newest first."""

    OF: ClassVar = "slice"

    items: tuple[KeptSlice, ...]
