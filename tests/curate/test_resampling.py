from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from remiss.curate.agreement import FieldLabels, Ratings, alphas
from remiss.curate.agreement_statistics import ENOUGH, RESAMPLES, nominal, percentile_intervals, resamples, seed_of

SEED = seed_of(["a", "b"])
# Written down once: another machine or another numpy must draw the same.
DRAWN = [[1, 2, 0, 2, 0], [2, 3, 0, 0, 0], [2, 1, 1, 0, 1], [2, 0, 1, 0, 2]]


def test_the_drawing_follows_from_the_ids_and_is_the_same_everywhere():
    blocks = np.concatenate(list(resamples(SEED, 5, times=4)))
    assert blocks.tolist() == DRAWN
    assert np.concatenate(list(resamples(seed_of(["b", "a"]), 5, times=4))).tolist() != DRAWN


def test_each_resample_has_as_many_cases_as_there_are_and_each_case_comes_once_on_average():
    blocks = np.concatenate(list(resamples(SEED, 50)))
    assert blocks.shape == (RESAMPLES, 50)
    assert set(blocks.sum(axis=1)) == {50.0}
    # A mean of 2,000 draws of Binomial(50, 1/50) has a standard error of 0.022; 50 of them stay within 4 of those.
    assert np.abs(blocks.mean(axis=0) - 1).max() < 0.09
    assert blocks.var(axis=0).mean() == pytest.approx(1 - 1 / 50, rel=0.02)


def test_blocks_bound_memory_and_change_nothing(monkeypatch):
    whole = np.concatenate(list(resamples(SEED, 7, times=30)))
    monkeypatch.setattr("remiss.curate.agreement_statistics.BLOCK", 21)
    pieces = list(resamples(SEED, 7, times=30))
    assert len(pieces) == 10
    assert np.array_equal(np.concatenate(pieces), whole)


def test_the_interval_of_a_mean_is_that_of_theory():
    values = np.arange(200) / 199
    [(low, high)] = percentile_intervals([lambda copies: copies @ values / copies.sum(axis=1)], SEED, 200)
    error = values.std() / np.sqrt(200)
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_there_is_no_interval_where_too_many_resamples_have_no_value():
    # One case in twenty is of the other category: in a third of all resamples it is not drawn.
    rare = [FieldLabels(case=str(at), labels=("a", "a") if at else ("b", "b")) for at in range(ENOUGH)]
    ratings = Ratings.of(rare)
    assert percentile_intervals([partial(alphas, ratings, nominal)], SEED, ENOUGH) == [None]


def test_the_interval_of_alpha_covers_what_people_would_agree_on_in_the_long_run():
    # Two people say the same with 0.8, else each says what chance gives: alpha in the long run is 0.8 for two even categories.
    rolled = np.random.default_rng(20)
    covered = 0
    for world in range(120):
        truth = rolled.integers(0, 2, 100)
        other = np.where(rolled.random(100) < 0.8, truth, rolled.integers(0, 2, 100))
        said = zip(truth.tolist(), other.tolist(), strict=True)
        ratings = Ratings.of([FieldLabels(case=str(at), labels=labels) for at, labels in enumerate(said)], (0, 1))
        [(low, high)] = percentile_intervals([partial(alphas, ratings, nominal)], seed_of([str(world)]), 100)
        covered += low <= 0.8 <= high
    # 95 % of 120 is 114, with a standard deviation of 2.4; a percentile interval of 100 cases is a little narrow.
    assert 105 <= covered <= 120
