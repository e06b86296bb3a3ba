"""Confirmed rows: a question about what people decided, answered for the windows that they have begun with.

A figure of machines alone has every window in force. Of events without a labelling nothing is known, so windows whose
batches are not begun are left out, and the row says how many.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from remiss.records.estimate import SAMPLE, WEIGHTED, EstimateRow
from remiss.understand.domain import DomainCell, Key
from remiss.understand.estimators import IntervalEstimate
from remiss.understand.intervals import FEW
from remiss.understand.notes import left_out_of, notes_of, of_windows, pending_notes, remarks
from remiss.understand.sample_arrays import KeyPlaces
from remiss.understand.sampling_facts import Frame
from remiss.understand.two_phase.design import LEAST_VERIFIED, TwoPhase, two_phase
from remiss.understand.two_phase.domain import LabelledDomain, among_of, flagged_of, flagged_rate, keys_of, open_of
from remiss.understand.two_phase.estimators import (
    Among,
    calibrated,
    calibrated_rate,
    calibrated_total,
    confirmed_rate,
    confirmed_share,
    confirmed_total,
    share_among,
    spanned,
    together,
)
from remiss.understand.two_phase.labelled_events import Annotated
from remiss.understand.two_phase.labelling_order import annotated
from remiss.understand.two_phase.process import (
    confirmed_process,
    confirmed_process_rate,
    existed,
    flagged_process,
    history_of,
    rate_parts,
    total_parts,
    within_flagged,
    within_log,
)
from remiss.understand.two_phase.unflagged import unflagged_total

TOO_FEW = (
    "too few verdicts for a figure: {needed:,} more are needed, each settled by a second person, "
    "with about {label:,} more cases to label"
)
LABELLED_SAMPLE = (
    "under ten verdicts: no share of production, but counts of the labelled sample; {needed:,} more are needed; "
    "about {label:,} more cases to label"
)
OVER = "the estimate is above the number flagged, since a few cases have large weights; the precision does not depend on that"
REVEALING = "hidden until {least} cases are labelled, to protect blind labelling"
TELLING = (
    "no figure for whoever may still be the second labeller of events of which it takes a part: ask for whole windows, criteria, "
    "modes or severities, or have somebody ask who labels nothing here"
)
WITHHELD = "without {count:,} windows, of which you may still be the second labeller of under {least} events"
UNSEEN = (
    "none of {labelled:,} annotated events that no criterion caught is such, {verified:,} of them by a final verdict: "
    "at most {most:,} of {all:,} are"
)


def confirmed_rows(view: LabelledDomain, frame: Frame, only: Collection[Key] | None = None) -> tuple[EstimateRow, ...]:
    """Return one row, or one for each key of `by` that some event in question has, sorted by key with null last.

    Parameters
    ----------
    view : of the settled question, without what it says of people; with every sampled event of the frame, `inside` by the
        plan's query, `agreed` by what the question says of people too
    only : the keys whose rows are asked for; default: all
    """
    if not view.field.windows:
        return ()
    places, shared = KeyPlaces(view.field), notes_of(view.field, frame)
    if view.withheld:
        shared = (WITHHELD.format(count=view.withheld, least=LEAST_VERIFIED), *shared)
    return tuple(row_of(view, places, key, shared) for key in keys_of(view) if only is None or key in only)


def row_of(view: LabelledDomain, places: KeyPlaces, key: Key, shared: tuple[str, ...]) -> EstimateRow:
    """Return the figure of one key."""
    field, question = view.field, view.field.plan.question
    scope = tuple(field.windows[at] for at in places.windows(key))
    begun = frozenset(view.windows)
    starts = tuple(start for start in scope if start in begun)
    cells = view.cells(key, starts)
    domain = view.numbers(key, starts)
    labelled = [at for at in domain if view.order.in_prefix[at]]
    found = annotated(view.order, labelled, view.verdict, starts)
    counted = flagged_of(view, cells, domain)
    caught = all(placed.cell.met for placed in cells if placed.numerator is not False)
    nothing = _without_figure(view, key, starts, shared, caught=caught)
    if view.telling:
        return replace(nothing, notes=(TELLING, *shared))
    verified, needed, to_label = still_needed(found, view) if caught and not certain(found, counted) else (FEW, 0, 0)
    own = any(view.order.events[at].own_open for at in labelled)
    if view.reveals(labelled) or (verified < FEW and (0 < verified < LEAST_VERIFIED or own)):
        note = REVEALING.format(least=LEAST_VERIFIED) if not needed else TOO_FEW.format(needed=needed, label=to_label)
        return replace(nothing, to_label=to_label, notes=(note, *shared))
    flagged = counted.value or 0
    shared_out = flagged and not question.rate and bool(np.all(found.kind == 0))
    # What is unsettled is none of what is asked for, and then all of it.
    ends = [found.settled(0.0), found.settled(1.0)] if found.unsettled.any() else [found]
    estimates = [two_phase(each) for each in ends]
    made = [figure_of(view, key, starts, each, own, counted) for each, own in zip(ends, estimates, strict=True)]
    figures = [figure for figure, *_ in made]
    # That none was found is true only if none is with all that is unsettled.
    figure, (_, notes, among) = spanned(figures), made[-1]
    shares = [confirmed_share(*each) for each in zip(ends, figures, (own.cells for own in estimates), strict=True) if shared_out]
    share = spanned(shares) if shares else IntervalEstimate(value=None)
    hits = int(np.sum(found.y > 0))
    counts = (LABELLED_SAMPLE.format(needed=needed, label=to_label),) if verified < FEW and figure.value is not None else ()
    over = (OVER,) if share.value is not None and figure.value is not None and figure.value > flagged else ()
    return replace(
        nothing,
        value=figure.value,
        low=figure.low,
        high=figure.high,
        among=among,
        sampled=hits,
        effective=figure.effective,
        few=found.hits < FEW and figure.value is not None and (figure.low is None or figure.low != figure.high),
        provisional=any(start in field.provisional for start in starts),
        partial=any(start in field.partial for start in starts),
        preliminary=bool(np.any(found.pending)),
        undecidable=int(found.lasting.sum()),
        flagged=flagged if starts else None,
        precision=None
        if share.value is None or share.low is None or share.high is None or verified < FEW
        else (share.value, share.low, share.high),
        verified=int(found.known.sum()),
        to_label=to_label,
        notes=(
            *figure.notes,
            *notes,
            of_windows(starts, field.width, len(scope)),
            *over,
            *counts,
            *pending_notes(
                figures,
                rate=question.rate,
                selected=int(found.selected.sum()),
                pending=int(found.pending.sum()),
                unsettled=int(found.unsettled.sum()),
                lasting=int(found.lasting.sum()),
            ),
            *remarks(field, cells, starts),
            *shared,
        ),
    )


def _without_figure(
    view: LabelledDomain, key: Key, starts: Sequence[datetime], shared: tuple[str, ...], *, caught: bool
) -> EstimateRow:
    """Return the row of one key before anything is told: which windows it is of, and which are left out."""
    field = view.field
    return EstimateRow(
        key=key[1],
        value=None,
        method=WEIGHTED,
        variance=field.plan.question.variance,
        windows=len(starts),
        since=starts[0] if starts else None,
        until=starts[-1] + field.width if starts else None,
        left_out=left_out_of(field, starts),
        caught=caught,
        notes=shared,
    )


def certain(found: Annotated, flagged: IntervalEstimate) -> bool:
    """Return whether everything in question was labelled and verified, so that nothing is left to estimate."""
    return flagged.low == flagged.high and len(found.y) == flagged.value and bool(np.all(found.known | found.lasting))


def still_needed(found: Annotated, view: LabelledDomain) -> tuple[int, int, int]:
    """Return how many verdicts there are, how many more a precision needs, and about how many cases to label for that.

    Cases that are chosen to be verified and wait for it need no further labelling.
    """
    verified, chosen = int(found.known.sum()), int(found.selected.sum() - found.lasting.sum())
    share = float(found.p3.mean()) if len(found.p3) else view.order.labelling_plan.least_share
    return verified, max(0, FEW - verified), math.ceil(max(0, FEW - chosen) / share)


def figure_of(
    view: LabelledDomain, key: Key, starts: Sequence[datetime], found: Annotated, estimate: TwoPhase, flagged: IntervalEstimate
) -> tuple[IntervalEstimate, tuple[str, ...], float | None]:
    """Return value and interval of one key, what to say of events that no criterion caught, and among how many a rate is."""
    if not starts:
        return IntervalEstimate(value=None), (), None
    question, cells = view.field.plan.question, view.cells(key, starts)
    among = among_of(view, key, starts, found, estimate) if question.rate else None
    if among is not None and among.total <= 0:
        return IntervalEstimate(value=None, notes=("there is no event to count among",)), (), 0.0
    notes: tuple[str, ...] = ()
    all_flagged = of_flagged(cells, found)
    if all_flagged:
        mine = np.array([view.order.events[at].probability for at in view.labelled_numbers(key, starts)], dtype=np.float64)
        first = np.ones(len(mine)) if flagged.low == flagged.high else mine
        estimate = calibrated(found, estimate, flagged.value or 0.0, first)
        total = calibrated_total(found, estimate, flagged, open_of(view, cells))
    else:
        total, notes = total_of(view, cells, found)
    if question.variance != SAMPLE:
        figure = process_of(view, key, starts, found, estimate, total, among, all_flagged=all_flagged)
    elif among is None:
        figure = total
    elif all_flagged and among.exact:
        figure = calibrated_rate(total, among)
    elif all_flagged and total.value:
        machines = flagged_rate(view, key, cells, starts)
        figure = replace(share_among(machines, confirmed_share(found, total, estimate.cells)), effective=total.effective)
    else:
        figure = confirmed_rate(total, estimate, among, rare=bool(np.any(found.kind == 1)))
    return figure, notes, None if among is None else among.total


def process_of(
    view: LabelledDomain,
    key: Key,
    starts: Sequence[datetime],
    found: Annotated,
    estimate: TwoPhase,
    total: IntervalEstimate,
    among: Among | None,
    *,
    all_flagged: bool,
) -> IntervalEstimate:
    """Return a figure as a draw of the process; `total` is that of this log, and `among` the denominator of a rate."""
    own = existed(view, key, starts)
    first = starts.index(own[0])
    parts = total_parts(found, estimate).between(first, first + len(own)) if among is None else rate_parts(found, estimate, among)
    history, hits = history_of(view, key, own), found.hits
    if among is not None:
        figure = confirmed_process_rate(total, estimate, parts, among, history)
    else:
        open_ = open_of(view, view.cells(key, starts))
        figure = confirmed_process(total, parts, hits, history, open_.least_probability)
        figure = within_log(figure, total, hits, open_.population)
    if not all_flagged:
        return figure
    return within_flagged(figure, flagged_process(view, key, own), confirmed_share(found, total, estimate.cells), hits)


def total_of(view: LabelledDomain, cells: Sequence[DomainCell], found: Annotated) -> tuple[IntervalEstimate, tuple[str, ...]]:
    """Return the total of this log: of what criteria caught and of what they did not, each with its own interval."""
    parts, notes = [], []
    for caught in (True, False):
        own = [placed for placed in cells if bool(placed.cell.met) is caught and placed.numerator is not False]
        if not own and (not caught or len(cells)):
            continue
        mine = found.only((found.kind == 0) == caught)
        if caught:
            parts.append(confirmed_total(mine, two_phase(mine), open_of(view, own)))
            continue
        figure = unflagged_total(mine, two_phase(mine), view.unflagged.pools(own), view.order.labelling_plan.cleared_share)
        parts.append(figure)
        if len(mine.y) and not mine.y.any() and not mine.unsettled.any():
            population = sum(placed.cell.population for placed in own)
            most = math.ceil(figure.high or 0.0)
            notes.append(UNSEEN.format(labelled=len(mine.y), verified=int(mine.known.sum()), most=most, all=population))
    return together(parts), tuple(notes)


def of_flagged(cells: Sequence[DomainCell], found: Annotated) -> bool:
    """Return whether the domain is of flagged events alone, and some verdict is known."""
    own = [placed for placed in cells if placed.numerator is not False]
    return all(placed.cell.met for placed in own) and bool(found.known.any())
