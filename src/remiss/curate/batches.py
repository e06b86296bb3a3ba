"""Batches: in which order people label sampled events, and what chance that gives each to be labelled.

There is a batch for each criterion, for controls and for undecided events, and each period. Its order is q = v p1, where p1
is the probability with which an event was captured and v its own fraction for labelling. However far people get, those
labelled so far are then a sample of the batch, drawn like the capture itself: an event is in it iff q is below t, the q of
the next one, which is so with probability min(1, t/p1). Whoever labels out of turn spoils nothing: what counts is the
longest beginning of the order of which everything is labelled.

Source: Duffield, Lund and Thorup, Priority sampling for estimation of arbitrary subset sums, J. ACM 54 (2007).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from remiss.capture.sampling import fraction
from remiss.records.run import CONTROL, UNDECIDED
from remiss.records.window import window_at, window_index, window_of

PURPOSE = "label"
# One labelled event has a chance, but nothing says how far from the truth it may be.
LEAST_PREFIX = 2


@dataclass(frozen=True, slots=True, order=True)
class Batch:
    """Which batch: what its events are (a criterion that they met, `control` or `undecided`) and where its period begins."""

    group: str
    period: datetime


def groups_of(met: Iterable[str], undecided: Iterable[str]) -> tuple[str, ...]:
    """Return the groups in whose batches an event is: each criterion that it met; or `undecided`, or `control`.

    >>> groups_of(["slow", "odd"], ["late"]), groups_of([], ["late"]), groups_of([], [])
    (('slow', 'odd'), ('undecided',), ('control',))
    """
    return tuple(met) or ((UNDECIDED,) if tuple(undecided) else (CONTROL,))


def batches_of(met: Iterable[str], undecided: Iterable[str], at: datetime, every: timedelta) -> tuple[Batch, ...]:
    """Return the batches that an event is in.

    Parameters
    ----------
    met, undecided : criteria, as the run in force met the event
    at : when the event occurred
    every : the protocol's labelling period, counted like windows
    """
    return _batches(groups_of(met, undecided), window_index(at, every), every)


# Of a million events there are few batches, and the queue asks for each event.
@lru_cache(65_536)
def _batches(groups: tuple[str, ...], period: int, every: timedelta) -> tuple[Batch, ...]:
    start = window_at(period, every).start
    return tuple(Batch(group, start) for group in groups)


def place(seed: str, event_id: str, probability: float) -> float:
    """Return q, the place of an event in the order of its batches: its fraction for labelling times its probability p1.

    >>> place("2026", "flight-1", 0.5) == fraction("label", "2026", "flight-1") / 2
    True
    """
    return fraction(PURPOSE, seed, event_id) * probability


def served(members: Iterable[tuple[float, str]]) -> list[str]:
    """Return the ids of a batch's events in the order in which they are to be labelled: by place, ties by id.

    >>> served([(0.5, "b"), (0.1, "c"), (0.5, "a")])
    ['c', 'a', 'b']
    """
    return [name for _, name in sorted(members)]


def reach(members: Collection[tuple[float, bool]]) -> float:
    """Return t of one batch: the place of the first event that nobody has labelled, infinity when there is none.

    Parameters
    ----------
    members : of each event its place, and whether it is labelled

    Returns
    -------
    0.0 where the batch is not begun: fewer than two events come before that one.

    >>> reach([(0.1, True), (0.2, True), (0.3, False), (0.4, True)])
    0.3
    >>> reach([(0.1, True), (0.2, False)]), reach([(0.1, True)]), reach([])
    (0.0, inf, inf)
    """
    least = min((place for place, labelled in members if not labelled), default=math.inf)
    if math.isinf(least):
        return math.inf
    return least if sum(place < least for place, _ in members) >= LEAST_PREFIX else 0.0


Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaches:
    """How far people got in each batch, and how far that is for each event.

    `batches` maps those with events to t. `events` has, for each event, the greatest t of its batches: the event is in a
    labelled beginning iff its place is below.
    """

    batches: dict[Batch, float]
    events: Floats

    def begun(self, batch: Batch) -> bool:
        """Return whether a batch is begun. One without a sampled event has nothing left to do."""
        return self.batches.get(batch, math.inf) > 0


def reaches(places: Floats, labelled: NDArray[np.bool_], batches: Sequence[Sequence[Batch]]) -> Reaches:
    """Return how far people got.

    Parameters
    ----------
    places : q of each of n sampled events
    labelled : whether each is annotated (n)
    batches : in which batches each is (n)
    """
    number: dict[Batch, int] = {}
    of_event, of_batch = [], []
    for at, own in enumerate(batches):
        for each in own:
            of_event.append(at)
            of_batch.append(number.setdefault(each, len(number)))
    event, batch = np.array(of_event, dtype=np.intp), np.array(of_batch, dtype=np.intp)
    t = first_unlabelled(places, labelled, event, batch, len(number))
    greatest = np.zeros(len(places))
    np.maximum.at(greatest, event, t[batch])
    return Reaches(batches={each: float(t[at]) for each, at in number.items()}, events=greatest)


def first_unlabelled(
    places: Floats, labelled: NDArray[np.bool_], event: NDArray[np.intp], batch: NDArray[np.intp], count: int
) -> Floats:
    """Return `reach` of each of `count` batches, given which event is in which batch (two arrays of one length)."""
    t = np.full(count, math.inf)
    waiting = ~labelled[event]
    np.minimum.at(t, batch[waiting], places[event[waiting]])
    before = np.bincount(batch[places[event] < t[batch]], minlength=count)
    t[np.isfinite(t) & (before < LEAST_PREFIX)] = 0.0
    return t


def second_probability(first: Floats, greatest: Floats) -> Floats:
    """Return p1 p2, the probability that an event was captured and came into a labelled beginning: min(p1, t).

    Parameters
    ----------
    first : p1 of each event
    greatest : the greatest t of its batches
    """
    return np.minimum(first, greatest)


def periods_touched(start: datetime, width: timedelta, every: timedelta) -> Iterator[datetime]:
    """Yield the starts of the periods that a window touches.

    >>> from datetime import UTC
    >>> first = datetime(2026, 1, 5, tzinfo=UTC)
    >>> [each.day for each in periods_touched(first, timedelta(weeks=1), timedelta(days=4))]
    [3, 7, 11]
    """
    period = window_of(start, every).start
    while period < start + width:
        yield period
        period += every
