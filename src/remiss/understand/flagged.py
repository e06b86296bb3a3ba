"""Estimates: how many events, or what share of them, a question is about, each with its method, variance and interval.

A question that cuts no cell is answered by adding exact counts. Any other is answered from the sampled events, weighted
by the inverse of their inclusion probability (Horvitz and Thompson, JASA 47, 1952). Which formula gives the interval is
in `estimators.py`; why it is right is in the explanation of estimation.

Sums: from a domain's cells or sampled events to its figure, as total or rate, of the log or the process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from remiss.records.estimate import COUNTED, SAMPLE, WEIGHTED, EstimateRow
from remiss.understand.domain import (
    NO_KEY,
    DomainCell,
    DomainCells,
    Key,
    SampleArrays,
    hidden_numerator,
    hidden_rest,
    in_order,
    of_key,
    sample_arrays_of,
    windows_of_key,
)
from remiss.understand.estimators import (
    HiddenParts,
    History,
    IntervalEstimate,
    Weighted,
    process_rate,
    process_total,
    residuals,
    weighted_rate,
    weighted_total,
)
from remiss.understand.intervals import FEW
from remiss.understand.notes import left_out_of, notes_of, remarks, shares_of
from remiss.understand.periods import PERIODS
from remiss.understand.question import Question
from remiss.understand.sampling_facts import Frame, Pattern, pattern_of
from remiss.understand.variance import HISTORY, Numbers, kish_size, log_variance, poisson_variance, window_totals

NOBODY_THERE = "there is no event to count among"


def counted(
    question: Question, cells: Sequence[DomainCell], windows: Sequence[datetime], history: History | None
) -> IntervalEstimate:
    """Return the figure that exact counts give; only a process figure has an interval."""
    y, x = counts(cells, windows)
    matching, among = int(y.sum()), int(x.sum())
    if not question.rate:
        if question.variance == SAMPLE:
            return IntervalEstimate(value=matching)
        figure = process_total(y, float(matching), matching, history)
        return IntervalEstimate(value=matching, low=figure.low, high=figure.high, notes=figure.notes)
    if among == 0:
        return IntervalEstimate(value=None, notes=(NOBODY_THERE,))
    rate = matching / among
    if question.variance == SAMPLE:
        return IntervalEstimate(value=rate)
    return process_rate(rate, ((y - rate * x) / among)[x > 0], rate * (1 - rate) / among, float(among), history)


def counts(cells: Sequence[DomainCell], windows: Sequence[datetime]) -> tuple[Numbers, Numbers]:
    """Return exact counts of each window: of the numerator and of the denominator."""
    place_of = {start: at for at, start in enumerate(windows)}
    y, x = np.zeros(len(windows)), np.zeros(len(windows))
    for placed in cells:
        at = place_of[placed.cell.window]
        y[at] += placed.cell.population if placed.numerator else 0
        x[at] += placed.cell.population if placed.denominator else 0
    return y, x


def weighted(question: Question, domain: Weighted, cells: Sequence[DomainCell], history: History | None) -> IntervalEstimate:
    """Return the figure that sampled events give."""
    of_numerator = hidden_numerator(cells)
    if question.rate:
        figure = weighted_rate(domain, HiddenParts(numerator=of_numerator, rest=hidden_rest(cells)))
        if question.variance == SAMPLE or figure.value is None:
            return figure
        among = domain.total(domain.x)
        e = residuals(domain, figure.value, among)
        totals = window_totals(e / domain.p, domain.window, domain.windows)[populated(domain)]
        kish, sampling = kish_size(domain.p[domain.x > 0]), log_variance(e, domain.p)
        return process_rate(figure.value, totals, poisson_variance(e, domain.p), kish, history, sampling=sampling)
    figure = weighted_total(domain, of_numerator)
    if question.variance == SAMPLE:
        return figure
    totals = window_totals(domain.y / domain.p, domain.window, domain.windows)
    seen = domain.p[domain.y > 0]
    least = min(float(seen.min()) if len(seen) else 1.0, of_numerator.least_probability)
    poisson, sampling = poisson_variance(domain.y, domain.p), log_variance(domain.y, domain.p)
    process = process_total(totals, poisson, len(seen), history, least, sampling=sampling)
    return IntervalEstimate(
        value=figure.value, low=process.low, high=process.high, effective=figure.effective, notes=process.notes
    )


def populated(domain: Weighted) -> NDArray[np.bool_]:
    """Return in which windows somebody was sampled to count among.

    The others know nothing of a rate: a version that ran for two weeks has two windows, however many there are.
    """
    return window_totals(domain.x, domain.window, domain.windows) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A frame without limits in time, gathered once for all keys; each looks at the windows before its own."""

    field: DomainCells
    arrays: SampleArrays


