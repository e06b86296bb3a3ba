"""The chart of periods: real time from left to right with its gaps, and each period's mark on a scale that runs upwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from remiss.present.chart_marks import DOT, STROKED, ChartMark, Glyph, linked
from remiss.present.chart_scale import moment_of, scale_of
from remiss.present.svg import Axis, escaped, extent, pixels, written

TOP, PLOT, FOOT = 22, 200, 24
HIT, LABELS = 24, 8
# More marks than these stand too near each other to be pressed: the table beside them leads to their cases.
LINKED = 60
# What leads the eye from one period to the next.
THIN = 'stroke="currentColor" stroke-width="1" stroke-opacity="0.4"'
# Pixels of the narrowest screen, and of a usual one.
NARROW, WIDE = 340, 720


@dataclass(frozen=True, slots=True)
class ChartEvent:
    """Something that happened at a time and is drawn as a dotted line with a word: a version, a release, a change."""

    at: datetime
    word: str


@dataclass(frozen=True, slots=True)
class TimelineLayout:
    """Where times stand, in percent of the width, and values, in pixels."""

    first: datetime
    last: datetime
    left: float
    scale: Axis
    right: float = 94.0

    def x(self, at: datetime) -> float:
        """Return where a time is drawn."""
        span = (self.last - self.first).total_seconds()
        part = (at - self.first).total_seconds() / span if span else 0.5
        return self.left + min(1.0, max(0.0, part)) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Return where a value is drawn."""
        return TOP + (1 - self.scale.at(value)) * PLOT


def timeline(
    marks: Sequence[ChartMark], *, by: str, rate: bool, unit: str, events: Sequence[ChartEvent] = ()
) -> tuple[list[str], float, list[Glyph]]:
    """Return the parts of the picture, its height, and the marks that are in it.

    Parameters
    ----------
    marks : one for each period that there is, in order
    by : which periods they are
    rate : whether values are fractions
    unit : what the topmost tick of numbers says that they are of
    """
    times = [moment for mark in marks if (moment := moment_of(mark.row, by)) is not None]
    scale = scale_of(marks, rate=rate)
    widest = max(extent(scale.label(tick, rate=rate)) for tick in scale.ticks)
    frame = TimelineLayout(times[0], times[-1], min(16.0, (widest + 12) / NARROW * 100), scale)
    dot = DOT if len(marks) <= LINKED else DOT * 0.75
    hit = min(float(HIT), max(2.0, (frame.right - frame.left) / 100 * WIDE / max(1, len(marks))))
    glyphs = [mark.glyph(frame.x(at), frame.y, frame.scale.end, (TOP + PLOT, TOP)) for mark, at in zip(marks, times, strict=True)]
    parts = [
        *_bands(marks, times, frame, by),
        *_grid(frame, rate=rate, unit=unit),
        *_names(times, frame, by),
        *_events(events, frame),
        f'<g class="c1 trace" {THIN}>{"".join(_trace(glyphs, times, by))}</g>',
        f'<g class="c1" {STROKED}>',
        *(
            linked(mark, _drawn(glyph, frame.x(at), dot, hit))
            for mark, glyph, at in zip(marks, glyphs, times, strict=True)
            if len(marks) <= LINKED
        ),
        *(glyph.drawn(dot) for glyph in glyphs if glyph and len(marks) > LINKED),
        "</g>",
    ]
    return parts, TOP + PLOT + FOOT, [each for each in glyphs if each]


def following(by: str, times: Sequence[datetime]) -> list[datetime]:
    """Return when the period after each begins; windows are as wide as the least step between two."""
    if by == "month":
        return [(each.replace(day=1) + timedelta(days=32)).replace(day=1) for each in times]
    width = timedelta(days=1) if by == "day" else timedelta(weeks=1)
    if by == "window" and len(times) > 1:
        width = min(after - before for before, after in pairwise(times))
    return [each + width for each in times]


