"""Confirmed rows: a question about what people decided, answered for the windows that they have begun with.

A figure of machines alone has every window in force. Of what nobody has looked at nobody knows anything, so windows whose
batches are not begun are left out, and the row says how many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from remiss.records.estimate import LOG, WEIGHTED, EstimateRow
from remiss.records.labelling import Verdict
from remiss.understand.calibration import calibrated, calibrated_rate, calibrated_total
from remiss.understand.confirmed import (
    Among,
    Open,
    at_most_unseen,
    confirmed_process,
    confirmed_process_rate,
    confirmed_rate,
    confirmed_share,
    confirmed_total,
    poisson_of,
    residuals_of,
    together,
)
from remiss.understand.domain import NO_KEY, Census, Field, Key, Placed, key_of, lay_out, windows_of_key
from remiss.understand.figures import Figure, History
from remiss.understand.intervals import FEW
from remiss.understand.notes import notes_of, remarks
from remiss.understand.ports import Judged
from remiss.understand.question import Plan
from remiss.understand.second_phase import LEAST_VERIFIED, Annotated, TwoPhase, two_phase
from remiss.understand.sheet import in_order
from remiss.understand.turns import Turns, annotated, covered
from remiss.understand.variance import HISTORY, log_variance, window_totals

NOT_BEGUN = "{count:,} of {all:,} windows are not in the figure: people have not begun with their events"
NONE_BEGUN = "people have not begun with the events of any window in scope"
OVER = "the draw came out above what was flagged, for a few cases stand for many; the precision does not depend on that"
PENDING = "preliminary: {count:,} of {all:,} cases to be verified have no final verdict yet"
TELLING = "of under {least} annotated cases, some undecided: nothing is said that would tell of a single one"
UNSEEN = "none of {labelled:,} labelled events that no criterion caught is such: at most {most:,.0f} of {all:,} are"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a confirmed question asks for: the verdict that counts, and the events with what people found and in whose turn.

    `past` are the same events marked without the question's limits in time, for process figures of few windows.
    """

    verdict: Verdict
    turns: Turns
    past: Callable[[], tuple[Plan, Turns] | None]


def confirmed_rows(plan: Plan, census: Census, decided: Decided) -> tuple[EstimateRow, ...]:
    """Return one row, or one for each key of `by` that some event in question has, sorted by key with null last.

    Parameters
    ----------
    plan : the settled question, without what it says of people
    census : of one ground
    decided : with every sampled event of the ground, `inside` by the plan's query, `agreed` by what the question says of
        people too
    """
    field = lay_out(plan, census, lambda: ())
    if not field.windows:
        return ()
    view = view_of(field, census, decided)
    return tuple(row_of(view, key, notes_of(field, census.ground)) for key in keys_of(view))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A field, the turns of its ground's events, and the windows that people have begun with."""

    field: Field
    census: Census
    decided: Decided
    turns: Turns
    windows: tuple[datetime, ...]

    def cells(self, key: Key, starts: Sequence[datetime]) -> tuple[Placed, ...]:
        """Return the cells of those windows whose events may be in the figure of a key."""
        within = frozenset(starts)
        return tuple(each for each in self.field.cells if each.cell.window in within and each.key in {None, key})

    def numbers(self, key: Key, starts: Sequence[datetime]) -> list[int]:
        """Return the numbers of the events in the domain of a key, whether they were labelled or not."""
        within = frozenset(starts)
        return [
            at
            for at, each in enumerate(self.turns.events)
            if each.window in within and in_domain(self.field.plan, each) and own_key(self.field.plan, each) == key
        ]


def view_of(field: Field, census: Census, decided: Decided) -> View:
    """Return a field with what people have done of it."""
    turns = decided.turns
    open_ = [placed.cell for placed in field.cells if placed.numerator is not False]
    return View(field=field, census=census, decided=decided, turns=turns, windows=covered(turns, field.windows, open_))


def in_domain(plan: Plan, event: Judged) -> bool:
    """Return whether an event would be in the figure if people found it such."""
    return event.inside and (not plan.question.rate or in_denominator(plan, event))


def in_denominator(plan: Plan, event: Judged) -> bool:
    """Return whether an event is in the denominator of a rate."""
    doubt = bool(set(plan.named) & set(event.undecided)) or (plan.needs_label and not event.labelled)
    return event.of and not doubt and plan.risk not in event.outside


def own_key(plan: Plan, event: Judged) -> Key:
    """Return the key of an event."""
    return NO_KEY if plan.question.by is None else key_of(event.key)


