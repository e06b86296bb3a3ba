"""What many comparisons may claim, against the definitions, and against the mistake that is often made."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from remiss.understand.multiple_testing import benjamini_hochberg, holm, mcnemar, mcnemar_better

chances = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def rejected_by_holm(p, alpha):
    """Return what Holm's procedure rejects, step by step as its paper tells it."""
    rejected = [False] * len(p)
    for step, at in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[at] * (len(p) - step) > alpha:
            break
        rejected[at] = True
    return rejected


@settings(suppress_health_check=[HealthCheck.too_slow])  # of the first numbers that numpy makes
@given(chances, st.sampled_from([0.01, 0.05, 0.3]))
def test_holm_rejects_what_its_steps_reject(p, alpha):
    assert (holm(p) <= alpha).tolist() == rejected_by_holm(p, alpha)


@given(chances)
def test_q_values_are_those_of_scipy(p):
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


def test_the_order_in_which_comparisons_stand_changes_nothing():
    # argsort taken for ranks is right for orders that are their own inverse; among these it is not.
    p = np.array([0.004, 0.012, 0.02, 0.3])
    for order in itertools.permutations(range(4)):
        places = np.array(order)
        for adjust in (holm, benjamini_hochberg):
            assert adjust(p[places]) == pytest.approx(adjust(p)[places]), (adjust, order)


@pytest.mark.parametrize("wrong", [holm, benjamini_hochberg])
def test_ranks_taken_from_argsort_would_be_seen(wrong):
    p = np.array([0.3, 0.004, 0.012, 0.02])
    ranks = np.argsort(p) + 1  # the mistake: where the sort reads from, not where an entry ends up
    mistaken = p * len(p) / ranks if wrong is benjamini_hochberg else p * (len(p) + 1 - ranks)
    assert (mistaken <= 0.05).tolist() != (wrong(p) <= 0.05).tolist() or not np.allclose(np.minimum(mistaken, 1), wrong(p))


def test_on_null_data_few_families_report_something():
    rng = np.random.default_rng(5)
    p = rng.random((4000, 20))
    for adjust in (holm, benjamini_hochberg):
        reported = (adjust(p) <= 0.05).any(axis=1).mean()
        assert 0.035 < reported < 0.06


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (1, 8), (8, 1), (5, 5), (0, 12)])
def test_mcnemar_is_the_binomial_test_of_the_pairs_that_differ(lost, won):
    count = lost + won
    assert mcnemar(lost, won) == pytest.approx(stats.binomtest(won, count).pvalue if count else 1.0)
    assert mcnemar_better(lost, won) == pytest.approx(stats.binomtest(won, count, alternative="greater").pvalue if count else 1.0)
