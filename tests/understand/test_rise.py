"""When a page warns that a rate rose: not for what its own history lets expect, and for what passes it."""

from __future__ import annotations

import numpy as np
import pytest

from remiss.understand.rise import LEAST_WINDOWS, WINDOWS_A_WARNING, limit_of, prediction_limit


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