def name_of(at: datetime, by: str, before: datetime | None) -> str:
    """Return what a period is called under the axis; the year stands where it begins.

    >>> name_of(datetime(2013, 3, 1), "month", None), name_of(datetime(2013, 4, 1), "month", datetime(2013, 3, 1))
    ('Mar 13', 'Apr')
    """
    year = f" {at:%y}" if before is None or before.year != at.year else ""
    return f"{at:%b}{year}" if by == "month" else f"{at.day} {at:%b}{year}"


def _bands(marks: Sequence[ChartMark], times: Sequence[datetime], frame: TimelineLayout, by: str) -> Iterator[str]:
    """Shade the periods whose figures may still change, or that the log has a part of."""
    for mark, at, after in zip(marks, times, following(by, times), strict=True):
        if mark.row.incomplete:
            half = (frame.x(after) - frame.x(at)) / 2 or (frame.x(at) - frame.x(at - (after - at))) / 2 or 3.0
            x, wide = frame.x(at) - half, 2 * half
            size = f'width="{pixels(wide)}%" height="{PLOT}"'
            yield f'<rect class="panel" x="{pixels(x)}%" y="{TOP}" {size} fill-opacity="0.06"/>'


def _grid(frame: TimelineLayout, *, rate: bool, unit: str) -> Iterator[str]:
    for tick in frame.scale.ticks:
        y, name = pixels(frame.y(tick)), frame.scale.label(tick, rate=rate)
        yield f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        last = tick == frame.scale.ticks[-1] and not rate
        yield written(0, frame.y(tick) - 4, f"{name} {unit}" if last else name)


def _names(times: Sequence[datetime], frame: TimelineLayout, by: str) -> Iterator[str]:
    """Write at most eight names, level, none into another; every second one has no room on a phone."""
    room = (frame.right - frame.left) / (LABELS - 0.9)
    before: tuple[datetime, float] | None = None
    count = 0
    for at in times:
        x = frame.x(at)
        if before is not None and x - before[1] < room:
            continue
        name = name_of(at, by, before[0] if before else None)
        optional = ' class="wide"' if count % 2 else ""
        yield f'<text x="{pixels(x)}%" y="{TOP + PLOT + 17}" text-anchor="middle"{optional}>{name}</text>'
        before, count = (at, x), count + 1


def _trace(glyphs: Sequence[Glyph | None], times: Sequence[datetime], by: str) -> Iterator[str]:
    """Draw lines between periods that follow each other: a gap stays a gap."""
    ends = following(by, times)
    for at in range(1, len(glyphs)):
        before, now = glyphs[at - 1], glyphs[at]
        if before and now and ends[at - 1] >= times[at]:
            x1, x2 = (f"{pixels(each.across)}%" for each in (before, now))
            yield f'<line x1="{x1}" x2="{x2}" y1="{pixels(before.at)}" y2="{pixels(now.at)}"/>'


def _events(events: Sequence[ChartEvent], frame: TimelineLayout) -> Iterator[str]:
    """Draw a dotted line for each, with its word where it does not run into the one before; all say in a title when it was."""
    written_at = -100.0
    for event in sorted((each for each in events if each.at >= frame.first), key=lambda each: each.at):
        x = frame.x(event.at)
        where = f'x1="{pixels(x)}%" x2="{pixels(x)}%" y1="{TOP - 8}" y2="{TOP + PLOT}"'
        said = f"<title>{escaped(f'{event.word}, from {event.at:%Y-%m-%d}')}</title>"
        yield f'<line class="event" {where} stroke="currentColor" stroke-dasharray="2 3">{said}</line>'
        if x - written_at < (extent(event.word) + 12) / NARROW * 100:
            continue
        written_at = x
        anchor = ' text-anchor="end"' if x > 70 else ""
        yield f'<text x="{pixels(x)}%" dx="{-5 if x > 70 else 5}" y="{TOP - 10}"{anchor}>{escaped(event.word)}</text>'


def _drawn(glyph: Glyph | None, x: float, dot: float, hit: float) -> Iterator[str]:
    where = f'x1="{pixels(x)}%" x2="{pixels(x)}%" y1="{TOP}" y2="{TOP + PLOT}"'
    yield f'<line class="hit" {where} stroke="none" stroke-width="{pixels(hit)}" pointer-events="stroke"/>'
    if glyph:
        yield glyph.drawn(dot)
