"""Figures: one number with its interval, from the sampled events of one domain and the cells that could hold more.

This is where design section 4 chooses: exact where nothing could have been missed, the gamma interval for few, the
log-scale interval for many, Clopper-Pearson for rates. What the process behind the log gives is in `process.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remiss.understand.intervals import (
    FEW,
    Interval,
    few_interval,
    none_upper,
    rate_interval,
    total_interval,
)
from remiss.understand.variance import Flags, Indices, Numbers, by_unit, kish_size, log_variance, unit_degrees

NOBODY = "no event was sampled to count among"
ALL_KEPT = "every event that could match was kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """A domain as its sampled events show it, one element for each.

    `y` is 1 in the numerator (for a total: in the figure) and `x` 1 in the denominator, else 0; y <= x. `p` is the
    inclusion probability. `window` counts the windows in scope from 0; `windows` is how many those are. `unit` numbers what was
    drawn, each with all of its events, over all windows; None where every event was drawn by itself.
    """

    y: Numbers
    x: Numbers
    p: Numbers
    window: Indices
    windows: int
    unit: Indices | None = None

    def total(self, values: Numbers) -> float:
        """Return the weighted sum of one value for each event."""
        return float(np.sum(values / self.p))

    def units(self, mask: Flags) -> Indices | None:
        """Return the units of the events of a mask; None where every event is one."""
        return None if self.unit is None else self.unit[mask]

    def worth(self, mask: Flags) -> float:
        """Return how many equally weighted draws the events of a mask are worth; those of one unit are one (Kish)."""
        alone = self.p[mask]
        return kish_size(alone if self.unit is None else 1 / by_unit(1 / alone, self.units(mask)))

    def many(self, mask: Flags) -> bool:
        """Return whether the events of a mask are enough draws for a large sample's interval."""
        return int(mask.sum()) >= FEW if self.unit is None else self.worth(mask) >= FEW

    def between(self, start: int, end: int) -> Weighted:
        """Return the events of some windows, which are counted from the first of these."""
        mine = (self.window >= start) & (self.window < end)
        return Weighted(
            y=self.y[mine],
            x=self.x[mine],
            p=self.p[mine],
            window=self.window[mine] - start,
            windows=end - start,
            unit=self.units(mine),
        )

    @property
    def unit_size(self) -> float:
        """How many events the unit of an event has, in the mean over events; 1 where every event is one."""
        if self.unit is None or not len(self.unit):
            return 1.0
        _, own, sizes = np.unique(self.unit, return_inverse=True, return_counts=True)
        return float(np.average(sizes[own], weights=1 / self.p))


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


def weighted_total(domain: Weighted, hidden: Hidden) -> IntervalEstimate:
    """Return an estimated total of this log.

    Events kept with certainty are counted; the interval is of the rest, by how many of those were sampled.
    """
    certain = domain.p >= 1
    sure = float(np.sum(domain.y[certain]))
    uncertain = (domain.y > 0) & ~certain
    total = float(np.sum(1 / domain.p[uncertain]))
    effective = domain.worth(domain.y > 0)
    low, high = rest_interval(domain, uncertain, total, hidden)
    exact = total == 0 and hidden.population == 0
    note = (ALL_KEPT,) if exact else ()
    return IntervalEstimate(value=sure + total, low=sure + low, high=sure + high, effective=effective, notes=note)


def rest_interval(domain: Weighted, uncertain: Flags, total: float, hidden: Hidden) -> Interval:
    """Return the interval of a total of events that were sampled with probabilities below 1.

    However wide a formula is, there are no more of them than events that the query leaves open: no end lies beyond that
    number, but for the upper one where the estimate itself does. Events that were drawn together count as one that weighs as
    much, and what could be missing would be missing by units of the mean size.
    """
    probabilities, unit = domain.p[uncertain], domain.units(uncertain)
    count, most = len(probabilities), float(hidden.population)
    if count == 0:
        return 0.0, min(none_upper(hidden.least_probability) * domain.unit_size, most)
    if domain.many(uncertain):
        degrees = None if unit is None else unit_degrees(np.ones(count), probabilities, unit)
        variance = log_variance(np.ones(count), probabilities, unit)
        low, high = total_interval(total, variance, at_least=count, degrees=degrees)
    else:
        squares, greatest = 1 / probabilities**2, domain.unit_size / min(float(probabilities.min()), hidden.least_probability)
        if unit is not None:
            squares = by_unit(1 / probabilities, unit) ** 2
            greatest = max(greatest, float(np.sqrt(squares.max())))
        low, high = few_interval(total, float(np.sum(squares)), greatest)
    return max(float(count), min(low, most)), max(min(high, most), total)


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
    variance = log_variance(residuals(domain, rate, among), domain.p, domain.unit)
    effective = effective_size(rate, variance, domain.worth(domain.x > 0))
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
    if domain.many(uncertain) or hidden.population == 0:
        return total, total
    weights = 1 / domain.p[uncertain]
    low, high = rest_interval(domain, uncertain, float(weights.sum()), hidden)
    sure = total - float(weights.sum())
    return sure + low, sure + high


def residuals(domain: Weighted, rate: float, among: float) -> Numbers:
    """Return (y - R x)/T(x), the linearised part of each event in the error of a rate."""
    return (domain.y - rate * domain.x) / among


def effective_size(rate: float, variance: float, worth: float) -> float:
    """Return R(1 - R)/V, or Kish's size, how many draws the events are `worth`, when V is 0."""
    if 0 < rate < 1 and variance > 0:
        return rate * (1 - rate) / variance
    return worth