def keys_of(view: View) -> tuple[Key, ...]:
    """Return the keys to report: those of sampled events in the domain."""
    plan = view.field.plan
    if plan.question.by is None:
        return (NO_KEY,)
    within = frozenset(view.windows)
    listed = {own_key(plan, each) for each in view.turns.events if each.window in within and in_domain(plan, each)}
    return tuple(in_order(listed))


def row_of(view: View, key: Key, shared: tuple[str, ...]) -> EstimateRow:
    """Return the figure of one key."""
    field, question = view.field, view.field.plan.question
    scope = tuple(field.windows[at] for at in windows_of_key(field, key))
    starts = tuple(start for start in scope if start in frozenset(view.windows))
    cells = view.cells(key, starts)
    domain = view.numbers(key, starts)
    counting_ones = [at for at in domain if view.turns.counts[at]]
    if tells(view, counting_ones):
        return EstimateRow(
            key=key[1], value=None, method=WEIGHTED, basis=question.basis, notes=(TELLING.format(least=LEAST_VERIFIED), *shared)
        )
    found = annotated(view.turns, counting_ones, view.decided.verdict, starts)
    estimate = two_phase(found)
    figure, notes = figure_of(view, key, starts, found, estimate)
    hits = int(np.sum(found.y > 0))
    flagged = flagged_of(view, cells, domain)
    share = (
        confirmed_share(found, figure) if flagged and not question.rate and bool(np.all(found.kind == 0)) else Figure(value=None)
    )
    missing = len(scope) - len(starts)
    left_out = (NOT_BEGUN.format(count=missing, all=len(scope)) if starts else NONE_BEGUN,) if missing else ()
    over = (OVER,) if share.value is not None and figure.value is not None and figure.value > flagged else ()
    pending = int(np.sum(found.selected & ~found.known))
    waiting = (PENDING.format(count=pending, all=int(found.selected.sum())),) if pending else ()
    return EstimateRow(
        key=key[1],
        value=figure.value,
        low=figure.low,
        high=figure.high,
        method=WEIGHTED,
        basis=question.basis,
        sampled=hits,
        effective=figure.effective,
        few=hits < FEW and figure.value is not None and figure.low != figure.high,
        provisional=any(start in field.provisional for start in starts),
        preliminary=estimate.preliminary,
        flagged=flagged if starts else None,
        precision=None
        if share.value is None or share.low is None or share.high is None
        else (share.value, share.low, share.high),
        notes=(*figure.notes, *notes, *left_out, *over, *waiting, *remarks(field, cells, starts), *shared),
    )


def tells(view: View, counting_ones: Sequence[int]) -> bool:
    """Return whether a figure of these annotated events would tell what an annotator found of one, or who is to be verified."""
    undecided = any(view.turns.events[at].final is None for at in counting_ones)
    return undecided and len(counting_ones) < LEAST_VERIFIED


def figure_of(
    view: View, key: Key, starts: Sequence[datetime], found: Annotated, estimate: TwoPhase
) -> tuple[Figure, tuple[str, ...]]:
    """Return value and interval of one key, and what to say of events that no criterion caught."""
    if not starts:
        return Figure(value=None), ()
    question, cells = view.field.plan.question, view.cells(key, starts)
    among = among_of(view, key, starts, found, estimate) if question.rate else None
    if among is not None and among.total <= 0:
        return Figure(value=None, notes=("there is no event to count among",)), ()
    notes: tuple[str, ...] = ()
    exact = countable(cells, found) and (among is None or among.exact)
    if exact:
        open_ = open_of(view, cells)
        estimate = calibrated(found, estimate, open_.population)
        total = calibrated_total(found, estimate, open_)
    else:
        total, notes = total_of(view, cells, found)
    if among is not None:
        if question.basis == LOG:
            return calibrated_rate(total, among) if exact else confirmed_rate(total, estimate, among), notes
        return confirmed_process_rate(found, estimate, total, among, history_of(view, key, starts)), notes
    if question.basis == LOG:
        return total, notes
    return confirmed_process(found, estimate, total, history_of(view, key, starts), open_of(view, cells).least_probability), notes


