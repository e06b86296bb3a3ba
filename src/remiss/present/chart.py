"""The chart of an estimate, drawn here once for pages, notebooks, print, mail and readers without script.

A picture is SVG without style or script, and as wide as there is room: places along its width are percentages, texts keep their
size. Its title is a sentence made of the figures. On a page each mark leads to the cases behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from textwrap import wrap

from remiss.present import chart_words
from remiss.present.chart_marks import Address, ChartMark, legend_items, legend_of, mark_of
from remiss.present.chart_scale import chosen, over_time
from remiss.present.chart_words import PLAIN, ChartNames
from remiss.present.forest import forest
from remiss.present.svg import LETTER, escaped, extent, fitted, pixels, written
from remiss.present.timeline import ChartEvent, timeline
from remiss.records.estimate import Estimate, EstimateRow

DESCRIBED, WIDTH = 12, 720
# A chart as a file: its width and margin, the height of a line, and the light colours of pages.
PICTURE, MARGIN, LINE = 960, 16, 18
INK, SERIES, GRID, PAPER = "#1b2430", "#1f5fa8", "#dbe1e8", "#fff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart: title and subtitle, the picture and its height, its legend, how many rows it has not, and the row of each mark."""

    title: str
    subtitle: str
    svg: str
    height: float
    keys: tuple[tuple[str, str], ...]
    legend: str
    left_out: str
    marks: tuple[ChartMark, ...]


def chart(
    estimate: Estimate,
    *,
    href: Address | None = None,
    by_name: bool = False,
    width: int | None = WIDTH,
    room: int | None = None,
    events: Sequence[ChartEvent] = (),
    names: ChartNames = PLAIN,
) -> Drawing:
    """Return the chart of an estimate of at least one row.

    Parameters
    ----------
    href : where the mark of a row leads; without one the picture has no links
    by_name : categories from A to Z, not by their values
    width : in pixels; None for as wide as there is room
    room : how many bytes the picture is to take, where it is of several rows; fewer of them are drawn then
    events : what happened between the periods, besides changes of the protocol's version
    names : what people call events and fields
    """
    drawn = partial(_drawn, estimate, href=href, width=width, events=events, names=names)
    whole = drawn(chosen(estimate, by_name=by_name))
    count, taken = len(whole.marks), len(whole.svg)
    if room is None or taken <= room or count == 1:
        return whole
    return drawn(chosen(estimate, by_name=by_name, most=max(1, count * room // taken)))


def _drawn(
    estimate: Estimate,
    rows: Sequence[EstimateRow],
    *,
    href: Address | None,
    width: int | None,
    events: Sequence[ChartEvent],
    names: ChartNames,
) -> Drawing:
    """Return the chart of some rows of an estimate."""
    marks = tuple(mark_of(row, estimate, href(row) if href else "") for row in rows)
    timed = over_time(estimate) and len(marks) > 1
    if timed:
        happened = [*changes_of(estimate), *events]
        parts, height, glyphs = timeline(marks, by=estimate.by or "", rate=estimate.rate, unit=names.events, events=happened)
    else:
        parts, height, glyphs = forest(marks, rate=estimate.rate, unit=names.events)
    title = chart_words.title_of(estimate, marks, names)
    keys = tuple(legend_items(glyphs))
    return Drawing(
        title=title,
        subtitle=chart_words.subtitle_of(estimate, names),
        svg="".join([*head(title, marks, estimate, width=width, height=height, linked=href is not None), *parts, "</svg>"]),
        height=height,
        keys=keys,
        legend=legend_of(keys),
        left_out=chart_words.count_drawn(len(marks), len(estimate.rows), newest=timed),
        marks=marks,
    )


def changes_of(estimate: Estimate) -> list[ChartEvent]:
    """Return where the version of the protocol changes in a series that was asked across versions."""
    return [ChartEvent(now.since, f"version {now.version}") for before, now in pairwise(estimate.spans)]


def head(
    title: str, marks: Sequence[ChartMark], estimate: Estimate, *, width: int | None, height: float, linked: bool
) -> list[str]:
    """Return how a picture begins: its size, and what it says to who does not see it."""
    size = f'width="{width or "100%"}" height="{pixels(height)}"'
    look = 'class="remiss-chart" fill="currentColor" font-family="system-ui, sans-serif" font-size="12"'
    begin = f'<svg xmlns="http://www.w3.org/2000/svg" {look} {size}'
    if linked:
        # Its marks are links with their words, and the table has the same figures.
        return [f'{begin} role="group" aria-label="{escaped(title)}">']
    return [f'{begin} role="img"><title>{escaped(title)}</title><desc>{escaped(description(marks, estimate))}</desc>']


def description(marks: Sequence[ChartMark], estimate: Estimate) -> str:
    """Return the chart in words, for those who do not see it."""
    lines = [each.told for each in marks[:DESCRIBED]]
    more = len(estimate.rows) - len(lines)
    return "; ".join(lines) + (f"; and {more:,} more" if more > 0 else "")


def picture(estimate: Estimate, *, by_name: bool = False, names: ChartNames = PLAIN) -> str:
    """Return a chart as a file of its own, for slides and mail: its title, subtitle and legend with it, dark on white."""
    room = PICTURE - 2 * MARGIN
    drawn = chart(estimate, by_name=by_name, width=room, names=names)
    said = wrap(f"{drawn.subtitle} {drawn.left_out}", round(room / LETTER))
    top = MARGIN + 2 * LINE
    texts = [written(MARGIN, top + LINE * at, each, opacity=0.75) for at, each in enumerate(said)]
    top += LINE * len(said)
    inner = drawn.svg.replace('class="c1', f'color="{SERIES}" class="c1').replace(
        "<circle class", f'<circle fill="{PAPER}" class'
    )
    inner = inner.replace(f'fill="{PAPER}" class="pt" fill="currentColor"', 'class="pt" fill="currentColor"')
    inner = inner.replace('class="grid"', f'class="grid" stroke="{GRID}"')
    parts = [
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        f'<g font-size="16" font-weight="600">{written(MARGIN, MARGIN + LINE - 4, fitted(drawn.title, room * 0.75))}</g>',
        *texts,
        f'<g transform="translate({MARGIN} {pixels(top)})">{inner}</g>',
    ]
    x, y = float(MARGIN), top + drawn.height + LINE
    for sign, words in drawn.keys:
        wide = 32 + 8 + extent(words) + MARGIN
        if x + wide > PICTURE and x > MARGIN:
            x, y = float(MARGIN), y + LINE
        coloured = sign.replace('class="c1"', f'color="{SERIES}"')
        parts.append(f'<g transform="translate({pixels(x)} {pixels(y - 12)})">{coloured}</g>{written(x + 40, y, words)}')
        x += wide
    size = f'width="{PICTURE}" height="{pixels(y + MARGIN)}" viewBox="0 0 {PICTURE} {pixels(y + MARGIN)}"'
    look = f'color="{INK}" fill="{INK}" font-family="system-ui, sans-serif" font-size="12"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look}>{"".join(parts)}</svg>'
