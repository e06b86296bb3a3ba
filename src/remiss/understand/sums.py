"""Sums: from a domain's cells or sampled events to its figure, as total or rate, of the log or the process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from remiss.records.estimate import LOG
from remiss.understand.domain import DomainCell, DomainCells, Key, hidden_numerator, hidden_rest
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
from remiss.understand.question import Question
from remiss.understand.sample_arrays import SampleArrays, of_key
from remiss.understand.variance import Numbers, kish_size, log_variance, poisson_variance, window_totals

NOBODY_THERE = "there is no event to count among"


def counted(
    question: Question, cells: Sequence[DomainCell], windows: Sequence[datetime], history: History | None
) -> IntervalEstimate:
    """Return the figure that exact counts give; only a process figure has an interval."""
    y, x = counts(cells, windows)
    matching, among = int(y.sum()), int(x.sum())
    if not question.rate:
        if question.basis == LOG:
            return IntervalEstimate(value=matching)
        figure = process_total(y, float(matching), matching, history)
        return IntervalEstimate(value=matching, low=figure.low, high=figure.high, notes=figure.notes)
    if among == 0:
        return IntervalEstimate(value=None, notes=(NOBODY_THERE,))
    rate = matching / among
    if question.basis == LOG:
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
        if question.basis == LOG or figure.value is None:
            return figure
        among = domain.total(domain.x)
        e = residuals(domain, figure.value, among)
        totals = window_totals(e / domain.p, domain.window, domain.windows)[populated(domain)]
        kish, sampling = kish_size(domain.p[domain.x > 0]), log_variance(e, domain.p)
        return process_rate(figure.value, totals, poisson_variance(e, domain.p), kish, history, sampling=sampling)
    figure = weighted_total(domain, of_numerator)
    if question.basis == LOG:
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
    """A ground without limits in time, gathered once for all keys; each looks at the windows before its own."""

    field: DomainCells
    sheet: SampleArrays


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
    domain = of_key(past.sheet, key, range(len(field.windows)))[0].before(len(windows))
    among = domain.total(domain.x)
    rate = field.plan.question.rate and among > 0
    e = residuals(domain, domain.total(domain.y) / among, among) if rate else domain.y
    totals = window_totals(e / domain.p, domain.window, domain.windows)
    return History(totals=totals[populated(domain)] if rate else totals, poisson=poisson_variance(e, domain.p))
