"""Variances against hand-worked and independent values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import sem, t

from remiss.understand.process import WindowParts, borrowed_spread, own_spread, process_spread
from remiss.understand.variance import kish_size, log_variance, poisson_variance, window_totals


def test_events_kept_with_certainty_add_nothing_to_the_variance_of_this_log():
    assert log_variance(np.ones(3), np.array([1.0, 1.0, 0.25])) == pytest.approx(0.75 / 0.0625)


def test_the_variance_of_this_log_is_what_independent_drawing_with_those_probabilities_gives():
    # Three events drawn with 0.5, 0.2 and 0.8: Var = sum of 1/p - 1 = 1 + 4 + 0.25; the estimator has that mean.
    p = np.array([0.5, 0.2, 0.8])
    mean = sum(
        np.prod(np.where(kept, p, 1 - p)) * log_variance(np.ones(kept.sum()), p[kept])
        for kept in (np.array([bool(bits >> at & 1) for at in range(3)]) for bits in range(8))
    )
    assert mean == pytest.approx(5.25)


def test_windows_without_events_count_as_nothing_there():
    assert window_totals(np.array([2.0, 3.0]), np.array([0, 2]), 4).tolist() == [2, 0, 3, 0]


def test_equal_weights_are_worth_their_number_and_one_heavy_weight_hardly_more_than_one():
    assert kish_size(np.full(7, 0.3)) == pytest.approx(7)
    assert kish_size(np.array([0.001, 1.0, 1.0])) == pytest.approx(1.004, abs=0.001)
    assert kish_size(np.array([])) == 0


def parts(totals, independent: float) -> WindowParts:
    totals = np.array(totals, dtype=np.float64)
    return WindowParts(totals=totals, expected=np.full(len(totals), totals.mean()), independent=independent)


def test_eight_windows_speak_for_themselves_and_fewer_borrow_from_those_before_them():
    past = parts([0.0, 20.0] * 4, 80.0)
    assert process_spread(parts(np.arange(8.0), 28.0), past) == own_spread(parts(np.arange(8.0), 28.0))
    borrowed = process_spread(parts(np.arange(7.0), 21.0), past)
    assert "windows of its own before" in borrowed.notes[0]
    for little in (None, parts(np.arange(7.0), 21.0)):
        assert process_spread(parts(np.arange(7.0), 21.0), little) is None


def test_the_spread_of_windows_is_never_below_that_of_independent_ones_with_students_quantile():
    totals = np.array([4.0, 9.0, 2.0, 7.0, 3.0, 12.0, 1.0, 8.0, 5.0, 10.0] * 5)
    alone = (50 * sem(totals) * t.ppf(0.975, 49) / 1.96) ** 2
    assert alone * 0.99 < own_spread(parts(totals, 305.0)).variance < alone * 1.1


def test_what_is_borrowed_grows_with_the_volume_and_a_variance_that_is_chance_alone_does_not():
    rng = np.random.default_rng(1)
    uneven = rng.poisson(50 * rng.gamma(5, 0.2, size=40)).astype(float)
    even = rng.poisson(50, size=40).astype(float)
    for volume in (50, 5000):
        scope = parts([volume] * 4, 4 * volume)
        relative = [borrowed_spread(scope, parts(past, past.sum())).variance ** 0.5 / (4 * volume) for past in (uneven, even)]
        # Of its mean each of four windows differs by about 0.45, whatever the volume.
        assert 0.15 < relative[0] < 0.5
        assert relative[1] < 0.12


def test_windows_that_follow_each_other_alike_widen_the_interval_and_are_told():
    wave = 50 + 30 * np.sin(np.arange(40) / 4)
    alike, shuffled = (own_spread(parts(each, 100.0)) for each in (wave, np.random.default_rng(2).permutation(wave)))
    assert alike.variance > 4 * shuffled.variance
    assert "alike (correlation about 0.9)" in alike.notes[0]
    assert not any("are alike (" in note for note in shuffled.notes)


def test_windows_that_are_all_the_same_have_no_spread():
    assert own_spread(parts([5.0] * 9, 45.0)).variance == 0
    assert borrowed_spread(parts([5.0] * 3, 15.0), parts([5.0] * 9, 45.0)).variance == 15


def test_independent_events_have_the_variance_of_their_weights():
    assert poisson_variance(np.ones(2), np.array([0.5, 0.1])) == pytest.approx(4 + 100)
