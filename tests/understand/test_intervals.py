"""Intervals against published and independent values."""

from __future__ import annotations

import math

import pytest
from scipy.special import ndtri
from scipy.stats import binom, binomtest, gamma, poisson

from remiss.understand.intervals import (
    TAIL,
    Z,
    few_interval,
    none_upper,
    none_upper_of_process,
    rate_interval,
    total_interval,
)


def test_the_quantile_of_the_normal_that_is_written_down_is_that_of_scipy():
    assert float(ndtri(1 - TAIL)) == Z


def test_the_gamma_interval_is_that_of_fay_and_feuer_for_downs_syndrome_in_michigan():
    # Fay and Feuer 1997, table II (births of order five and more by age of mother) and table I: 75.5 (67.7, 188.3).
    cases = (0, 8, 63, 112, 262, 295)
    births = (327, 30666, 123419, 149919, 104088, 34392)
    standard = (319933, 931318, 786511, 488235, 237863, 61313)
    weights = [1e5 * share / sum(standard) / size for share, size in zip(standard, births, strict=True)]
    rate = sum(weight * count for weight, count in zip(weights, cases, strict=True))
    variance = sum(weight**2 * count for weight, count in zip(weights, cases, strict=True))
    low, high = few_interval(rate, variance, max(weights))
    assert (round(rate, 1), round(low, 1), round(high, 1)) == (75.5, 67.7, 188.3)


@pytest.mark.parametrize("count", [1, 3, 9])
def test_with_unit_weights_the_gamma_interval_is_the_exact_poisson_one(count):
    low, high = few_interval(count, count, 1.0)
    assert poisson.sf(count - 1, low) == pytest.approx(0.025)
    assert poisson.cdf(count, high) == pytest.approx(0.025)


def test_equal_weights_scale_the_gamma_interval():
    unit = few_interval(4, 4, 1.0)
    assert few_interval(40, 400, 10.0) == pytest.approx((10 * unit[0], 10 * unit[1]))


def test_the_ends_of_the_gamma_interval_are_quantiles_of_gammas_of_the_same_mean_and_variance():
    low, high = few_interval(50.0, 800.0, 20.0)
    assert low == pytest.approx(gamma.ppf(0.025, 50**2 / 800, scale=800 / 50))
    assert high == pytest.approx(gamma.ppf(0.975, 70**2 / 1200, scale=1200 / 70))


@pytest.mark.parametrize(("seen", "size"), [(0, 12), (1, 30), (10, 100), (29, 30), (12, 12)])
def test_a_rate_at_a_whole_effective_size_has_the_exact_binomial_interval(seen, size):
    exact = binomtest(seen, size).proportion_ci(0.95, method="exact")
    assert rate_interval(seen / size, size) == pytest.approx((exact.low, exact.high))


def test_few_degrees_of_freedom_widen_a_rates_interval_as_korn_and_graubard_say():
    # t with 4 degrees of freedom is 2.776 at 97.5 %: 100 events are worth 100 (1.960/2.776)^2 = 49.8.
    assert rate_interval(0.2, 100, degrees=4) == pytest.approx(rate_interval(0.2, 49.84), rel=1e-3)


def test_a_totals_interval_is_symmetric_on_the_log_scale_and_never_below_what_was_seen():
    low, high = total_interval(200.0, 900.0)
    assert math.log(high / 200) == pytest.approx(1.959964 * 30 / 200)
    assert low * high == pytest.approx(200.0**2)
    assert total_interval(200.0, 900.0, at_least=170)[0] == 170


def test_few_windows_widen_a_totals_interval_by_students_t():
    assert math.log(total_interval(200.0, 900.0, degrees=7)[1] / 200) == pytest.approx(2.364624 * 30 / 200)


def test_a_huge_error_gives_a_wide_interval_and_no_overflow():
    low, high = total_interval(1.0, 1e12)
    assert low < 1e-300
    assert math.isfinite(high)


@pytest.mark.parametrize("p", [0.003, 0.1, 0.7])
def test_none_sampled_leaves_the_total_at_which_seeing_none_has_five_percent(p):
    assert (1 - p) ** none_upper(p) == pytest.approx(0.05)
    assert binom.pmf(0, math.ceil(none_upper(p)), p) <= 0.05
    assert poisson.pmf(0, p * none_upper_of_process(p)) == pytest.approx(0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: total_interval(0.0, 1.0),
        lambda: few_interval(0.0, 0.0, 1.0),
        lambda: none_upper(0.0),
        lambda: rate_interval(1.2, 10),
        lambda: rate_interval(0.5, 0),
    ],
)
def test_an_interval_around_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match=r"no |not an"):
        wrong()
