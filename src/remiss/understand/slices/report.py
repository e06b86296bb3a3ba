"""What is told of the slices that were found: each beside the rest, with intervals of the process that wrote the log.

So is what later windows have of one that was kept (`confirming.py` says what that may claim).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from remiss.catalog.query.expression import Query, both
from remiss.catalog.query.printing import unparse, words
from remiss.errors import Conflict
from remiss.records.slice import SliceFigure
from remiss.understand.estimators import IntervalEstimate
from remiss.understand.intervals import quantile
from remiss.understand.process import WindowSums, process_rate
from remiss.understand.sampling_facts import SampledColumns
from remiss.understand.slices.counting import Part, SliceSample
from remiss.understand.slices.predicates import SliceField, slice_field
from remiss.understand.slices.search import FoundSlice, SliceSearch
from remiss.understand.slices.testing import WindowCounts, pooled_correlation, scores, window_parts
from remiss.understand.variance import Flags, Indices, Numbers, kish_size, lengthened, sum_by

MONTH = timedelta(days=365.2425 / 12)
# Beyond e^700 a double overflows.
MOST_LOG = 700.0
# Windows that tell as much as fewer than this share of them alike are told of.
MUCH_ALIKE = 0.7


def slice_sample(columns: SampledColumns, bins: int) -> SliceSample:
    """Return the events that a rate is among, with the fields that have predicates; windows without any are left out.

    Bins are made of all events that were sampled uniformly, at risk or not.
    """
    weights = 1 / columns.probability
    fields = [slice_field(column, columns.uniform, weights, bins=bins) for column in columns.fields]
    among = columns.of & ~columns.undecided & ~columns.outside
    window = columns.window[among]
    there = np.unique(window)
    return SliceSample(
        fields=[_of(field, among) for field in fields if field is not None],
        weights=weights[among],
        failed=(columns.inside & among)[among],
        window=np.searchsorted(there, window),
        windows=len(there),
    )


def _of(field: SliceField, among: Flags) -> SliceField:
    return SliceField(name=field.name, predicates=field.predicates, codes=field.codes[among])


def query_of(sample: SliceSample, parts: Sequence[Part]) -> Query:
    """Return what the events of a slice match; its parts are in the order of the names of fields."""
    return both(*(sample.fields[at].predicates[code - 1] for at, code in parts))


@dataclass(frozen=True, slots=True)
class _End:
    """A value with its interval."""

    value: float
    low: float
    high: float


def figures(sample: SliceSample, search: SliceSearch, width: timedelta, *, limit: int, folded: bool) -> Iterator[SliceFigure]:
    """Yield the slices that are told, the surest first.

    Parameters
    ----------
    width : of a window
    folded : also those that add nothing to one before them
    """
    told = [each for each in search.found if folded or each.into is None]
    months = sample.windows * width / MONTH
    for each in told[:limit]:
        into = None if each.into is None else unparse(query_of(sample, search.found[each.into].parts))
        yield _figure(sample, each, into, months, search.correlation)


def _figure(sample: SliceSample, found: FoundSlice, into: str | None, months: float, correlation: float) -> SliceFigure:
    events = sample.events(found.parts)
    query, sums, whole = query_of(sample, found.parts), _sums(sample, events), sample.whole
    among = float(sums.x.sum())
    beside = Beside(
        own=WindowCounts(sums.x, sums.y),
        rest=WindowCounts(whole.among - sums.x, whole.failing - sums.y),
        correlation=correlation,
    )
    rate, rest = beside.rates
    ratio, difference, excess = beside.ratio(), beside.difference(), beside.excess()
    own_rate = _rate(sums, rate, sample.weights[events])
    return SliceFigure(
        query=unparse(query),
        words=words(query),
        sampled=len(events),
        failed=int(sample.failed[events].sum()),
        windows=int(np.count_nonzero(sums.x)),
        events=among,
        share=among / float(whole.among.sum()),
        rate=rate,
        rate_low=own_rate.low,
        rate_high=own_rate.high,
        rest=rest,
        difference=difference.value,
        difference_low=difference.low,
        difference_high=difference.high,
        ratio=None if ratio is None else ratio.value,
        ratio_low=None if ratio is None else ratio.low,
        ratio_high=None if ratio is None else ratio.high,
        excess=excess.value / months,
        excess_low=excess.low / months,
        excess_high=excess.high / months,
        p=found.p,
        q=found.q,
        adds=found.adds,
        into=into,
        notes=own_rate.notes,
    )


def _sums(sample: SliceSample, events: Indices) -> WindowSums:
    window, weights, failed = sample.window[events], sample.weights[events], sample.failed[events]

    def total(values: Numbers) -> Numbers:
        return sum_by(window, values, sample.windows)

    return WindowSums(y=total(weights * failed), x=total(weights), y2=total(weights**2 * failed), x2=total(weights**2))


def _rate(own: WindowSums, rate: float, weights: Numbers) -> IntervalEstimate:
    parts = own.parts(rate=True)
    return IntervalEstimate(value=rate) if parts is None else process_rate(rate, parts, kish_size(1 / weights), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A slice beside the rest, by window: how far comparisons of the two may be off is told by how much the windows differ.

    As in the test of the slice, windows that follow each other are as alike as those of all slices together.
    """

    own: WindowCounts
    rest: WindowCounts
    correlation: float

    @property
    def rates(self) -> tuple[float, float]:
        """The rate of the slice, and that of the rest."""
        own, rest = (float(each.failing.sum() / each.among.sum()) for each in (self.own, self.rest))
        return own, rest

    def difference(self) -> _End:
        """Return the rate of the slice less that of the rest."""
        error, degrees = self.error_of_difference()
        half, value = quantile(degrees) * error, self.rates[0] - self.rates[1]
        return _End(value, value - half, value + half)

    def ratio(self) -> _End | None:
        """Return the rate of the slice by that of the rest, on the log scale; None where one of them is nothing."""
        if min(self.rates) <= 0:
            return None
        own, rest = self._residuals()
        half = self._half(own / float(self.own.failing.sum()) - rest / float(self.rest.failing.sum()))
        value = self.rates[0] / self.rates[1]
        return _End(value, value * math.exp(-half), value * math.exp(min(half, MOST_LOG)))

    def excess(self) -> _End:
        """Return the failures of the slice beyond those expected."""
        whole = WindowCounts(self.own.among + self.rest.among, self.own.failing + self.rest.failing)
        parts = window_parts(self.own.among[None], self.own.failing[None], whole)[0]
        value, half = float(parts.sum()), self._half(parts)
        return _End(value, value - half, value + half)

    def _residuals(self) -> tuple[Numbers, Numbers]:
        own, rest = self.rates
        return self.own.failing - own * self.own.among, self.rest.failing - rest * self.rest.among

    def error_of_difference(self) -> tuple[float, float]:
        """Return the standard error of the difference, and how many degrees of freedom it has."""
        own, rest = self._residuals()
        return self._error(own / float(self.own.among.sum()) - rest / float(self.rest.among.sum()))

    def _error(self, totals: Numbers) -> tuple[float, float]:
        count = len(totals)
        variance = count * float(totals.var(ddof=1)) * float(lengthened(count, np.array(self.correlation)))
        degrees = max(1.0, float(self.own.among.sum()) ** 2 / float(np.sum(self.own.among**2)) - 1)
        return math.sqrt(variance), degrees

    def _half(self, totals: Numbers) -> float:
        error, degrees = self._error(totals)
        return quantile(degrees) * error


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceEvidence:
    """What some windows have of a slice and of all events that it is among, one element for each window with any of these.

    `sampled` and `failed` are how many events of the slice were looked at, and how many of these failed; `failures` how many
    failed of all that were looked at.
    """

    own: WindowCounts
    whole: WindowCounts
    sampled: int
    failed: int
    failures: int

    def check(self, expected: float, windows: int) -> None:
        """Refuse to use up windows that cannot decide: how many failures are expected does not tell how many there are.

        Raises
        ------
        Conflict
        """
        present = int(np.count_nonzero(self.own.among))
        if present < windows:
            raise Conflict(
                f"{present:,} windows that it has never used have events of it, and an attempt needs {windows:,}",
                do="wait until more windows are captured and their labels are in; no attempt was used",
            )
        likely = float(self.own.among.sum()) / float(self.whole.among.sum()) * self.failures
        if likely < expected:
            raise Conflict(
                f"if it is like the rest, {math.floor(10 * likely) / 10:.1f} of its sampled events are expected to have failed, "
                f"and an attempt needs {expected:g}",
                do="wait until more windows are captured, or count the whole log with --exact; no attempt was used",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceEffect:
    """How much more often than the rest a slice fails, and how sure that is; see `SliceAttempt`."""

    rate: float
    rest: float
    excess: float
    difference: float
    error: float
    degrees: float
    p: float


def effect_of(evidence: SliceEvidence, correlation: float) -> SliceEffect:
    """Return the effect of a slice in windows that were not looked at when it was found.

    Parameters
    ----------
    correlation : of windows that follow each other, from when it was found; what these windows show by themselves counts where
        it is more
    """
    own, whole = evidence.own, evidence.whole
    parts = window_parts(own.among[None], own.failing[None], whole)
    alike = max(correlation, pooled_correlation(parts))
    found = scores(own.among[None], own.failing[None], whole, alike)
    beside = Beside(own=own, rest=whole.without(own), correlation=alike)
    rate, rest = beside.rates
    error, degrees = beside.error_of_difference()
    return SliceEffect(
        rate=rate,
        rest=rest,
        excess=float(found.excess[0]),
        difference=rate - rest,
        error=error,
        degrees=degrees,
        p=float(found.p[0]),
    )


def unlike_in_size(among: Numbers) -> Iterator[str]:
    """Yield what few large windows among small ones mean for what can be found.

    Parameters
    ----------
    among : how many events each window has

    >>> [*unlike_in_size(np.full(40, 100.0))]
    []
    >>> [told] = unlike_in_size(np.array([900.0] + [100.0] * 9))
    >>> told.partition(",")[0]
    '10 windows that are unlike in size tell as much as 4 alike'
    """
    alike = kish_size(1 / among)
    if alike < MUCH_ALIKE * len(among):
        yield (
            f"{len(among):,} windows that are unlike in size tell as much as {alike:.0f} alike, so fewer slices can be told; "
            "where fewer fields are asked for, fewer are tested, and each needs less"
        )
