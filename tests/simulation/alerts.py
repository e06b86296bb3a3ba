"""Streams of windows in which nothing happens, or a rate rises; and a detector that knows both rates, to compare with."""

from __future__ import annotations

import numpy as np

BASE, RAISED, SAMPLED = 0.05, 0.10, 200
WEEKS = 52


def null_rates(kind, rng, streams, windows, base=BASE):
    """Return the rates of windows in which nothing happened, by what windows differ in.

    `alike` by chance alone; `overdispersed` also in their rate (a beta of 60 events); `uneven` in how many events they have;
    `rare` with hardly a failure; `season` by a fifth of the rate up and down over a year; `memory` in a rate that follows that of
    the window before with a correlation of 0.8; `creeping` by a tenth more each year.
    """
    shape = (streams, windows)
    sizes = rng.integers(20, 2 * SAMPLED, shape) if kind == "uneven" else np.full(shape, SAMPLED)
    rate = np.full(shape, 0.002 if kind == "rare" else base)
    if kind == "overdispersed":
        rate = rng.beta(60 * base, 60 * (1 - base), shape)
    if kind == "season":
        rate = base * (1 + 0.2 * np.sin(2 * np.pi * (np.arange(windows) / WEEKS + rng.random((streams, 1)))))
    if kind == "creeping":
        rate = rate * 1.1 ** (np.arange(windows) / WEEKS)
    if kind == "memory":
        rate = base * np.exp(0.3 * _remembering(rng, shape, 0.8))
    return rng.binomial(sizes, rate) / sizes


def _remembering(rng, shape, correlation):
    values = rng.standard_normal(shape)
    for at in range(1, shape[1]):
        values[:, at] = correlation * values[:, at - 1] + (1 - correlation**2) ** 0.5 * values[:, at]
    return values


def raised_rates(rng, streams, before, after, base=BASE, raised=RAISED):
    """Return rates that rise after so many windows, and stay."""
    return (
        np.concatenate([rng.binomial(SAMPLED, base, (streams, before)), rng.binomial(SAMPLED, raised, (streams, after))], axis=1)
        / SAMPLED
    )


def event_counts(kind, rng, streams, windows, left=1.0, since=0):
    """Return how many events windows have, about 2,000 that vary by a tenth; from one window on only a share of them is left.

    `growing` by 30 % a year, `declining` by 10 % and `vanishing` by 30 %; `season` by a fifth up and down over a year; `memory`
    in a number that follows that of the window before with a correlation of 0.8; `few`, 50 that vary by chance alone and become a
    tenth fewer each year; `days`, of which each is a day and the last two of a week have a third.
    """
    window, shape = np.arange(windows), (streams, windows)
    years = window / WEEKS
    usual = np.full(shape, 50.0 if kind == "few" else 2_000.0)
    usual *= {"growing": 1.3, "declining": 0.9, "vanishing": 0.7, "few": 0.9}.get(kind, 1.0) ** years
    if kind == "season":
        usual *= 1 + 0.2 * np.sin(2 * np.pi * (years + rng.random((streams, 1))))
    if kind == "days":
        usual *= np.where(window % 7 < 5, 1.0, 1 / 3)
    if kind == "memory":
        usual *= np.exp(0.1 * _remembering(rng, shape, 0.8))
    elif kind != "few":
        usual *= rng.gamma(100, 1 / 100, shape)
    usual[:, since:] *= left
    return rng.poisson(usual)


def cusum(rates, threshold, base=BASE, raised=RAISED):
    """Return where the sum of logarithms of likelihood ratios passes a threshold, from where on it starts anew (Page 1954)."""
    gains = SAMPLED * (rates * np.log(raised / base) + (1 - rates) * np.log((1 - raised) / (1 - base)))
    held, alarms = np.zeros(len(rates)), np.zeros(rates.shape, dtype=bool)
    for at in range(rates.shape[1]):
        held = np.maximum(held + gains[:, at], 0.0)
        alarms[:, at] = held > threshold
        held = np.where(alarms[:, at], 0.0, held)
    return alarms


def least_threshold(rates, level):
    """Return the least threshold at which a CUSUM brings at most so many alarms a window of rates in which nothing happened."""
    return next(each for each in np.arange(0.0, 20.0, 0.05) if cusum(rates, each).mean() <= level)


def delays(alarms, before):
    """Return after how many windows each stream had its first alarm since the rate rose; infinite without one."""
    since = alarms[:, before:]
    return np.where(since.any(axis=1), since.argmax(axis=1) + 1.0, np.inf)
