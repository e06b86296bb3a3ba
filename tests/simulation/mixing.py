"""Worlds in which what a model is asked and how often it fails change from one time to another, and from window to window."""

from __future__ import annotations

import numpy as np

from remiss.understand.drift.mixing import SlicedWindows, split

SLICES = 6
# In the long run: shares and rates of the slices, before and after.
SHARES = np.array([[0.35, 0.25, 0.15, 0.1, 0.1, 0.05], [0.25, 0.25, 0.2, 0.1, 0.05, 0.15]])
RATES = np.array([[0.05, 0.08, 0.1, 0.2, 0.12, 0.3], [0.06, 0.08, 0.15, 0.18, 0.12, 0.3]])


def side(rng, at, windows, events, between):
    """Return windows of one time; shares and odds of each differ by so much, on the logarithmic scale.

    Failures are kept all, and of other events half: weights are unlike.
    """
    shares = np.exp(np.log(SHARES[at]) + between * rng.standard_normal((windows, SLICES)))
    shares /= shares.sum(axis=1, keepdims=True)
    odds = np.log(RATES[at] / (1 - RATES[at])) + between * rng.standard_normal((windows, SLICES))
    rates = 1 / (1 + np.exp(-odds))
    logged = np.stack([rng.multinomial(events, own) for own in shares])
    failed = rng.binomial(logged, rates)
    kept = rng.binomial(logged - failed, 0.5)
    weights = np.stack([2.0 * kept, failed], axis=-1)
    return SlicedWindows(weights)


def truth(between):
    """Return change, mix effect and rate effect of the process: of very many windows, each of very many events."""
    rng = np.random.default_rng(1)
    found = split(*(side(rng, at, 4_000, 50_000, between) for at in (0, 1)))
    return found.change.value, found.mix[-1].value, found.rate[-1].value, found.mix[5].value, found.rate[2].value


def effects(found):
    """Return the effects whose truth is known, in the same order."""
    return found.change, found.mix[-1], found.rate[-1], found.mix[5], found.rate[2]
