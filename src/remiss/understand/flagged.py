"""Estimates: how many events, or what share of them, a question is about, each with its method, variance and interval.

A question that cuts no cell is answered by adding exact counts. Any other is answered from the sampled events, weighted
by the inverse of their inclusion probability (Horvitz and Thompson, JASA 47, 1952). Which formula gives the interval is
in `estimators.py`; why it is right is in the explanation of estimation.

Sums: from a domain's cells or sampled events to its figure, as total or rate, of the log or the process.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import numpy as np

from remiss.records.estimate import COUNTED, SAMPLE, WEIGHTED, EstimateRow
from remiss.understand.domain import (
    NO_KEY,
    DomainCell,
    DomainCells,
    Key,
    check_breadth,
    hidden_numerator,
    hidden_rest,
    in_order,
)
from remiss.understand.estimators import HiddenParts, IntervalEstimate, Weighted, weighted_rate, weighted_total
from remiss.understand.intervals import FEW
from remiss.understand.notes import left_out_of, notes_of, remarks, shares_of
from remiss.understand.periods import PERIODS
from remiss.understand.process import PAST, WindowParts, WindowSums, process_rate, process_total
from remiss.understand.question import Question
from remiss.understand.sample_arrays import Gathered, KeyPlaces, SampleArrays, of_key
from remiss.understand.sampling_facts import Frame, Pattern, pattern_of
from remiss.understand.variance import HISTORY, Indices, window_totals

NOBODY_THERE = "there is no event to count among"


def counted(question: Question, sums: WindowSums, history: WindowParts | None) -> IntervalEstimate:
    """Return the figure that exact counts give; only a process figure has an interval."""
    matching, among = int(sums.y.sum()), int(sums.x.sum())
    parts = sums.parts(rate=question.rate)
    if parts is None:
        return IntervalEstimate(value=None, notes=(NOBODY_THERE,))
    value = matching / among if question.rate else matching
    if question.variance == SAMPLE:
        return IntervalEstimate(value=value)
    if question.rate:
        return process_rate(value, parts, float(among), history)
    return replace(process_total(parts, matching, history), value=matching)


def weighted(
    question: Question, domain: Weighted, cells: Sequence[DomainCell], sums: WindowSums, history: WindowParts | None
) -> IntervalEstimate:
    """Return the figure that sampled events give."""
    of_numerator = hidden_numerator(cells)
    if question.rate:
        figure = weighted_rate(domain, HiddenParts(numerator=of_numerator, rest=hidden_rest(cells)))
    else:
        figure = weighted_total(domain, of_numerator)
    parts = sums.parts(rate=question.rate)
    if question.variance == SAMPLE or figure.value is None or parts is None:
        return figure
    if question.rate:
        return process_rate(figure.value, parts, domain.worth(domain.x > 0), history)
    seen = domain.p[domain.y > 0]
    least = min(float(seen.min()) if len(seen) else 1.0, of_numerator.least_probability)
    draws = len(seen) if domain.unit is None else math.floor(domain.worth(domain.y > 0))
    process = process_total(parts, draws, history, least / domain.unit_size)
    return replace(process, value=figure.value, effective=figure.effective)


def cell_sums(cells: Sequence[DomainCell], places: KeyPlaces, windows: Sequence[int]) -> tuple[WindowSums, Indices]:
    """Return exact counts of each window, of numerator and denominator, and in which windows there are events in question."""
    first = windows[0] if windows else 0
    # Windows of a key stand in a row.
    y, x = np.zeros(len(windows)), np.zeros(len(windows))
    seen = []
    for placed in cells:
        if placed.among is False:
            continue
        at = places.place_of[placed.cell.window] - first
        seen.append(at)
        y[at] += placed.cell.population if placed.numerator else 0
        x[at] += placed.cell.population if placed.denominator else 0
    return WindowSums(y=y, x=x, y2=y, x2=x), np.array(seen, dtype=np.intp)


def sampled_sums(domain: Weighted) -> WindowSums:
    """Return the weighted sums of each window."""
    of = [domain.y / domain.p, domain.x / domain.p, domain.y / domain.p**2, domain.x / domain.p**2]
    y, x, y2, x2 = (window_totals(values, domain.window, domain.windows) for values in of)
    return WindowSums(y=y, x=x, y2=y2, x2=x2, events=None if domain.unit is None else domain)


class History(Protocol):
    """What knows the windows before those of a figure."""

    def before(self, key: Key, moment: datetime) -> WindowParts | None:
        """Return how the last windows before a moment differ in the figure of a key; None when there are none."""
        ...


class Past:
    """A frame without limits in time, gathered once for all keys; each looks at the windows before its own."""

    def __init__(self, field: DomainCells, gathered: Gathered) -> None:
        self._field = field
        self._places = KeyPlaces(field)
        self._arrays = gathered.arrays(field)
        self._known: dict[Key, tuple[WindowSums, int]] = {}

    def before(self, key: Key, moment: datetime) -> WindowParts | None:
        """Return how the last windows before a moment in which a key existed differ in its figure; None when there are none.

        Exact counts where they answer the question, sampled events else. A rate's residuals are around its own value there.
        """
        if key not in self._known:
            self._known[key] = self._sums(key)
        sums, first = self._known[key]
        end = bisect_left(self._field.windows, moment)
        start = max(first, end - PAST)
        return sums.between(start, end).parts(rate=self._field.plan.question.rate) if start < end else None

    def _sums(self, key: Key) -> tuple[WindowSums, int]:
        every = range(len(self._field.windows))
        if self._field.whole:
            sums, seen = cell_sums(self._places.cells(key), self._places, every)
        else:
            domain, _, seen = of_key(self._arrays, key, every)
            sums = sampled_sums(domain)
        return sums, int(seen.min()) if len(seen) else 0


def estimate_rows(
    field: DomainCells,
    frame: Frame,
    counts: Mapping[Pattern, int],
    *,
    reference: DomainCells | None = None,
    gathered: Gathered | None = None,
    only: Collection[Key] | None = None,
) -> tuple[EstimateRow, ...]:
    """Return one row, or one for each key of `by`, sorted by key with null last.

    Parameters
    ----------
    field : the settled question laid out on a frame; unless cells answer it, with every sampled event in scope, `inside` by
        the plan's query and `of` by `plan.among`
    frame : one source, one protocol digest
    counts : how many events of each cell were sampled; needed where cells answer
    reference : the field without limits in time; process figures of under 8 windows take from the windows before the scope
        how much windows differ
    gathered : the sampled events of questions before, where some are asked of the same
    only : the keys whose rows are asked for; default: all

    Returns
    -------
    Rows in events (totals) or fractions (rates). A key that no sampled event and no cell shows is absent. Nothing at all
    when no window is in scope.

    Raises
    ------
    FigureRefused : a breakdown by a field of too many values
    """
    if not field.windows:
        return ()
    gathered = Gathered() if gathered is None else gathered
    arrays = gathered.arrays(field)
    found = keys(field, arrays)
    check_breadth(field.plan.question.by, found)
    past = None if reference is None or field.plan.question.variance == SAMPLE else Past(reference, gathered)
    places = KeyPlaces(field)
    notes = notes_of(field, frame)
    return tuple(row(field, places, arrays, past, key, notes, counts) for key in found if only is None or key in only)


def keys(field: DomainCells, arrays: SampleArrays) -> tuple[Key, ...]:
    """Return the keys to report: those of cells where cells decide, else those of sampled events."""
    if field.plan.question.by is None:
        return (NO_KEY,)
    if not field.whole:
        return tuple(arrays.number)
    return tuple(in_order({placed.key for placed in field.cells if placed.among is not False and placed.key is not None}))


def row(
    field: DomainCells,
    places: KeyPlaces,
    arrays: SampleArrays,
    past: History | None,
    key: Key,
    notes: tuple[str, ...],
    counts: Mapping[Pattern, int],
) -> EstimateRow:
    """Return the figure of one key; `counts` says how many events of each cell were sampled where cells answer."""
    question = field.plan.question
    windows, cells = places.windows(key), places.cells(key)
    domain, unjudged, seen = of_key(arrays, key, windows)
    if field.whole:
        sums, seen = cell_sums(cells, places, windows)
    else:
        sums = sampled_sums(domain)
    # A key has the windows from the first to the last in which it was seen; the others know nothing of it.
    first, end = (int(seen.min()), int(seen.max()) + 1) if len(seen) else (0, len(windows))
    sums, starts = sums.between(first, end), tuple(field.windows[at] for at in windows[first:end])
    history = None
    if past is not None and starts and len(starts) < HISTORY:
        history = past.before(NO_KEY if question.by in PERIODS else key, starts[0])
    figure = counted(question, sums, history) if field.whole else weighted(question, domain, cells, sums, history)
    sampled = sampled_in(cells, counts) if field.whole else int(domain.y.sum())
    draws = sampled if domain.unit is None or field.whole else math.floor(domain.worth(domain.y > 0))
    judged, bounds = shares_of(field, cells, domain, unjudged)
    return EstimateRow(
        key=key[1],
        value=figure.value,
        low=figure.low,
        high=figure.high,
        method=COUNTED if field.whole else WEIGHTED,
        variance=question.variance,
        sampled=sampled,
        effective=figure.effective,
        few=not field.whole and draws < FEW and (figure.low is None or figure.low != figure.high),
        provisional=any(start in field.provisional for start in starts),
        partial=any(start in field.partial for start in starts),
        among=float(sums.x.sum()) if question.rate else None,
        judged=judged,
        bounds=bounds,
        left_out=left_out_of(field, starts),
        windows=len(starts),
        since=starts[0] if starts else None,
        until=starts[-1] + field.width if starts else None,
        notes=(*figure.notes, *remarks(field, cells, starts), *notes),
    )


def sampled_in(cells: Iterable[DomainCell], counts: Mapping[Pattern, int], *, every: bool = False) -> int:
    """Return how many sampled events stand behind an exact count: those of the numerator, or all of these cells."""
    those = (placed.cell for placed in cells if every or placed.numerator)
    return sum(
        counts.get(pattern_of(its.window, its.stratum, its.met, its.undecided, its.outside, its.version), 0) for its in those
    )
