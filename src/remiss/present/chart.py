"""The chart of an estimate, drawn here once for pages, notebooks, print, mail and readers without script.

A picture is SVG without style or script, and as wide as there is room: places along its width are percentages, texts keep their
size. Its title is a sentence made of the figures. On a page each mark leads to the cases behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from remiss.present import chart_words
from remiss.present.chart_marks import Address, ChartMark, legend_of, mark_of
from remiss.present.chart_scale import chosen, over_time
from remiss.present.forest import forest
from remiss.present.svg import escaped, pixels
from remiss.present.timeline import ChartEvent, timeline
from remiss.records.estimate import Estimate

DESCRIBED, WIDTH = 12, 720


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart: its title and subtitle, the picture, its legend as HTML, how many rows it has not, and the row of each mark."""

    title: str
    subtitle: str
    svg: str
    legend: str
    left_out: str
    marks: tuple[ChartMark, ...]


def chart(
    estimate: Estimate,
    *,
    href: Address | None = None,
    by_name: bool = False,
    width: int | None = WIDTH,
    events: Sequence[ChartEvent] = (),
) -> Drawing:
    """Return the chart of an estimate of at least one row.

    Parameters
    ----------
    href : where the mark of a row leads; without one the picture has no links
    by_name : categories from A to Z, not by their values
    width : in pixels; None for as wide as there is room
    events : what happened between the periods
    """
    rows = chosen(estimate, by_name=by_name)
    marks = tuple(mark_of(row, estimate, href(row) if href else "") for row in rows)
    timed = over_time(estimate) and len(marks) > 1
    if timed:
        parts, height, glyphs = timeline(marks, by=estimate.by or "", rate=estimate.rate, unit=chart_words.UNIT, events=events)
    else:
        parts, height, glyphs = forest(marks, rate=estimate.rate, unit=chart_words.UNIT)
    title = chart_words.title_of(estimate, marks)
    return Drawing(
        title=title,
        subtitle=chart_words.subtitle_of(estimate),
        svg="".join([*head(title, marks, estimate, width=width, height=height, linked=href is not None), *parts, "</svg>"]),
        legend=legend_of(glyphs),
        left_out=chart_words.count_drawn(len(marks), len(estimate.rows), newest=timed),
        marks=marks,
    )


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