def history_of(past: Past, key: Key, moment: datetime) -> History | None:
    """Return how the windows before a moment differ in the figure of one key; None when there are none.

    Exact counts where they answer the question, sampled events else. A rate's residuals are around its own value there.
    """
    field = past.field
    windows = tuple(start for start in field.windows if start < moment)
    if not windows:
        return None
    if field.whole:
        y, x = counts([placed for placed in field.cells if placed.key == key and placed.cell.window < moment], windows)
        matching, among = float(y.sum()), float(x.sum())
        if not field.plan.question.rate:
            return History(totals=y, poisson=matching, exact=True)
        own = matching / among if among else 0.0
        spread = ((y - own * x) / max(among, 1.0))[x > 0]
        return History(totals=spread, poisson=own * (1 - own) / max(among, 1.0), exact=True)
    domain = of_key(past.arrays, key, range(len(field.windows)))[0].before(len(windows))
    among = domain.total(domain.x)
    rate = field.plan.question.rate and among > 0
    e = residuals(domain, domain.total(domain.y) / among, among) if rate else domain.y
    totals = window_totals(e / domain.p, domain.window, domain.windows)
    return History(totals=totals[populated(domain)] if rate else totals, poisson=poisson_variance(e, domain.p))


def estimate_rows(
    field: DomainCells, frame: Frame, counts: Mapping[Pattern, int], *, reference: DomainCells | None = None
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

    Returns
    -------
    Rows in events (totals) or fractions (rates). A key that no sampled event and no cell shows is absent. Nothing at all
    when no window is in scope.
    """
    if not field.windows:
        return ()
    past = None
    if reference is not None and field.plan.question.variance != SAMPLE:
        past = Past(field=reference, arrays=sample_arrays_of(reference.plan, reference.sampled, reference.windows))
    arrays = sample_arrays_of(field.plan, field.sampled, field.windows)
    notes = notes_of(field, frame)
    return tuple(row(field, arrays, past, key, notes, counts) for key in keys(field, arrays))


def keys(field: DomainCells, arrays: SampleArrays) -> tuple[Key, ...]:
    """Return the keys to report: those of cells where cells decide, else those of sampled events."""
    if field.plan.question.by is None:
        return (NO_KEY,)
    if not field.whole:
        return arrays.keys
    return tuple(in_order({placed.key for placed in field.cells if placed.among is not False and placed.key is not None}))


def row(
    field: DomainCells, arrays: SampleArrays, past: Past | None, key: Key, notes: tuple[str, ...], counts: Mapping[Pattern, int]
) -> EstimateRow:
    """Return the figure of one key; `counts` says how many events of each cell were sampled where cells answer."""
    question = field.plan.question
    windows = windows_of_key(field, key)
    starts = tuple(field.windows[at] for at in windows)
    cells = tuple(placed for placed in field.cells if placed.key in {None, key})
    domain, unjudged = of_key(arrays, key, windows)
    history = None
    if past is not None and len(starts) < HISTORY:
        history = history_of(past, NO_KEY if question.by in PERIODS else key, starts[0])
    figure = counted(question, cells, starts, history) if field.whole else weighted(question, domain, cells, history)
    sampled = sampled_in(cells, counts) if field.whole else int(domain.y.sum())
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
        few=not field.whole and sampled < FEW and figure.low != figure.high,
        provisional=any(start in field.provisional for start in starts),
        judged=judged,
        bounds=bounds,
        left_out=left_out_of(field, starts),
        notes=(*figure.notes, *remarks(field, cells, starts), *notes),
    )


def sampled_in(cells: Iterable[DomainCell], counts: Mapping[Pattern, int]) -> int:
    """Return how many sampled events stand behind an exact count."""
    counted_cells = (placed.cell for placed in cells if placed.numerator)
    return sum(counts.get(pattern_of(cell.window, cell.stratum, cell.met, cell.undecided), 0) for cell in counted_cells)
