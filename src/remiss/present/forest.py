"""The chart of categories: a line for each, with its name, its mark on a scale from left to right, and its figure.

So are drawn what a version passes of a suite, how two versions differ, and what a gate held against margins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from remiss.present import result_words
from remiss.present.chart_marks import NONE, STROKED, SURE, UNKNOWN, ChartMark, Glyph, linked
from remiss.present.chart_scale import scale_of
from remiss.present.facts import points
from remiss.present.legible import without_namespace
from remiss.present.svg import Axis, axis, escaped, extent, fitted, pixels, written
from remiss.records.estimate import EstimateRow
from remiss.records.gate import GateCondition
from remiss.records.result import PairedDifference, ResultFigure

ROW, EDGE, FOOT = 24, 6, 24
# Pixels of the narrowest screen and of the width from which intervals are written out beside the marks.
NARROW, WIDE = 400, 720
GAP = 4.0
MINUS = "\N{MINUS SIGN}"
# So many figures are drawn; all are in the table.
DRAWN = 40
# Under so many independent events a figure is drawn hollow.
ENOUGH = 10
# The title of a chart, and the picture; both empty where there is nothing to draw.
Picture = tuple[str, str]


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
    place, ends = partial(frame.x, scale), (frame.left, frame.right)
    return [mark.glyph(EDGE + ROW * (at + 0.5), place, scale.end, ends) for at, mark in enumerate(marks)]


def forest(
    marks: Sequence[ChartMark], *, rate: bool, unit: str, scale: Axis | None = None
) -> tuple[list[str], float, list[Glyph]]:
    """Return the parts of the picture, its height, and the marks that are in it.

    Parameters
    ----------
    rate : whether values are fractions
    unit : what the last tick of numbers says that they are of
    scale : default: one from nought that the marks fit on
    """
    frame, scale = framed(marks), scale or scale_of(marks, rate=rate)
    glyphs = glyphs_of(marks, frame, scale)
    parts = [*grid(frame, scale, rate=rate, unit=unit)]
    for at, (mark, glyph) in enumerate(zip(marks, glyphs, strict=True)):
        parts.append(linked(mark, _row(mark, glyph, frame, EDGE + ROW * at)))
    return parts, frame.bottom + FOOT, [each for each in glyphs if each]


def grid(frame: ForestLayout, scale: Axis, *, rate: bool, unit: str) -> Iterator[str]:
    """Draw the scale: a faint line for each tick, and its name with its unit."""
    for at, tick in enumerate(scale.ticks):
        x, name = frame.x(scale, tick), scale.label(tick, rate=rate)
        look = 'class="zero" stroke="currentColor"' if tick == 0 > scale.start else 'class="grid"'
        yield f'<line {look} x1="{pixels(x)}%" x2="{pixels(x)}%" y1="{EDGE}" y2="{pixels(frame.bottom)}"/>'
        last = tick == scale.ticks[-1] and not rate
        shift = f' dx="-{pixels(extent(name) / 2)}"' if last else ' text-anchor="middle"'
        optional = ' class="wide"' if (len(scale.ticks) - 1 - at) % 2 else ""
        text = f"{name} {unit}" if last else name
        yield f'<text x="{pixels(x)}%" y="{pixels(frame.bottom + 15)}"{shift}{optional}>{text}</text>'


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


class SignedAxis(Axis):
    """An axis of differences, as far below nought as above it; ticks are called by points of percent."""

    def label(self, tick: float, *, rate: bool) -> str:
        """Return what a tick is called, with its sign."""
        return signed(tick * 100) if rate else super().label(tick, rate=rate)


def signed(points: float) -> str:
    """Return a difference with its sign.

    >>> signed(2.046), signed(-0.126).replace(MINUS, "-"), signed(0)
    ('+2.05', '-0.126', '0')
    """
    return f"{points:+.3g}".replace("-", MINUS) if points else "0"


def difference(label: str, value: float, ends: tuple[float, float] | None, sampled: int, href: str) -> ChartMark:
    """Return the mark of a difference of shares, a fraction, with the ends of its interval; it leads to what is behind it."""
    low, high = ends or (None, None)
    row = EstimateRow(key=label, value=value, low=low, high=high, method="weighted", sampled=sampled, few=sampled < 10)
    interval = "" if ends is None else f"{points(ends[0])} to {points(ends[1])}"
    return ChartMark(SURE, label, points(value), interval, row, href)


def shares(marks: Sequence[ChartMark], title: str, width: int | None = None) -> str:
    """Return the chart of shares, each on its interval, as SVG."""
    parts, height, _ = forest(marks, rate=True, unit="")
    return _picture(parts, height, marks, title, width)


def differences(
    marks: Sequence[ChartMark], title: str, margins: Sequence[float] = (), *, width: int | None = None
) -> tuple[str, list[Glyph]]:
    """Return the chart of differences of shares on a line at nought, as SVG, and the marks that are in it.

    Parameters
    ----------
    marks : their rows have differences, as fractions
    margins : of each mark the difference that is tolerated, drawn as a dotted line across its row; or none
    width : in pixels; None for as wide as there is room
    """
    ends = (end for mark in marks for end in (mark.row.value, mark.row.low, mark.row.high, *margins))
    half = axis([0.0, *(abs(end) for end in ends if end is not None)], most=4, rate=True)
    scale = SignedAxis(-half.end, half.end, half.step, tuple(sorted({sign * tick for tick in half.ticks for sign in (-1, 1)})))
    parts, height, glyphs = forest(marks, rate=True, unit="", scale=scale)
    for at, margin in enumerate(margins):
        x, top = pixels(framed(marks).x(scale, margin)), EDGE + ROW * at
        where = f'x1="{x}%" x2="{x}%" y1="{top + 2}" y2="{top + ROW - 2}"'
        parts.append(f'<line class="margin" stroke="currentColor" stroke-width="2" stroke-dasharray="2 3" {where}/>')
    return _picture(parts, height, marks, title, width), glyphs


def _picture(parts: Sequence[str], height: float, marks: Sequence[ChartMark], title: str, width: int | None) -> str:
    """Return parts as a whole: where marks lead somewhere as a group of links, else as one picture that is told in words."""
    look = 'class="remiss-chart" fill="currentColor" font-family="system-ui, sans-serif" font-size="12"'
    size = f'width="{width or "100%"}" height="{pixels(height)}"'
    begin = f'<svg xmlns="http://www.w3.org/2000/svg" {look} {size}'
    if any(mark.href for mark in marks):
        return "".join([f'{begin} role="group" aria-label="{escaped(title)}">', *parts, "</svg>"])
    told = "; ".join(mark.told for mark in marks)
    return "".join([f'{begin} role="img"><title>{escaped(title)}</title><desc>{escaped(told)}</desc>', *parts, "</svg>"])


def named(found: ResultFigure | PairedDifference) -> str:
    """Return which events a figure is about, where no head says what kind of name it is.

    >>> named(ResultFigure(group="severity", name="2", measure="pass-rate", value=None, low=None, high=None, events=0,
    ...                    families=0, effective=0.0))
    'Severity 2'
    """
    return f"{'Severity ' if found.group == 'severity' else ''}{without_namespace(result_words.of_what(found))}"


def rates(found: Sequence[ResultFigure], width: int | None = None) -> Picture:
    """Return the chart of the shares among the figures of a result, in their order."""
    shown = [each for each in found if not each.measure.endswith("-ms")][:DRAWN]
    marks = []
    for each in shown:
        value, _, interval = result_words.figure_value(each).partition(" (")
        sure = each.low is not None and each.high is not None
        kind = NONE if each.value is None else SURE if sure else UNKNOWN
        row = _figure_row(each.name, each.value, each.low if sure else None, each.high if sure else None, each.effective)
        says = f"{value} %" if interval else value
        label = f"{named(each)}: {result_words.MEASURES[each.measure]}"
        marks.append(ChartMark(kind, label, says, interval.removesuffix(") %") if kind is SURE else "", row))
    known = [mark for mark in marks if mark.number is not None]
    if not known:
        return "", ""
    title = f"{known[0].label} {known[0].value}"
    return title, shares(marks, title, width)


def compared(found: Sequence[PairedDifference], width: int | None = None) -> Picture:
    """Return the chart of differences between two versions: those that are surely some first, then the largest."""
    largest = sorted(found, key=lambda each: (each.low <= 0 <= each.high, -abs(each.difference)))[:DRAWN]
    if not largest:
        return "", ""
    marks = []
    for each in largest:
        text, _, interval = result_words.points(each).partition(" ")
        row = _figure_row(each.name, each.difference, each.low, each.high, each.effective)
        marks.append(ChartMark(SURE, named(each), text, interval.strip("()"), row))
    first = largest[0]
    sure = not first.low <= 0 <= first.high
    title = f"Differs most: {marks[0].label}, by {marks[0].value} points" if sure else "No difference is sure"
    return title, differences(marks, title, width=width)[0]


def conditions(found: Sequence[GateCondition], width: int | None = None) -> Picture:
    """Return the chart of the conditions that are differences with a margin."""
    marks, margins = [], []
    for each in found:
        if each.value is None or each.low is None or each.high is None or each.threshold is None:
            continue
        margins.append(each.threshold)
        interval = f"{100 * each.low:+.1f} to {100 * each.high:+.1f}, margin {100 * each.threshold:g}"
        row = _figure_row(each.name, each.value, each.low, each.high, each.effective or 0)
        marks.append(ChartMark(SURE, each.name.capitalize(), f"{100 * each.value:+.1f}", interval, row))
    if not marks:
        return "", ""
    worst = min(marks, key=lambda mark: mark.row.value or 0.0)
    title = f"Lowest: {worst.label}, {worst.value} points"
    return title, differences(marks, title, margins, width=width)[0]


def _figure_row(name: str, value: float | None, low: float | None, high: float | None, effective: float) -> EstimateRow:
    sampled = int(effective)
    return EstimateRow(key=name, value=value, low=low, high=high, method="weighted", sampled=sampled, few=sampled < ENOUGH)
