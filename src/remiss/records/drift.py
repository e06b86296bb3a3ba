"""Drift: how far the events of a window are from those of reference windows, field by field, and which of that is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from remiss.parameters import OneOf
from remiss.records import arrow
from remiss.records.event import Scalar
from remiss.records.published import Amount, Count, Share, published

if TYPE_CHECKING:
    import pyarrow as pa

UP, DOWN, CHANGED, APPEARED, GONE, NONE = "up", "down", "changed", "new", "gone", "none"
REFERENCE, OTHER, ASKED = "reference", "other", "asked"
# Of its columns in Arrow.
TYPES = {
    **dict.fromkeys(("field", "kind", "arrow", "value"), arrow.TEXT),
    **dict.fromkeys(("sampled", "distinct"), arrow.WHOLE),
    **dict.fromkeys(("before", "after", "change", "spread", "missing_before", "missing", "high"), arrow.REAL),
    **dict.fromkeys(("psi", "jensen_shannon", "wasserstein", "wasserstein_scaled", "new", "vanished", "p", "q"), arrow.REAL),
    "notes": arrow.TEXTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftScore:
    """One measure of a field, and how probable one as great is of a window like the reference windows.

    `measure` is `psi`, `jensen-shannon`, `wasserstein` (in the unit of the field), `missing` (difference of two shares), `new` or
    `vanished` (the share of events whose value the other side has not). `usual` is its mean over the reference windows, each
    against the others. `p` and `q` are None where there are too few of these.
    """

    measure: str
    value: Amount
    usual: Amount | None
    p: Share | None
    q: Share | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualScore:
    """A score beside those that windows like the reference windows have.

    Half of these are expected to be up to `half`, and 19 of 20 up to `high`; what is beyond `told_from` is told. `references` are
    the scores of the reference windows, each against the others.
    """

    measure: str
    value: Amount
    half: Amount
    high: Amount
    told_from: Amount
    references: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueShare:
    """A value of a field with the share of the events that have it."""

    value: Scalar
    share: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDrift:
    """What became of one field in the window.

    `kind` is how it was compared: as a `number`, a `category`, a `truth`, or by the `length` of its text. `arrow` is told only
    where some score passed the false discovery rate, else it is `none`; it is None where there are too few reference windows to
    say. `change` is `after` less `before`: of a number its mean, in the unit of the field; of others the share of `value`, which
    changed most. `spread` is the standard deviation of a number in the reference windows, and `wasserstein_scaled` the
    distance by it. `missing` is the share of events without a value. `new` and `vanished` are values that only one side has,
    the commonest first. `series` has the distance of Jensen and Shannon of each of the report's windows to the references, of a
    reference window to the other ones; up to `high` 19 of 20 windows like these are expected, and from `told_from` one would be
    told alone. `beside` is the surest score beside what is usual for it.
    """

    field: str
    kind: Annotated[str, OneOf(("number", "category", "truth", "length"))]
    arrow: Annotated[str, OneOf((UP, DOWN, CHANGED, APPEARED, GONE, NONE))] | None
    found: tuple[str, ...]
    value: Scalar
    before: float | None
    after: float | None
    change: float | None
    spread: Amount | None
    wasserstein_scaled: Amount | None
    missing_before: Share | None
    missing: Share | None
    sampled: Count
    distinct: Count
    scores: tuple[DriftScore, ...]
    new: tuple[ValueShare, ...]
    vanished: tuple[ValueShare, ...]
    series: tuple[float | None, ...]
    high: Amount | None
    told_from: Amount | None
    beside: UsualScore | None
    notes: tuple[str, ...] = ()

    def score(self, measure: str) -> DriftScore | None:
        """Return the score by that measure; None where the field has none."""
        return next((each for each in self.scores if each.measure == measure), None)

    @property
    def surest(self) -> DriftScore | None:
        """The score that is least likely of a window like the reference windows; None where there are too few of these."""
        tested = [each for each in self.scores if each.q is not None and each.p is not None]
        return min(tested, key=lambda each: (each.q, each.p), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftWindow:
    """A window of the report: the one that was `asked` for, a `reference`, or an `other`. `query` finds its events."""

    start: datetime
    end: datetime
    role: Annotated[str, OneOf((ASKED, REFERENCE, OTHER))]
    sampled: Count
    query: str


@published("drift", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """How far the events of a window are from those of reference windows, field by field; what drifted most surely comes first.

    All of it is of the uniform sample of each window, weighed by the events that it stands for. `needs` is how many more
    reference windows there have to be before any arrow is told. `tested` scores share the false discovery rate `level`.
    """

    query: str
    reference: str
    source: str
    protocol: str
    protocol_version: Count
    since: datetime
    until: datetime
    sampled: Count
    references: Count
    needs: Count
    level: Share
    tested: Count
    windows: tuple[DriftWindow, ...]
    fields: tuple[FieldDrift, ...]
    position: Count
    notes: tuple[str, ...] = ()

    @property
    def drifted(self) -> tuple[FieldDrift, ...]:
        """The fields with an arrow."""
        return tuple(each for each in self.fields if each.arrow not in {None, NONE})

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each field."""
        lines = [_line(each) for each in self.fields]
        return arrow.table({name: [line[name] for line in lines] for name in TYPES}, TYPES)

    def to_pandas(self) -> Any:
        """Return a pandas data frame with a line for each field; needs pandas."""
        return arrow.to_pandas(self.to_arrow())


