"""Heatmaps as people read them: the figure of each cell in the digits that its interval allows, and what marks mean."""

from __future__ import annotations

from collections.abc import Iterator

from remiss.present import estimate_facts
from remiss.present.legible import counted, one_line
from remiss.records.heatmap import EMPTY, NONE, HeatCell, Heatmap

DASH = "\N{EN DASH}"
NOTHING = f"{DASH}: nothing to sample there"
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


def matrix(found: Heatmap) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return titles and lines of the grid."""
    titles = [found.rows.by, *map(one_line, found.columns.labels)]
    return titles, [(one_line(label), *(cell_of(each, rate=found.rate) for each in cells)) for label, cells in found.lines()]


def listed(found: Heatmap) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return titles and lines of a list of the cells, for where the grid has no room."""
    titles = [found.rows.by, found.columns.by, "value", estimate_facts.INTERVAL, "support", "remarks"]
    lines: list[tuple[str, ...]] = []
    for label, cells in found.lines():
        for each in cells:
            value, interval = figure_of(each, rate=found.rate)
            column = one_line(found.columns.labels[each.column])
            remarks = "" if each.state in {EMPTY, NONE} else estimate_facts.remarks(each.figure)
            lines.append((one_line(label), column, value, interval, f"{each.support:,}", remarks))
    return titles, lines


def sheet(found: Heatmap) -> Iterator[tuple[object, ...]]:
    """Yield a line for each cell, with its plain values under `LINES`."""
    for label, cells in found.lines():
        for each in cells:
            yield (label, found.columns.labels[each.column], *(getattr(each, name) for name in LINES[2:]))


def notes(found: Heatmap) -> Iterator[str]:
    """Yield in sentences what the cells are, what the signs mean, and what is to be known of all."""
    if len(found.denominators) == 1:
        yield f"among {found.denominators[0]}"
    elif found.denominators:
        yield "each rule among those that it applies to and that could be judged on it"
    for axis, words in ((found.rows, "row"), (found.columns, "column")):
        if axis.left_out:
            yield f"{counted(axis.left_out, f'more {words}')} of {axis.by} not shown"
    if any(each.few for each in found.cells):
        yield f"few: under {counted(found.least, 'sampled event')}"
    if any(each.state == EMPTY for each in found.cells):
        yield NOTHING
    if any(each.state == NONE for each in found.cells):
        yield OPEN
    yield from found.notes
