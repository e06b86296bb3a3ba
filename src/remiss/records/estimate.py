"""Estimates: how often something happens, how sure that is, and among whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from remiss.parameters import OneOf
from remiss.records import arrow
from remiss.records.event import NONE_OF, NOT_KNOWN, Scalar
from remiss.records.labelling import Verdict
from remiss.records.published import Amount, Count, Share, published
from remiss.records.rows import Shown

if TYPE_CHECKING:
    import pyarrow as pa

COUNTED = "counted"
WEIGHTED = "weighted"
LOG = "log"
SAMPLE = "sample"
PROCESS = "process"
FLAGGED = "flagged"
CONFIRMED = "confirmed"
EXACT, GIVEN, UNKNOWN, UNDEFINED = "exact", "given", "unknown", "undefined"
# Why a row of a comparison has an interval of this log only; the marks of a table and a chart go by it.
THIS_LOG = (
    "this log only: under 8 windows of its own, so the interval says nothing of other weeks and is no ground to compare rows"
)
# Of what the intervals of a comparison are.
OF_SAMPLE = "the intervals are for this log only; to compare rows with each other, ask with variance process"
OF_PROCESS = (
    "the intervals include variation over time, so that rows can be compared; for this log only, ask with variance sample"
)
MOST_OF_SAMPLE = (
    "most rows have too little history to be compared, so all intervals are for this log only; for those that have enough, ask "
    "with variance process"
)
SOME_OF_SAMPLE = (
    "the intervals include variation over time, so that rows can be compared; those of rows with too little history are for this "
    "log only"
)
Method = Annotated[str, OneOf((COUNTED, WEIGHTED, LOG))]
Variance = Annotated[str, OneOf((SAMPLE, PROCESS))]
# Verdicts from which on a share is told in percent.
LEAST_VERDICTS = 10
MARKS = ("this log only", "few", "partial", "provisional", "preliminary")
IntervalKind = Annotated[str, OneOf((EXACT, GIVEN, UNKNOWN, UNDEFINED))]
FigureKind = Annotated[str, OneOf((FLAGGED, CONFIRMED))]
ConfirmedVerdict = Annotated[str, OneOf((Verdict.FAILURE.value, Verdict.WRONG_LABEL.value))]
# Of its columns in Arrow, but for the key, which the breakdown decides.
TYPES = {
    **dict.fromkeys(("value", "low", "high", "level", "effective", "judged", "bounds_low", "bounds_high", "flagged"), arrow.REAL),
    **dict.fromkeys(("precision", "precision_low", "precision_high", "among"), arrow.REAL),
    **dict.fromkeys(("method", "variance", "interval", "missing"), arrow.TEXT),
    **dict.fromkeys(("few", "provisional", "preliminary", "partial"), arrow.YES_NO),
    **dict.fromkeys(("sampled", "left_out", "windows", "verified", "to_label", "undecidable"), arrow.WHOLE),
    **dict.fromkeys(("since", "until"), arrow.TIME),
    "caught": arrow.YES_NO,
    "notes": arrow.TEXTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateRow:
    """One figure.

    `value` is a number of events, or a fraction for a rate; None where it is undefined (nothing to count among). `low` and
    `high` are None for an exact count and where there is too little history; `interval` says which: `exact`, `given`, `unknown`,
    or `undefined` where there is no value. `method` is `counted` (sums of exact counts), `weighted` (from sampled events) or
    `log` (counted over the log itself); `variance` is `sample` (this log only) or `process` (what wrote it). `sampled` is how
    many sampled events are in the figure's set and `effective` how many equally weighted ones they are worth. `few` marks under
    ten sampled. For rates `judged` is the share of events that could be judged (labelled) and `bounds` what the rate would be
    if none or all of the others had met the criterion. `left_out` counts the rows of the figure's windows that the protocol does
    not admit: they are in no figure.

    `among` is how many events a rate is among: counted exactly where the query and its denominator can be, else estimated.
    `partial` says that the log begins within its first window, which has fewer events than a whole one; only periods say so.

    Of the row of a breakdown whose events have no value, `key` is None and `missing` says why: `no answer`, `no label yet` or
    `not known`.

    `windows` is how many windows the figure is of, the first of which begins at `since` and the last ends at `until`.

    In a confirmed figure `sampled` counts the confirmed events that were found, `preliminary` says that verdicts are still to
    come, `flagged` is how many events of the same windows are in question whatever people found, and `precision` the share of
    these that is confirmed, with its low and high. `caught` says that criteria caught all of them. `verified` is how many have
    a final verdict: under ten there is no precision but `sampled` of `verified`, of the labelled sample, and under five, or
    with undecided ones among them, no figure; `to_label` is then about how many more have to be labelled. `undecidable` is of how
    many cases to be verified two people could not tell: each may be what is asked for, or not.
    """

    key: Scalar = None
    missing: str | None = None
    value: float | int | None
    low: float | None = None
    high: float | None = None
    level: Annotated[float, OneOf((0.95,))] = 0.95
    method: Method
    variance: Variance = SAMPLE
    sampled: Count = 0
    effective: float | None = None
    few: bool = False
    provisional: bool = False
    preliminary: bool = False
    partial: bool = False
    among: Amount | None = None
    judged: Share | None = None
    bounds: tuple[Share, Share] | None = None
    flagged: Amount | None = None
    precision: tuple[Share, Share, Share] | None = None
    left_out: Count = 0
    windows: Count = 0
    since: datetime | None = None
    until: datetime | None = None
    verified: Count | None = None
    to_label: Count = 0
    undecidable: Count = 0
    caught: bool = True
    notes: tuple[str, ...] = ()
    # Follows from the others, whatever is given.
    interval: IntervalKind = UNDEFINED

    def __post_init__(self) -> None:
        known = UNDEFINED if self.value is None else EXACT if self.exact else UNKNOWN if self.low is None else GIVEN
        object.__setattr__(self, "interval", known)

    @property
    def exact(self) -> bool:
        """Whether the value is known without error: a count of this log, or an interval without width."""
        if self.low is None or self.high is None:
            return self.value is not None and self.method != WEIGHTED and self.variance == SAMPLE
        return self.low == self.high

    @property
    def of_labelled_sample(self) -> bool:
        """Whether so few verdicts are in that they are counted, and no share of production is told."""
        return self.caught and self.value is not None and 0 < (self.verified or 0) < LEAST_VERDICTS and self.precision is None

    @property
    def marks(self) -> tuple[str, ...]:
        """What to know of the row before anything else, in a word each."""
        given = (self.of_this_log, self.few, self.partial, self.provisional, self.preliminary)
        return tuple(name for name, holds in zip(MARKS, given, strict=True) if holds)

    @property
    def incomplete(self) -> bool:
        """Whether it is of less than whole windows with all their labels: such are not compared with others."""
        return self.partial or self.provisional

    @property
    def of_this_log(self) -> bool:
        """Whether this is a row of a comparison that speaks of this log alone."""
        return THIS_LOG in self.notes


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSpan:
    """Windows in a row that one version of the protocol captured: from when until when, and how many."""

    version: Count
    since: datetime
    until: datetime
    windows: Count


@published("estimate")
@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(Shown):
    """What `remiss estimate` answers: one row, or one for each value of `by`.

    `of` is the second query as it was given, None without one; `denominator` says in words what a rate is among. `source`
    and `protocol` (name@version) are the one ground that the figures stand on. `kind` is `flagged`, by machine criterion
    alone, or `confirmed`, by what two people found; `verdict` is then what they found: `failure` or `wrong-label`, and `narrowed`
    says that each row is of one mode or severity only, so that its `precision` is a share of what was flagged and no precision.
    `spans` says, of a question that was asked across versions of the protocol, which windows are by which, oldest first.
    """

    query: str
    of: str | None
    by: str | None
    position: Count
    rows: tuple[EstimateRow, ...]
    rate: bool = False
    denominator: str | None = None
    source: str = ""
    protocol: str = ""
    kind: FigureKind = FLAGGED
    verdict: ConfirmedVerdict | None = None
    narrowed: bool = False
    spans: tuple[VersionSpan, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.by is not None and any(row.key is None and row.missing is None for row in self.rows):
            why = NONE_OF.get(self.by, NOT_KNOWN)
            rows = (replace(row, missing=why) if row.key is None else row for row in self.rows)
            object.__setattr__(self, "rows", tuple(rows))

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each row."""
        columns = {
            name: [getattr(row, name) for row in self.rows]
            for name in EstimateRow.__slots__
            if name not in {"bounds", "precision"}
        }
        bounds = [row.bounds or (None, None) for row in self.rows]
        columns |= {"bounds_low": [low for low, _ in bounds], "bounds_high": [high for _, high in bounds]}
        exact = [row.precision or (None, None, None) for row in self.rows]
        columns |= {
            name: [each[at] for each in exact] for at, name in enumerate(("precision", "precision_low", "precision_high"))
        }
        return arrow.table(columns, TYPES)

    def to_pandas(self) -> Any:
        """Return a pandas data frame with a line for each row; needs pandas."""
        return arrow.to_pandas(self.to_arrow())
