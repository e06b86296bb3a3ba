"""What figures of agreement are made of: distances between labels, and intervals by resampling cases.

How far two labels are apart, for alpha; and how near, for AC2.

A metric takes the categories of a field and how often each was chosen, and gives the squared difference of every two of them. One
that goes by rank depends on how often each category was chosen; the others do not.

Percentile bootstrap by case: how sure a figure is that comes from some cases and not from others.

Nothing here is left to a clock or to a library's generator: which cases are drawn follows from their ids alone, by SHAKE-256, so
that the same labellings give the same interval on every machine and with every version of numpy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from remiss.records.identity import canonical

Floats: TypeAlias = NDArray[np.float64]
Categories: TypeAlias = Sequence[Hashable]
# Categories (q of them) and how often each was chosen (... x q) to squared differences (q x q, or ... x q x q).
Metric: TypeAlias = Callable[[Categories, Floats], Floats]


def nominal(categories: Categories, chosen: Floats) -> Floats:
    """Return 0 for the same and 1 for any two that differ."""
    return 1.0 - np.eye(len(categories))


def ordinal(categories: Categories, chosen: Floats) -> Floats:
    """Return the squared number of ranks between two categories, which are given in their order.

    A category's rank is the middle of those who chose it, so that two that nobody stands between are near. Source:
    Krippendorff, Computing Krippendorff's alpha-reliability, 2011, section E.
    """
    middle = np.cumsum(chosen, axis=-1) - chosen / 2
    apart: Floats = (middle[..., :, None] - middle[..., None, :]) ** 2
    return apart


def of_sets(categories: Sequence[Any], chosen: Floats) -> Floats:
    """Return the MASI distance of every two sets."""
    return np.array([[masi_distance(first, second) for second in categories] for first in categories], dtype=np.float64).reshape(
        len(categories), len(categories)
    )


def masi_distance(first: AbstractSet[Hashable], second: AbstractSet[Hashable]) -> float:
    """Return how far two sets are apart, from 0 (the same) to 1 (nothing in common).

    One less Jaccard's index times 1 for equal sets, 2/3 where one holds the other, 1/3 where they only overlap. Two empty sets
    are the same; an empty one has nothing in common with another.

    Source: Passonneau, Measuring agreement on set-valued items (MASI) for semantic and pragmatic annotation, LREC 2006.

    >>> masi_distance({"data"}, {"data"}), round(masi_distance({"data"}, {"data", "model"}), 4)
    (0.0, 0.6667)
    """
    if first == second:
        return 0.0
    shared, either = len(first & second), len(first | second)
    monotonicity = 2 / 3 if first <= second or second <= first else 1 / 3
    return 1.0 - shared / either * monotonicity


def same(categories: Categories) -> Floats:
    """Return the weights with which AC2 is AC1: 1 for the same, 0 for any two that differ."""
    return np.eye(len(categories))


def near(categories: Categories) -> Floats:
    """Return the ordinal weights of AC2 for categories in their order: 1 for the same, 0 from one end to the other.

    One less the number of pairs among the categories from one to the other, as a share of all pairs. Source: Gwet, Handbook
    of inter-rater reliability, 4th edition, 2014, chapter 3.

    >>> near([1, 2, 3]).round(4).tolist()
    [[1.0, 0.6667, 0.0], [0.6667, 1.0, 0.6667], [0.0, 0.6667, 1.0]]
    """
    size = len(categories)
    steps = np.abs(np.arange(size)[:, None] - np.arange(size)[None, :])
    weights: Floats = 1.0 - steps * (steps + 1) / max(size * (size - 1), 1)
    return weights


LEVEL = 0.95
RESAMPLES = 2_000
# Under so many cases resampling says nothing that one should believe.
ENOUGH = 20
# Of the resamples, how many must have a value: where fewer have one, those that have are no fair picture.
DEFINED = 0.95
# Numbers held at once, which bounds memory and not the answer.
BLOCK = 4_000_000


def seed_of(cases: Iterable[str]) -> bytes:
    """Return what the drawing follows from: the ids of the cases, in the order in which they are drawn."""
    return hashlib.sha256(canonical(["agreement", *cases])).digest()


def resamples(seed: bytes, size: int, times: int = RESAMPLES) -> Iterator[Floats]:
    """Yield blocks of resamples of `size` cases: how often each case was drawn, with replacement (some x size).

    A draw takes 32 bits of its resample's stream; that two cases differ in their chance by 2^-32 does not matter.
    """
    step = max(1, BLOCK // size)
    for first in range(0, times, step):
        block = np.array([_drawn(seed, at, size) for at in range(first, min(first + step, times))])
        rows = np.arange(len(block))[:, None] * size
        yield np.bincount((block + rows).ravel(), minlength=block.size).reshape(block.shape).astype(np.float64)


def _drawn(seed: bytes, at: int, size: int) -> NDArray[np.int64]:
    """Return the places of the cases of one resample."""
    bits = np.frombuffer(hashlib.shake_256(seed + at.to_bytes(4)).digest(4 * size), dtype="<u4")
    return (bits.astype(np.uint64) * np.uint64(size) >> np.uint64(32)).astype(np.int64)


def percentile_intervals(
    statistics: Sequence[Callable[[Floats], Floats]], seed: bytes, size: int
) -> list[tuple[float, float] | None]:
    """Return the 95 % percentile interval of each statistic, or None where too many resamples have no value.

    Parameters
    ----------
    statistics : each from how often each case is in each resample (B x size) to B values, not a number where it has none
    seed : from `seed_of`
    size : how many cases there are, at least 1

    Source: Efron and Tibshirani, An introduction to the bootstrap, 1993, chapter 13.
    """
    # Drawing takes longer than what is computed of it: all are of the same resamples.
    blocks = [[statistic(copies) for statistic in statistics] for copies in resamples(seed, size)]
    return [_ends(np.concatenate(values)) for values in zip(*blocks, strict=True)]


def _ends(values: Floats) -> tuple[float, float] | None:
    defined = values[np.isfinite(values)]
    if len(defined) < DEFINED * len(values):
        return None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
