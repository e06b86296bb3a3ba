"""How far an estimate may be from what it estimates: this log, or the process that wrote it.

*This log* asks how many events of this very log match; only the sampling is random. *Process* asks what the next weeks of
the same process would bring; the windows themselves are draws, so whatever compares windows, versions, slices or time
uses their spread. Both work on residuals `e`: for a total e is 1 for a matching event, for a rate T(y)/T(x) it is
(y - R x)/T(x), by Taylor linearisation (Sarndal, Swensson and Wretman, Model Assisted Survey Sampling, 1992, 5.5 and 5.6).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]
# Fewer windows than this say too little about how windows differ.
HISTORY = 8


@dataclass(frozen=True, slots=True)
class Spread:
    """An estimated variance and its degrees of freedom; None when inclusion probabilities give it."""

    variance: float
    degrees: int | None = None


def log_variance(residuals: Numbers, probabilities: Numbers) -> float:
    """Return the sampling variance of a sum of e/p over sampled events: the sum of (1 - p)/p^2 e^2.

    There are no covariance terms: rank conditioning makes them zero for coordinated bottom-k samples with k >= 2 (the
    proof is in the explanation of sampling).

    Source: Duffield, Lund and Thorup, Priority sampling for estimation of arbitrary subset sums, J. ACM 54 (2007).

    >>> log_variance(np.array([1.0, 1.0]), np.array([0.5, 1.0]))
    2.0
    """
    return float(np.sum((1 - probabilities) / probabilities**2 * residuals**2))


def poisson_variance(residuals: Numbers, probabilities: Numbers) -> float:
    """Return the variance of a sum of e/p if events came independently of each other: the sum of e^2/p^2."""
    return float(np.sum((residuals / probabilities) ** 2))


def between_windows(totals: Numbers) -> Spread:
    """Return m/(m - 1) times the sum of squared deviations of window totals of e/p, with m - 1 degrees.

    Windows are the ultimate clusters: whatever makes events of a window alike is in their totals. Residuals of a rate add
    to zero over the windows, so for it the deviations are the totals themselves.

    Parameters
    ----------
    totals : one number for each window in scope, zeros included

    Raises
    ------
    ValueError : under two windows

    Source: Sarndal, Swensson and Wretman 1992, 4.5.

    >>> between_windows(np.array([1.0, 3.0, 2.0, 2.0]))
    Spread(variance=2.6666666666666665, degrees=3)
    """
    count = len(totals)
    if count < 2:
        raise ValueError("one window has no spread")
    deviations = totals - totals.mean()
    return Spread(float(count / (count - 1) * np.sum(deviations**2)), count - 1)


def window_totals(values: Numbers, windows: Indices, count: int) -> Numbers:
    """Return the sum of values in each of `count` windows."""
    return np.bincount(windows, weights=values, minlength=count).astype(np.float64)


def overdispersion(totals: Numbers, poisson: float) -> float:
    """Return by what factor windows of a reference period vary more than independent events would; at least 1.

    Parameters
    ----------
    totals : window totals of e/p over the reference period
    poisson : `poisson_variance` over the same events

    Source: McCullagh and Nelder, Generalized Linear Models, 1989, 4.5 and 6.2 (the dispersion parameter).

    >>> overdispersion(np.array([1.0, 3.0, 2.0, 2.0]), 8.0)
    1.0
    """
    return max(1.0, between_windows(totals).variance / poisson) if poisson > 0 else 1.0


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
