"""Figures: one number with its interval, from the sampled events of one domain and the cells that could hold more.

This is where design section 4 chooses: exact where nothing could have been missed, the gamma interval for few, the
log-scale interval for many, Clopper-Pearson for rates; and which variance speaks, this log's or the process's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remiss.understand.intervals import (
    FEW,
    Interval,
    few_interval,
    none_upper,
    none_upper_of_process,
    rate_interval,
    total_interval,
)
from remiss.understand.variance import (
    HISTORY,
    Indices,
    Numbers,
    Spread,
    between_windows,
    kish_size,
    log_variance,
    overdispersion,
)

NOBODY = "no event was sampled to count among"
ALL_KEPT = "every event that could match was kept"
LITTLE_HISTORY = f"too little history: under {HISTORY} windows, and no {HISTORY} windows before them, so no process interval"
BORROWED = "under {history} windows: their spread is taken from the {count} windows before them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """A domain as its sampled events show it, one element for each.

    `y` is 1 in the numerator (for a total: in the figure) and `x` 1 in the denominator, else 0; y <= x. `p` is the
    inclusion probability. `window` counts the windows in scope from 0; `windows` is how many those are.
    """

    y: Numbers
    x: Numbers
    p: Numbers
    window: Indices
    windows: int

    def total(self, values: Numbers) -> float:
        """Return the weighted sum of one value for each event."""
        return float(np.sum(values / self.p))

    def before(self, windows: int) -> Weighted:
        """Return the events of the first so many windows."""
        mask = self.window < windows
        return Weighted(y=self.y[mask], x=self.x[mask], p=self.p[mask], window=self.window[mask], windows=windows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What could match and not have been sampled: events in cells in scope whose inclusion probability is below 1."""

    population: int = 0
    least_probability: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalEstimate:
    """A value and its interval; `low` and `high` None where there is none."""

    value: float | int | None
    low: float | None = None
    high: float | None = None
    effective: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A reference period: window totals of the same residuals, and what independent events would give.

    `exact` says that the totals were counted, so that nothing of how they differ is owed to sampling.
    """

    totals: Numbers
    poisson: float
    exact: bool = False


def weighted_total(domain: Weighted, hidden: Hidden) -> IntervalEstimate:
    """Return an estimated total of this log.

    Events kept with certainty are counted; the interval is of the rest, by how many of those were sampled.
    """
    certain = domain.p >= 1
    sure = float(np.sum(domain.y[certain]))
    uncertain = (domain.y > 0) & ~certain
    probabilities = domain.p[uncertain]
    total = float(np.sum(1 / probabilities))
    effective = kish_size(domain.p[domain.y > 0])
    low, high = rest_interval(probabilities, total, hidden)
    exact = total == 0 and hidden.population == 0
    note = (ALL_KEPT,) if exact else ()
    return IntervalEstimate(value=sure + total, low=sure + low, high=sure + high, effective=effective, notes=note)


def rest_interval(probabilities: Numbers, total: float, hidden: Hidden) -> Interval:
    """Return the interval of a total of events that were sampled with probabilities below 1.

    However wide a formula is, there are no more of them than events that the query leaves open: no end lies beyond that
    number, but for the upper one where the estimate itself does.
    """
    count, most = len(probabilities), float(hidden.population)
    if count == 0:
        return 0.0, min(none_upper(hidden.least_probability), most)
    if count >= FEW:
        low, high = total_interval(total, log_variance(np.ones(count), probabilities), at_least=count)
    else:
        least = min(float(probabilities.min()), hidden.least_probability)
        low, high = few_interval(total, float(np.sum(1 / probabilities**2)), 1 / least)
    return max(float(count), min(low, most)), max(min(high, most), total)


def process_spread(
    totals: Numbers, poisson: float, history: History | None, sampling: float = 0.0
) -> tuple[Spread | None, tuple[str, ...]]:
    """Return the variance of the sum of window totals as a draw of the process, and what to say of where it came from.

    Parameters
    ----------
    totals : residual totals of the windows in scope, zeros included
    poisson : the variance that independent events would give their sum
    history : the reference period; used when there are too few windows in scope
    sampling : the part of `poisson` that is owed to sampling; 0 of counted totals. What counted totals of the past tell of
        the process is no factor on it.
    """
    if len(totals) >= HISTORY:
        return between_windows(totals), ()
    if history is None or len(history.totals) < HISTORY:
        return None, (LITTLE_HISTORY,)
    factor = overdispersion(history.totals, history.poisson)
    apart = sampling if history.exact else 0.0
    note = BORROWED.format(history=HISTORY, count=len(history.totals))
    return Spread(factor * (poisson - apart) + apart, len(history.totals) - 1), (note,)


def process_total(
    totals: Numbers,
    poisson: float,
    sampled: int,
    history: History | None,
    least_probability: float = 1.0,
    *,
    sampling: float = 0.0,
) -> IntervalEstimate:
    """Return a total as a draw of the process: the interval is of totals of such a period in the long run.

    Parameters
    ----------
    totals : counted or estimated totals of the windows in scope
    poisson : the sum of squared weights behind them; of counted ones the count
    sampled : how many events stand behind them
    history : the reference period, used under 8 windows
    least_probability : the least inclusion probability in scope; 1 of counted ones
    sampling : the part of `poisson` that is owed to sampling; 0 of counted ones
    """
    value = float(totals.sum())
    spread, notes = process_spread(totals, poisson, history, sampling)
    if spread is None:
        return IntervalEstimate(value=value, notes=notes)
    if value <= 0:
        low, high = 0.0, none_upper_of_process(least_probability)
    elif sampled < FEW:
        # Few events cannot show less spread than independent ones would have.
        low, high = few_interval(value, max(spread.variance, poisson), 1 / least_probability)
    else:
        low, high = total_interval(value, spread.variance, degrees=spread.degrees)
    return IntervalEstimate(value=value, low=low, high=high, notes=notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenParts:
    """What could be hidden of a rate's numerator, and of the rest of its denominator."""

    numerator: Hidden
    rest: Hidden


