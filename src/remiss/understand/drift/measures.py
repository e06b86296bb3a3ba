"""How far the events of a window are from others, field by field: every measure is made of counts.

A field is counted once for each window, by its values or by narrow bins of them; so the same functions score a window, each
reference window against the others, and a thousand permutations of events, all at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from remiss.records.event import Scalar
from remiss.understand.variance import Indices, Numbers

Counts: TypeAlias = npt.NDArray[np.int64]
PSI, JENSEN_SHANNON, WASSERSTEIN, MISSING, NEW, VANISHED = "psi", "jensen-shannon", "wasserstein", "missing", "new", "vanished"
NUMBER, CATEGORY, TRUTH, LENGTH = "number", "category", "truth", "length"
ORDERED = frozenset({NUMBER, LENGTH})
# What a measure has to be raised to so that it is like a sum of squares; how much of a log is new is like one.
POWERS = {PSI: 1.0, JENSEN_SHANNON: 2.0, WASSERSTEIN: 2.0, MISSING: 2.0, NEW: 1.0, VANISHED: 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCounts:
    """A field of uniformly sampled events, counted by window.

    `counts` has how many events have each of `values`, of shape (windows, values); of numbers these ascend and are the means of
    narrow bins where there are many. `missing` are those without a value and `scale` how many events of the log a sampled one
    stands for, both of shape (windows,). `distinct` is how many values the field has.
    """

    name: str
    kind: str
    values: tuple[Scalar, ...]
    counts: Counts
    missing: Counts
    scale: Numbers
    distinct: int

    @property
    def sizes(self) -> Counts:
        """How many sampled events of each window have a value."""
        found: Counts = self.counts.sum(axis=1)
        return found

    @property
    def places(self) -> Numbers:
        """The values of a field of numbers, on their axis."""
        return np.array(self.values, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Pool:
    """Several windows together, each weighed by the events of the log that it stands for.

    `shares` of the values add up to 1 along the last axis, `size` is how many equally weighted events would be worth them.
    """

    shares: Numbers
    size: Numbers


def pool(counts: Counts, scale: Numbers) -> Pool:
    """Return windows together.

    Source: Kish, Survey Sampling, 1965, 11.2 (the size).

    >>> both = pool(np.array([[2, 2], [3, 1]]), np.array([1.0, 1.0]))
    >>> both.shares.tolist(), float(both.size)
    ([0.625, 0.375], 8.0)
    """
    sizes = counts.sum(axis=-1)
    total = float(sizes @ scale)
    return Pool(scale @ counts / max(total, 1e-300), np.array(total**2 / max(float(sizes @ scale**2), 1e-300)))


def others(counts: Counts, scale: Numbers) -> Pool:
    """Return, for each of some windows, all others together.

    >>> others(np.array([[2, 2], [3, 1]]), np.array([1.0, 1.0])).shares.tolist()
    [[0.75, 0.25], [0.5, 0.5]]
    """
    sizes = counts.sum(axis=1)
    weighted = scale[:, None] * counts
    own = weighted.sum(axis=1)
    total, squares = own.sum() - own, sizes @ scale**2 - sizes * scale**2
    shares = (weighted.sum(axis=0) - weighted) / np.maximum(total, 1e-300)[:, None]
    return Pool(shares, total**2 / np.maximum(squares, 1e-300))


def psi(own: Counts, beside: Pool, coarse: Indices, bins: int) -> Numbers:
    """Return the population stability index, the sum of (a - b) ln(a / b) over bins; half an event is added to each bin.

    Without the half a bin that is empty on one side makes it infinite.

    Parameters
    ----------
    own : of shape (..., values)
    beside : of shape (..., values) or (values,)
    coarse : the bin of each value

    Source: Siddiqi, Credit Risk Scorecards, 2006; the half: Jeffreys's prior for a share.

    >>> same = Pool(np.array([0.5, 0.5]), np.array(100.0))
    >>> round(float(psi(np.array([80, 20]), same, np.array([0, 1]), 2)), 3)
    0.406
    """
    counted = in_bins(own.astype(np.float64), coarse, bins)
    shares = in_bins(beside.shares, coarse, bins)
    a = (counted + 0.5) / (counted.sum(axis=-1, keepdims=True) + bins / 2)
    size = np.asarray(beside.size)[..., None]
    b = (shares * size + 0.5) / (size + bins / 2)
    found: Numbers = np.sum((a - b) * np.log(a / b), axis=-1)
    return found


def jensen_shannon(own: Counts, beside: Pool, coarse: Indices, bins: int) -> Numbers:
    """Return the distance of Jensen and Shannon, 0 for the same shares to 1 for no value in common.

    Source: Endres and Schindelin, A new metric for probability distributions, IEEE Transactions on Information Theory 49 (2003).

    >>> apart = Pool(np.array([0.0, 1.0]), np.array(100.0))
    >>> float(jensen_shannon(np.array([10, 0]), apart, np.array([0, 1]), 2))
    1.0
    """
    a = in_bins(_shares(own), coarse, bins)
    b = in_bins(beside.shares, coarse, bins)
    middle = (a + b) / 2
    divergence = (_relative(a, middle) + _relative(b, middle)) / 2
    found: Numbers = np.sqrt(np.maximum(divergence, 0.0))
    return found


def _relative(a: Numbers, b: Numbers) -> Numbers:
    inside = np.where(a > 0, a / np.where(b > 0, b, 1.0), 1.0)
    found: Numbers = np.sum(a * np.log2(inside), axis=-1)
    return found


def wasserstein(own: Counts, beside: Pool, places: Numbers) -> Numbers:
    """Return the Wasserstein distance in the unit of the values: how far a share of the events has to be moved, in the mean.

    Parameters
    ----------
    places : the values, ascending

    Source: Vallender, Calculation of the Wasserstein distance between probability distributions on the line, Theory of
    Probability and its Applications 18 (1974) 784-786.

    >>> zero = Pool(np.array([1.0, 0.0, 0.0]), np.array(10.0))
    >>> float(wasserstein(np.array([0, 5, 5]), zero, np.array([0.0, 2.0, 4.0])))
    3.0
    """
    apart = np.cumsum(_shares(own) - beside.shares, axis=-1)[..., :-1]
    found: Numbers = np.sum(np.abs(apart) * np.diff(places), axis=-1)
    return found


def new_share(own: Counts, beside: Pool) -> Numbers:
    """Return the share of a window's events whose value none of the others has."""
    found: Numbers = np.sum(_shares(own) * (beside.shares <= 0), axis=-1)
    return found


def vanished_share(own: Counts, beside: Pool) -> Numbers:
    """Return the share of the others' events whose value no event of the window has."""
    found: Numbers = np.sum(beside.shares * (own <= 0), axis=-1)
    return found


def _shares(counts: Counts) -> Numbers:
    found: Numbers = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return found


def in_bins(values: Numbers, coarse: Indices, bins: int) -> Numbers:
    """Return sums over the bins of the last axis.

    >>> in_bins(np.array([[1.0, 2.0, 4.0]]), np.array([0, 1, 0]), 2).tolist()
    [[5.0, 2.0]]
    """
    if len(coarse) == bins and np.array_equal(coarse, np.arange(bins)):
        return values
    found: Numbers = values @ np.eye(bins)[coarse]
    return found
