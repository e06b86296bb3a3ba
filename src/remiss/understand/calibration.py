"""Calibration: confirmed figures of events whose number is exactly known.

How many events machines flagged is counted by the capture, where the question is one that cells answer. The annotated ones
then need not tell how many there are, only which share is confirmed: the ratio estimator.

Source: Sarndal, Swensson and Wretman, Model Assisted Survey Sampling, 1992, 5.6 and 7.3.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from remiss.understand.confirmed import Among, Open, confirmed_total, part_of, share_of
from remiss.understand.figures import Figure
from remiss.understand.second_phase import Annotated, TwoPhase, two_phase
from remiss.understand.variance import kish_size


def calibrated(found: Annotated, estimate: TwoPhase, flagged: float) -> TwoPhase:
    """Return the estimate whose annotated events stand for as many as there are: the share among them, of an exact count.

    What drawing many or few of them adds to a total is gone, and the total is never beyond the count.

    Parameters
    ----------
    found : the annotated events of whole cells; some verdict is known
    flagged : how many events are in these cells
    """
    among = float(np.sum(1 / found.p12))
    scale, rate = flagged / among, part_of(estimate.total, among)
    return replace(
        estimate,
        total=rate * flagged,
        variance=scale**2 * two_phase(found, around=rate).variance,
        weights=scale * estimate.weights,
        parts=scale * estimate.parts,
    )


def calibrated_total(found: Annotated, estimate: TwoPhase, open_: Open) -> Figure:
    """Return the number of confirmed failures among an exact number of flagged events, its interval that of their share.

    Parameters
    ----------
    estimate : from `calibrated`
    open_ : its population is the exact number
    """
    hits = found.y > 0
    all_seen = len(found.y) == open_.population and bool(np.all(found.known & (found.p12 * found.p3 >= 1)))
    if all_seen:
        seen = float(hits.sum())
        return Figure(value=seen, low=seen, high=seen, effective=seen)
    if not hits.any():
        return confirmed_total(found, estimate, open_)
    share = share_of(found, estimate.total / open_.population, estimate.variance / open_.population**2, estimate.degrees)
    low, high = (0.0 if end is None else end * open_.population for end in (share.low, share.high))
    effective = kish_size(1 / estimate.weights[hits])
    return Figure(value=estimate.total, low=max(float(hits.sum()), low), high=high, effective=effective)


def calibrated_rate(total: Figure, among: Among) -> Figure:
    """Return a total, from `calibrated_total`, as a share of an exact denominator."""
    low, high = (None if end is None else end / among.total for end in (total.low, total.high))
    return replace(total, value=part_of(total.value or 0.0, among.total), low=low, high=high)
