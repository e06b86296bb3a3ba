"""Counts of each field and of each two: the same as counted one by one, whatever the order of rows and how they come."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.capture import margins
from remiss.capture.margins import Margins
from remiss.records.histogram import Axes

SIZES = {"carrier": 4, "distance": 3, "late": 2}
AXES = Axes(sizes=SIZES, patterns=("00", "10", "21"), versions=2)
ROW = st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 2), *(st.integers(0, size - 1) for size in SIZES.values()))


def one_by_one(rows: list[tuple[int, ...]]) -> dict[int, dict[tuple[str, ...], Counter[int]]]:
    """Return what a careful person would count with a pencil."""
    found: dict[int, dict[tuple[str, ...], Counter[int]]] = {}
    for window, version, pattern, *bins in rows:
        of = found.setdefault(window, {})
        values = dict(zip(SIZES, bins, strict=True))
        for name, value in values.items():
            cell = (version * 3 + pattern) * SIZES[name] + value
            of.setdefault((name,), Counter())[cell] += 1
        for first, second in combinations(SIZES, 2):
            cell = (pattern * SIZES[first] + values[first]) * SIZES[second] + values[second]
            of.setdefault((first, second), Counter())[cell] += 1
    return found


def added(rows: list[tuple[int, ...]], pieces: int) -> dict[int, dict[tuple[str, ...], Counter[int]]]:
    counting = Margins(AXES, tuple(SIZES))
    for start in range(0, len(rows), pieces):
        columns = np.array(rows[start : start + pieces], dtype=np.int64).T
        counting.add(columns[0], columns[1:].astype(np.uint16))
    return {
        window: {names: Counter(dict(zip(of.cells.tolist(), of.numbers.tolist(), strict=True))) for names, of in counts.items()}
        for window, counts in counting.done().items()
    }


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROW, max_size=60), pieces=st.integers(1, 20), order=st.randoms())
def test_rows_are_counted_as_one_by_one_in_any_order_and_any_pieces(rows, pieces, order):
    expected = one_by_one(rows)
    assert added(rows, 60) == expected
    order.shuffle(rows)
    assert added(rows, pieces) == expected


@pytest.mark.parametrize("held", [(1, 1), (7, 11), (1 << 17, 5)])
def test_what_waits_to_be_counted_is_bounded_and_changes_nothing(monkeypatch, held):
    monkeypatch.setattr(margins, "BLOCK", held[0])
    monkeypatch.setattr(margins, "MOST_HELD", held[1])
    chance = np.random.default_rng(1)
    limits = (4, 2, 3, *SIZES.values())
    rows = [tuple(int(chance.integers(0, limit)) for limit in limits) for _ in range(200)]
    assert added(rows, 13) == one_by_one(rows)


def test_cells_of_a_window_ascend_and_only_those_that_occur_are_kept():
    rows = [(0, 0, 1, 3, 2, 1)] * 5 + [(0, 1, 0, 0, 0, 0)]
    [counts] = (of for names, of in _counted(rows).items() if names == ("carrier", "distance"))
    assert counts.cells.tolist() == sorted(counts.cells.tolist())
    assert counts.numbers.tolist() == [1, 5]


def _counted(rows: list[tuple[int, ...]]):
    counting = Margins(AXES, tuple(SIZES))
    columns = np.array(rows, dtype=np.int64).T
    counting.add(columns[0], columns[1:].astype(np.uint16))
    return counting.done()[0]
