"""Confirmed figures: how many failures there are by what two people found, with intervals that know of all three draws.

An event counts for what it stands for only when it was captured, annotated in its turn and, where its grade was selected,
verified. What people have not decided yet is never taken for one or the other.

Calibration: the share that is confirmed, of the number that machines flagged. The annotated events need not tell how many were
flagged: the capture counted that exactly where the question is one that cells answer, and elsewhere all sampled events tell it,
better than the annotated ones do. What is left to these is which share is confirmed: the ratio estimator.

Source: Sarndal, Swensson and Wretman, Model Assisted Survey Sampling, 1992, 5.6, 7.3 and 9.7.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from remiss.understand.estimators import IntervalEstimate
from remiss.understand.intervals import FEW, Interval, few_interval, none_upper, one_sided, rate_interval, total_interval
from remiss.understand.two_phase.design import Cells, TwoPhase, two_phase
from remiss.understand.two_phase.labelled_events import Annotated
from remiss.understand.variance import Numbers, kish_size, together_by

NOBODY = "none of these events has been annotated in order yet"
UNKNOWN = "nobody has verified any of these cases yet"
# A verdict is of a large batch unless its event was this many times as likely to be annotated as the least likely one.
UNLIKE = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What could be in a figure besides what was found.

    `population` is how many events of the log could be at most, `least_probability` the least p12 p3 that one of them had.
    """

    population: float
    least_probability: float


def confirmed_total(found: Annotated, estimate: TwoPhase, open_: Open) -> IntervalEstimate:
    """Return the estimated number of confirmed failures of this log.

    Those that were certain to be found (p12 p3 = 1) are counted; the interval is of the rest, as for flagged totals.
    """
    if estimate.unknown > 0 and not found.known.any():
        return IntervalEstimate(value=None, notes=(UNKNOWN,))
    hits = found.known & (found.y > 0)
    certain = hits & certainly(found, estimate)
    # Those that share a verdict were found by one choice.
    weights = together_by(found.choice[hits & ~certain], estimate.weights[hits & ~certain])
    sure, rest = float(np.sum(certain)), float(np.sum(weights))
    # What is missing would be missing by units.
    open_ = replace(open_, least_probability=open_.least_probability / found.unit_size)
    low, high = rest_interval(weights, rest, estimate.variance, open_, estimate.degrees)
    low = max(low, float(np.sum(hits & ~certain)))
    return IntervalEstimate(value=sure + rest, low=sure + low, high=sure + high, effective=effective_hits(found, estimate))


def effective_hits(found: Annotated, estimate: TwoPhase) -> float:
    """Return how many equally weighted choices the failures found are worth; those that share a verdict are of one."""
    hits = found.known & (found.y > 0)
    return kish_size(1 / together_by(found.choice[hits], estimate.weights[hits])) if hits.any() else 0.0


def certainly(found: Annotated, estimate: TwoPhase) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which events were certain to be captured, annotated and verified, and speak for themselves alone."""
    answer: np.ndarray[tuple[int], np.dtype[np.bool_]] = (found.p12 * found.p3 >= 1) & (np.abs(estimate.weights - 1) < 1e-9)
    return answer


def rest_interval(weights: Numbers, total: float, variance: float, open_: Open, degrees: float) -> Interval:
    """Return the interval of a total of confirmed failures that were found with probabilities below 1."""
    count, most = len(weights), open_.population
    if count == 0:
        return 0.0, min(none_upper(open_.least_probability), most)
    if count >= FEW:
        low, high = total_interval(total, variance, at_least=count, degrees=degrees)
    else:
        greatest = max(float(weights.max()), 1 / open_.least_probability)
        low, high = few_interval(total, max(variance, float(np.sum(weights**2))), greatest)
    return max(float(count), min(low, most)), max(min(high, most), total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """The denominator of a confirmed rate: its total and variance, and its covariance with the numerator's.

    An exact count has neither. `windows` has the part of each window in scope.
    """

    total: float
    windows: Numbers
    variance: float = 0.0
    covariance: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether the total is a count."""
        return self.variance == 0


