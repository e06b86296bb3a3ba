"""The process behind the log: how sure a figure is where the windows are themselves draws.

Eight windows and more show by themselves how much they differ. Fewer borrow from the windows before them in which the same
key existed: what is borrowed is by how much of its mean a window differs, which holds at any volume; a factor on the variance
does not (a version in 5 % of the traffic hardly differs more than by chance, and differs much in all of it). What has neither
gets no interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy

from remiss.understand.estimators import IntervalEstimate, Weighted
from remiss.understand.intervals import FEW, TAIL, Z, few_interval, none_upper_of_process, rate_interval, total_interval
from remiss.understand.variance import (
    CORRELATIONS,
    HISTORY,
    Numbers,
    between_windows,
    by_unit,
    end_of_mixture,
    lengthened,
    of_latent,
    weighed,
)

# Older windows than so many say little of today's, and every row looks back.
PAST = 104
LITTLE_HISTORY = (
    f"too little history: under {HISTORY} windows, and no {HISTORY} windows of its own before them, so no process interval"
)
BORROWED = f"under {HISTORY} windows: how much they differ is taken from the windows of its own before them"
ALIKE = "windows that follow each other are alike (correlation about {by:.1f}), and the interval is wider for it"
MAYBE_ALIKE = "so few windows cannot rule out that those that follow each other are alike, and the interval allows for it"
# Below this factor on an interval the correlation of windows is not worth a word.
NEGLIGIBLE = 1.1
# A weight of independent windows at which they are called alike.
UNLIKELY = 0.1
# Into how many equal parts the distribution of an estimated variance is cut.
PARTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSums:
    """Weighted sums of a figure in the windows in which its key existed, oldest first: one element each.

    `y` and `x` sum 1/p over the events of numerator and denominator, `y2` and `x2` their squares; of counted events all p are 1.
    `events` are the sampled ones where units were drawn: these may be in several windows.
    """

    y: Numbers
    x: Numbers
    y2: Numbers
    x2: Numbers
    events: Weighted | None = None

    def between(self, start: int, end: int) -> WindowSums:
        """Return those of some windows."""
        events = None if self.events is None else self.events.between(start, end)
        return WindowSums(y=self.y[start:end], x=self.x[start:end], y2=self.y2[start:end], x2=self.x2[start:end], events=events)

    def parts(self, *, rate: bool) -> WindowParts | None:
        """Return what each window adds to a total, or to the error of a rate; None of a rate among nobody.

        A rate leaves out windows in which nobody was sampled to count among: they know nothing of it.
        """
        if not rate:
            count = max(1, len(self.y))
            parts = WindowParts(
                totals=self.y, expected=np.full(len(self.y), self.y.sum() / count), independent=float(self.y2.sum())
            )
            return parts if self.events is None else by_units(parts, self.events, self.events.y)
        some, among = self.x > 0, float(self.x.sum())
        if among <= 0:
            return None
        own = min(1.0, float(self.y.sum()) / among)
        independent = (float(self.y2.sum()) * (1 - own) ** 2 + float((self.x2 - self.y2).sum()) * own**2) / among**2
        parts = WindowParts(
            totals=((self.y - own * self.x) / among)[some], expected=own * self.x[some] / among, independent=independent
        )
        return parts if self.events is None else by_units(parts, self.events, (self.events.y - own * self.events.x) / among)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowParts:
    """What the windows of a figure add to it (totals) or to its error (residuals of a rate), oldest first.

    `expected` is what each has to add if windows do not differ, in the same unit, and `independent` the variance that
    independent events would give the sum. `shared` is the part of the sampling variance of the sum that comes of units which are
    in several windows: the windows differ as if it were not there. It has `shared_degrees` of freedom.
    """

    totals: Numbers
    expected: Numbers
    independent: float
    shared: float = 0.0
    shared_degrees: float = math.inf

    @property
    def degrees(self) -> float:
        """How many windows beyond the first their spread comes from: of four large ones among small ones, about three."""
        squares = float(np.sum(self.expected**2))
        worth = float(np.sum(self.expected)) ** 2 / squares if squares > 0 else len(self.totals)
        return max(1.0, worth - 1)

    def between(self, start: int, end: int) -> WindowParts:
        """Return those of some windows, beyond which there is nothing."""
        totals = self.totals[start:end]
        expected = np.full(len(totals), totals.mean())
        return replace(self, totals=totals, expected=expected)

    @property
    def unseen(self) -> float:
        """What `shared` takes from the variance of the sum as windows show it, by how much they differ."""
        count = len(self.totals)
        return self.shared / (count - 1) if count > 1 else 0.0

    def with_shared(self, alone: float, *, seen: bool) -> float:
        """Return a variance of the sum with `shared` added, as great as makes an interval of the normal's 1.96 hold.

        Parameters
        ----------
        alone : the variance that windows have each by itself
        seen : whether that was told by how these windows differ
        """
        more = self.shared + (self.unseen if seen else 0.0)
        if more <= 0:
            return alone
        degrees = self.shared_degrees * ((alone + more) / more) ** 2
        return alone + more * (float(scipy.special.stdtrit(degrees, 1 - TAIL)) / Z) ** 2


def by_units(parts: WindowParts, events: Weighted, residuals: Numbers) -> WindowParts:
    """Return the same where units were drawn: those of a window are what came independently of each other."""
    weighted, unit = residuals / events.p, np.zeros(0, dtype=np.intp) if events.unit is None else events.unit
    alone = by_unit(weighted, unit * max(1, events.windows) + events.window)
    shared, degrees = between_windows(weighted, events.p, unit, events.window)
    return replace(parts, independent=float(np.sum(alone**2)), shared=shared, shared_degrees=degrees)


@dataclass(frozen=True, slots=True)
class ProcessSpread:
    """The variance of a figure as a draw of the process, as great as makes an interval of the normal's 1.96 hold; and notes."""

    variance: float
    notes: tuple[str, ...] = ()


