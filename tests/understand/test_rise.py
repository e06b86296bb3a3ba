"""When a page warns that a rate rose: not for what its own history lets expect, and for what passes it."""

from __future__ import annotations

import numpy as np
import pytest

from remiss.records.estimate import EstimateRow
from remiss.understand.rise import LEAST_WINDOWS, WINDOWS_A_WARNING, latest_of, limit_of, prediction_limit


def test_with_little_history_nothing_is_said():
    assert limit_of([0.1] * (LEAST_WINDOWS - 1), 1) is None
    assert limit_of([0.1] * LEAST_WINDOWS, 1) is not None


@pytest.mark.parametrize("size", [8, 44])
@pytest.mark.parametrize("rules", [1, 4])
def test_of_windows_alike_one_warns_as_often_as_is_promised(size, rules):
    draws, rng = 4_000, np.random.default_rng(7)
    windows = rng.normal(0.1, 0.02, size=(draws, size + 1))
    warned = sum(row[-1] > limit_of(row[:-1].tolist(), rules) for row in windows)
    promised = draws / (WINDOWS_A_WARNING * rules)
    assert abs(warned - promised) <= 4 * promised**0.5


def test_a_rise_far_beyond_its_history_warns_whatever_the_history_was():
    assert limit_of([0.0] * 44, 3) < 0.49
    assert limit_of([0.1, 0.12, 0.09, 0.11] * 3, 3) < 0.25
    assert prediction_limit([0.1, 0.12, 0.09, 0.11] * 3, 0.01) > 0.12


def test_neither_a_window_with_labels_to_come_nor_the_one_in_which_the_log_begins_is_compared():
    def row(value, **marks):
        return EstimateRow(key=str(value), value=value, method="counted", **marks)

    usual = [row(0.1 + at / 1000) for at in range(LEAST_WINDOWS)]
    rows = [row(0.9, partial=True), *usual, row(0.2), row(0.8, provisional=True)]
    found = latest_of(rows, 1)
    assert (found.share, found.usual, found.warns) == (0.2, pytest.approx(0.1035), True)
    assert latest_of([row(0.9), *rows[1:]], 1).warns is False
