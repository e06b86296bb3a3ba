"""How far an estimate may be from what it estimates: this log, or the process that wrote it.

*This log* asks how many events of this log match; only the sampling is random. *Process* asks what the next weeks of
the same process would bring; the windows themselves are draws, so whatever compares windows, versions, slices or time
uses their spread. Both work on residuals `e`: for a total e is 1 for a matching event, for a rate T(y)/T(x) it is
(y - R x)/T(x), by Taylor linearisation (Sarndal, Swensson and Wretman, Model Assisted Survey Sampling, 1992, 5.5 and 5.6).

A fault that lasts for weeks makes neighbouring windows alike, and twenty of them tell less than twenty independent ones.
How alike they are can hardly be told of few windows: of eight, a correlation of 0 and one of 0.6 look the same. So no single
value is put in. All of them, from 0 to 0.95, are weighed by what the windows show, and the interval is that of the mixture.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
# Fewer windows than this say too little about how windows differ.
HISTORY = 8
TOP = 0.95
CORRELATIONS = np.linspace(0.0, TOP, 24)
# Before anything is seen: three in ten that windows are independent, else that a correlation is the likelier the greater it
# is. Measured over correlations of 0 to 0.8 and 8 to 52 windows (docs/explanation/estimates.md).
INDEPENDENT = 0.3
PRIOR = (1 - INDEPENDENT) * (CORRELATIONS + 0.01) / np.sum(CORRELATIONS + 0.01) + INDEPENDENT * (CORRELATIONS == 0)
UPPER = 0.975


def log_variance(residuals: Numbers, probabilities: Numbers, unit: Indices | None = None) -> float:
    """Return the sampling variance of a sum of e/p over sampled events: the sum of (1 - p)/p^2 e^2.

    Events that were drawn one by one have no covariance: rank conditioning makes it zero for coordinated bottom-k samples with
    k >= 2 (the proof is in the explanation of sampling). Those of one unit were drawn together, which adds `shared_variance`.

    Parameters
    ----------
    unit : the number of each event's unit; None where every event is one

    Source: Duffield, Lund and Thorup, Priority sampling for estimation of arbitrary subset sums, J. ACM 54 (2007).

    >>> log_variance(np.array([1.0, 1.0]), np.array([0.5, 1.0]))
    2.0
    >>> log_variance(np.array([1.0, 1.0]), np.array([0.5, 0.5]), np.array([7, 7]))  # as one event that counts twice
    8.0
    """
    alone = float(np.sum((1 - probabilities) / probabilities**2 * residuals**2))
    return alone if unit is None else alone + float(shared_variance(residuals / probabilities, probabilities, unit).sum())


def shared_variance(weighted: Numbers, probabilities: Numbers, unit: Indices) -> Numbers:
    """Return what each event adds to the variance of a sum since its unit was drawn as one, beyond its own term.

    Two events of a unit share its priority: the one of lesser p is sampled only with the other, so both are with min(p, p'), and
    the covariance of e/p and e'/p' is estimated by e e'/(p p') (1 - max(p, p')). Each pair is told at its event of greater p.

    Parameters
    ----------
    weighted : e/p of each sampled event, or e times another weight whose mean given the capture is 1/p

    Source: Horvitz and Thompson, JASA 47 (1952) 663-685 (joint probabilities), with those of rank conditioning.

    >>> shared_variance(np.array([2.0, 4.0, 1.0]), np.array([0.5, 0.25, 1.0]), np.array([3, 3, 3])).tolist()
    [8.0, 0.0, 0.0]
    """
    order = np.lexsort((-probabilities, unit))
    own, values = unit[order], weighted[order]
    # What is summed up to an event, in the order of units, tells what its unit still has after it.
    upto = np.cumsum(values)
    last = np.searchsorted(own, own, side="right") - 1
    found = np.empty(len(values))
    found[order] = 2 * (1 - probabilities[order]) * values * (upto[last] - upto)
    return found


def unit_degrees(residuals: Numbers, probabilities: Numbers, unit: Indices) -> float:
    """Return of how many equal parts `log_variance` might be the sum, each of one unit; infinite where it is 0.

    Source: Satterthwaite, Biometrics Bulletin 2 (1946) 110-114.

    >>> unit_degrees(np.ones(4), np.full(4, 0.5), np.array([0, 1, 2, 2]))
    2.0
    """
    alone = (1 - probabilities) / probabilities**2 * residuals**2
    parts = by_unit(alone + shared_variance(residuals / probabilities, probabilities, unit), unit)
    squares = float(np.sum(parts**2))
    return float(np.sum(parts)) ** 2 / squares if squares > 0 else math.inf


def between_windows(weighted: Numbers, probabilities: Numbers, unit: Indices, window: Indices) -> tuple[float, float]:
    """Return the part of the variance of a sum that comes of units which are in several windows, and its degrees of freedom.

    It is 0 where it would lessen the variance. Few units may tell it: the degrees are Satterthwaite's.
    """
    # As one number, a unit in a window is what events of one window share.
    within = shared_variance(weighted, probabilities, unit * (int(window.max(initial=0)) + 1) + window)
    parts = by_unit(shared_variance(weighted, probabilities, unit) - within, unit)
    found, squares = float(parts.sum()), float(np.sum(parts**2))
    return (found, found**2 / squares) if found > 0 else (0.0, math.inf)


def by_unit(values: Numbers, unit: Indices | None) -> Numbers:
    """Return the sum of some values in each unit that has any; the values themselves where every event is one.

    >>> by_unit(np.array([1.0, 2.0, 3.0]), np.array([7, 2, 7])).tolist()
    [2.0, 4.0]
    """
    return values if unit is None else together_by(unit, values)


def numbered(cluster: Indices) -> Indices:
    """Return the same clusters, numbered from 0 on."""
    answer: Indices = np.unique(cluster, return_inverse=True)[1].astype(np.intp)
    return answer


def joined(one: Indices, other: Indices) -> Indices:
    """Return the number of what holds together by either of two numberings.

    >>> joined(np.array([0, 0, 1, 2]), np.array([5, 6, 6, 7])).tolist()
    [0, 0, 0, 2]
    """
    found, sides = numbered(one), (numbered(one), numbered(other))
    while True:
        before = found
        for side in sides:
            least = np.full(len(found), len(found), dtype=np.intp)
            np.minimum.at(least, side, found)
            found = least[side]
        if np.array_equal(found, before):
            return found


def sum_by(place: Indices, values: Numbers, count: int) -> Numbers:
    """Return the sum of some values in each of so many places."""
    return np.bincount(place, weights=values, minlength=count).astype(np.float64)


def part_of(some: Numbers, whole: Numbers) -> Numbers:
    """Return some as a part of the whole, element by element; 0 of nothing."""
    answer: Numbers = np.divide(some, whole, out=np.zeros(len(some)), where=whole > 1e-12)
    return answer


def together_by(cluster: Indices, values: Numbers) -> Numbers:
    """Return the sum of some values in each cluster, the others none.

    >>> together_by(np.array([7, 2, 7]), np.array([1.0, 2.0, 3.0])).tolist()
    [2.0, 4.0]
    """
    return sum_by(numbered(cluster), values, 0)


def poisson_variance(residuals: Numbers, probabilities: Numbers) -> float:
    """Return the variance of a sum of e/p if events came independently of each other: the sum of e^2/p^2."""
    return float(np.sum((residuals / probabilities) ** 2))


def window_totals(values: Numbers, windows: Indices, count: int) -> Numbers:
    """Return the sum of values in each of `count` windows."""
    return np.bincount(windows, weights=values, minlength=count).astype(np.float64)


def kish_size(probabilities: Numbers) -> float:
    """Return (sum w)^2 / sum w^2, how many equally weighted events would be worth these; 0 of none.

    Source: Kish, Survey Sampling, 1965, 11.2.

    >>> kish_size(np.array([0.5, 0.5, 0.5]))
    3.0
    """
    if not len(probabilities):
        return 0.0
    weights = 1 / probabilities
    return float(weights.sum() ** 2 / np.sum(weights**2))


def weighed(totals: Numbers) -> tuple[Numbers, Numbers]:
    """Return the weight of each of CORRELATIONS given some windows in order, and the variance of a window that goes with it.

    The likelihood is that of a first-order autoregression with unknown mean and variance, both integrated out.

    Parameters
    ----------
    totals : at least two windows, not all alike

    Source: Zellner, An Introduction to Bayesian Inference in Econometrics, 1971, 4.1; Box, Jenkins and Reinsel, Time Series
    Analysis, 1994, A7.4.

    >>> weights, _ = weighed(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0]))
    >>> bool(weights[0] < 0.01), bool(weights @ CORRELATIONS > 0.7)
    (True, True)
    """
    count, rho = len(totals), CORRELATIONS
    y = totals - totals.mean()
    ends, squares, inner = y[0] + y[-1], float(y @ y), float(y[1:-1] @ y[1:-1])
    following = float(y[1:] @ y[:-1])
    # Of a first-order autoregression with variance 1: the sums 1'S1, 1'Sy and y'Sy over the inverse S of its correlations.
    ones = (count - (count - 2) * rho) / (1 + rho)
    mixed = rho * ends / (1 + rho)
    own = (squares - 2 * rho * following + rho**2 * inner) / (1 - rho**2)
    rest = np.maximum(own - mixed**2 / ones, 1e-12 * squares)
    likelihood = -(count - 1) / 2 * (np.log(1 - rho**2) + np.log(rest)) - np.log(ones) / 2
    weights = PRIOR * np.exp(likelihood - likelihood.max())
    return weights / weights.sum(), rest / (count - 1)


def lengthened(count: int, rho: Numbers) -> Numbers:
    """Return by what factor correlated windows widen the variance of their sum: 1 + 2 sum over lags l of (1 - l/m) rho^l.

    The weights 1 - l/m are Bartlett's.

    Source: Bartlett, On the theoretical specification and sampling properties of autocorrelated time-series, Supplement to
    the Journal of the Royal Statistical Society 8 (1946) 27-41.

    >>> [round(float(each), 4) for each in lengthened(3, np.array([0.0, 0.5]))]  # 1 + 2 (2/3 0.5 + 1/3 0.25)
    [1.0, 1.8333]
    """
    factor: Numbers = (1 + rho) / (1 - rho) - 2 * rho * (1 - rho**count) / (count * (1 - rho) ** 2)
    return factor


def of_latent(rho: Numbers, chance: float) -> Numbers:
    """Return the correlation of what makes windows differ, where a share of their variance is chance and hides it.

    >>> [round(float(each), 2) for each in of_latent(np.array([0.0, 0.3, 0.6]), 0.5)]
    [0.0, 0.6, 0.95]
    """
    return np.minimum(TOP, rho / max(1 - chance, 1e-9))


def end_of_mixture(weights: Numbers, scales: Numbers, degrees: float | None) -> float:
    """Return where a mixture of Student's t, each of its scale, has its upper end of 95 %; of normals without degrees.

    >>> round(end_of_mixture(np.array([1.0]), np.array([2.0]), None), 2)
    3.92
    >>> round(end_of_mixture(np.array([0.5, 0.5]), np.array([1.0, 1.0]), 9), 3)
    2.262
    """
    special = scipy.special
    below: Callable[[Numbers], Numbers] = special.ndtr if degrees is None else lambda x: special.stdtr(degrees, x)
    greatest = float(scales.max())
    if greatest <= 0:
        return 0.0
    low, high = 0.0, greatest * float(special.stdtrit(1e6 if degrees is None else degrees, UPPER)) * 1.001
    inverse = 1 / np.maximum(scales, greatest * 1e-9)
    for _ in range(32):
        middle = (low + high) / 2
        if float(weights @ below(middle * inverse)) < UPPER:
            low = middle
        else:
            high = middle
    return high