def process_spread(parts: WindowParts, history: WindowParts | None) -> ProcessSpread | None:
    """Return how far a figure may be from what the process gives in the long run; None where there is too little history.

    Parameters
    ----------
    parts : of the windows in scope in which the key existed
    history : of those before them, used when there are too few in scope
    """
    if len(parts.totals) >= HISTORY:
        return own_spread(parts)
    if history is None or len(history.totals) < HISTORY:
        return None
    return borrowed_spread(parts, history)


def own_spread(parts: WindowParts) -> ProcessSpread:
    """Return the spread that windows show by themselves, by their deviations from their mean.

    With B their variance and P that of independent events, the part (B - P)/B of it is longer by Bartlett's factor at each
    correlation; chance is not correlated.

    >>> alone = own_spread(WindowParts(totals=np.array([9.0, 14.0, 3.0, 11.0, 7.0, 16.0, 2.0, 10.0] * 4),
    ...     expected=np.full(32, 9.0), independent=288.0))
    >>> alone.notes, bool(3 < alone.variance**0.5 / 32**0.5 < 6)
    ((), True)
    """
    count = len(parts.totals)
    between = float(np.var(parts.totals, ddof=1))
    if between <= 0:
        return ProcessSpread(parts.with_shared(0.0, seen=True))
    weights, variances = weighed(parts.totals)
    chance = min(1.0, parts.independent / count / between)
    factor = chance + (1 - chance) * lengthened(count, of_latent(CORRELATIONS, chance))
    half = end_of_mixture(weights, np.sqrt(count * variances * factor), parts.degrees)
    alone = float(scipy.special.stdtrit(parts.degrees, 1 - TAIL)) * float(np.sqrt(count * between))
    return ProcessSpread(parts.with_shared((half / Z) ** 2, seen=True), correlation_notes(weights, half / alone))


