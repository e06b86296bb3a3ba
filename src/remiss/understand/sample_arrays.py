"""Sampled events and cells of a frame, gathered once for all rows: as arrays, by key and by window.

A breakdown may have as many rows as there are windows, so no row looks at what is another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import is_
from typing import NamedTuple

import numpy as np

from remiss.records.estimate import SAMPLE
from remiss.records.event import Scalar
from remiss.records.window import Window
from remiss.understand.domain import NO_KEY, DomainCell, DomainCells, Key, in_order, key_of, only_named
from remiss.understand.estimators import Weighted
from remiss.understand.periods import PERIODS, periods_touched
from remiss.understand.question import QuestionPlan
from remiss.understand.sampling_facts import Sampled
from remiss.understand.variance import Flags, Indices, Numbers


def windows_by_period(field: DomainCells) -> dict[Scalar, list[int]] | None:
    """Return which windows in scope touch each period of a breakdown by time; None where rows are no periods."""
    by = field.plan.question.by
    if by not in PERIODS:
        return None
    found: dict[Scalar, list[int]] = {}
    for at, start in enumerate(field.windows):
        for period in periods_touched(by, Window(start, field.width)):
            found.setdefault(period, []).append(at)
    return found


class KeyPlaces:
    """Where the keys of a breakdown lie: their windows and cells, gathered once for all rows."""

    def __init__(self, field: DomainCells) -> None:
        self.place_of = {start: at for at, start in enumerate(field.windows)}
        self._all = tuple(range(len(field.windows)))
        self._periods = windows_by_period(field)
        self._own: dict[Key, list[DomainCell]] = {}
        self._open: list[DomainCell] = []
        self._open_in: dict[int, list[DomainCell]] = {}
        for placed in field.cells:
            if placed.key is not None:
                self._own.setdefault(placed.key, []).append(placed)
            elif self._periods is None:
                self._open.append(placed)
            else:
                self._open_in.setdefault(self.place_of[placed.cell.window], []).append(placed)

    def windows(self, key: Key) -> tuple[int, ...]:
        """Return which windows in scope could hold events of a key: for periods those that touch it, else all."""
        return self._all if self._periods is None else tuple(self._periods.get(key[1], ()))

    def cells(self, key: Key) -> list[DomainCell]:
        """Return the cells in these windows whose events may be of a key."""
        own = self._own.get(key, [])
        if self._periods is None:
            return own + self._open if self._open else own
        return own + [placed for at in self.windows(key) for placed in self._open_in.get(at, ())]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleArrays:
    """The sampled events in scope as arrays: what `Weighted` needs, the key and what could not be judged.

    `listed` are those that match the query or the second one; a key is one of these. The events of the n-th key are
    `order[bounds[n]:bounds[n + 1]]`. `possible` are those of the unjudged that some label would put into the numerator.
    """

    domain: Weighted
    number: Mapping[Key, int]
    order: Indices
    bounds: Indices
    listed: Flags
    unjudged: Numbers
    possible: Numbers

    def events(self, key: Key) -> Indices:
        """Return which events are of a key."""
        at = self.number.get(key)
        return self.order[:0] if at is None else self.order[self.bounds[at] : self.bounds[at + 1]]


class Unjudged(NamedTuple):
    """Which sampled events could not be judged, 1 or 0 for each; and which of them some label would put into the numerator."""

    every: Numbers
    possible: Numbers


def of_key(arrays: SampleArrays, key: Key, windows: Sequence[int]) -> tuple[Weighted, Unjudged, Indices]:
    """Return the events of one key, which were not judged, and the windows of those that are listed.

    The windows that could hold some, in order, are counted from 0.
    """
    mine, whole = arrays.events(key), arrays.domain
    window = np.searchsorted(np.array(windows, dtype=np.intp), whole.window[mine])
    unit = None if whole.unit is None else whole.unit[mine]
    domain = Weighted(y=whole.y[mine], x=whole.x[mine], p=whole.p[mine], window=window, windows=len(windows), unit=unit)
    unjudged = Unjudged(every=arrays.unjudged[mine], possible=arrays.possible[mine])
    return domain, unjudged, window[arrays.listed[mine]]


def units_of(events: Sequence[Sampled]) -> Indices | None:
    """Return the number of each event's unit; None where every event was drawn by itself."""
    if not events or events[0].unit is None:
        return None
    numbers: dict[str | None, int] = {}
    return np.array([numbers.setdefault(event.unit, len(numbers)) for event in events], dtype=np.intp)