def weighted_rate(domain: Weighted, parts: HiddenParts) -> IntervalEstimate:
    """Return an estimated rate T(y)/T(x) of this log; the value is None when no event was sampled to count among."""
    among = domain.total(domain.x)
    if among <= 0:
        return IntervalEstimate(value=None, notes=(NOBODY,))
    matching = domain.total(domain.y)
    rate = min(1.0, matching / among)
    if parts.numerator.population == 0 and (rate == 0 or parts.rest.population == 0):
        return IntervalEstimate(value=rate, low=rate, high=rate, effective=float(domain.x.sum()), notes=(ALL_KEPT,))
    spread = Spread(log_variance(residuals(domain, rate, among), domain.p))
    effective = effective_size(rate, spread, domain.p[domain.x > 0])
    low, high = rate_interval(rate, effective)
    # Linearisation trusts both parts to be near their totals. Of few sampled events that is not so: then the interval of
    # that part alone, with the other as estimated, must fit in.
    _, most = part_interval(domain, domain.y, parts.numerator)
    _, rest_most = part_interval(domain, domain.x - domain.y, parts.rest)
    rest = among - matching
    low = min(low, matching / (matching + rest_most)) if matching > 0 else low
    high = max(high, most / (most + rest)) if most + rest > 0 else high
    return IntervalEstimate(value=rate, low=low, high=high, effective=effective)


def part_interval(domain: Weighted, values: Numbers, hidden: Hidden) -> Interval:
    """Return the interval of one part's total where under ten of its uncertain events were sampled, else its estimate."""
    uncertain = (values > 0) & (domain.p < 1)
    total = domain.total(values)
    if int(uncertain.sum()) >= FEW or hidden.population == 0:
        return total, total
    weights = 1 / domain.p[uncertain]
    low, high = rest_interval(domain.p[uncertain], float(weights.sum()), hidden)
    sure = total - float(weights.sum())
    return sure + low, sure + high


def process_rate(
    rate: float, totals: Numbers, independent: float, kish: float, history: History | None, *, sampling: float = 0.0
) -> IntervalEstimate:
    """Return a rate as a draw of the process.

    Parameters
    ----------
    rate : the estimate or the counted rate
    totals : residual totals (y - R x)/X of the windows in scope
    independent : the variance that independent events would give
    kish : the size to use when there is no variance; of counted rates the number counted among
    history : the reference period, used under 8 windows
    sampling : the part of `independent` that is owed to sampling; 0 of counted rates
    """
    spread, notes = process_spread(totals, independent, history, sampling)
    if spread is None:
        return IntervalEstimate(value=rate, notes=notes)
    effective = rate * (1 - rate) / spread.variance if 0 < rate < 1 and spread.variance > 0 else kish
    low, high = rate_interval(rate, effective, degrees=spread.degrees)
    return IntervalEstimate(value=rate, low=low, high=high, effective=effective, notes=notes)


def residuals(domain: Weighted, rate: float, among: float) -> Numbers:
    """Return (y - R x)/T(x), the linearised part of each event in the error of a rate."""
    return (domain.y - rate * domain.x) / among


def effective_size(rate: float, spread: Spread, probabilities: Numbers) -> float:
    """Return R(1 - R)/V, or Kish's size when V is 0."""
    if 0 < rate < 1 and spread.variance > 0:
        return rate * (1 - rate) / spread.variance
    return kish_size(probabilities)