def confirmed_rate(total: IntervalEstimate, estimate: TwoPhase, among: Among, *, rare: bool = False) -> IntervalEstimate:
    """Return the confirmed total as a share of a denominator, by linearisation, its interval Clopper and Pearson's.

    Parameters
    ----------
    total : the numerator, from `confirmed_total`; under ten found its own interval must fit in, as for flagged rates
    rare : whether it must anyway, since the domain holds what no criterion caught
    """
    if total.value is None:
        return total
    rate = part_of(total.value, among.total)
    variance = max(0.0, estimate.variance - 2 * rate * among.covariance + rate**2 * among.variance) / among.total**2
    found = int(np.count_nonzero(estimate.weights))
    effective = rate * (1 - rate) / variance if 0 < rate < 1 and variance > 0 else max(1.0, float(found))
    low, high = rate_interval(rate, effective, degrees=estimate.degrees)
    if total.low is not None and total.high is not None and (rare or (total.effective or 0.0) < FEW):
        low, high = min(low, total.low / among.total), max(high, min(1.0, total.high / among.total))
    return IntervalEstimate(value=rate, low=low, high=high, effective=effective)


def confirmed_share(found: Annotated, total: IntervalEstimate, cells: Cells | None = None) -> IntervalEstimate:
    """Return which part of the domain is confirmed: the precision, where the domain is what a criterion flagged.

    How many there are in the domain is taken from the same annotated events, so that having drawn many or few of them does
    not matter.

    Parameters
    ----------
    total : the numerator, from `confirmed_total`
    cells : of an estimate of the same events, where there is one
    """
    if total.value is None:
        return total
    among = float(np.sum(1 / found.p12))
    if among == 0:
        return IntervalEstimate(value=None, notes=(NOBODY,))
    whole = two_phase(found, cells=cells)
    rate = part_of(whole.total, among)
    return share_of(found, rate, two_phase(found, around=rate, cells=whole.cells).variance / among**2, whole.degrees)


def share_of(found: Annotated, rate: float, variance: float, degrees: float) -> IntervalEstimate:
    """Return a share with its interval: Clopper and Pearson's at the effective size, by the degrees of the total."""
    effective = (
        rate * (1 - rate) / variance
        if 0 < rate < 1 and variance > 0
        else max(1.0, float(len(np.unique(found.choice[found.known]))))
    )
    # Near 1 the spread is that of the few that are not: to be unsure of it for their number is Clopper and Pearson's part.
    low, high = rate_interval(rate, effective, degrees=degrees)
    yes, no, weight = found.known & (found.y > 0), found.known & (found.y == 0), 1 / (found.p12 * found.p3)
    # Shares of verification differ by grade on purpose and tell nothing of batches.
    large = found.p12 < UNLIKE * np.min(found.p12[found.known], initial=1.0)
    heard = bool(np.any(large & yes)), bool(np.any(large & no))
    least, most = one_sided(weight[yes].tolist(), weight[no].tolist(), heard=heard)
    return IntervalEstimate(value=rate, low=min(low, least), high=max(high, most), effective=effective)


def part_of(total: float, whole: float) -> float:
    """Return a total as a share of what it is part of; one that differs by rounding alone is all of it.

    >>> part_of(0.1 + 0.2, 0.3), part_of(0.3 - 1e-16, 0.3), part_of(0.0, 2.0)
    (1.0, 1.0, 0.0)
    """
    return 1.0 if total >= whole or math.isclose(total, whole, rel_tol=1e-9) else total / whole


def together(parts: Sequence[IntervalEstimate]) -> IntervalEstimate:
    """Return the sum of independent figures, its interval from theirs: each end as far off as the parts' ends together.

    Source: Zou and Donner, Construction of confidence limits about effect measures, Statistics in Medicine 27 (2008)
    1693-1702 (MOVER).

    >>> found = together([IntervalEstimate(value=10.0, low=7.0, high=14.0), IntervalEstimate(value=0.0, low=0.0, high=3.0)])
    >>> (found.value, found.low, found.high)
    (10.0, 7.0, 15.0)
    """
    if len(parts) == 1:
        return parts[0]
    unknown = [each for each in parts if each.value is None]
    if unknown or not parts:
        return IntervalEstimate(value=None, notes=tuple(dict.fromkeys(note for each in unknown for note in each.notes)))
    value = sum(each.value or 0.0 for each in parts)
    below = math.hypot(*((each.value or 0.0) - (each.low or 0.0) for each in parts))
    above = math.hypot(*((each.high or 0.0) - (each.value or 0.0) for each in parts))
    effective = sum(each.effective or 0.0 for each in parts)
    return IntervalEstimate(value=value, low=value - below, high=value + above, effective=effective)


