"""What many comparisons at once may claim: Holm, Benjamini and Hochberg, and the exact test of McNemar that they are fed.

A rank is a place in the sorted order. The positions that a sort reads its entries from are none, though both are permutations:
who takes them for ranks compares each p-value with the bound of another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy

Numbers = npt.NDArray[np.float64]


def holm(p: Sequence[float] | Numbers) -> Numbers:
    """Return p-values adjusted by Holm's step-down: at most alpha may be claimed with a family-wise error of at most alpha.

    Parameters
    ----------
    p : p-values, families along the last axis; any dependence

    Source: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979) 65-70.

    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p, dtype=float)
    order = np.argsort(given, axis=-1, kind="stable")
    stepped = np.take_along_axis(given, order, axis=-1) * np.arange(given.shape[-1], 0, -1)
    return _put_back(np.minimum(np.maximum.accumulate(stepped, axis=-1), 1.0), order)


def benjamini_hochberg(p: Sequence[float] | Numbers) -> Numbers:
    """Return q-values: the least false discovery rate at which each would be reported.

    Source: Benjamini and Hochberg, Controlling the false discovery rate, Journal of the Royal Statistical Society B 57
    (1995) 289-300.

    >>> benjamini_hochberg([0.04, 0.01, 0.03, 0.5]).round(3).tolist()
    [0.053, 0.04, 0.053, 0.5]
    """
    given = np.asarray(p, dtype=float)
    count = given.shape[-1]
    order = np.argsort(given, axis=-1, kind="stable")
    stepped = np.take_along_axis(given, order, axis=-1) * count / np.arange(1, count + 1)
    least = np.flip(np.minimum.accumulate(np.flip(stepped, axis=-1), axis=-1), axis=-1)
    return _put_back(np.minimum(least, 1.0), order)


def _put_back(sorted_values: Numbers, order: npt.NDArray[np.intp]) -> Numbers:
    """Return values to the places that the sort took them from."""
    placed = np.empty_like(sorted_values)
    np.put_along_axis(placed, order, sorted_values, axis=-1)
    return placed


def mcnemar(lost: int, won: int) -> float:
    """Return the exact two-sided p-value of "the versions pass equally often", by the pairs on which only one of them passed.

    Unweighted: each pair counts once, whatever it stands for in production.

    Source: McNemar, Psychometrika 12 (1947) 153-157, with the binomial distribution itself.

    >>> mcnemar(0, 0), round(mcnemar(1, 8), 4)
    (1.0, 0.0391)
    """
    return min(1.0, 2 * float(scipy.special.bdtr(min(lost, won), lost + won, 0.5)))


def mcnemar_better(lost: int, won: int) -> float:
    """Return the exact one-sided p-value of "the candidate passes no more often": small where it is better.

    >>> mcnemar_better(0, 5)
    0.03125
    """
    return float(scipy.special.bdtr(lost, lost + won, 0.5))