def _line(one: FieldDrift) -> dict[str, object]:
    measured = {each.measure.replace("-", "_"): each.value for each in one.scores}
    surest = one.surest
    return {
        **{name: getattr(one, name, None) for name in TYPES},
        **{name: measured.get(name) for name in ("psi", "jensen_shannon", "wasserstein", "new", "vanished")},
        "p": None if surest is None else surest.p,
        "q": None if surest is None else surest.q,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceChange:
    """What a slice adds to a change of the rate: by what more or less is asked of it (mix), and by its own rate.

    `words` name it, and `query` finds its failures, of any time; that is None of the rest, what is in no slice that is told. A
    rate is None where the slice has no events. Effects are differences of rates; their ends are None where a side has under
    eight windows, or hardly an event of the slice.
    """

    words: str
    query: str | None
    sampled_before: Count
    sampled_after: Count
    share_before: Share
    share_after: Share
    rate_before: Share | None
    rate_after: Share | None
    mix: float
    mix_low: float | None
    mix_high: float | None
    rate: float
    rate_low: float | None
    rate_high: float | None


@published("rate-change", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReport:
    """A change of a rate from reference windows to others, split into mix and rate by slice, which add up to it.

    `by` are the fields by whose values slices are cut, and `among` says what the rate is among. Effects of `slices` add up to
    `mix` and `rate`, and these to `change`, which is `rate_after` less `rate_before`. Intervals (95 %) are of the process that
    wrote the log; `needs` is how many more windows the shorter side has to have for any, and `correlation` that of windows which
    follow each other, by which they are wider. `sampled` events were counted, each by its weight.
    """

    query: str
    among: str
    by: tuple[str, ...]
    source: str
    protocol: str
    protocol_version: Count
    windows: tuple[DriftWindow, ...]
    needs: Count
    sampled: Count
    rate_before: Share
    rate_after: Share
    change: float
    change_low: float | None
    change_high: float | None
    mix: float
    mix_low: float | None
    mix_high: float | None
    rate: float
    rate_low: float | None
    rate_high: float | None
    correlation: Share
    slices: tuple[SliceChange, ...]
    position: Count
    notes: tuple[str, ...] = ()

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each slice."""
        types = {name: arrow.TEXT if name in {"query", "words"} else arrow.REAL for name in SliceChange.__slots__}
        return arrow.table({name: [getattr(each, name) for each in self.slices] for name in types}, types)

    def to_pandas(self) -> Any:
        """Return a pandas data frame with a line for each slice; needs pandas."""
        return arrow.to_pandas(self.to_arrow())
