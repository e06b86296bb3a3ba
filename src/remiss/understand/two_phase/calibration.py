"""Calibration: confirmed figures as the share that is confirmed of the number that machines flagged.

The annotated events are a part of those that were sampled. They need not tell how many were flagged: the capture counted
that exactly where the question is one that cells answer, and elsewhere all sampled events tell it, better than the annotated
ones do. What is left to these is which share is confirmed: the ratio estimator.

Source: Sarndal, Swensson and Wretman, Model Assisted Survey Sampling, 1992, 5.6, 7.3 and 9.7.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from remiss.understand.estimators import IntervalEstimate
from remiss.understand.two_phase.design import Annotated, TwoPhase, two_phase
from remiss.understand.two_phase.estimators import Among, Open, confirmed_share, confirmed_total, part_of
from remiss.understand.variance import Numbers, kish_size


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
        variance=scale**2 * two_phase(found, around=rate, first=first).variance,
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
    figure = share_among(flagged, confirmed_share(found, flagged))
    effective = kish_size(1 / estimate.weights[hits])
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
