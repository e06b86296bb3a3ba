"""Confirmed figures of the process: windows differ by what they are and by all three draws.

What machines flagged in each window is known of the capture, of windows that nobody has begun to label too. So where few
confirmed cases were found, the number flagged tells how windows differ, and people's verdicts only which share of it is
confirmed; and no interval reaches beyond what of the flagged ones is plausible.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from remiss.understand.domain import NO_KEY, DomainCell, Key
from remiss.understand.estimators import IntervalEstimate, Weighted
from remiss.understand.intervals import FEW, none_upper_of_process
from remiss.understand.periods import PERIODS
from remiss.understand.process import PAST, WindowParts, WindowSums, process_rate, process_total
from remiss.understand.two_phase.design import TwoPhase, two_phase
from remiss.understand.two_phase.domain import LabelledDomain, among_of, as_weighted, whole
from remiss.understand.two_phase.estimators import Among, part_of, share_among
from remiss.understand.two_phase.labelled_events import Annotated
from remiss.understand.two_phase.labelling_order import annotated
from remiss.understand.variance import HISTORY, Numbers, between_windows, kish_size, together_by, window_totals


def total_parts(found: Annotated, estimate: TwoPhase) -> WindowParts:
    """Return what each window adds to a confirmed total."""
    totals = window_totals(estimate.parts, found.window, found.windows)
    shared, degrees = shared_of(found, estimate)
    return WindowParts(
        totals=totals,
        expected=np.full(len(totals), totals.mean()),
        independent=poisson_of(found, estimate),
        shared=shared,
        shared_degrees=degrees,
    )


def rate_parts(found: Annotated, estimate: TwoPhase, among: Among) -> WindowParts:
    """Return what each window adds to the error of a confirmed rate, of those with somebody to count among."""
    rate, some = part_of(estimate.total, among.total), among.windows > 0
    totals = window_totals(estimate.parts, found.window, found.windows)
    shared, degrees = shared_of(found, estimate)
    return WindowParts(
        totals=(totals - rate * among.windows)[some] / among.total,
        expected=rate * among.windows[some] / among.total,
        independent=poisson_of(found, estimate) * (1 - rate) / among.total**2,
        shared=shared * (1 - rate) / among.total**2,
        shared_degrees=degrees,
    )


def shared_of(found: Annotated, estimate: TwoPhase) -> tuple[float, float]:
    """Return the part of the variance of the total that comes of units which are in several windows, and its degrees."""
    if found.unit is None or found.captured is None:
        return 0.0, math.inf
    return between_windows(estimate.weights * found.y, found.captured, found.unit, found.window)


def poisson_of(found: Annotated, estimate: TwoPhase) -> float:
    """Return the variance of the total if what was confirmed came independently of each other: the sum of squared weights.

    Cases that share a verdict are of one problem, and came together.
    """
    weights = together_by(found.choice, np.sqrt(found.y) * estimate.weights)
    return float(np.sum(weights**2))


def confirmed_process(
    total: IntervalEstimate, parts: WindowParts, hits: int, history: WindowParts | None, least: float
) -> IntervalEstimate:
    """Return the confirmed total as a draw of the process.

    Parameters
    ----------
    total : of this log, from `confirmed_total` or `calibrated_total`
    parts : of the windows in scope
    hits : how many confirmed events were found
    history : the same of the windows before, used under 8 windows
    least : the least p12 p3 of an event in scope
    """
    if total.value is None:
        return total
    figure = process_total(parts, hits, history, least)
    return replace(total, low=figure.low, high=figure.high, notes=(*total.notes, *figure.notes))


def confirmed_process_rate(
    total: IntervalEstimate, estimate: TwoPhase, parts: WindowParts, among: Among, history: WindowParts | None
) -> IntervalEstimate:
    """Return the confirmed rate as a draw of the process; see `confirmed_process`."""
    if total.value is None:
        return total
    kish = max(1.0, kish_size(1 / estimate.weights[estimate.weights > 0]))
    figure = process_rate(part_of(total.value, among.total), parts, kish, history)
    return replace(figure, notes=(*total.notes, *figure.notes))


def within_flagged(figure: IntervalEstimate, flagged: IntervalEstimate, share: IntervalEstimate, hits: int) -> IntervalEstimate:
    """Return a confirmed figure of the process that knows what is known of the flagged one.

    Parameters
    ----------
    figure : from the confirmed events alone
    flagged : the process figure of what machines flagged
    share : which share of these is confirmed, in this log
    hits : how many confirmed events were found; of few the share of the flagged figure is what is known

    >>> flagged = IntervalEstimate(value=45.0, low=30.0, high=67.0)
    >>> share = IntervalEstimate(value=0.0, low=0.0, high=0.2)
    >>> found = within_flagged(IntervalEstimate(value=0.0, low=0.0, high=13000.0), flagged, share, 0)
    >>> round(found.high, 1)
    13.4
    """
    if figure.value is None or flagged.low is None or flagged.high is None:
        return figure if figure.value is None or hits >= FEW else replace(figure, low=None, high=None, notes=flagged.notes)
    if hits < FEW and share.low is not None:
        found = share_among(flagged, share)
        return replace(figure, low=found.low, high=max(found.high or 0.0, figure.value), notes=flagged.notes)
    if figure.low is None or figure.high is None:
        return figure
    most = max(flagged.high, figure.value)
    return replace(figure, low=min(figure.low, most), high=min(figure.high, most))


def within_log(figure: IntervalEstimate, total: IntervalEstimate, hits: int, most: float) -> IntervalEstimate:
    """Return a process figure that knows what is known of this log: of events that no criterion caught few are labelled.

    Parameters
    ----------
    total : of this log
    hits : how many confirmed events were found; with none the long run has no more than this log may have, and three
    most : how many events there are

    >>> none = IntervalEstimate(value=0.0, low=0.0, high=400.0)
    >>> within_log(replace(none, high=45_000.0), none, 0, 3_000.0).high  # doctest: +ELLIPSIS
    402.99...
    """
    if figure.value is None or figure.high is None:
        return figure
    high = min(figure.high, max(most, figure.value))
    if not hits and total.high is not None:
        high = min(high, total.high + none_upper_of_process(1.0))
    return replace(figure, high=high)


def flagged_process(view: LabelledDomain, key: Key, starts: Sequence[datetime]) -> IntervalEstimate:
    """Return how many events, or which share of a denominator, machines flagged, as a draw of the process."""
    rate = view.field.plan.question.rate
    sums = flagged_sums(view, key, starts)
    parts = sums.parts(rate=rate)
    if parts is None:
        return IntervalEstimate(value=None)
    history = None
    if view.past is not None and len(starts) < HISTORY:
        past, own = view.past, key_before(view, key)
        end = bisect_left(past.field.windows, starts[0])
        if end:
            history = flagged_sums(past, own, past.field.windows[max(0, end - PAST) : end]).parts(rate=rate)
    if rate:
        value = min(1.0, float(sums.y.sum()) / float(sums.x.sum()))
        return process_rate(value, parts, max(1.0, float(sums.x.sum() ** 2 / sums.x2.sum())), history)
    least = min((placed.probability for placed in view.cells(key, starts) if placed.numerator is not False), default=1.0)
    sampled = int(float(sums.y.sum()) ** 2 / max(float(sums.y2.sum()), 1e-9))
    return process_total(parts, sampled, history, least)


def flagged_sums(view: LabelledDomain, key: Key, starts: Sequence[datetime]) -> WindowSums:
    """Return what machines flagged in each window, and among what: counted where cells tell, else by sampled events."""
    cells = view.cells(key, starts)
    of_y = [placed for placed in cells if placed.numerator is not False]
    of_x = [placed for placed in cells if placed.denominator is not False]
    place_of = {start: at for at, start in enumerate(starts)}

    def counted(cells: Sequence[DomainCell]) -> tuple[Numbers, Numbers]:
        found = np.zeros(len(starts))
        for placed in cells:
            found[place_of[placed.cell.window]] += placed.cell.population
        return found, found

    def summed(numbers: Sequence[int]) -> tuple[Numbers, Numbers]:
        events = [view.order.events[at] for at in numbers]
        weights = np.array([1 / each.probability for each in events], dtype=np.float64)
        window = np.array([place_of[each.window] for each in events], dtype=np.intp)
        return window_totals(weights, window, len(starts)), window_totals(weights**2, window, len(starts))

    y, y2 = counted(of_y) if whole(of_y) else summed(view.numbers(key, starts))
    if not view.field.plan.question.rate:
        events = None if whole(of_y) else units_among(view, view.numbers(key, starts), starts)
        return WindowSums(y=y, x=y, y2=y2, x2=y2, events=events)
    exact = all(placed.denominator and placed.key is not None for placed in of_x)
    x, x2 = counted(of_x) if exact else summed(view.among(key, starts))
    events = None if whole(of_y) else units_among(view, view.among(key, starts), starts, exact=exact)
    return WindowSums(y=y, x=x, y2=y2, x2=x2, events=events)


def units_among(
    view: LabelledDomain, numbers: Sequence[int], starts: Sequence[datetime], *, exact: bool = False
) -> Weighted | None:
    """Return the sampled events of a figure where units were drawn, else None; `exact`: what they are among is counted."""
    inside = np.array([view.holds(view.order.events[at]) for at in numbers], dtype=np.float64)
    drawn = as_weighted(view, numbers, inside)
    if drawn.unit is None:
        return None
    place_of = {start: at for at, start in enumerate(starts)}
    window = np.array([place_of[view.order.events[at].window] for at in numbers], dtype=np.intp)
    return replace(drawn, x=np.zeros(len(window)) if exact else drawn.x, window=window, windows=len(starts))


def key_before(view: LabelledDomain, key: Key) -> Key:
    """Return the key by which the windows before are looked at: of a period all of them."""
    return NO_KEY if view.field.plan.question.by in PERIODS else key


def history_of(view: LabelledDomain, key: Key, starts: Sequence[datetime]) -> WindowParts | None:
    """Return how the windows before differ in the same figure, where there are too few to tell by themselves."""
    past = view.past if len(starts) < HISTORY else None
    if past is None:
        return None
    own = key_before(view, key)
    before = existed(past, own, tuple(start for start in past.windows if start < starts[0])[-PAST:])
    if not before:
        return None
    found = annotated(past.order, past.labelled_numbers(own, before), view.verdict, before).settled(0.5)
    estimate = two_phase(found)
    if not past.field.plan.question.rate:
        return total_parts(found, estimate)
    among = among_of(past, own, before, found, estimate)
    return rate_parts(found, estimate, among) if among.total > 0 else None


def existed(view: LabelledDomain, key: Key, starts: Sequence[datetime]) -> tuple[datetime, ...]:
    """Return of some windows those from the first to the last in which an event of a key was seen."""
    seen = view.windows_by_key.get(key, frozenset()).intersection(starts)
    first, last = min(seen, default=None), max(seen, default=None)
    return tuple(start for start in starts if first is None or last is None or first <= start <= last)
