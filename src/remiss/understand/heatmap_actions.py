"""What one can draw of the log: the heatmap, a figure for each of two things at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.field_names import field_of, query_of
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.parameters import OneOf, Option, Position, Query, Range
from remiss.records.catalog import read_at
from remiss.records.estimate import FLAGGED, PROCESS, SAMPLE
from remiss.records.heatmap import EMPTY, FIGURE, NONE, RATE, TOTAL, ZERO, HeatAxis, HeatCell, Heatmap
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.understand.frames import besides
from remiss.understand.heatmaps.axes import ChartAxis, check_axes
from remiss.understand.heatmaps.cells import HeatFigure
from remiss.understand.heatmaps.grid import Grid, grid_of
from remiss.understand.intervals import FEW
from remiss.understand.notes import notes_of
from remiss.understand.periods import PERIODS
from remiss.understand.pipeline import frame_facts_of, frame_of
from remiss.understand.ports import ESTIMATE, UnderstandWorkspace
from remiss.understand.question import OF_CONFIRMED, Question
from remiss.understand.rows import notes_on_rows
from remiss.understand.scope import CRITERION
from remiss.understand.slices.predicates import BINS


def _viewed(_: object, given: Mapping[str, Any], found: Heatmap) -> Sequence[ViewEntry]:
    asked = found.query if found.of is None else f"{found.query} of {found.of}"
    return (ViewEntry(kind=ViewKind.FIGURE, query=asked, position=found.position, count=len(found.cells)),)


@action("chart.heatmap", permission=ESTIMATE, http="GET /heatmap", cached=True, reads=True, views=_viewed)
def heatmap(
    ws: UnderstandWorkspace,
    rows: str = "mode",
    columns: str = "model_version",
    query: Query = "",
    *,
    measure: Annotated[str, OneOf((RATE, TOTAL))] = RATE,
    of: Annotated[str, Option(metavar="QUERY")] | None = None,
    variance: Annotated[str, OneOf((SAMPLE, PROCESS))] | None = None,
    bins: Annotated[int, Range(2, 10)] = BINS,
    most: Annotated[int, Range(1, 60)] = 30,
    least: Annotated[int, Range(1, 1_000_000)] = FEW,
    source: str | None = None,
    protocol: str | None = None,
    as_of: Position | None = None,
) -> Heatmap:
    """Estimate how often failures happen by two things at once.

    Each cell is what `estimate` says of its query, with a 95 % interval. What was never sampled is told apart from what never
    failed, and cells with little support are marked.

    Example: remiss chart heatmap inputs.carrier month criterion:missed-delay

    Parameters
    ----------
    rows : a field such as inputs.carrier, of which numbers are cut into bins; criterion; mode or severity, which are those that
        the criteria suggest; or month, week, day, window
    columns : likewise
    query : what is counted, in the filter language; its time bounds the windows
    measure : a rate, or a total of the log
    of : the denominator of rates, in the filter language; default: as `estimate` has it
    variance : how sure: of this log (sample), or of the process behind it; default: process where cells have a history
    bins : into how many equally common bins numbers are cut
    most : at most so many rows, and columns: the commonest values, of periods the newest
    least : cells of fewer sampled events than this are marked as few
    source : which source, where the catalog has several
    protocol : which protocol, as NAME or NAME@VERSION, where the catalog has several; default: its newest version

    Raises
    ------
    QueryError : the query cannot be understood, is no rate, spans several sources or protocols, or rows and columns cannot stand
        beside each other
    NotFound : nothing was captured
    """
    position = read_at(as_of, ws.evidence.position())
    across, down = (field_of(ws, name, (*PERIODS, CRITERION, *OF_CONFIRMED)) for name in (rows, columns))
    asked, among = query_of(ws, query), query_of(ws, of or "")
    check_axes(across.query, down.query)
    question = Question(
        query=parse(asked.query),
        rate=measure == RATE,
        of=None if of is None else parse(among.query),
        variance=variance or PROCESS,
    )
    frame = frame_of(ws, question, position, source, protocol)
    facts = frame_facts_of(ws, frame, position)
    grid = grid_of(ws, facts, question, (across.query, down.query), bins=bins, most=most, position=position)
    figures = grid.figures(named=variance is not None)
    plans = [each.cells.domain for each in grid.asked.values()]
    return Heatmap(
        query=asked.query,
        of=None if of is None else among.query,
        measure=measure,
        rows=_axis(grid.rows),
        columns=_axis(grid.columns),
        cells=tuple(_cells(grid, figures, least)),
        denominators=tuple(dict.fromkeys(each.plan.denominator for each in plans if each.plan.denominator)),
        least=least,
        source=frame.source,
        protocol=f"{frame.protocol}@{frame.version}",
        kind=FLAGGED,
        position=position,
        notes=(
            *dict.fromkeys(note for each in (across, down, asked, among) for note in each.read_as),
            *besides(frame),
            *notes_on_rows(replace(question, by=rows), [each.row for each in figures], named=variance is not None),
            *(notes_of(plans[0], frame) if plans and plans[0].windows else ()),
        ),
    )


def _cells(grid: Grid, figures: Sequence[HeatFigure], least: int) -> Iterator[HeatCell]:
    """Yield each figure at its row and column, with the query of its cases."""
    for at, (figure, pair) in enumerate(zip(figures, grid.pairs, strict=True)):
        yield _cell(divmod(at, len(grid.columns.values)), figure, grid.query_of(*pair), least=least)


def _axis(axis: ChartAxis) -> HeatAxis:
    return HeatAxis(
        by=axis.by,
        labels=tuple(each.label for each in axis.values),
        queries=tuple(unparse(each.query) for each in axis.values),
        left_out=axis.left_out,
    )


def _cell(place: tuple[int, int], figure: HeatFigure, query: str, *, least: int) -> HeatCell:
    found = figure.row
    state = EMPTY if figure.empty else NONE if found.value is None else ZERO if not found.value else FIGURE
    return HeatCell(
        row=place[0],
        column=place[1],
        query=query,
        state=state,
        value=found.value,
        low=found.low,
        high=found.high,
        method=found.method,
        variance=found.variance,
        interval=found.interval,
        among=found.among,
        sampled=found.sampled,
        effective=found.effective,
        support=figure.support,
        few=state in {ZERO, FIGURE} and not found.exact and figure.support < least,
        provisional=found.provisional,
        notes=found.notes,
    )