def sample_arrays_of(plan: QuestionPlan, events: Sequence[Sampled], windows: Sequence[datetime]) -> SampleArrays:
    """Return sampled events as arrays, keys numbered in sorted order (null last)."""
    # In one order whatever the store's: sums of floats depend on it in their last digit.
    events = sorted(events, key=lambda event: (event.window, event.probability, event.inside, event.of, event.undecided))
    named = set(plan.named)
    undecided = [bool(named & set(event.undecided)) or (plan.needs_label and not event.labelled) for event in events]
    if plan.question.rate:
        x = [event.of and not doubt and plan.risk not in event.outside for event, doubt in zip(events, undecided, strict=True)]
        y = [event.inside and among for event, among in zip(events, x, strict=True)]
    else:
        x = [True] * len(events)
        y = [event.inside for event in events]
    own = [NO_KEY if plan.question.by is None else key_of(event.key) for event in events]
    listed = [event.of or event.inside for event in events]
    unjudged = [doubt and event.of for event, doubt in zip(events, undecided, strict=True)]
    ruled_out = frozenset(only_named(plan))
    possible = [
        doubt and (event.inside or ruled_out.isdisjoint(event.ruled_out)) for event, doubt in zip(events, unjudged, strict=True)
    ]
    numbered = {key: at for at, key in enumerate(in_order({key for key, among in zip(own, listed, strict=True) if among}))}
    # Events of keys that are not listed come first.
    key = np.array([numbered.get(key, -1) for key in own], dtype=np.intp)
    order = np.argsort(key, kind="stable")
    place_of = {start: at for at, start in enumerate(windows)}
    return SampleArrays(
        domain=Weighted(
            y=np.array(y, dtype=np.float64),
            x=np.array(x, dtype=np.float64),
            p=np.array([event.probability for event in events], dtype=np.float64),
            window=np.array([place_of[event.window] for event in events], dtype=np.intp),
            windows=len(windows),
            unit=units_of(events),
        ),
        number=numbered,
        order=order,
        bounds=np.searchsorted(key[order], np.arange(len(numbered) + 1)),
        listed=np.array(listed, dtype=bool),
        unjudged=np.array(unjudged, dtype=np.float64),
        possible=np.array(possible, dtype=np.float64),
    )


class Gathered:
    """Sampled events as arrays, gathered once for all questions in which these are the same.

    What a question asks of the process and of its log, and of all its past, is about the same events.
    """

    def __init__(self) -> None:
        self._known: list[tuple[DomainCells, SampleArrays]] = []

    def arrays(self, field: DomainCells) -> SampleArrays:
        """Return the sampled events of a field as arrays."""
        for known, arrays in self._known:
            if _alike(known, field):
                return arrays
        self._known.append((field, sample_arrays_of(field.plan, field.sampled, field.windows)))
        return self._known[-1][1]


def _alike(one: DomainCells, other: DomainCells) -> bool:
    """Return whether the same events, marked alike, are gathered alike: with which variance is asked makes no difference."""
    plans = [replace(each.plan, question=replace(each.plan.question, variance=SAMPLE)) for each in (one, other)]
    events = one.sampled, other.sampled
    return plans[0] == plans[1] and one.windows == other.windows and len(events[0]) == len(events[1]) and all(map(is_, *events))
