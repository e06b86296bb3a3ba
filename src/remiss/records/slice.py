"""Slices: parts of a log in which failures are commoner than in the rest, with how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from remiss.records import arrow
from remiss.records.published import Amount, Count, Share, published

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