def borrowed_spread(parts: WindowParts, history: WindowParts) -> ProcessSpread:
    """Return the spread of few windows, from by how much of their mean those before them differed.

    tau^2 = max(0, (B - P)/sum m_w^2) with B the variance of the sum of those windows, P that of independent events and m_w
    what each was expected to have; added to the variance of independent events is tau^2 sum m_v m_w rho^|v - w| over windows in
    scope. That tau^2 is itself estimated widens the interval: it is that of the mixture over what B may have been.

    Source: Weerahandi, Generalized confidence intervals, J. American Statistical Association 88 (1993) 899-905.
    """
    count, squares = len(history.totals), float(np.sum(history.expected**2))
    between = float(np.var(history.totals, ddof=1))
    if between <= 0 or squares <= 0:
        return ProcessSpread(parts.with_shared(parts.independent, seen=False), (BORROWED,))
    weights, variances = weighed(history.totals)
    latent = of_latent(CORRELATIONS, min(1.0, history.independent / count / between))
    degrees = history.degrees
    chances = 2 * scipy.special.gammaincinv(degrees / 2, (np.arange(PARTS) + 0.5) / PARTS) / degrees
    # What units in several windows add to all alike is not seen in how these differ.
    tau2 = np.maximum(0.0, count * variances[:, None] / chances + history.unseen - history.independent) / squares
    scope = np.zeros(len(latent))
    for lag in range(len(parts.expected)):
        pairs = float(parts.expected[lag:] @ parts.expected[: len(parts.expected) - lag])
        scope += (1 if lag == 0 else 2) * pairs * latent**lag
    scales = np.sqrt(parts.independent + tau2 * scope[:, None])
    half = end_of_mixture(np.repeat(weights / PARTS, PARTS), scales.ravel(), None)
    said = correlation_notes(weights, NEGLIGIBLE) if weights[0] < UNLIKELY else ()
    return ProcessSpread(parts.with_shared((half / Z) ** 2, seen=False), (BORROWED, *said))


def correlation_notes(weights: Numbers, wider: float) -> tuple[str, ...]:
    """Return what to say of the correlation of windows where it makes an interval so many times as wide."""
    if wider < NEGLIGIBLE:
        return ()
    if weights[0] < UNLIKELY:
        return (ALIKE.format(by=float(weights @ CORRELATIONS)),)
    return (MAYBE_ALIKE,)


def process_total(
    parts: WindowParts, sampled: int, history: WindowParts | None, least_probability: float = 1.0
) -> IntervalEstimate:
    """Return a total as a draw of the process: the interval is of totals of such a period in the long run.

    Parameters
    ----------
    parts : counted or estimated totals of the windows in scope
    sampled : how many events stand behind them
    history : the windows before, used under 8 windows
    least_probability : the least inclusion probability in scope; 1 of counted ones
    """
    value = float(parts.totals.sum())
    spread = process_spread(parts, history)
    if spread is None:
        return IntervalEstimate(value=value, notes=(LITTLE_HISTORY,))
    if value <= 0:
        low, high = 0.0, none_upper_of_process(least_probability)
    elif sampled < FEW:
        # Few events cannot show less spread than independent ones would have.
        low, high = few_interval(value, max(spread.variance, parts.independent), 1 / least_probability)
    else:
        low, high = total_interval(value, spread.variance)
    return IntervalEstimate(value=value, low=low, high=high, notes=spread.notes)


def process_rate(rate: float, parts: WindowParts, kish: float, history: WindowParts | None) -> IntervalEstimate:
    """Return a rate as a draw of the process.

    Parameters
    ----------
    rate : the estimate or the counted rate
    parts : residuals (y - R x)/X of the windows in scope with somebody to count among
    kish : the size to use when there is no variance; of counted rates the number counted among
    history : the windows before, used under 8 windows
    """
    spread = process_spread(parts, history)
    if spread is None:
        return IntervalEstimate(value=rate, notes=(LITTLE_HISTORY,))
    known = 0 < rate < 1 and spread.variance > 0
    effective = rate * (1 - rate) / spread.variance if known else kish
    low, high = rate_interval(rate, effective, degrees=None if known else max(1, len(parts.totals) - 1))
    return IntervalEstimate(value=rate, low=low, high=high, effective=effective, notes=spread.notes)
