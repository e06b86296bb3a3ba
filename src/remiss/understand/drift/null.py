"""How far a window may be from the reference windows if it is one like them: what each arrow has to pass.

A test that counts events calls every week of a large log a drift, for weeks do differ. So the reference windows say by how much:
each is scored against the others, and a predictive distribution is fitted to these scores, with the uncertainty of a fit to so
few. It is never taken to be narrower than what a permutation of events makes of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from remiss.understand.variance import HISTORY, Numbers

# Permutations of events from which mean and spread are taken; the tail is that of the fitted distribution.
PERMUTATIONS = 200
# Into how many equal parts the distribution of what is estimated is cut.
PARTS = 12
# Of the permutations in order, each of so many stands for those around it.
EVERY = 5
ALIKE, TINY = 1e-12, 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Null:
    """What a score is expected to be of a window like the reference windows: chance, and how windows differ beside it.

    A score that is a sum of squares is taken for the sum of two parts: `chance`, what permutations of events give across the
    direction in which windows differ, and the square of a normal along it, whose variance is one of `scales`, equally likely, and
    itself known with so many `degrees`. `permuted` are mean and spread of the cube roots of the permutations.
    """

    chance: Numbers
    scales: Numbers
    degrees: float
    permuted: tuple[float, float]

    def p(self, quadratic: float) -> float:
        """Return how probable a score at least as great is, by the wider of this distribution and that of permutations."""
        beyond = np.maximum(quadratic - self.chance[:, None], 0.0)
        # Where windows have never differed the permutations alone say what is much.
        far = beyond / np.maximum(self.scales, TINY)
        predicted = float(2 * scipy.special.stdtr(self.degrees, -np.sqrt(far)).mean())
        mean, spread = self.permuted
        by = float(np.cbrt(quadratic)) - mean
        if spread <= ALIKE:
            return predicted
        return max(predicted, float(scipy.special.ndtr(-by / spread)))

    def upper(self, p: float) -> float:
        """Return the score, as a sum of squares, that has such a p-value."""
        least, usual = 1e-12, float(self.scales.mean())
        low, high = 0.0, least * 4.0 ** max(0, round(math.log(usual / least, 4)) if usual > 0 else 0)
        while high > least and self.p(high / 4) <= p:
            high /= 4
        while self.p(high) > p and high < 1e300:
            high *= 4
        # Each p-value is the mean of many: where it falls to `p` is found by fewer of them than halving takes.
        at, close = crossing(lambda score: self.p(score) - p, low, high), high * 2.0**-42
        for _ in range(40):
            middle = (low + high) / 2
            below = self.p(middle) > p if abs(middle - at) < close else middle < at
            low, high = (middle, high) if below else (low, middle)
        return high


def crossing(falls: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function that falls from `low` to `high` falls to nothing: within 2^-46 of `high`, an end where it does not.

    Source: Chandrupatla, A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear function without using
    derivatives, Advances in Engineering Software 28 (1997) 145-149.

    >>> round(crossing(lambda x: 2 - x * x, 0.0, 4.0), 12), crossing(lambda x: -1.0, 0.0, 4.0), crossing(lambda x: 1.0, 0.0, 4.0)
    (1.414213562373, 0.0, 4.0)
    """
    a, b, of_a, of_b = low, high, falls(low), falls(high)
    if of_a <= 0 or of_b > 0:
        return low if of_a <= 0 else high
    within, part = high * 2.0**-46, 0.5
    while True:
        x = a + part * (b - a)
        of_x = falls(x)
        if (of_x > 0) == (of_a > 0):
            c, of_c = a, of_a
        else:
            b, of_b, c, of_c = a, of_a, b, of_b
        a, of_a = x, of_x
        least = within / abs(b - a)
        if of_a == 0 or least > 0.5:
            return a
        along, beside = (a - b) / (c - b), (of_a - of_b) / (of_c - of_b)
        part = 0.5
        if beside**2 < along and (1 - beside) ** 2 < 1 - along:
            first = of_a / (of_b - of_a) * of_c / (of_b - of_c)
            part = first + (c - a) / (b - a) * of_a / (of_c - of_a) * of_b / (of_c - of_b)
        part = min(1 - least, max(least, part))


