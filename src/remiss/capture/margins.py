"""Margins: how often each bin of one field, and each two bins of two fields, occur together in a window.

Everything here is pure. Rows come in any order and in any pieces; what is counted does not depend on either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from remiss.records.histogram import Axes, Counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

# So many rows of a window are counted at once: many for the price of a count, and few for the processor's caches.
BLOCK = 1 << 17
# So many rows wait until their window has a block.
MOST_HELD = 1 << 22
# Counting by a table of all cells is quicker than sorting while the table is not many times larger than the rows.
DENSE = 8


@dataclass(slots=True)
class Margins:
    """What is counted so far.

    Parameters
    ----------
    axes : sizes of the fields in the order of the columns that are added
    paired : the fields of which pairs are counted
    """

    axes: Axes
    paired: Sequence[str]
    _waiting: dict[int, list[NDArray[np.uint16]]] = field(default_factory=dict)
    _held: int = 0
    _found: dict[int, dict[tuple[str, ...], list[Counts]]] = field(default_factory=dict)

    def add(self, windows: NDArray[np.int64], places: NDArray[np.uint16]) -> None:
        """Add rows.

        Parameters
        ----------
        windows : the number of each row's window, shape (n,)
        places : shape (2 + fields, n): the bin of the version, the place of the pattern, and the bin of each field
        """
        if not len(windows):
            return
        if windows[0] == windows[-1] and (windows == windows[0]).all():
            self._hold(int(windows[0]), places)
        else:
            order = np.argsort(windows, kind="stable")
            numbers, starts = np.unique(windows[order], return_index=True)
            for number, those in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
                self._hold(number, places[:, those])
        if self._held > MOST_HELD:
            for number in list(self._waiting):
                self._count(number)

    def done(self) -> Mapping[int, Mapping[tuple[str, ...], Counts]]:
        """Return the counts of each window, by the field or the two fields that they are of."""
        for number in list(self._waiting):
            self._count(number)
        return {number: {names: merged(parts) for names, parts in of.items()} for number, of in sorted(self._found.items())}

    def _hold(self, number: int, places: NDArray[np.uint16]) -> None:
        blocks = self._waiting.setdefault(number, [])
        blocks.append(places)
        self._held += places.shape[1]
        if sum(block.shape[1] for block in blocks) >= BLOCK:
            self._count(number)

    def _count(self, number: int) -> None:
        blocks = self._waiting.pop(number)
        rows = np.concatenate(blocks, axis=1) if len(blocks) > 1 else blocks[0]
        self._held -= rows.shape[1]
        found = self._found.setdefault(number, {})
        for names, counts in counted(self.axes, self.paired, rows):
            parts = found.setdefault(names, [])
            parts.append(counts)
            if len(parts) > DENSE:
                found[names] = [merged(parts)]


def counted(axes: Axes, paired: Sequence[str], rows: NDArray[np.uint16]) -> Iterable[tuple[tuple[str, ...], Counts]]:
    """Return the counts of some rows of one window: of each field, then of each two of the paired ones.

    Parameters
    ----------
    rows : as `Margins.add` takes them, shape (2 + fields, n)
    """
    # Few patterns of a run occur in one window: tables of cells are made for these alone.
    patterns, pattern = np.unique(rows[1], return_inverse=True)
    sizes = dict(axes.sizes)
    columns = {name: rows[2 + at].astype(np.int64) for at, name in enumerate(sizes)}
    version = rows[0].astype(np.int64) * len(axes.patterns) + rows[1]
    kinds, kind = np.unique(version, return_inverse=True)
    for name, size in sizes.items():
        yield (name,), _tabulated(kinds, kind, columns[name], size)
    for first, second in combinations(paired, 2):
        both = columns[first] * sizes[second] + columns[second]
        yield (first, second), _tabulated(patterns.astype(np.int64), pattern, both, sizes[first] * sizes[second])


def _tabulated(kinds: NDArray[np.int64], kind: NDArray[np.int64], place: NDArray[np.int64], size: int) -> Counts:
    """Return how often each place of `size` occurs with each kind, which stands for the number in `kinds`."""
    cell = kind * size + place
    if len(kinds) * size <= DENSE * len(cell) + BLOCK // DENSE:
        table = np.bincount(cell, minlength=len(kinds) * size)
        cells = np.flatnonzero(table)
        numbers = table[cells]
    else:
        cells, numbers = np.unique(cell, return_counts=True)
    return Counts(kinds[cells // size] * size + cells % size, numbers.astype(np.int64))


def merged(parts: Sequence[Counts]) -> Counts:
    """Return the counts of rows that were counted in parts."""
    if len(parts) == 1:
        return parts[0]
    cells, place = np.unique(np.concatenate([part.cells for part in parts]), return_inverse=True)
    numbers = np.zeros(len(cells), dtype=np.int64)
    np.add.at(numbers, place, np.concatenate([part.numbers for part in parts]))
    return Counts(cells, numbers)