def spanned(ends: Sequence[IntervalEstimate]) -> IntervalEstimate:
    """Return one figure from those without and with what is unsettled: the low end of the one to the high end of the other.

    The value is the middle of theirs, which nothing speaks for but that it is as far from both; of one figure its own.

    >>> found = spanned([IntervalEstimate(value=10.0, low=7.0, high=14.0), IntervalEstimate(value=20.0, low=16.0, high=25.0)])
    >>> (found.value, found.low, found.high)
    (15.0, 7.0, 25.0)
    """
    least, most = ends[0], ends[-1]
    if len(ends) == 1 or least.value is None or most.value is None:
        return least
    sizes = [each.effective for each in ends if each.effective is not None]
    return IntervalEstimate(
        value=(least.value + most.value) / 2,
        low=least.low,
        high=most.high,
        effective=min(sizes, default=None),
        notes=tuple(dict.fromkeys((*least.notes, *most.notes))),
    )


def calibrated(found: Annotated, estimate: TwoPhase, flagged: float, first: Numbers) -> TwoPhase:
    """Return the estimate whose annotated events stand for as many as were flagged: the share among them, of that number.

    What annotating many or few of the sampled events adds to a total is gone, and the total is never beyond that number.

    Parameters
    ----------
    found : the annotated events of a domain that machines flagged; some verdict is known
    flagged : how many events are in it: an exact count, or the sum of the weights of all that were sampled
    first : the probability of each annotated event to be captured (n); 1 where `flagged` is exact, no matter who was
    """
    among = float(np.sum(1 / found.p12))
    scale, rate = flagged / among, part_of(estimate.total, among)
    return replace(
        estimate,
        total=rate * flagged,
        variance=scale**2 * two_phase(found, around=rate, first=first, cells=estimate.cells).variance,
        weights=scale * estimate.weights,
        parts=scale * estimate.parts,
    )


def calibrated_total(found: Annotated, estimate: TwoPhase, flagged: IntervalEstimate, open_: Open) -> IntervalEstimate:
    """Return the number of confirmed failures among the events that machines flagged.

    Parameters
    ----------
    estimate : from `calibrated`
    flagged : how many there are; an exact number is its own interval
    open_ : what could be in the figure and was not found
    """
    hits = found.y > 0
    exact = flagged.low == flagged.high
    all_seen = exact and len(found.y) == flagged.value and bool(np.all(found.known & (found.p12 * found.p3 >= 1)))
    if all_seen:
        seen = float(hits.sum())
        return IntervalEstimate(value=seen, low=seen, high=seen, effective=seen)
    if not hits.any():
        return confirmed_total(found, estimate, open_)
    figure = share_among(flagged, confirmed_share(found, flagged, estimate.cells))
    effective = effective_hits(found, estimate)
    return replace(figure, low=max(float(hits.sum()), figure.low or 0.0), effective=effective)


def share_among(flagged: IntervalEstimate, share: IntervalEstimate) -> IntervalEstimate:
    """Return a share of a number, or of a rate, with an interval from those of both: their distances add up as squares of logs.

    The two hardly depend on each other: that many events were drawn says little of how many of them are confirmed.

    Source: Zou and Donner, Construction of confidence limits about effect measures, Statistics in Medicine 27 (2008)
    1693-1702 (MOVER), here for the logarithm of a product.

    >>> found = share_among(IntervalEstimate(value=100.0, low=100.0, high=100.0), IntervalEstimate(value=0.5, low=0.4, high=0.6))
    >>> round(found.value, 9), round(found.low, 9), round(found.high, 9)
    (50.0, 40.0, 60.0)
    >>> found = share_among(IntervalEstimate(value=100.0, low=50.0, high=200.0), IntervalEstimate(value=0.5, low=0.25, high=1.0))
    >>> round(found.low, 2), round(found.high, 2)  # the square root of 2 times ln 2 to either side
    (18.76, 133.26)
    """
    parts = (
        (flagged.value or 0.0, flagged.low or 0.0, flagged.high or 0.0),
        (share.value or 0.0, share.low or 0.0, share.high or 0.0),
    )
    value = math.prod(of for of, _, _ in parts)
    if value <= 0:
        return IntervalEstimate(value=0.0, low=0.0, high=math.prod(high for _, _, high in parts))
    above = math.exp(math.hypot(*(math.log(high / of) for of, _, high in parts)))
    if min(low for _, low, _ in parts) <= 0:
        return IntervalEstimate(value=value, low=0.0, high=value * above)
    below = math.exp(math.hypot(*(math.log(of / low) for of, low, _ in parts)))
    return IntervalEstimate(value=value, low=value / below, high=value * above)


def calibrated_rate(total: IntervalEstimate, among: Among) -> IntervalEstimate:
    """Return a total, from `calibrated_total`, as a share of an exact denominator."""
    low, high = (None if end is None else end / among.total for end in (total.low, total.high))
    return replace(total, value=part_of(total.value or 0.0, among.total), low=low, high=high)