def fitted(references: Numbers, permuted: Numbers, own: float, beside: Numbers) -> Null:
    """Return the null of a score, fitted to those of the reference windows against each other.

    In whichever directions windows differ normally, their sum of squares is beyond many times its mean no oftener than where it
    is one direction alone (Szekely and Bakirov), so one is assumed. There the score of a window by the mean of those of m
    reference windows is a squared t with m - 1 degrees: the prediction interval of a normal of which mean and variance are
    estimated. What chance adds to the mean, known by permutation, is taken out of it but for the part that falls in
    that direction; how unsure that leaves it is in `scales`. Of windows with unequal events fewer are worth as many degrees.
    A window with fewer events is further from the others by chance: it is judged by the chance of its own size.

    Parameters
    ----------
    references : the score of each reference window against the others, as a sum of squares
    permuted : the scores of permutations of the window's events with those of the reference windows; none where chance is
        judged otherwise
    own, beside : 1/n + 1/N of the window and of each reference window, with n of its events beside N others

    Source: Szekely and Bakirov, Extremal probabilities for Gaussian quadratic forms, Probability Theory and Related Fields 126
    (2003) 184-202; Geisser, Predictive Inference, 1993, 2.2 (the t); Weerahandi, Generalized confidence intervals, J. American
    Statistical Association 88 (1993) 899-905; Wilson and Hilferty, The distribution of chi-square, Proceedings of the
    National Academy of Sciences 17 (1931) 684-688 (the cube root); Satterthwaite, Biometrics Bulletin 2 (1946) 110-114 (the
    degrees).

    >>> null = fitted(np.array([1.0, 1.4, 0.1, 1.1, 0.2, 2.2, 1.3, 0.7]), np.zeros(0), 0.1, np.full(8, 0.1))
    >>> round(null.p(1.0), 2), round(null.p(25.0), 4)
    (0.35, 0.0016)
    """
    count, mean = len(references), float(references.mean())
    if not len(permuted) or float(permuted.mean()) <= 0:
        return Null(chance=np.zeros(1), scales=np.array([mean]), degrees=count - 1, permuted=(0.0, 0.0))
    chance, spread = float(permuted.mean()), float(permuted.std(ddof=1))
    across = 1 - min(1.0, spread**2 / (2 * chance**2))
    # Chance is greater the fewer events: of the reference windows so many times as great as of the window.
    times = beside / own
    along, ratio = chance * (1 - across), float(times.mean())
    off = spread * across * float(np.sqrt(np.mean(times**2) / count))
    unsure = off * scipy.special.ndtri((np.arange(PARTS) + 0.5) / PARTS)
    # Along the direction the chance of the reference windows stays in: how they scatter is known of both together only.
    scales = np.maximum(mean - chance * across * ratio + unsure, along * ratio) + along * max(0.0, 1 - ratio)
    each = max(0.0, mean - chance * ratio) + along * times
    roots = np.cbrt(permuted)
    return Null(
        chance=np.sort(permuted)[EVERY // 2 :: EVERY] * across,
        scales=scales,
        degrees=max(1.0, float(each.sum() ** 2 / np.sum(each**2)) - 1),
        permuted=(float(roots.mean()), float(roots.std(ddof=1))),
    )


def missing_by_chance(missing: int, size: int, missing_others: int, size_others: int) -> float:
    """Return how probable a difference of two shares of missing values at least as great is if events are exchanged: exact.

    Source: Fisher, The design of experiments, 1935 (the hypergeometric distribution).

    >>> round(missing_by_chance(3, 10, 0, 90), 5)
    0.00074
    """
    total, every = missing + missing_others, size + size_others
    if total in {0, every} or not size or not size_others:
        return 1.0
    here = np.arange(max(0, total - size_others), min(total, size) + 1)
    log = _choose(size, here) + _choose(size_others, total - here) - _choose(every, np.array([total]))
    apart = np.abs(here / size - (total - here) / size_others)
    observed = abs(missing / size - missing_others / size_others)
    return min(1.0, float(np.exp(log[apart >= observed * (1 - 1e-9)]).sum()))


def _choose(size: int, some: Numbers | np.ndarray) -> Numbers:
    gammaln = scipy.special.gammaln
    found: Numbers = gammaln(size + 1) - gammaln(some + 1) - gammaln(size - some + 1)
    return found


def together_by_chance(events: Numbers | np.ndarray, share: float, observed: int) -> float:
    """Return how probable it is that values all of whose events fall to one side have at least so many events.

    Of each value all events do with the chance `share` to the power of how many it has: so a value is new in a window, or gone
    from it, when events are exchanged.

    Parameters
    ----------
    events : how many events each value has, in the window and beside it
    share : of all events, those of that side
    observed : how many events of that side have such values

    >>> round(together_by_chance(np.array([2, 50]), 0.1, 2), 4), together_by_chance(np.array([2]), 0.1, 0)
    (0.01, 1.0)
    """
    if observed <= 0:
        return 1.0
    likely = [(int(count), share ** int(count)) for count in events if count > 0 and share ** int(count) > 1e-12]
    below = np.zeros(observed + 1)  # the last is "at least so many"
    below[0] = 1.0
    for count, chance in likely:
        moved = np.zeros_like(below)
        at = min(count, observed)
        moved[at:] = below[: observed + 1 - at]
        moved[observed] = below[observed - at :].sum()
        below = below * (1 - chance) + moved * chance
    return float(min(1.0, below[observed]))


def needed(references: int) -> int:
    """Return how many more reference windows there have to be before anything is claimed."""
    return max(0, HISTORY - references)
