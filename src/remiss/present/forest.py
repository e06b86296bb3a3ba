"""The chart of an estimate: a line for each row, with its value and how sure that is.

What is exact is a diamond and has no whiskers; what is estimated is a dot on its interval, hollow where few events stand
behind it, and with open ends where the interval is of this log only, beside rows of the process. A value without an interval is a
cross on dots across the whole chart: nobody knows how sure it is. An asterisk
marks what may change with late labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from remiss.present import estimate_facts
from remiss.present.svg import Axis, axis, escaped, extent, fitted, line, pixels, stroke, written
from remiss.records.estimate import Estimate, EstimateRow

MARK_LIMIT, DESCRIBED = 40, 12
NARROWEST = 360
ROW, EDGE, GAP, LEGEND = 22, 8, 14, 20
DOT = 4
# How far open ends reach beyond an interval.
REACH = 9
EXACT, SURE, FEW, OPEN, UNKNOWN, NONE = "exact", "sure", "few", "open", "unknown", "none"
MAY_CHANGE = "*"


@dataclass(frozen=True, slots=True)
class ForestMark:
    """One row, ready to be drawn: how it is marked and what is written on either side. `ends` are value, low, high."""

    kind: str
    label: str
    value: str
    interval: str
    row: EstimateRow

    @property
    def ends(self) -> tuple[float, ...]:
        row = self.row
        given = {NONE: (), EXACT: (row.value,), UNKNOWN: (row.value,)}.get(self.kind, (row.value, row.low, row.high))
        return tuple(float(number) for number in given if number is not None)

    @property
    def says(self) -> str:
        return f"{self.value} ({self.interval})" if self.interval else self.value


@dataclass(frozen=True, slots=True)
class ForestLayout:
    """Where the axis stands, in pixels; labels are left of it and figures, `whole` or without intervals, end at `edge`."""

    left: float
    right: float
    top: float
    bottom: float
    edge: float
    whole: bool

    def x(self, scale: Axis, value: float) -> float:
        """Return where a value is drawn."""
        return self.left + scale.at(value) * (self.right - self.left)


def forest(estimate: Estimate, *, width: int = 720) -> str:
    """Return the SVG of an estimate; of its first 40 rows when there are more.

    Parameters
    ----------
    width : in pixels, at least 360; the picture may be scaled
    """
    width = max(width, NARROWEST)
    marks = [mark_of(row, estimate) for row in estimate.rows[:MARK_LIMIT]]
    frame = framed(marks, width)
    # A figure that stands alone is compared with nothing but zero.
    alone = [0.0] if len(marks) == 1 else []
    scale = fitting(frame, alone + [number for each in marks for number in each.ends], rate=estimate.rate)
    legend = list(legend_of(marks, frame, frame.bottom + 2 * LEGEND))
    height = frame.bottom + LEGEND + EDGE + LEGEND * len({y for y, *_ in legend})
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="remiss-chart" role="img" width="{width}" height="{pixels(height)}" '
            f'viewBox="0 0 {width} {pixels(height)}" fill="currentColor" font-family="system-ui, sans-serif" font-size="12">',
            f"<title>{escaped(estimate_facts.heading(estimate))}</title><desc>{escaped(description(marks, estimate))}</desc>",
            *grid(frame, scale, rate=estimate.rate),
            *(part for at, mark in enumerate(marks) for part in drawn(mark, frame, scale, frame.top + ROW * (at + 0.5))),
            *(part for *_, parts in legend for part in parts),
            "</svg>",
        ]
    )


def mark_of(row: EstimateRow, estimate: Estimate) -> ForestMark:
    """Return how a row is drawn, and the texts beside it."""
    value, interval = estimate_facts.figure_of(row, rate=estimate.rate)
    if value == estimate_facts.UNDEFINED:
        kind = NONE
    elif interval:
        kind = OPEN if row.of_this_log else FEW if row.few else SURE
    else:
        kind = EXACT if row.exact else UNKNOWN
    return ForestMark(kind, estimate_facts.key_of(row) if estimate.by else "", value, interval, row)


def framed(marks: Sequence[ForestMark], width: int) -> ForestLayout:
    """Return where things stand; intervals are not written out where they would leave the axis no room."""
    labels = min(max((extent(each.label) for each in marks), default=0.0), width * 0.3)
    left, edge = EDGE + labels + GAP, width - EDGE
    right = edge - GAP - max((extent(each.says) for each in marks), default=0.0)
    whole = right - left >= width * 0.35
    if not whole:
        right = edge - GAP - max((extent(each.value) for each in marks), default=0.0)
    return ForestLayout(left, max(right, left + 40), EDGE, EDGE + ROW * len(marks), edge, whole)


def description(marks: Sequence[ForestMark], estimate: Estimate) -> str:
    """Return the chart in words, for those who do not see it."""
    lines = [description_of(each) for each in marks[:DESCRIBED]]
    more = len(estimate.rows) - len(lines)
    return "; ".join(lines) + (f"; and {more:,} more" if more > 0 else "")


def description_of(mark: ForestMark) -> str:
    """Return one row in words."""
    said = f"{mark.label}: {mark.says}" if mark.label else mark.says
    return ", ".join(filter(None, (said, estimate_facts.remarks(mark.row))))


def fitting(frame: ForestLayout, numbers: Sequence[float], *, rate: bool) -> Axis:
    """Return the axis with as many ticks as have room for their names."""
    found = axis(numbers, most=2, rate=rate)
    for most in (3, 4, 5, 6, 8):
        finer = axis(numbers, most=most, rate=rate)
        room = (frame.right - frame.left) / max(1, len(finer.ticks) - 1)
        if max(extent(finer.label(tick, rate=rate)) for tick in finer.ticks) + GAP > room:
            break
        found = finer
    return found


def grid(frame: ForestLayout, scale: Axis, *, rate: bool) -> Iterator[str]:
    """Draw the axis: a faint line and a name for each tick."""
    for tick in scale.ticks:
        x, name = frame.x(scale, tick), scale.label(tick, rate=rate)
        yield stroke(line(x, frame.top, x, frame.bottom), opacity=0.15, thick=1)
        # The outermost names stay within the picture, however narrow the columns beside the axis are.
        half = extent(name) / 2
        yield written(min(max(x, half), frame.edge - half), frame.bottom + 15, name, anchor="middle", opacity=0.75)


def drawn(mark: ForestMark, frame: ForestLayout, scale: Axis, y: float) -> Iterator[str]:
    """Draw one row: its name, its mark and its figure."""
    yield f"<g><title>{escaped(description_of(mark))}</title>"
    if mark.label:
        yield written(frame.left - GAP, y + 4, fitted(mark.label, frame.left - GAP - EDGE), anchor="end")
    if mark.row.provisional:
        yield written(frame.left - GAP + 3, y + 4, MAY_CHANGE)
    if mark.ends:
        x, *ends = (frame.x(scale, number) for number in mark.ends)
        low, high = ends or (frame.left, frame.right)
        yield from symbol(mark.kind, y, x, low, high, hollow=mark.row.few)
    yield written(
        frame.edge, y + 4, mark.says if frame.whole else mark.value, anchor="end", opacity=0.6 if mark.kind == NONE else 1
    )
    yield "</g>"


def symbol(kind: str, y: float, x: float, low: float, high: float, *, hollow: bool = False) -> Iterator[str]:
    """Draw a mark at x, hollow for few; `low` and `high` are where its whiskers, or the dots of what has none, end."""
    if kind == EXACT:
        yield f'<path d="M{pixels(x)} {pixels(y - 5)}l5 5l-5 5l-5 -5z"/>'
        return
    if kind == UNKNOWN:
        yield stroke(line(low, y, high, y), dashes="1 4")
        yield stroke(f"M{pixels(x - 4)} {pixels(y - 4)}l8 8m0 -8l-8 8")
        return
    # Whiskers stop at the dot: a hollow one would show them inside.
    for start, end in ((low, x - DOT), (x + DOT, high)):
        if start < end:
            yield stroke(line(start, y, end, y))
    if kind == OPEN:
        # Ends that fade into dots: there is more that is not known.
        yield stroke(line(low - REACH, y, low, y) + line(high, y, high + REACH, y), dashes="1 3")
    else:
        yield stroke(line(low, y - 3, low, y + 3) + line(high, y - 3, high, y + 3))
    centre = f'cx="{pixels(x)}" cy="{pixels(y)}"'
    if kind == FEW or hollow:
        yield f'<circle {centre} r="3.3" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    else:
        yield f'<circle {centre} r="{DOT}"/>'


def legend_of(marks: Sequence[ForestMark], frame: ForestLayout, y: float) -> Iterator[tuple[float, list[str]]]:
    """Give what each mark in the chart means, line by line: the height of the line, and the mark with its words."""
    met = {each.kind for each in marks} | ({FEW} if any(each.kind == OPEN and each.row.few for each in marks) else set())
    level = next((each.row.level for each in marks if each.kind in {SURE, FEW, OPEN}), 0.95)
    words = {
        EXACT: "exact",
        SURE: f"estimate with {level * 100:g} % interval",
        FEW: "from under ten sampled events",
        OPEN: "open ends: of this log only",
        UNKNOWN: "interval unknown",
        MAY_CHANGE: "provisional: labels may still change",
    }
    met |= {MAY_CHANGE} if any(each.row.provisional for each in marks) else set()
    x: float = EDGE
    for kind, text in words.items():
        if kind not in met:
            continue
        begin = 14 if kind == MAY_CHANGE else 36
        size = begin + extent(text) + GAP
        if x > EDGE and x + size > frame.edge:
            x, y = EDGE, y + LEGEND
        sign = [written(x + 3, y, MAY_CHANGE)] if kind == MAY_CHANGE else symbol(kind, y - 4, x + 15, x + 2, x + 28)
        yield y, [*sign, written(x + begin, y, text, opacity=0.75)]
        x += size
