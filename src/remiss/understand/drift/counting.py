"""Fields of sampled events, counted by window in the way that each is compared: numbers, categories, or texts by their length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remiss.records.event import Scalar
from remiss.understand.drift.measures import CATEGORY, LENGTH, NUMBER, TRUTH, FieldCounts
from remiss.understand.sampling_facts import FieldColumn
from remiss.understand.variance import Flags, Indices, Numbers

# Numbers with more values are compared by so many narrow bins, about equally common.
NARROW = 128
# A field with more values than this, or of which half come once only, says nothing by its values.
MOST_VALUES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedEvents:
    """Which sampled events are counted, in which of so many windows each is, and how many events one stands for there."""

    counted: Flags
    window: Indices
    windows: int
    scale: Numbers


def field_counts(column: FieldColumn, events: CountedEvents) -> FieldCounts:
    """Return a field, counted by window.

    >>> both = CountedEvents(counted=np.ones(4, bool), window=np.array([0, 0, 1, 1]), windows=2, scale=np.ones(2))
    >>> found = field_counts(FieldColumn("inputs.hour", [6, 9, None], np.array([0, 1, 1, 2])), both)
    >>> found.kind, found.values, found.counts.tolist(), found.missing.tolist()
    ('number', (6.0, 9.0), [[1, 1], [0, 1]], [0, 1])
    """
    codes, window = column.codes[events.counted], events.window[events.counted]
    there = np.unique(codes)
    values = [column.values[at] for at in there.tolist()]
    own = np.searchsorted(there, codes)
    absent = np.array([value is None for value in values], dtype=bool)
    # What was erased is neither missing nor known.
    known = np.array([not (value is None or _unknown(value)) for value in values], dtype=bool)
    kept = known[own] if len(own) else np.zeros(0, dtype=bool)
    missing = np.bincount(window[absent[own]] if len(own) else window, minlength=events.windows)
    told = [value for value, is_known in zip(values, known, strict=True) if is_known]
    number_of = np.cumsum(known) - 1
    kind = _kind(told, int(kept.sum()))
    places, labels = _places(kind, told)
    mine = places[number_of[own[kept]]] if told else np.zeros(0, dtype=np.intp)
    if kind in {NUMBER, LENGTH}:
        mine, labels = _narrow(mine, np.array(labels, dtype=np.float64))
    counts = np.bincount(window[kept] * len(labels) + mine, minlength=events.windows * len(labels))
    return FieldCounts(
        name=column.name,
        kind=kind,
        values=tuple(labels),
        counts=counts.reshape(events.windows, len(labels)),
        missing=missing,
        scale=events.scale,
        distinct=len(told),
    )


def _unknown(value: Scalar) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _kind(values: Sequence[Scalar], events: int) -> str:
    if values and all(isinstance(value, bool) for value in values):
        return TRUTH
    if values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return NUMBER
    return LENGTH if len(values) > MOST_VALUES or (len(values) > NARROW and 2 * len(values) > events) else CATEGORY


def _places(kind: str, values: Sequence[Scalar]) -> tuple[Indices, Sequence[Scalar]]:
    """Return the place of each value among those that are compared, and these, ascending where they have an order."""
    if kind in {NUMBER, LENGTH}:
        numbers = np.array([float(str(value)) if kind == NUMBER else len(str(value)) for value in values], dtype=np.float64)
        labels, places = np.unique(numbers, return_inverse=True)
        return places.astype(np.intp), [float(each) for each in labels]
    return np.arange(len(values), dtype=np.intp), values


def _narrow(places: Indices, labels: Numbers) -> tuple[Indices, list[Scalar]]:
    """Return numbers in narrow bins, each called by the mean of what is in it."""
    if len(labels) <= NARROW:
        return places, [float(each) for each in labels]
    upto = np.cumsum(np.bincount(places, minlength=len(labels)))
    bins = np.unique(((upto - 1) * NARROW // max(1, int(upto[-1]))).astype(np.intp), return_inverse=True)[1].astype(np.intp)
    own = bins[places]
    events = np.bincount(own)
    means = np.bincount(own, weights=labels[places]) / np.maximum(events, 1)
    return own, [float(each) for each in means]
