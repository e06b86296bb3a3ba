"""SVG by presentation attributes alone: no style, no script, no address of another file.

So a picture draws the same in a notebook, in a page under the strictest policy and in a file of its own. All colour is
`currentColor`: light and dark follow the text around it.

Axes: from which number to which a chart reaches, and which round numbers stand on it.
"""

from __future__ import annotations

import html
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from remiss.present.legible import FINEST, HUGE, NARROW_SPACE, one_line

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
    """Return an axis that holds all values, from zero; of numbers only what differs, where it would be lost in the upper half.

    Parameters
    ----------
    values : finite, not negative
    most : how many ticks there may be, at least 2
    rate : whether the values are fractions, beyond 1 of which there is nothing

    >>> axis([12, 31, 87]).ticks
    (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
    >>> axis([0.93, 0.99], rate=True).ticks
    (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    """
    least, greatest = min(values, default=0.0), max(values, default=0.0)
    if greatest < TINY:
        least, greatest = 0.0, 0.05 if rate else 1.0
    start = least if not rate and greatest / 2 < least < greatest else 0.0
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


# How wide a letter is at most, on average, at 12 pixels in the fonts that screens have; those of the Far East are square.
LETTER, SQUARE = 6.8, 12.0


def extent(text: str) -> float:
    """Return about how many pixels a text is wide at 12 pixels; rather more than less."""
    return sum(SQUARE if unicodedata.east_asian_width(letter) in "WF" else LETTER for letter in text)


def fitted(text: str, room: float) -> str:
    """Return text that fits into so many pixels, cut where it must be."""
    if extent(text) <= room:
        return text
    while text and extent(text) + LETTER > room:
        text = text[:-1]
    return text.rstrip() + "…"


def escaped(text: str) -> str:
    """Return text as the content of an element or an attribute."""
    return html.escape(one_line(text))


def pixels(number: float) -> str:
    """Return a coordinate to a tenth of a pixel.

    >>> pixels(3.0), pixels(2.345)
    ('3', '2.3')
    """
    return f"{round(number, 1):g}"


def written(x: float, y: float, text: str, *, anchor: str = "start", opacity: float = 1) -> str:
    """Return text with its base line at y, beginning, centred or ending at x."""
    where = f'x="{pixels(x)}" y="{pixels(y)}"'
    aligned = "" if anchor == "start" else f' text-anchor="{anchor}"'
    faint = "" if opacity == 1 else f' fill-opacity="{opacity}"'
    return f"<text {where}{aligned}{faint}>{escaped(text)}</text>"


def stroke(path: str, *, dashes: str = "", opacity: float = 1, thick: float = 1.5) -> str:
    """Return a line along a path."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    faint = "" if opacity == 1 else f' stroke-opacity="{opacity}"'
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="{pixels(thick)}"{dashed}{faint}/>'


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return the path of a straight line."""
    return f"M{pixels(x1)} {pixels(y1)}L{pixels(x2)} {pixels(y2)}"
