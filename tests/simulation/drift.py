"""Worlds of fields counted by window: numbers, categories and missing values of windows that are alike, or differ a little."""

from __future__ import annotations

import numpy as np

from remiss.understand.drift.measures import CATEGORY, NUMBER, TRUTH, FieldCounts
from remiss.understand.drift.testing import drifted

NUMBERS, FIELDS = 8, 12
GRID = 64


def world(rng, references, events=500, *, between=0.0, shift=0.0, uneven=False):
    """Return twelve fields of so many reference windows and of one window after them.

    Parameters
    ----------
    between : the standard deviation of the mean of a window, in that of an event; shares and odds of windows differ likewise
    shift : by how many standard deviations the first field is moved in the last window
    uneven : windows have a quarter to twice as many events
    """
    windows = references + 1
    sizes = rng.integers(events // 4, 2 * events, windows) if uneven else np.full(windows, events)
    return [_field(rng, at, sizes, between, shift if at == 0 else 0.0) for at in range(FIELDS)]


def _field(rng, at, sizes, between, shift):
    windows = len(sizes)
    if at < NUMBERS:
        means = between * rng.standard_normal(windows)
        means[-1] += shift
        values = rng.standard_normal(int(sizes.sum())) + np.repeat(means, sizes)
        values = np.exp(values) if at % 3 == 2 else np.round(2 * values) if at % 4 == 3 else values
        places = np.searchsorted(np.quantile(values, np.arange(1, GRID) / GRID), values, side="right")
        labels, places = np.unique(places, return_inverse=True)
        labels = np.bincount(places, values) / np.bincount(places)
        counts = np.zeros((windows, len(labels)), dtype=np.int64)
        np.add.at(counts, (np.repeat(np.arange(windows), sizes), places), 1)
        kind = NUMBER
    else:
        base = np.log(rng.dirichlet(np.full((2, 6, 40, 15)[at % 4], 1.0)))
        shares = np.exp(base + between * rng.standard_normal((windows, len(base))))
        counts = np.array([rng.multinomial(size, own / own.sum()) for size, own in zip(sizes, shares, strict=True)])
        counts = counts[:, counts.sum(axis=0) > 0]
        labels = np.array([f"v{one}" for one in range(counts.shape[1])])
        kind = TRUTH if len(base) == 2 else CATEGORY
    missing = (
        rng.binomial(sizes, 0.02 * np.exp(between * rng.standard_normal(windows)))
        if at % 2
        else np.zeros(windows, dtype=np.int64)
    )
    return FieldCounts(
        name=f"inputs.f{at:02}",
        kind=kind,
        values=tuple(labels.tolist()),
        counts=counts,
        missing=missing,
        scale=rng.uniform(1, 3, windows),
        distinct=len(labels),
    )


def found(fields, references, level=0.05):
    """Return which fields have an arrow."""
    return [each.field.name for each in drifted(fields, references, np.arange(references)) if each.found(level)]
