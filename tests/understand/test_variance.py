"""Variances against hand-worked and independent values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import sem

from remiss.understand.estimators import LITTLE_HISTORY, History, process_spread
from remiss.understand.variance import (
    Spread,
    between_windows,
    kish_size,
    log_variance,
    overdispersion,
    poisson_variance,
    window_totals,
)


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


def test_between_windows_is_the_square_of_the_standard_error_of_the_sum():
    totals = np.array([4.0, 9.0, 2.0, 7.0, 3.0])
    spread = between_windows(totals)
    assert spread.variance == pytest.approx((5 * sem(totals)) ** 2)
    assert spread.degrees == 4


def test_one_window_has_no_spread():
    with pytest.raises(ValueError, match="one window"):
        between_windows(np.array([3.0]))


def test_windows_without_events_count_as_nothing_there():
    assert window_totals(np.array([2.0, 3.0]), np.array([0, 2]), 4).tolist() == [2, 0, 3, 0]


def test_equal_weights_are_worth_their_number_and_one_heavy_weight_hardly_more_than_one():
    assert kish_size(np.full(7, 0.3)) == pytest.approx(7)
    assert kish_size(np.array([0.001, 1.0, 1.0])) == pytest.approx(1.004, abs=0.001)
    assert kish_size(np.array([])) == 0


def test_windows_that_vary_less_than_chance_are_taken_for_independent_events():
    assert overdispersion(np.array([10.0] * 9), 90.0) == 1.0
    assert overdispersion(np.array([0.0, 20.0] * 4), 80.0) == pytest.approx(8 / 7 * 800 / 80)
    assert overdispersion(np.zeros(8), 0.0) == 1.0


def test_which_variance_speaks_depends_on_how_many_windows_there_are():
    past = History(totals=np.array([0.0, 20.0] * 4), poisson=80.0)
    enough, _ = process_spread(np.arange(8.0), 28.0, past)
    assert enough == between_windows(np.arange(8.0))
    borrowed, notes = process_spread(np.arange(7.0), 21.0, past)
    assert borrowed == Spread(pytest.approx(8 / 7 * 10 * 21), 7)
    assert "8 windows before" in notes[0]
    for little in (None, History(totals=np.arange(7.0), poisson=21.0)):
        assert process_spread(np.arange(7.0), 21.0, little) == (None, (LITTLE_HISTORY,))


def test_what_counted_windows_tell_of_the_process_is_no_factor_on_what_sampling_adds():
    counted = History(totals=np.array([0.0, 20.0] * 4), poisson=80.0, exact=True)
    factor = 8 / 7 * 10
    assert process_spread(np.arange(7.0), 21.0, counted, sampling=15.0)[0] == Spread(pytest.approx(factor * 6 + 15), 7)
    sampled = History(totals=counted.totals, poisson=80.0)
    assert process_spread(np.arange(7.0), 21.0, sampled, sampling=15.0)[0] == Spread(pytest.approx(factor * 21), 7)


def test_independent_events_have_the_variance_of_their_weights():
    assert poisson_variance(np.ones(2), np.array([0.5, 0.1])) == pytest.approx(4 + 100)
