"""The interval of a difference of two pass rates that were measured on the same cases.

Two versions answer the same cases, so what tells them apart are the cases on which only one of them passes. Each function takes
arrays of any one shape and computes entry by entry: a table of strata, or the strata of a thousand simulated gates at once.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import scipy

Numbers = npt.NDArray[np.float64]

# Halvings of an interval of length 2: its ends are then known to 1e-12.
HALVINGS = 41
# How near a quantile has to be known, and the greatest number of steps to it.
NEAR = 1e-10
STEPS = 60
# The greatest quantile that a p-value is looked for at; beyond it one is 0 to fifteen digits.
FARTHEST = 8.0


def z_of(level: float) -> float:
    """Return the normal quantile that a one-sided level leaves above itself.

    >>> round(z_of(0.025), 3)
    1.96
    """
    return NormalDist().inv_cdf(1 - level)


def score_ends(lost: Numbers, won: Numbers, pairs: Numbers, z: Numbers | float) -> tuple[Numbers, Numbers]:
    """Return Tango's score interval of (won - lost) / pairs, the difference of candidate and baseline.

    Unlike the interval of Wald it keeps its coverage with few pairs and where nothing tells the versions apart: with 0 lost and
    0 won its ends are -z^2/(n + z^2) and the same above 0.

    Parameters
    ----------
    lost : pairs that the baseline alone passed; need not be whole, for pairs may be weighted
    won : pairs that the candidate alone passed
    pairs : all of them, above 0, also those on which both passed or failed
    z : normal quantile of each end; 1.96 for an end at one-sided 0.025

    Source: Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design,
    Statistics in Medicine 17 (1998) 891-908.

    >>> [round(float(end), 3) for end in score_ends(np.array(7.0), np.array(1.0), np.array(21.0), z_of(0.025))]
    [-0.517, -0.026]
    """
    upper = _upper_end(lost, won, pairs, np.asarray(z, dtype=float))
    return -_upper_end(won, lost, pairs, np.asarray(z, dtype=float)), upper


def _upper_end(lost: Numbers, won: Numbers, pairs: Numbers, z: Numbers) -> Numbers:
    """Return the greatest difference that the score test does not reject; its statistic falls as the difference grows."""
    won_more = won - lost
    shape = np.broadcast_shapes(lost.shape, won.shape, pairs.shape, z.shape)
    low, high = np.broadcast_to(won_more / pairs, shape), np.ones(shape)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        plausible = won_more - pairs * middle >= -z * np.sqrt(_variance(lost, won, pairs, middle))
        low, high = np.where(plausible, middle, low), np.where(plausible, high, middle)
    return np.asarray(high)


def _variance(lost: Numbers, won: Numbers, pairs: Numbers, difference: Numbers) -> Numbers:
    """Return the variance of won - lost where the difference is this, at the likeliest share of pairs lost."""
    linear = -lost - won + (2 * pairs - won + lost) * difference
    constant = -lost * difference * (1 - difference)
    likeliest = (np.sqrt(np.maximum(linear**2 - 8 * pairs * constant, 0.0)) - linear) / (4 * pairs)
    return np.asarray(pairs * np.maximum(2 * likeliest + difference * (1 - difference), 0.0))


def combined_ends(
    lost: Numbers, won: Numbers, pairs: Numbers, shares: Numbers, z: Numbers | float
) -> tuple[Numbers, Numbers, Numbers]:
    """Return (difference, low, high) over strata, each standing for its share of production.

    Parameters
    ----------
    lost, won, pairs : as `score_ends` takes them; strata along the last axis
    shares : what each stratum stands for, adding up to 1 along the last axis
    z : normal quantile, a number or one for each combination (the shape of the others without their last axis)

    Source: the method of variance estimates recovery, Zou and Donner, Construction of confidence limits about effect measures: a
    general approach, Statistics in Medicine 27 (2008) 1693-1702.
    """
    quantile = np.asarray(z, dtype=float)[..., np.newaxis]
    low, high = score_ends(lost, won, pairs, quantile)
    each = (won - lost) / pairs
    difference = (shares * each).sum(axis=-1)
    below = np.sqrt((shares**2 * (each - low) ** 2).sum(axis=-1))
    above = np.sqrt((shares**2 * (high - each) ** 2).sum(axis=-1))
    return difference, difference - below, difference + above


def chance_of_no_worse(lost: Numbers, won: Numbers, pairs: Numbers, shares: Numbers, margin: float) -> Numbers:
    """Return the one-sided p-value of "the candidate is worse by less than the margin".

    It is the level at which the upper end of the interval is -margin: small where the candidate is surely worse than the margin
    allows, 1 where the observed difference is at or above -margin.
    """
    difference = (shares * (won - lost) / pairs).sum(axis=-1)
    missed = difference < -margin
    if not missed.any():
        return np.ones_like(difference)

    def short_of(z: Numbers) -> Numbers:
        end = combined_ends(lost, won, pairs, shares, z)[2]
        return np.asarray(np.where(missed, -margin - end, 0.0))

    return np.asarray(np.where(missed, scipy.special.ndtr(-_crossing(short_of, difference.shape)), 1.0))


def _crossing(falling: Callable[[Numbers], Numbers], shape: tuple[int, ...]) -> Numbers:
    """Return the quantile from 0 to FARTHEST at which a function that starts above 0 crosses it; FARTHEST where it does not.

    Source: Dowell and Jarratt, A modified regula falsi method for computing the root of an equation, BIT 11 (1971) 168-174 (the
    Illinois method).
    """
    low, high = np.zeros(shape), np.full(shape, FARTHEST)
    above, below = falling(low), falling(high)
    never = below >= 0
    for _ in range(STEPS):
        width = above - below
        middle = low + (high - low) * np.divide(above, width, out=np.full_like(width, 0.5), where=width > 0)
        value = falling(middle)
        up = value >= 0
        low, high = np.where(up, middle, low), np.where(up, high, middle)
        # The value of an end that stays is halved, lest the other end creep.
        above, below = np.where(up, value, above / 2), np.where(up, below / 2, value)
        if np.all(never | (np.abs(value) < NEAR)):
            break
    return np.where(never, FARTHEST, middle)
