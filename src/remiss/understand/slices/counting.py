"""How many events each slice has in each window, and how many of them failed: all pairs and triples of predicates, counted.

Of each pair and triple of fields one count over all events gives every slice at once. What has too little support is left out
with all that it contains, for of fewer events there is no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple, TypeAlias

import numpy as np

from remiss.understand.slices.predicates import SliceField
from remiss.understand.slices.testing import WindowCounts
from remiss.understand.variance import Flags, Indices, Numbers, sum_by

DEEPEST = 3
ALIKE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What a slice needs to be tested: so many expected failures among sampled events, and windows that it is present in."""

    expected: float = 10.0
    windows: int = 8


@dataclass(frozen=True, kw_only=True)
class SliceSample:
    """Sampled events that a rate is among, one element for each: what slices are cut out of.

    `weights` are 1/p, `failed` says which are in the numerator, `window` counts windows from 0. `fields` have a code for each.
    """

    fields: Sequence[SliceField]
    weights: Numbers
    failed: Flags
    window: Indices
    windows: int

    @cached_property
    def failures(self) -> Indices:
        """Which events failed."""
        return np.flatnonzero(self.failed)

    @cached_property
    def whole(self) -> WindowCounts:
        """How many events of the log each window has, and how many of them failed."""
        return self.counted(np.arange(len(self.weights)))

    def counted(self, events: Indices) -> WindowCounts:
        """Return how many events of the log some of these are in each window, and how many of them failed."""
        window, weights, failed = self.window[events], self.weights[events], self.failed[events]
        among, failing = sum_by(window, weights, self.windows), sum_by(window[failed], weights[failed], self.windows)
        return WindowCounts(among, failing)

    @cached_property
    def _having(self) -> dict[Part, Indices]:
        return {}

    def events(self, parts: Sequence[Part]) -> Indices:
        """Return which events a slice has."""
        first = parts[0]
        if first not in self._having:
            self._having[first] = np.flatnonzero(self.fields[first[0]].codes == first[1])
        found = self._having[first]
        for at, code in parts[1:]:
            found = found[self.fields[at].codes[found] == code]
        return found

    @cached_property
    def alike(self) -> float | None:
        """The weight that all events have; None where they differ."""
        first = float(self.weights[0]) if len(self.weights) else 1.0
        return first if bool((self.weights == first).all()) else None


# The number of a field and the code of its predicate.
Part: TypeAlias = tuple[int, int]


class SliceCounts(NamedTuple):
    """Slices over the same fields: the codes of each, and what it has in each window, events and failed ones of the log.

    `codes` is of shape (slices, fields), the others of shape (slices, windows). `few` had too little support, and `same` have the
    events of a shorter slice; neither is among them.
    """

    fields: tuple[int, ...]
    codes: Indices
    among: Numbers
    failing: Numbers
    few: int
    same: int


class _Supported(NamedTuple):
    """The slices over some fields that have support: the codes of each, and by code how many events each has."""

    codes: Indices
    events: Numbers


class _Rows(NamedTuple):
    """Events by the number of their slice over some fields, from 1 on; 0 where it has no support."""

    number: Indices
    upto: int


def counted_slices(sample: SliceSample, needed: Support, depth: int = DEEPEST) -> Iterator[SliceCounts]:
    """Yield the slices of one predicate, then of two, then of three, that have support, those over the same fields together.

    Parameters
    ----------
    depth : of how many predicates a slice has at most, 1 to 3
    """
    counter = _Counter(sample, needed)
    for level in range(1, depth + 1):
        for fields in combinations(range(len(sample.fields)), level):
            if all(parent in counter.known for parent in combinations(fields, level - 1)):
                yield counter.count(fields)


class _Counter:
    """Counts over the events of one sample; `known` are the fields over which some slices have support."""

    def __init__(self, sample: SliceSample, needed: Support) -> None:
        self._sample, self._needed = sample, needed
        self._total = float(sample.whole.among.sum())
        # As many of the sampled failures are expected in a slice as it has of the log.
        self._least = needed.expected * self._total / max(1, len(sample.failures))
        self.known: dict[tuple[int, ...], _Supported] = {(): _Supported(np.zeros((1, 0), dtype=np.intp), np.array(self._total))}
        self._last: tuple[tuple[int, ...], _Rows] | None = None
        self._by_window = [field.codes * sample.windows + sample.window for field in sample.fields]

    def count(self, fields: tuple[int, ...]) -> SliceCounts:
        """Return the slices over some fields that have support, and enter them in what is known."""
        begun = self.known[fields[:-1]].codes
        among, failing = self._cube(self._rows(fields[:-1]), fields[-1])
        events = among.sum(axis=-1)
        # The first of the numbers, and of the codes, are of events that no predicate holds of.
        named = np.zeros(events.shape, dtype=bool)
        named[1:, 1:] = events[1:, 1:] > 0
        enough = named & (events >= self._least) & (np.count_nonzero(among, axis=-1) >= self._needed.windows)
        first, last = np.nonzero(enough)
        codes = np.column_stack([begun[first - 1], last])
        own, few = events[first, last], int(named.sum()) - len(first)
        if len(codes) and len(fields) < DEEPEST:
            by_code = np.zeros([self._sample.fields[at].size for at in fields])
            by_code[tuple(codes.T)] = own
            self.known[fields] = _Supported(codes, by_code)
        new = ~self._same(fields, codes, own)
        kept = first[new], last[new]
        return SliceCounts(fields, codes[new], among[kept], failing[kept], few, int((~new).sum()))

    def _same(self, fields: tuple[int, ...], codes: Indices, own: Numbers) -> Flags:
        """Return which slices have all events of one that asks for less."""
        found = np.zeros(len(codes), dtype=bool)
        for places in combinations(range(len(fields)), len(fields) - 1):
            shorter = self.known[tuple(fields[at] for at in places)].events
            found |= own >= shorter[tuple(codes[:, at] for at in places)] * (1 - ALIKE)
        return found

    def _rows(self, fields: tuple[int, ...]) -> _Rows:
        """Return the events by their slice over the first of some fields, which many counts begin with."""
        if not fields:
            return _Rows(np.ones(len(self._sample.window), dtype=np.intp), 2)
        if self._last is None or self._last[0] != fields:
            codes = self.known[fields].codes
            numbers = np.zeros([self._sample.fields[at].size for at in fields], dtype=np.intp)
            numbers[tuple(codes.T)] = np.arange(1, len(codes) + 1)
            own = tuple(self._sample.fields[at].codes for at in fields)
            self._last = (fields, _Rows(numbers[own], len(codes) + 1))
        return self._last[1]

    def _cube(self, rows: _Rows, field: int) -> tuple[Numbers, Numbers]:
        """Return the events of the log, and the failed ones, by number, by code of a field and by window."""
        sample, size = self._sample, self._sample.fields[field].size
        place = rows.number * (size * sample.windows) + self._by_window[field]
        shape = (rows.upto, size, sample.windows)
        alike, failed, cells = sample.alike, sample.failures, rows.upto * size * sample.windows
        if alike is None:
            among = sum_by(place, sample.weights, cells)
            failing = sum_by(place[failed], sample.weights[failed], cells)
        else:
            among = np.bincount(place, minlength=cells) * np.float64(alike)
            failing = np.bincount(place[failed], minlength=cells) * np.float64(alike)
        return among.reshape(shape), failing.reshape(shape)
