"""Heatmaps as people read them: the figure of each cell in the digits that its interval allows, and what marks mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from remiss.present import estimate_facts
from remiss.present.legible import counted, cut, number, one_line, share
from remiss.records.heatmap import EMPTY, FIGURE, NONE, ZERO, HeatCell, Heatmap

DASH = "\N{EN DASH}"
NOTHING = f"{DASH}: nothing to sample there"
# How many shades a map has beside that of 0.
SHADES = 6
OPEN = "?: no figure yet"
LINES = ("row", "column", "value", "low", "high", "method", "variance", "among", "sampled", "support", "state", "few", "query")


def figure_of(cell: HeatCell, *, rate: bool) -> tuple[str, str]:
    """Return the value and the interval of a cell as texts; without a figure a sign."""
    if cell.state in {EMPTY, NONE}:
        return (DASH if cell.state == EMPTY else "?"), ""
    value, interval = estimate_facts.figure_of(cell.figure, rate=rate)
    return value, interval or ("" if cell.figure.exact else "interval unknown")


def cell_of(cell: HeatCell, *, rate: bool) -> str:
    """Return a cell in one text: its value, its interval, and whether it has little support."""
    value, interval = figure_of(cell, rate=rate)
    return f"{value}{f' ({interval})' if interval else ''}{' few' if cell.few else ''}"


def told(cell: HeatCell, *, rate: bool) -> str:
    """Return what is to be known of a cell beside its value, in words."""
    if cell.state in {EMPTY, NONE}:
        return "nothing was sampled" if cell.state == EMPTY else "no figure yet"
    interval, support = figure_of(cell, rate=rate)[1], f"of {cell.support:,} sampled"
    return ", ".join(filter(None, (interval, support, estimate_facts.remarks(cell.figure))))


def by_interest(found: Heatmap) -> list[int]:
    """Return the numbers of the rows, first of that with the cell which is surest to be high."""
    sure = {at: max(map(_surely, cells), default=(0.0, 0.0)) for at, (_, cells) in enumerate(found.lines())}
    return sorted(sure, key=lambda at: sure[at], reverse=True)


def _surely(cell: HeatCell) -> tuple[float, float]:
    """Return what cells are compared by: of those with enough support the least that they surely are."""
    if cell.state != FIGURE or cell.few:
        return 0.0, 0.0
    return (cell.value if cell.figure.exact else cell.low) or 0.0, cell.value or 0.0


def top_of(found: Heatmap) -> float:
    """Return the greatest value of the cells with enough support, which the shades reach up to; 0 of none."""
    return max((float(each.value or 0) for each in found.cells if each.state == FIGURE and not each.few), default=0.0)


def shade_of(cell: HeatCell, top: float) -> str:
    """Return the class of a cell's shade: `q0` to `q6` by its value, `thin` of little support, `none` or `open` without any."""
    if cell.state in {EMPTY, NONE}:
        return "none" if cell.state == EMPTY else "open"
    if cell.few:
        return "thin"
    return "q0" if cell.state == ZERO else f"q{min(SHADES, 1 + int(SHADES * float(cell.value or 0) / top))}"


def key(found: Heatmap) -> Iterator[tuple[str, str, str]]:
    """Yield what occurs in a map: the class, a sample of what stands in such a cell, and what it means."""
    top, scaled = top_of(found), share if found.rate else number
    known = {shade_of(each, top) for each in found.cells}
    if "q0" in known:
        yield "q0", "0", "Sampled, and none found"
    for at in range(SHADES if top else 0):
        low, high = (scaled(top * each / SHADES) for each in (at, at + 1))
        yield f"q{at + 1}", "", f"{low} to {high}"
    if "thin" in known:
        yield "thin", "", f"Under {counted(found.least, 'sampled event')}"
    if "none" in known:
        yield "none", DASH, "Nothing was sampled"
    if "open" in known:
        yield "open", "?", "No figure yet"


def headline(found: Heatmap, called: Callable[[str, str], str]) -> str:
    """Return what a map shows, in a sentence: of the cells with enough support that which is surest to be high.

    Parameters
    ----------
    called : what people call a value of an axis, by the axis and its label
    """
    firm = [each for each in found.cells if each.state == FIGURE and not each.few]
    if not firm:
        return "No cell has enough support to be compared"
    highest = max(firm, key=_surely)
    value, interval = figure_of(highest, rate=found.rate)
    row = cut(called(found.rows.by, found.rows.labels[highest.row]))
    column = cut(called(found.columns.by, found.columns.labels[highest.column]))
    return f"Most surely high: {row}, {column}: {value}{f' ({interval})' if interval else ''}"


def matrix(found: Heatmap) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return titles and lines of the grid."""
    titles = [found.rows.by, *found.columns.labels]
    lines = [(_name(label), *(cell_of(each, rate=found.rate) for each in cells)) for label, cells in found.lines()]
    return [*map(_name, titles)], lines


def _name(label: str) -> str:
    return cut(one_line(label), 20)


def listed(found: Heatmap) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return titles and lines of a list of the cells, for where the grid has no room."""
    titles = [_name(found.rows.by), _name(found.columns.by), "value", estimate_facts.INTERVAL, "support", "remarks"]
    lines: list[tuple[str, ...]] = []
    for label, cells in found.lines():
        for each in cells:
            value, interval = figure_of(each, rate=found.rate)
            column = _name(found.columns.labels[each.column])
            remarks = "" if each.state in {EMPTY, NONE} else estimate_facts.remarks(each.figure)
            lines.append((_name(label), column, value, interval, f"{each.support:,}", remarks))
    return titles, lines


def sheet(found: Heatmap) -> Iterator[tuple[object, ...]]:
    """Yield a line for each cell, with its plain values under `LINES`."""
    for label, cells in found.lines():
        for each in cells:
            yield (label, found.columns.labels[each.column], *(getattr(each, name) for name in LINES[2:]))


def notes(found: Heatmap) -> Iterator[str]:
    """Yield in sentences what the cells are, and what is to be known of all."""
    if len(found.denominators) == 1:
        yield f"among {found.denominators[0]}"
    elif found.denominators:
        yield "each rule among those that it applies to and that could be judged on it"
    for axis, words in ((found.rows, "row"), (found.columns, "column")):
        if axis.left_out:
            yield f"{counted(axis.left_out, f'more {words}')} of {cut(axis.by)} not shown"
    yield from found.notes


def signs(found: Heatmap) -> Iterator[str]:
    """Yield what signs mean where there is no colour."""
    if any(each.few for each in found.cells):
        yield f"few: under {counted(found.least, 'sampled event')}"
    if any(each.state == EMPTY for each in found.cells):
        yield NOTHING
    if any(each.state == NONE for each in found.cells):
        yield OPEN
