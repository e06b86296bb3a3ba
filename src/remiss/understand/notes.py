"""Notes: what a reader must know beside a figure, in plain sentences, and the share that could be judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from remiss.curate.batches import LEAST_PREFIX
from remiss.present.legible import number
from remiss.present.legible import share as share_in_words
from remiss.present.sampling import listed
from remiss.records.identity import format_time
from remiss.understand.domain import DomainCell, DomainCells
from remiss.understand.estimators import IntervalEstimate, Weighted
from remiss.understand.sample_arrays import Unjudged
from remiss.understand.sampling_facts import Frame

OF_WINDOWS = "of {count:,} of {all:,} windows, from {since} to {until}{rest}"
NOT_BEGUN = ": people have not begun with the events of the others"
NONE_BEGUN = (
    "people have not begun with the events of any window in scope: a figure needs the first {least} labels of each criterion in "
    "it, and of what no criterion caught if that is asked of, too"
)
PENDING = "preliminary: no final verdict yet on {count:,} of {all:,} cases to be verified"
WAITING = "{count:,} of them wait for a decision, not for their turn"
CANNOT_TELL = "{count:,} stay undecidable, since two people could not tell"
BETWEEN = "with none of these the figure is {low}, with all {high}"


def notes_of(field: DomainCells, frame: Frame) -> tuple[str, ...]:
    """Return what holds for every row: rows left out or refused, and windows that were never captured."""
    found = []
    if frame.unit is not None and not field.whole:
        found.append(f"sampled by unit {frame.unit}: events of one unit are sampled together, and intervals allow for it")
    left_out = left_out_of(field, field.windows)
    if left_out:
        found.append(f"{left_out:,} rows that the protocol does not admit are left out of every figure")
    if frame.refused:
        share = frame.refused / (frame.refused + frame.admitted)
        found.append(f"{frame.refused:,} rows ({share:.2%}) were refused at capture and are outside every figure")
    span = (field.windows[-1] - field.windows[0]) // field.width + 1
    missing = span - len(field.windows)
    if missing:
        found.append(f"{missing:,} of {span:,} windows in this time were never captured and are not in the figures")
    return tuple(found)


def left_out_of(field: DomainCells, starts: Sequence[datetime]) -> int:
    """Return how many rows of these windows the protocol does not admit; by window is all that is known of them."""
    return sum(field.left_out.get(start, 0) for start in starts)


def remarks(
    field: DomainCells,
    cells: Sequence[DomainCell],
    starts: Sequence[datetime],
) -> tuple[str, ...]:
    """Return what holds for one row."""
    found = []
    open_windows = sum(start in field.provisional for start in starts)
    if open_windows:
        found.append(f"{open_windows:,} of {len(starts):,} windows are provisional: labels may still arrive")
    begun = ((start, field.partial[start]) for start in starts if start in field.partial)
    found += [f"partial: the log begins within the window of {start:%Y-%m-%d}, with {format_time(at)}" for start, at in begun]
    # Of a rate the row itself has the share that could be judged, and the bounds.
    if not field.plan.question.rate and any(placed.unjudged for placed in cells if placed.among is not False):
        found.append(unjudged_note(field, cells))
    return tuple(found)


def unjudged_note(field: DomainCells, cells: Sequence[DomainCell]) -> str:
    """Return how many events of a total could not be judged. A missing value meets nothing, so a NOT counts them in."""
    left_out = [placed for placed in cells if placed.among is not False and placed.unjudged]
    some = "" if all(placed.among for placed in left_out) else "up to "
    on = listed((*field.plan.named, *(("the label",) if field.plan.needs_label else ())))
    return f"{some}{sum(placed.unjudged for placed in left_out):,} events could not be judged on {on} and count as not meeting it"


def shares_of(
    field: DomainCells, cells: Sequence[DomainCell], domain: Weighted, unjudged: Unjudged
) -> tuple[float | None, tuple[float, float] | None]:
    """Return the share of events in question that could be judged, and the bounds that the others allow.

    In question are the events of the denominator and those that only a missing label or value kept out of it. A missing
    label is never taken for a correct answer: the bounds say what it could hide. Those that no label can put into the numerator
    hide nothing. (None, None) for totals, and where nothing was left unjudged.
    """
    if not field.plan.question.rate:
        return None, None
    if field.whole:
        matching = float(sum(placed.cell.population for placed in cells if placed.numerator))
        among = float(sum(placed.cell.population for placed in cells if placed.denominator))
        doubt = float(sum(placed.unjudged for placed in cells if placed.among))
        possible = doubt - sum(placed.ruled_out for placed in cells if placed.among)
    else:
        matching, among = domain.total(domain.y), domain.total(domain.x)
        doubt, possible = (float(np.sum(each / domain.p)) for each in unjudged)
    if doubt == 0:
        return None, None
    return among / (among + doubt), (matching / (among + doubt), (matching + possible) / (among + doubt))


def pending_notes(
    figures: Sequence[IntervalEstimate], *, rate: bool, selected: int, pending: int, unsettled: int, lasting: int
) -> tuple[str, ...]:
    """Return what is still to come, and how wide that makes a figure.

    Parameters
    ----------
    figures : without and with what is unsettled
    selected, pending, unsettled, lasting : how many events are to be verified, how many of them have no final verdict yet,
        how many have none that others could stand for, and how many of those never will
    """
    note = PENDING.format(count=pending, all=selected) if pending else ""
    least, most = figures[0].value, figures[-1].value
    if least is None or most is None or not unsettled:
        return (note,) if note else ()
    low, high = (share_in_words(end) if rate else number(round(end)) for end in (least, most))
    kinds = ((WAITING, unsettled - lasting), (CANNOT_TELL, lasting))
    said = ", and ".join(words.format(count=count) for words, count in kinds if count)
    return ("; ".join(filter(None, (note, f"{said}: {BETWEEN.format(low=low, high=high)}"))),)


def of_windows(starts: Sequence[datetime], width: timedelta, scope: int) -> str:
    """Return of which windows a figure is, in words; where people have not begun with any of them, what they are missing."""
    if not starts:
        return NONE_BEGUN.format(least=LEAST_PREFIX)
    rest = NOT_BEGUN if len(starts) < scope else ""
    since, until = starts[0].date(), (starts[-1] + width).date()
    return OF_WINDOWS.format(count=len(starts), all=scope, since=since, until=until, rest=rest)
