"""Figures of this log: no bias, and intervals that contain the truth as often as they say.

The fixed log has failures that depend on carrier, stratum and window; carriers are no strata; criteria overlap; an event of
`any` may be sampled for any of several reasons. Tolerances are those of the statistical contract; what single domains did
is in the explanation of estimation.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulation.study import between, mean_coverage, rates_in, study, totals_in

DRAWS = [pytest.param(60, id="short"), pytest.param(500, marks=pytest.mark.soak, id="long")]


@pytest.fixture(scope="module", params=DRAWS)
def totals(request):
    return study(totals_in, request.param)


@pytest.fixture(scope="module", params=DRAWS)
def rates(request):
    return study(rates_in, request.param)


def lowest_plausible(nominal: float, draws: int) -> float:
    """Return what a domain of that coverage stays above in all but one of a thousand simulations."""
    return nominal - 3.1 * (nominal * (1 - nominal) / draws) ** 0.5


def test_totals_are_not_biased(totals):
    deviations = np.array([(one.mean - one.truth) / one.error_of_mean for one in totals if one.sampled >= 1])
    assert np.sqrt(np.mean(deviations**2)) < 1.25
    assert np.abs(deviations).max() < 4.5


def test_the_variance_of_totals_is_estimated_without_covariances(totals):
    ratios = [one.estimated_variance / one.variance for one in between(totals, 10, np.inf)]
    assert 0.95 < np.mean(ratios) < 1.05


def test_intervals_of_totals_with_twenty_sampled_cover_93_to_97_percent(totals):
    many = between(totals, 20, np.inf)
    assert len(many) > 100
    assert 0.93 <= mean_coverage(many) <= 0.97
    assert min(one.coverage for one in many) > lowest_plausible(0.93, many[0].draws)


def test_intervals_of_totals_at_the_boundary_of_twenty_sampled_cover_93_to_97_percent(totals):
    just = between(totals, 20, 26)
    assert len(just) > 15
    assert 0.93 <= mean_coverage(just) <= 0.97


def test_intervals_of_small_totals_of_which_most_was_kept_cover_93_to_97_percent_taken_together(totals):
    # The hardest ones: few events decide, and those that are missed take their share of the variance along.
    small = [one for one in between(totals, 20, 80) if one.sampled > 0.7 * one.truth]
    assert len(small) > 15
    assert 0.93 <= mean_coverage(small) <= 0.97
    # One alone may be lower: 91.7 % was the least of 1,500 draws (see the explanation of estimates).
    assert min(one.coverage for one in small) > lowest_plausible(0.915, small[0].draws)


def test_intervals_of_totals_with_five_to_twenty_sampled_cover_at_least_93_percent(totals):
    some = between(totals, 5, 20)
    assert len(some) > 100
    assert mean_coverage(some) >= 0.93
    assert min(one.coverage for one in some) > lowest_plausible(0.93, some[0].draws)


def test_the_bound_where_none_or_hardly_any_is_sampled_covers_at_least_95_percent(totals):
    rare = between(totals, 0, 5)
    assert len(rare) > 50
    assert mean_coverage(rare) >= 0.95
    assert min(one.coverage for one in rare) > lowest_plausible(0.95, rare[0].draws)


def test_intervals_of_rates_with_twenty_sampled_failures_cover_93_to_97_percent(rates):
    many = between(rates, 20, np.inf)
    assert len(many) > 30
    assert 0.93 <= mean_coverage(many) <= 0.97
    assert min(one.coverage for one in many) > lowest_plausible(0.93, many[0].draws)


def test_intervals_of_rates_with_fewer_sampled_failures_cover_at_least_93_percent(rates):
    some = between(rates, 0, 20)
    assert mean_coverage(some) >= 0.93
    assert min(one.coverage for one in some) > lowest_plausible(0.93, some[0].draws)


def test_rates_with_twenty_sampled_failures_have_next_to_no_bias(rates):
    # A ratio of two estimates has a bias of the order of one over the sample; it must stay far inside the interval.
    many = between(rates, 20, np.inf)
    assert np.mean([one.bias for one in many]) < 0.02
    assert all(abs(one.mean - one.truth) < 0.5 * one.error_of_mean * np.sqrt(one.draws) for one in many)
