"""Cells of a heatmap: for each row and column the domain that `estimate` would lay out for that query, and its figure.

The arithmetic is that of estimates, cell by cell; what is done once for all cells is to read the sampled events and to sort them
by row and column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from remiss.catalog.query.expression import Query, both
from remiss.records.estimate import THIS_LOG, UNKNOWN, EstimateRow
from remiss.records.window import Window
from remiss.understand.domain import NO_KEY, Census, DomainCell, DomainCells, Key, only_named, shared_of, stratum_key
from remiss.understand.estimators import Weighted
from remiss.understand.flagged import Past, row, sampled_in
from remiss.understand.frames import constants_of
from remiss.understand.heatmaps.axes import AxisValue, ChartAxis
from remiss.understand.process import WindowParts
from remiss.understand.question import QuestionPlan
from remiss.understand.rows import of_this_log
from remiss.understand.sample_arrays import Gathered, KeyPlaces, SampleArrays, sample_arrays_of
from remiss.understand.sampling_facts import Pattern, SampledColumns
from remiss.understand.scope import Facts, Truth, conjunction, holds
from remiss.understand.variance import Flags


class CellDomain:
    """A settled question on a frame, from which the domain of each row and column is cut, as that of one query."""

    def __init__(self, domain: DomainCells, census: Census) -> None:
        self.domain = domain
        self._census = census
        self._constants = constants_of(census.frame, census.rules)
        self._known: dict[Query, Sequence[Truth]] = {}

    def of(self, values: Sequence[AxisValue]) -> DomainCells:
        """Return the domain of the same question about events that match all these values, too."""
        whole, width = self.domain, self.domain.width
        asked = both(*(each.query for each in values if each.criteria is None))
        windows = tuple(
            start
            for start in whole.windows
            if holds(asked, Facts(window=Window(start, width), constants=self._constants)) is not False
        )
        truths = [self._truths(each.query) for each in values if each.criteria is None]
        cells = []
        for at, placed in enumerate(whole.cells):
            truth = conjunction([each[at] for each in truths])
            if truth is not False:
                cells.append(placed if truth else self._opened[at])
        return replace(
            whole,
            windows=windows,
            provisional=whole.provisional & frozenset(windows),
            left_out={start: count for start, count in whole.left_out.items() if start in frozenset(windows)},
            cells=tuple(cells),
            whole=all(
                None not in (placed.numerator, placed.denominator)
                for placed in cells
                if placed.among is not False and placed.denominator is not False
            ),
        )

    @cached_property
    def _opened(self) -> Sequence[DomainCell]:
        """The cells, as they are where nobody knows whether their events match a value."""
        rate = self.domain.plan.question.rate
        return [
            replace(
                placed,
                numerator=conjunction([placed.numerator, None]),
                denominator=conjunction([placed.denominator, None]) if rate else placed.denominator,
                among=conjunction([placed.among, None]),
            )
            for placed in self.domain.cells
        ]

    def _truths(self, query: Query) -> Sequence[Truth]:
        """Return of each cell whether all of its events match, none, or nobody knows."""
        if query not in self._known:
            kinds, of = self._kinds
            truths = [holds(query, facts) for facts in kinds]
            self._known[query] = [truths[kind] for kind in of]
        return self._known[query]

    @cached_property
    def _kinds(self) -> tuple[Sequence[Facts], Sequence[int]]:
        """What is known of all events of cells, each time once, and of each cell which of these holds of its events."""
        width, found, of = self.domain.width, dict[tuple[datetime, bytes, object], int](), []
        kinds: list[Facts] = []
        for placed in self.domain.cells:
            cell = placed.cell
            key = (cell.window, stratum_key(cell.stratum), cell.version)
            if key not in found:
                found[key] = len(kinds)
                kinds.append(Facts(window=Window(cell.window, width), shared=shared_of(cell), constants=self._constants))
            of.append(found[key])
        return kinds, of


class CellSample:
    """The sampled events of a settled question, sorted by row and column."""

    def __init__(
        self, columns: SampledColumns, domain: DomainCells, axes: Sequence[ChartAxis], met: frozenset[str] | None
    ) -> None:
        """`met` are criteria of which events in the figure have to have met one, where the axes name some."""
        self._columns = columns
        plan, standings = domain.plan, columns.standings
        inside = columns.inside
        if met is not None:
            inside = inside & _of(columns, [not met.isdisjoint(each.met) for each in standings])
        doubt = _of(columns, [_doubted(plan, each.undecided, labelled=each.labelled) for each in standings])
        listed = columns.of | inside
        if plan.question.rate:
            x = columns.of & ~doubt & _of(columns, [plan.risk not in each.outside for each in standings])
            y = inside & x
        else:
            x, y = np.ones(len(doubt), dtype=bool), inside
        never = frozenset(only_named(plan))
        unjudged = doubt & columns.of
        possible = unjudged & (inside | _of(columns, [never.isdisjoint(each.ruled_out) for each in standings]))
        self._arrays = {"y": y, "x": x, "unjudged": unjudged, "possible": possible}
        self._listed = listed
        code = np.zeros(len(doubt), dtype=np.intp)
        coded = [(len(axis.values), axis.codes) for axis in axes if axis.codes is not None]
        for size, own in coded:
            code = np.where((code < 0) | (own < 0), -1, code * size + own)
        self._sizes = [size for size, _ in coded]
        self._order = np.argsort(code, kind="stable")
        self._sorted = code[self._order]

    def of(self, places: Sequence[int], windows: Sequence[datetime]) -> SampleArrays:
        """Return the events of a row and a column, by their numbers on the axes that events have codes of."""
        code = 0
        for place, size in zip(places, self._sizes, strict=True):
            code = code * size + place
        first, end = np.searchsorted(self._sorted, [code, code + 1])
        mine = self._order[first:end]
        columns = self._columns
        place_of = {start: at for at, start in enumerate(windows)}
        window = np.array([place_of.get(start, -1) for start in columns.windows], dtype=np.intp)[columns.window[mine]]
        mine, window = mine[window >= 0], window[window >= 0]
        taken = {name: each[mine].astype(np.float64) for name, each in self._arrays.items()}
        return SampleArrays(
            domain=Weighted(
                y=taken["y"],
                x=taken["x"],
                p=columns.probability[mine],
                window=window,
                windows=len(windows),
                unit=None if columns.unit is None else columns.unit[mine],
            ),
            number={NO_KEY: 0},
            order=np.arange(len(mine), dtype=np.intp),
            bounds=np.array([0, len(mine)], dtype=np.intp),
            listed=self._listed[mine],
            unjudged=taken["unjudged"],
            possible=taken["possible"],
        )


def _of(columns: SampledColumns, standings: Sequence[bool]) -> Flags:
    """Return for each event what holds of how it stands to the criteria."""
    return np.array(standings, dtype=bool)[columns.standing]


def _doubted(plan: QuestionPlan, undecided: frozenset[str], *, labelled: bool) -> bool:
    return not undecided.isdisjoint(plan.named) or (plan.needs_label and not labelled)


class GatheredCell(Gathered):
    """Sampled events of one cell, which are gathered already."""

    def __init__(self, arrays: SampleArrays) -> None:
        super().__init__()
        self._held = arrays

    def arrays(self, field: DomainCells) -> SampleArrays:
        """Return the events."""
        return self._held


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatFigure:
    """The figure of one cell, how many sampled events it is of, and whether there was nothing to sample."""

    row: EstimateRow
    support: int
    empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatQuestion:
    """A settled question that cells share, all but for what their values say; with the same without limits in time.

    `sample` is None where exact counts answer, which `counts` tells the sampled events of.
    """

    cells: CellDomain
    sample: CellSample | None
    past: CellDomain | None
    past_sample: CellSample | None
    counts: Callable[[], Mapping[Pattern, int]]

    def figure(self, values: Sequence[tuple[AxisValue, int | None, bool]], *, of_log: bool = False) -> HeatFigure:
        """Return the figure of one cell.

        Parameters
        ----------
        values : of each axis its value, the number of that where events have codes, and whether it is a period
        of_log : of this log, whatever the question says
        """
        field = self.cells.of([value for value, _, _ in values])
        arrays = _arrays(self.sample, [place for _, place, _ in values if place is not None], field)
        counts = self.counts() if field.whole else {}
        before = _Before(self, [each for each in values if not each[2]])
        asked = of_this_log(field) if of_log else field
        found = row(asked, KeyPlaces(field), arrays, before, NO_KEY, (), counts)
        if field.whole:
            rate = field.plan.question.rate
            those = [placed for placed in field.cells if (placed.denominator if rate else placed.among)]
            population = sum(placed.cell.population for placed in those)
            return HeatFigure(row=found, support=sampled_in(those, counts, every=True), empty=population == 0)
        support = int(arrays.domain.x.sum() if field.plan.question.rate else arrays.listed.sum())
        return HeatFigure(row=found, support=support, empty=support == 0)


def _arrays(sample: CellSample | None, places: Sequence[int], field: DomainCells) -> SampleArrays:
    return sample_arrays_of(field.plan, (), field.windows) if sample is None else sample.of(places, field.windows)


@dataclass(frozen=True, slots=True)
class _Before:
    """How the windows before those of a cell differ; looked up where the cell has too few of its own."""

    question: HeatQuestion
    values: Sequence[tuple[AxisValue, int | None, bool]]

    def before(self, key: Key, moment: datetime) -> WindowParts | None:
        """Return how the last windows before a moment differ in the figure; None when there are none."""
        if self.question.past is None:
            return None
        field = self.question.past.of([value for value, _, _ in self.values])
        places = [place for _, place, _ in self.values if place is not None]
        arrays = _arrays(self.question.past_sample, places, field)
        return Past(field, GatheredCell(arrays)).before(key, moment)


def compared(figures: Sequence[HeatFigure], of_log: Callable[[], Sequence[HeatFigure]]) -> Sequence[HeatFigure]:
    """Return figures beside each other whose variance nobody named: of the process, where they have a history (see `rows`)."""
    lacking = [each.row.interval == UNKNOWN for each in figures]
    if not any(lacking):
        return figures
    sample = [replace(each, row=replace(each.row, notes=(THIS_LOG, *each.row.notes))) for each in of_log()]
    if 2 * sum(lacking) > sum(each.row.value is not None for each in figures):
        return sample
    return [other if lacks else each for each, other, lacks in zip(figures, sample, lacking, strict=True)]
