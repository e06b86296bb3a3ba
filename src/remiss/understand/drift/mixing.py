"""A change of a rate, split by slice: did the world move there, or did the model get worse there?

The events of two times are cut into the same slices, which do not overlap. What the rate changed is what their shares did to it
(mix) and what their own rates did (rate); both add up to the change, whatever the slices are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from remiss.understand.intervals import quantile
from remiss.understand.slices.testing import pooled_correlation
from remiss.understand.variance import HISTORY, Indices, Numbers, lengthened, sum_by


@dataclass(frozen=True, slots=True)
class SlicedWindows:
    """The events of some windows that a rate is among, by slice: sums of weights, of shape (windows, slices, 2).

    The last axis tells those that did not fail from those that did. Each window has some.
    """

    weights: Numbers

    @property
    def windows(self) -> int:
        """How many windows there are."""
        return len(self.weights)

    @property
    def degrees(self) -> float:
        """How many windows beyond the first their spread comes from: of four large ones among small ones, about three."""
        each = self.weights.sum(axis=(1, 2))
        return max(1.0, float(each.sum()) ** 2 / float(each @ each) - 1)

    @property
    def total(self) -> float:
        """How many events of the log they are."""
        return float(self.weights.sum())

    @property
    def among(self) -> Numbers:
        """How many events of the log each slice has."""
        found: Numbers = self.weights.sum(axis=(0, 2))
        return found

    @property
    def failing(self) -> Numbers:
        """How many of those failed."""
        found: Numbers = self.weights[:, :, 1].sum(axis=0)
        return found

    @property
    def shares(self) -> Numbers:
        """Which share of the events each slice has."""
        return self.among / self.total

    @property
    def rate(self) -> float:
        """The rate of all."""
        return float(self.failing.sum()) / self.total

    def rates(self, otherwise: Numbers) -> Numbers:
        """Return the rate of each slice; of one without events another."""
        return np.where(self.among > 0, self.failing / np.where(self.among > 0, self.among, 1.0), otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A part of a change with its interval; the ends are None where there are too few windows to say."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange:
    """A change of a rate: `mix` and `rate` have the effect of each slice, and the last of each is that of all together.

    `correlation` is that of windows that follow each other, by which intervals are wider.
    """

    change: Effect
    mix: tuple[Effect, ...]
    rate: tuple[Effect, ...]
    correlation: float


def sliced_windows(window: Indices, code: Indices, failed: Indices, weights: Numbers, shape: tuple[int, int]) -> SlicedWindows:
    """Return sampled events by window, slice and whether they failed.

    >>> some = sliced_windows(np.array([0, 0]), np.array([0, 1]), np.array([0, 1]), np.array([3.0, 1.0]), (1, 2))
    >>> some.rate, some.shares.tolist()
    (0.25, [0.75, 0.25])
    """
    place = (window * shape[1] + code) * 2 + failed
    return SlicedWindows(sum_by(place, weights, shape[0] * shape[1] * 2).reshape(*shape, 2))


def split(before: SlicedWindows, after: SlicedWindows) -> RateChange:
    """Return a change of a rate, split.

    With shares w and rates r of slices before and after, the mix effect of a slice is (w1 - w0) ((r0 + r1)/2 - R) and its rate
    effect (w0 + w1)/2 (r1 - r0), where R is the mean of the two rates of all: that more is asked of a slice makes the rate worse
    only where the slice is worse than the rest. A slice that only one side has changes the mix alone. An interval is of
    the process, by how much windows differ, with what both sides add to it.

    Source: Kitagawa, Components of a difference between two rates, J. American Statistical Association 50 (1955) 1168-1194; Das
    Gupta, Standardization and decomposition of rates, U.S. Bureau of the Census, 1993; Deville, Variance estimation for complex
    statistics, Survey Methodology 25 (1999) 193-203 (by influence of each event).

    >>> old = np.array([[[90.0, 10.0], [50.0, 50.0]]])
    >>> found = split(SlicedWindows(old), SlicedWindows(old * np.array([[1.0], [3.0]])))
    >>> round(found.mix[-1].value, 3), found.rate[-1].value, round(found.change.value, 3)
    (0.1, 0.0, 0.1)
    """
    sides = (before, after)
    rates = [one.rates(other.rates(np.zeros(len(one.among)))) for one, other in ((before, after), (after, before))]
    shares, middle = [one.shares for one in sides], (before.rate + after.rate) / 2
    mix = (shares[1] - shares[0]) * ((rates[0] + rates[1]) / 2 - middle)
    rate = (shares[0] + shares[1]) / 2 * (rates[1] - rates[0])
    slices = range(len(mix))
    of_mix = [_of_mix(shares, rates, middle, at) for at in slices]
    of_rate = [_of_rate(shares, rates, at) for at in slices]
    both = [[_sum(side) for side in zip(*each, strict=True)] for each in (of_mix, of_rate)]
    spread = _Spread(before, after, [*of_mix, *of_rate])

    def told(values: Numbers, gradients: Sequence[_Sides], all_: _Sides) -> tuple[Effect, ...]:
        pairs = zip([*values.tolist(), float(values.sum())], [*gradients, all_], strict=True)
        return tuple(spread.effect(value, each) for value, each in pairs)

    return RateChange(
        change=spread.effect(after.rate - before.rate, [_sum(side) for side in zip(*both, strict=True)]),
        mix=told(mix, of_mix, both[0]),
        rate=told(rate, of_rate, both[1]),
        correlation=max(spread.correlations),
    )


@dataclass(frozen=True, slots=True)
class _Gradient:
    """By how much an effect changes with the shares of the slices of a side, with their rates, and with the rate of all."""

    shares: Numbers
    rates: Numbers
    whole: float


# By an effect's side: before, and after.
_Sides: TypeAlias = Sequence[_Gradient]


class _Spread:
    """How far effects may be from what the process does in the long run: windows tell, by how much they differ.

    Each side tells its own. A side with few windows does not borrow it from the other, for a slice of which more is asked differs
    by more: that covered 84 to 95 %.
    """

    def __init__(self, before: SlicedWindows, after: SlicedWindows, slices: Sequence[_Sides]) -> None:
        self._sides = (before, after)
        self._enough = min(each.windows for each in self._sides) >= HISTORY
        self.correlations = tuple(
            pooled_correlation(np.stack([_errors(each[at], side) for each in slices])) if self._enough else 0.0
            for at, side in enumerate(self._sides)
        )

    def effect(self, value: float, gradients: _Sides) -> Effect:
        """Return an effect with its interval."""
        if not self._enough:
            return Effect(value=value, low=None, high=None)
        variances = [
            side.windows * float(_errors(gradient, side).var(ddof=1)) * float(lengthened(side.windows, np.array(rho)))
            for gradient, side, rho in zip(gradients, self._sides, self.correlations, strict=True)
        ]
        # Degrees of freedom by Welch.
        total, squares = sum(variances), sum(v**2 / side.degrees for v, side in zip(variances, self._sides, strict=True))
        half = quantile(total**2 / squares) * float(np.sqrt(total)) if squares > 0 else 0.0
        return Effect(value=value, low=value - half, high=value + half)


def _of_mix(shares: list[Numbers], rates: list[Numbers], middle: float, at: int) -> list[_Gradient]:
    one, more = np.zeros(len(shares[0])), shares[1][at] - shares[0][at]
    one[at] = 1.0
    beyond = (rates[0][at] + rates[1][at]) / 2 - middle
    # The rate of a slice that only one side has is told by that side alone.
    told = [0.5 if other[at] > 0 else 1.0 for other in (shares[1], shares[0])]
    return [_Gradient(sign * beyond * one, more * told[side] * one, -more / 2) for side, sign in enumerate((-1, 1))]


def _of_rate(shares: list[Numbers], rates: list[Numbers], at: int) -> list[_Gradient]:
    one, mean = np.zeros(len(shares[0])), (shares[0][at] + shares[1][at]) / 2
    one[at] = 1.0
    known = float(min(shares[0][at], shares[1][at]) > 0)
    return [_Gradient((rates[1][at] - rates[0][at]) / 2 * one, sign * known * mean * one, 0.0) for sign in (-1, 1)]


def _sum(every: Sequence[_Gradient]) -> _Gradient:
    return _Gradient(
        np.sum([each.shares for each in every], axis=0),
        np.sum([each.rates for each in every], axis=0),
        sum(each.whole for each in every),
    )


def _errors(gradient: _Gradient, side: SlicedWindows) -> Numbers:
    """Return what each window of a side adds to the error of an effect, by the influence of its events.

    A slice without events on that side has no rate there that could be off.
    """
    own = side.rates(np.zeros(len(side.among)))
    at = np.where(side.shares > 0, gradient.rates / np.where(side.shares > 0, side.shares, 1.0), 0.0)
    failed = np.array([0.0, 1.0])
    influence = (
        (gradient.shares - gradient.shares @ side.shares)[:, None]
        + at[:, None] * (failed - own[:, None])
        + gradient.whole * (failed - side.rate)
    )
    found: Numbers = (side.weights * influence).sum(axis=(1, 2)) / side.total
    return found
