"""The trend of one figure over windows, small enough for a line of a table; of few windows each mark leads to what is behind it.

The marks of many stand too near each other to be pressed, and their links would be most of a page: there the whole picture is
one link of the page that shows it. The band is how sure each value is. A window that was never captured leaves a gap, and a
hollow mark may still change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from remiss.present.svg import Axis, axis, escaped, pixels, stroke

EDGE = 4
# An interval far beyond all values would press them onto the ground: it is cut off there.
HEADROOM = 1.6
# In a picture of 240 pixels twelve marks stand 20 apart.
MOST_LINKED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One window: the `place` of it counted from the first, its value with interval, and where its mark leads.

    `value` None has no mark. `provisional` values may change with late labels. `says` is the mark in words.
    """

    place: int
    value: float | None
    low: float | None = None
    high: float | None = None
    provisional: bool = False
    href: str
    says: str


def sparkline(points: Sequence[Point], *, width: int = 240, height: int = 44, rate: bool = True) -> str:
    """Return the SVG of a trend.

    It is hidden from screen readers and from the keyboard, to which dozens of marks would be a burden: the page that shows it has
    the same figures as a table somewhere, and links there.

    Parameters
    ----------
    points : in order of their places
    rate : whether values are fractions
    """
    drawn = [point for point in points if point.value is not None]
    scale = fitting(drawn, rate=rate)
    last = max((point.place for point in points), default=0)
    step = (width - 2 * EDGE) / max(last, 1)
    frame = SparklineLayout(step=step, bottom=height - EDGE, tall=height - 2 * EDGE, scale=scale)
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="remiss-trend" aria-hidden="true" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}" fill="currentColor">',
            *band(drawn, frame),
            *(trace(part, frame) for part in unbroken(drawn) if len(part) > 1),
            *(dots(drawn, frame) if len(drawn) > MOST_LINKED else (mark(point, frame, height) for point in drawn)),
            "</svg>",
        ]
    )


@dataclass(frozen=True, slots=True)
class SparklineLayout:
    """Where places and values stand, in pixels."""

    step: float
    bottom: float
    tall: float
    scale: Axis

    def x(self, place: int) -> float:
        return EDGE + place * self.step

    def y(self, value: float) -> float:
        return self.bottom - self.scale.at(value) * self.tall


def fitting(points: Sequence[Point], *, rate: bool) -> Axis:
    """Return the axis of the values, with some room for what is not sure of them."""
    values = [point.value for point in points if point.value is not None]
    most = max(values, default=0.0) * HEADROOM
    least = min(values, default=0.0) / HEADROOM
    ends = [end for point in points for end in (point.low, point.high) if end is not None]
    return axis([*values, *(min(max(end, least), most) for end in ends)], rate=rate)


def unbroken(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Give the stretches of points without a gap."""
    part: list[Point] = []
    for point in points:
        if part and point.place != part[-1].place + 1:
            yield part
            part = []
        part.append(point)
    if part:
        yield part


def band(points: Sequence[Point], frame: SparklineLayout) -> Iterator[str]:
    """Draw how sure the values are: an area for each stretch."""
    sure = [point for point in points if point.low is not None and point.high is not None]
    for part in unbroken(sure):
        half = min(frame.step / 2, 3.0) if len(part) == 1 else 0.0
        upper = [(frame.x(point.place), frame.y(point.high or 0.0)) for point in part]
        lower = [(frame.x(point.place), frame.y(point.low or 0.0)) for point in reversed(part)]
        if half:
            (x, top), (_, ground) = upper[0], lower[0]
            upper, lower = [(x - half, top), (x + half, top)], [(x + half, ground), (x - half, ground)]
        path = "L".join(f"{pixels(x)} {pixels(y)}" for x, y in (*upper, *lower))
        yield f'<path d="M{path}z" fill-opacity="0.14"/>'


def trace(part: Sequence[Point], frame: SparklineLayout) -> str:
    """Draw the line through one stretch."""
    path = "L".join(f"{pixels(frame.x(point.place))} {pixels(frame.y(point.value or 0.0))}" for point in part)
    return stroke(f"M{path}", opacity=0.7, thick=1.2)


def dots(points: Sequence[Point], frame: SparklineLayout) -> Iterator[str]:
    """Draw marks that lead nowhere: those that stay as one path, those that may change as circles."""
    radius = min(2.2, max(1.2, frame.step / 2.5))
    solid = "".join(
        f"M{pixels(frame.x(point.place))} {pixels(frame.y(point.value or 0.0))}h0" for point in points if not point.provisional
    )
    if solid:
        yield f'<path d="{solid}" fill="none" stroke="currentColor" stroke-width="{pixels(2 * radius)}" stroke-linecap="round"/>'
    for point in points:
        if point.provisional:
            centre = f'cx="{pixels(frame.x(point.place))}" cy="{pixels(frame.y(point.value or 0.0))}" r="{pixels(radius)}"'
            yield f'<circle {centre} fill="none" stroke="currentColor"/>'


def mark(point: Point, frame: SparklineLayout, height: int) -> str:
    """Draw one mark with its link, which is as wide as there is room and as tall as the picture."""
    x, y = frame.x(point.place), frame.y(point.value or 0.0)
    room = max(frame.step, 2.0)
    radius = min(2.2, max(1.2, frame.step / 2.5))
    area = f'<rect x="{pixels(x - room / 2)}" y="0" width="{pixels(room)}" height="{height}" fill="none" pointer-events="all"/>'
    centre = f'cx="{pixels(x)}" cy="{pixels(y)}" r="{pixels(radius)}"'
    dot = f'<circle {centre} fill="none" stroke="currentColor"/>' if point.provisional else f"<circle {centre}/>"
    says = f"<title>{escaped(point.says)}</title>"
    return f'<a href="{escaped(point.href)}" tabindex="-1">{says}{area}{dot}</a>'
