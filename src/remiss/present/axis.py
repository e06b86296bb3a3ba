"""Axes: from which number to which a chart reaches, and which round numbers stand on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from remiss.present.legible import FINEST, HUGE, NARROW_SPACE

# What is less is drawn as nothing.
TINY = 1e-12
STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis from `start` to `end`, with round numbers `ticks` apart by `step`."""

    start: float
    end: float
    step: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Return where a value lies as a fraction of the axis; what lies outside is at its ends."""
        return min(1.0, max(0.0, (value - self.start) / (self.end - self.start)))

    def label(self, tick: float, *, rate: bool) -> str:
        """Return what a tick is called: a number of events, or for rates a percentage."""
        if rate:
            decimals = min(FINEST, max(0, -math.floor(math.log10(self.step * 100) + 1e-9)))
            return f"{tick * 100:.{decimals}f}{NARROW_SPACE}%"
        return f"{tick:,.0f}" if abs(tick) < HUGE else f"{tick:.3g}"


def axis(values: Sequence[float], *, most: int = 6, rate: bool = False) -> Axis:
    """Return an axis that holds all values: from zero, unless what differs among them would be lost in its upper half.

    Parameters
    ----------
    values : finite, not negative
    most : how many ticks there may be, at least 2
    rate : whether the values are fractions, beyond 1 of which there is nothing

    >>> axis([12, 31, 87]).ticks
    (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
    >>> axis([0.93, 0.99], rate=True).ticks
    (0.92, 0.94, 0.96, 0.98, 1.0)
    """
    least, greatest = min(values, default=0.0), max(values, default=0.0)
    if greatest < TINY:
        least, greatest = 0.0, 0.05 if rate else 1.0
    start = least if least > greatest / 2 and least < greatest else 0.0
    step = _step((greatest - start) / (most - 1), whole=not rate)
    first, last = math.floor(start / step + 1e-9), math.ceil(greatest / step - 1e-9)
    if last - first >= most:
        step = _step(step * 1.01, whole=not rate)
        first, last = math.floor(start / step + 1e-9), math.ceil(greatest / step - 1e-9)
    # Multiples of 10 ** -n are said exactly when they are rounded to n digits.
    digits = max(0, 2 - math.floor(math.log10(step)))
    ticks = tuple(round(index * step, digits) for index in range(first, max(last, first + 1) + 1))
    if rate:
        ticks = tuple(tick for tick in ticks if tick <= 1)
    return Axis(start=ticks[0], end=max(ticks[-1], greatest), step=step, ticks=ticks)


def _step(least: float, *, whole: bool) -> float:
    """Return the least round step that is not under `least`."""
    if whole and least <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in STEPS if factor * power >= least * (1 - 1e-9))
