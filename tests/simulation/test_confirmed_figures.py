"""Confirmed figures: no bias and honest intervals with queues out of order, unfinished batches and annotators who err.

Truth is what two people find in the end. Annotators find something else of 15 in 100, and grade one off as often as not; a
twentieth is annotated out of turn; of each batch between two fifths and all is done. Tolerances are those of the statistical
contract.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from remiss.understand.two_phase.unflagged import at_most_unseen
from tests.simulation.confirming import SHARES_OF_FLAGGED, TOTALS, study
from tests.simulation.study import between, mean_coverage
from tests.simulation.test_log_figures import lowest_plausible

# Totals; the same as shares of what was flagged; and totals while a third of the verdicts are still to come.
FIGURES = ("totals", "shares", "unfinished")
DRAWS = [
    pytest.param((name, draws), id=f"{name}-{long}", marks=marks)
    for name in FIGURES
    for draws, long, marks in ((15 if name == "unfinished" else 40, "short", ()), (120, "long", pytest.mark.soak))
]


@pytest.fixture(scope="module", params=DRAWS)
def outcomes(request):
    name, draws = request.param
    if name == "unfinished":
        return study(draws, silent=0.3)[TOTALS]
    return of_one_labelling(draws)[SHARES_OF_FLAGGED if name == "shares" else TOTALS]


@cache
def of_one_labelling(draws):
    """Return totals and shares of the same captures, for they are labelled alike."""
    return study(draws, (TOTALS, SHARES_OF_FLAGGED))


def test_figures_have_no_bias(outcomes):
    # The mean of 40 draws is known to 2 % in one domain; the domains of a log overlap, so their mean is known little better.
    for found, most in ((between(outcomes, 20, np.inf), 0.01), (between(outcomes, 5, 20), 0.015)):
        assert abs(np.mean([one.bias for one in found])) < most
        assert all(abs(one.mean - one.truth) <= 3.5 * one.error_of_mean + 1e-9 for one in found)


def test_the_variance_is_neither_too_small_nor_too_great(outcomes):
    ratios = [one.estimated_variance / one.variance for one in between(outcomes, 20, np.inf)]
    assert 0.85 < np.mean(ratios) < 1.2


def test_intervals_with_twenty_confirmed_cover_93_to_97_percent(outcomes):
    many = between(outcomes, 20, np.inf)
    assert len(many) > (15 if many[0].draws > 100 else 10)
    slack = 0.01 if many[0].draws < 100 else 0.0
    assert 0.93 - slack <= mean_coverage(many) <= 0.97 + slack
    assert min(one.coverage for one in many) > lowest_plausible(0.92, many[0].draws)


def test_intervals_with_fewer_cover_at_least_93_percent(outcomes):
    some = between(outcomes, 5, 20)
    assert len(some) > (50 if some[0].draws > 100 else 25)
    assert mean_coverage(some) >= 0.93
    assert min(one.coverage for one in some) > lowest_plausible(0.92, some[0].draws)


@pytest.mark.slow(reason="15 captures of each of four logs, labelled anew")
@pytest.mark.parametrize("draws", [15, pytest.param(120, marks=pytest.mark.soak)])
def test_where_nearly_every_flag_is_right_intervals_of_precision_are_not_too_narrow(draws):
    # The few that are not may all be missed: such intervals cover more than they say, but of many.
    outcomes = study(draws, (SHARES_OF_FLAGGED,), right=0.97)[SHARES_OF_FLAGGED]
    assert all(mean_coverage(between(outcomes, *band)) >= 0.93 for band in ((5, 10), (10, 20), (20, 40), (40, np.inf)))
    assert mean_coverage(between(outcomes, 40, np.inf)) <= 0.98


def test_the_bound_on_what_nothing_caught_covers_95_percent():
    # 20,000 controls of which 40 are failures; 30, 75 and 200 of them are labelled, and none is found or some.
    rng = np.random.default_rng(3)
    for labelled in (30, 75, 200):
        found = rng.hypergeometric(40, 19_960, labelled, size=20_000)
        wrong = (found == 0) & (at_most_unseen(20_000, labelled) < 40)
        assert wrong.mean() <= 0.05
