"""The chart of categories: a line for each, with its name, its mark on a scale from left to right, and its figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from remiss.present.chart_marks import NONE, STROKED, UNKNOWN, ChartMark, Glyph, linked
from remiss.present.chart_scale import scale_of
from remiss.present.svg import Axis, escaped, extent, fitted, pixels, written

ROW, EDGE, FOOT = 24, 6, 24
# Pixels of the narrowest screen and of the width from which intervals are written out beside the marks.
NARROW, WIDE = 400, 720
GAP = 4.0


@dataclass(frozen=True, slots=True)
class ForestLayout:
    """Where columns stand, in percent of the width: names from 0, marks from `left` to `right`, figures end at 100."""

    left: float
    right: float
    bottom: float
    whole: bool

    def x(self, scale: Axis, value: float) -> float:
        """Return where a value is drawn."""
        return self.left + scale.at(value) * (self.right - self.left)


def framed(marks: Sequence[ChartMark]) -> ForestLayout:
    """Return where columns stand; intervals are not written out where they would leave the marks no room."""
    names = max((extent(each.label) for each in marks), default=0.0)
    values = max((extent(each.value) for each in marks), default=0.0)
    says = max((extent(each.says) for each in marks), default=0.0) / WIDE * 100
    whole = says <= 34
    left = min(36.0, names / NARROW * 100) + GAP
    right = 100 - max(min(24.0, values / NARROW * 100), says if whole else 0.0) - GAP
    return ForestLayout(left, right, EDGE + ROW * len(marks), whole)


def glyphs_of(marks: Sequence[ChartMark], frame: ForestLayout, scale: Axis) -> list[Glyph | None]:
    """Return the mark of each row; None of a row without a value."""
    return [_glyph(mark, frame, scale, EDGE + ROW * (at + 0.5)) for at, mark in enumerate(marks)]


def forest(marks: Sequence[ChartMark], *, rate: bool, unit: str) -> tuple[list[str], float, list[Glyph]]:
    """Return the parts of the picture, its height, and the marks that are in it.

    Parameters
    ----------
    rate : whether values are fractions
    unit : what the last tick of numbers says that they are of
    """
    frame, scale = framed(marks), scale_of(marks, rate=rate)
    glyphs = glyphs_of(marks, frame, scale)
    parts = [*grid(frame, scale, rate=rate, unit=unit)]
    for at, (mark, glyph) in enumerate(zip(marks, glyphs, strict=True)):
        parts.append(linked(mark, _row(mark, glyph, frame, EDGE + ROW * at)))
    return parts, frame.bottom + FOOT, [each for each in glyphs if each]


def grid(frame: ForestLayout, scale: Axis, *, rate: bool, unit: str) -> Iterator[str]:
    """Draw the scale: a faint line for each tick, and its name with its unit."""
    for at, tick in enumerate(scale.ticks):
        x, name = frame.x(scale, tick), scale.label(tick, rate=rate)
        yield f'<line class="grid" x1="{pixels(x)}%" x2="{pixels(x)}%" y1="{EDGE}" y2="{pixels(frame.bottom)}"/>'
        last = tick == scale.ticks[-1] and not rate
        shift = f' dx="-{pixels(extent(name) / 2)}"' if last else ' text-anchor="middle"'
        optional = ' class="wide"' if (len(scale.ticks) - 1 - at) % 2 else ""
        text = f"{name} {unit}" if last else name
        yield f'<text x="{pixels(x)}%" y="{pixels(frame.bottom + 15)}"{shift}{optional}>{text}</text>'


def _glyph(mark: ChartMark, frame: ForestLayout, scale: Axis, y: float) -> Glyph | None:
    number = mark.number
    if number is None:
        return None
    ends = (mark.row.low, mark.row.high) if mark.kind != UNKNOWN else (None, None)
    low, high = (frame.x(scale, number if end is None else float(end)) for end in ends)
    beyond, gone = (mark.upper or 0.0) > scale.end, number > scale.end
    return Glyph(mark, y, frame.x(scale, number), low, high, frame.left, frame.right, lies=True, beyond=beyond, gone=gone)


def _row(mark: ChartMark, glyph: Glyph | None, frame: ForestLayout, top: float) -> Iterator[str]:
    """Draw one row: its name, cut where the column ends, its mark and its figure."""
    y = top + ROW / 2 + 4
    yield f'<rect class="hit" y="{pixels(top)}" width="100%" height="{ROW}" fill="none" pointer-events="all"/>'
    if mark.label:
        name = written(0, ROW / 2 + 4, fitted(mark.label, WIDE * 0.5))
        yield f'<svg y="{pixels(top)}" width="{pixels(frame.left - GAP / 2)}%" height="{ROW}">{name}</svg>'
    if glyph:
        yield f'<g class="c1" {STROKED}>{glyph.drawn()}</g>'
    interval = f'<tspan class="wide"> ({escaped(mark.interval)})</tspan>' if frame.whole and mark.interval else ""
    faint = ' fill-opacity="0.6"' if mark.kind == NONE else ""
    yield f'<text x="100%" y="{pixels(y)}" text-anchor="end"{faint}>{escaped(mark.value)}{interval}</text>'