def total_of(view: View, cells: Sequence[Placed], found: Annotated) -> tuple[Figure, tuple[str, ...]]:
    """Return the total of this log: of what criteria caught and of what they did not, each with its own interval."""
    parts, notes = [], []
    for caught in (True, False):
        own = [placed for placed in cells if bool(placed.cell.met) is caught and placed.numerator is not False]
        if not own and (not caught or len(cells)):
            continue
        mine = found.only((found.kind == 0) == caught)
        figure = confirmed_total(mine, two_phase(mine), open_of(view, own))
        if not caught and not mine.y.any() and figure.value is not None:
            population, labelled = sum(placed.cell.population for placed in own), int(mine.known.sum())
            most = min(figure.high or 0.0, at_most_unseen(population, labelled)) if whole(own) else figure.high or 0.0
            figure = replace(figure, high=most)
            if labelled:
                notes.append(UNSEEN.format(labelled=labelled, most=math.ceil(most), all=population))
        parts.append(figure)
    return together(parts), tuple(notes)


def countable(cells: Sequence[Placed], found: Annotated) -> bool:
    """Return whether the domain is whole cells of flagged events, so that their number is exact, and some verdict is known."""
    own = [placed for placed in cells if placed.numerator is not False]
    return whole(own) and all(placed.cell.met for placed in own) and bool(found.known.any())


def whole(cells: Sequence[Placed]) -> bool:
    """Return whether all events of these cells are in the domain."""
    return all(placed.numerator and placed.key is not None for placed in cells)


def open_of(view: View, cells: Sequence[Placed]) -> Open:
    """Return what could be in a figure and was not found."""
    own = [placed for placed in cells if placed.numerator is not False]
    least = min((min(placed.probability, view.turns.least(placed.cell)) for placed in own), default=1.0)
    share = view.turns.rota.least_share if any(placed.cell.met for placed in own) else 1.0
    return Open(population=float(sum(placed.cell.population for placed in own)), least_probability=least * share)


def flagged_of(view: View, cells: Sequence[Placed], domain: Sequence[int]) -> float:
    """Return how many events are in the domain whatever people found: counted where cells tell, else weighted."""
    open_ = [placed for placed in cells if placed.numerator is not False]
    if whole(open_):
        return sum(placed.cell.population for placed in open_)
    return float(sum(1 / view.turns.events[at].probability for at in domain))


def among_of(view: View, key: Key, starts: Sequence[datetime], found: Annotated, estimate: TwoPhase) -> Among:
    """Return the denominator of a rate in some windows: counted where cells tell, else weighted by the capture alone."""
    plan, cells = view.field.plan, [placed for placed in view.cells(key, starts) if placed.denominator is not False]
    place_of = {start: number for number, start in enumerate(starts)}
    windows = np.zeros(len(starts))
    if all(placed.denominator and placed.key is not None for placed in cells):
        for placed in cells:
            windows[place_of[placed.cell.window]] += placed.cell.population
        return Among(total=float(windows.sum()), windows=windows)
    events = [
        each
        for each in view.turns.events
        if each.window in place_of and in_denominator(plan, each) and own_key(plan, each) == key
    ]
    p = np.array([each.probability for each in events], dtype=np.float64)
    for each in events:
        windows[place_of[each.window]] += 1 / each.probability
    mine = np.array([view.turns.events[at].probability for at in counting(view, key, starts)], dtype=np.float64)
    return Among(
        total=float(np.sum(1 / p)),
        variance=log_variance(np.ones(len(p)), p),
        covariance=float(np.sum(estimate.weights * found.y * (1 - mine) / mine)),
        windows=windows,
    )


def counting(view: View, key: Key, starts: Sequence[datetime]) -> list[int]:
    """Return the numbers of the events in the domain that were labelled in their turn."""
    return [at for at in view.numbers(key, starts) if view.turns.counts[at]]


def history_of(view: View, key: Key, starts: Sequence[datetime]) -> History | None:
    """Return how the windows before differ in the same figure, where there are too few to tell by themselves."""
    past = view.decided.past() if len(starts) < HISTORY else None
    if past is None:
        return None
    plan, turns = past
    whole_view = view_of(lay_out(plan, view.census, lambda: ()), view.census, replace(view.decided, turns=turns))
    before = tuple(start for start in whole_view.windows if start < starts[0])
    if not before:
        return None
    own = key if plan.question.by is not None else NO_KEY
    found = annotated(whole_view.turns, counting(whole_view, own, before), view.decided.verdict, before)
    estimate = two_phase(found)
    if not plan.question.rate:
        return History(totals=window_totals(estimate.parts, found.window, found.windows), poisson=poisson_of(found, estimate))
    among = among_of(whole_view, own, before, found, estimate)
    if among.total <= 0:
        return None
    totals, independent = residuals_of(found, estimate, among)
    return History(totals=totals, poisson=independent)
