"""Has a rate risen? A test that may be looked at after every window, for as long as one likes.

Each window is ranked by its rate among itself and all windows before it. Where windows are alike, that is exchangeable, ranks say
nothing of one another, however much windows differ by chance: no distribution of the counts is assumed, and nobody has to know
the rate. A bet on high ranks turns each into an e-value, of which one expects 1 at most, whatever came before. The detector of
Shiryaev and Roberts adds up the bets of all who began at some window: where nothing changed that sum grows by 1 a window in
expectation, so an alarm where it reaches 1 / level, after which it starts anew, comes at most `level` times a window on average.

A season, a trend, or windows that follow the one before them are not exchangeable: `tests/simulation/test_alerts.py` measures how
many more alarms they bring.

Sources: Shin, Ramdas and Rinaldo, E-detectors: a nonparametric framework for sequential change detection, New England Journal of
Statistics in Data Science 2, 2023 (the detector); Vovk, Gammerman and Shafer, Algorithmic learning in a random world, 2005,
sections 2.2 and 7.1 (ranks with randomised ties, and bets on them).
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import numpy as np

from remiss.understand.variance import HISTORY, Flags, Numbers

YEAR = timedelta(days=365.25)
# How boldly is bet: near 0 on the highest rank alone, 1 not at all. This found a rate that rose to 1.4 to 2 times its own about
# as soon as any, after 12 to 52 windows and with 1 to 10 series on one budget.
BET = 0.4
# No rank that chance gives is smaller.
LEAST = 1e-12


class WatchedRates(NamedTuple):
    """What a detector made of rates: each of the shape of the rates, windows last.

    `p` is the rank of a window, uniform where nothing changed and small where the rate is high. `evidence` is the sum of bets
    before a new start, and 0 until enough windows are there to rank among.
    """

    p: Numbers
    evidence: Numbers
    alarms: Flags


def watch(rates: Numbers, ties: Numbers, level: float) -> WatchedRates:
    """Return what a detector finds in rates, window by window; what it says of one depends on none after it.

    Parameters
    ----------
    rates : shares of shape (..., windows), in order of time
    ties : a number in [0, 1) for each, by chance and for ever the same, which tells apart windows of one rate
    level : how many false alarms a window may bring on average

    >>> import numpy as np
    >>> calm = np.tile([0.04, 0.05, 0.06, 0.05], 7)
    >>> found = watch(np.append(calm, [0.11, 0.10]), np.full(30, 0.5), 2 / 52)
    >>> np.flatnonzero(found.alarms).tolist()
    [29]
    """
    p = ranks(rates, ties)
    evidence, alarms = shiryaev_roberts(bets(p), level)
    return WatchedRates(p, evidence, alarms)


def level_of(budget: float, width: timedelta, series: int) -> float:
    """Return how many false alarms one of so many series may bring in a window, for all of them to keep a budget a year.

    >>> from datetime import timedelta
    >>> round(1 / level_of(2, timedelta(weeks=1), 3), 1)
    78.3
    """
    return min(1.0, budget * (width / YEAR) / max(1, series))


def ranks(rates: Numbers, ties: Numbers) -> Numbers:
    """Return the share of windows so far, itself among them, that have a higher rate; among equal ones chance decides."""
    p = np.empty(rates.shape)
    for at in range(rates.shape[-1]):
        own, so_far = rates[..., at, None], rates[..., : at + 1]
        higher, equal = np.sum(so_far > own, axis=-1), np.sum(so_far == own, axis=-1)
        p[..., at] = (higher + ties[..., at] * equal) / (at + 1)
    return p


def bets(p: Numbers) -> Numbers:
    """Return the e-value of each rank, k p^(k - 1): a bet on small ones, whose mean over p from 0 to 1 is 1.

    >>> import numpy as np
    >>> np.round(bets(np.array([0.001, 0.02, 0.2, 1.0])), 2).tolist()
    [25.24, 4.18, 1.05, 0.4]
    """
    return BET * np.clip(p, LEAST, 1.0) ** (BET - 1)


def shiryaev_roberts(values: Numbers, level: float, *, held: float = 0.0, idle: int = HISTORY) -> tuple[Numbers, Flags]:
    """Return the sums of bets on e-values, and where they reach 1 / level, from where on they start anew.

    Parameters
    ----------
    values : e-values of shape (..., windows), in order of time
    held : the sum of the windows before these
    idle : how many of the first windows are not bet on, being ranked among too few
    """
    evidence, alarms = np.zeros(values.shape), np.zeros(values.shape, dtype=bool)
    sums = np.full(values.shape[:-1], held)
    for at in range(idle, values.shape[-1]):
        sums = (1 + sums) * values[..., at]
        evidence[..., at], alarms[..., at] = sums, sums >= 1 / level
        sums = np.where(alarms[..., at], 0.0, sums)
    return evidence, alarms
