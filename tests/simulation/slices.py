"""Worlds for slices: logs with faults in known places, and logs in which no slice is worse than another."""

from __future__ import annotations

import numpy as np

from remiss.catalog.query.expression import Level, Operator, Term
from remiss.understand.slices.counting import SliceSample
from remiss.understand.slices.predicates import SliceField

FIELDS = 12


def fields_of(codes, sizes):
    """Return fields whose values are the numbers of their codes."""
    made = []
    for at, (own, size) in enumerate(zip(codes, sizes, strict=True)):
        name = f"inputs.f{at:02}"
        predicates = tuple(Term(name, Operator.EQUAL, str(code), Level.EVENT) for code in range(1, size + 1))
        made.append(SliceField(name=name, predicates=predicates, codes=own))
    return made


def categories(rng, count, fields=FIELDS, *, correlated=False):
    """Return the codes of each field and how many it has; correlated ones follow one that is not seen."""
    sizes = rng.integers(3, 8, fields)
    hidden = rng.random(count)
    codes = []
    for size in sizes:
        shares = np.cumsum(rng.dirichlet(np.full(size, 3.0)))
        own = np.where(rng.random(count) < 0.5, hidden, rng.random(count)) if correlated else rng.random(count)
        codes.append(np.minimum(np.searchsorted(shares, own), size - 1) + 1)
    return codes, sizes


def planted(seed, count, **more):
    """Return a sample with slices of two and three predicates, support 2 to 5 %, that fail 2 to 2.5 times as often; and these."""
    sample, _, places = planted_with_rates(seed, count, **more)
    return sample, places


def planted_with_rates(seed, count, *, windows=52, base=0.1, slices=4, ratios=(2, 2.5)):
    """Return the same with how probable it is that each event fails."""
    rng = np.random.default_rng(seed)
    codes, sizes = categories(rng, count)
    rate, places, taken = np.full(count, base), [], set()
    while len(places) < slices:
        fields = tuple(sorted(rng.choice(FIELDS, 2 + len(places) % 2, replace=False).tolist()))
        values = [int(rng.integers(1, sizes[at] + 1)) for at in fields]
        own = np.logical_and.reduce([codes[at] == value for at, value in zip(fields, values, strict=True)])
        if taken & {*fields} and rng.random() > 0.01:  # four slices need ten of twelve fields: rarely they do not fit
            continue
        if 0.02 <= own.mean() <= 0.05:
            places.append(tuple(zip(fields, values, strict=True)))
            taken |= {*fields}
            rate[own] *= rng.uniform(*ratios)
    failed = rng.random(count) < np.minimum(rate, 1)
    window = rng.integers(0, windows, count)
    sample = SliceSample(fields=fields_of(codes, sizes), weights=np.ones(count), failed=failed, window=window, windows=windows)
    return sample, np.minimum(rate, 1), places


def null(seed, count, *, windows, base, fields=FIELDS, overdispersed=0.0, persistent=0.0, correlated=False, stratified=False):
    """Return a sample in which no slice is worse than the rest, whatever else is the case.

    Parameters
    ----------
    overdispersed : the standard deviation of the logarithm of the rate between windows, all slices alike; and half of it for
        each value of each field by itself, on its mean over time: no slice is worse for long
    persistent : how much of a window's deviation the next one keeps
    stratified : failures are all kept, others one in five to forty, by the first field
    """
    rng = np.random.default_rng(seed)
    codes, sizes = categories(rng, count, fields, correlated=correlated)
    window = rng.integers(0, windows, count)
    log_rate = np.zeros(count)
    if overdispersed:
        log_rate += _shocks(rng, 1, windows, overdispersed, persistent)[0][window]
        for own, size in zip(codes[:3], sizes[:3], strict=True):
            log_rate += _shocks(rng, size, windows, overdispersed / 2, persistent)[own - 1, window]
    failed = rng.random(count) < np.minimum(base * np.exp(log_rate), 1)
    weights = np.ones(count)
    kept = np.ones(count, dtype=bool)
    if stratified:
        rarely = rng.uniform(1 / 40, 1 / 5, sizes[0])[codes[0] - 1]
        chance = np.where(failed, 1.0, rarely)
        kept = rng.random(count) < chance
        weights = 1 / chance
    made = fields_of([own[kept] for own in codes], sizes)
    return SliceSample(fields=made, weights=weights[kept], failed=failed[kept], window=window[kept], windows=windows)


def _shocks(rng, count, windows, size, persistent):
    """Return stationary first-order autoregressions with mean 0, of shape (count, windows)."""
    found = np.empty((count, windows))
    found[:, 0] = rng.normal(0, size, count)
    for at in range(1, windows):
        found[:, at] = persistent * found[:, at - 1] + rng.normal(0, size * np.sqrt(1 - persistent**2), count)
    return found
