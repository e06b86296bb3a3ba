"""Percentile bootstrap by case: how sure a figure is that comes from some cases and not from others.

Nothing here is left to a clock or to a library's generator: which cases are drawn follows from their ids alone, by SHAKE-256, so
that the same labellings give the same interval on every machine and with every version of numpy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from remiss.curate.distances import Floats
from remiss.records.identity import canonical

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


def percentile_interval(statistic: Callable[[Floats], Floats], seed: bytes, size: int) -> tuple[float, float] | None:
    """Return the 95 % percentile interval of a statistic, or None where too many resamples have no value.

    Parameters
    ----------
    statistic : from how often each case is in each resample (B x size) to B values, not a number where it has none
    seed : from `seed_of`
    size : how many cases there are, at least 1

    Source: Efron and Tibshirani, An introduction to the bootstrap, 1993, chapter 13.
    """
    values = np.concatenate([statistic(copies) for copies in resamples(seed, size)])
    defined = values[np.isfinite(values)]
    if len(defined) < DEFINED * len(values):
        return None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
