"""A detector that is looked at after every window keeps its budget of false alarms, and finds a rate that doubled."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from remiss.understand.alerts.detector import level_of, watch
from tests.simulation.alerts import WEEKS, cusum, delays, least_threshold, null_rates, raised_rates

LONG = pytest.mark.soak
BUDGET, WINDOWS, BEFORE = 2.0, 520, 26
STREAMS = [400, pytest.param(10_000, marks=LONG)]


def weekly(series=1):
    return level_of(BUDGET, timedelta(weeks=1), series)


def _a_year(alarms):
    """Return false alarms a year and their standard error, streams being independent."""
    years = alarms.sum(axis=1) * WEEKS / alarms.shape[1]
    return years.mean(), years.std() / len(years) ** 0.5


@pytest.mark.slow(reason="ten years of windows, looked at one by one, of some hundred streams")
@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.parametrize(
    ("kind", "most"),
    # Season and memory are no exchangeable windows, for which nothing is promised: what they bring is said, and may not grow.
    [("alike", 1.0), ("overdispersed", 1.0), ("uneven", 1.0), ("rare", 1.0), ("season", 1.5), ("memory", 1.7)],
)
def test_a_year_of_windows_in_which_nothing_happens_brings_fewer_alarms_than_the_budget(kind, most, streams):
    rng = np.random.default_rng(15)
    rates = null_rates(kind, rng, streams, WINDOWS)
    mean, error = _a_year(watch(rates, rng.random(rates.shape), weekly()).alarms)
    print(f"{kind}: {mean:.2f} false alarms a year, at a budget of {BUDGET:g} ({streams:,} streams of {WINDOWS} weeks)")
    assert mean - 3 * error <= most
    assert mean + 3 * error <= BUDGET


@pytest.mark.slow(reason="ten years of windows, looked at one by one, of some hundred streams")
@pytest.mark.parametrize("streams", STREAMS)
def test_a_rate_that_creeps_up_for_years_is_told_of_again_and_again(streams):
    rng = np.random.default_rng(14)
    rates = null_rates("creeping", rng, streams, WINDOWS)
    mean, _ = _a_year(watch(rates, rng.random(rates.shape), weekly()).alarms)
    print(f"creeping: {mean:.2f} alarms a year, at a budget of {BUDGET:g}")
    # So the page says.
    assert 5.5 < mean < 6.5


@pytest.mark.slow(reason="ten years of windows of five series")
@pytest.mark.parametrize("streams", [100, pytest.param(2_000, marks=LONG)])
def test_five_series_share_one_budget(streams):
    rng, series = np.random.default_rng(16), 5
    # All series of a protocol have good and bad weeks together.
    rates = np.stack([null_rates("overdispersed", rng, streams, WINDOWS) for _ in range(series)], axis=1)
    rates += 0.02 * rng.random((streams, 1, WINDOWS))
    alarms = watch(rates, rng.random(rates.shape), weekly(series)).alarms.sum(axis=1)
    mean, error = _a_year(alarms)
    print(f"five series: {mean:.2f} false alarms a year in all")
    assert mean + 3 * error <= BUDGET


@pytest.mark.slow(reason="some hundred streams, and the threshold of what they are compared with")
@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.parametrize(("series", "most"), [(1, 3), (5, 5), (10, 6)])
def test_a_rate_that_doubled_is_found_within_a_few_windows(series, most, streams):
    rng = np.random.default_rng(17)
    rates = raised_rates(rng, streams, BEFORE, 52)
    waited = delays(watch(rates, rng.random(rates.shape), weekly(series)).alarms, BEFORE)
    threshold = least_threshold(null_rates("alike", rng, 400, WINDOWS), weekly(series))
    known = delays(cusum(rates, threshold), BEFORE)
    print(
        f"5 to 10 %, {series} series: found after {np.median(waited):g} windows in the median, nine of ten within "
        f"{np.quantile(waited, 0.9):g}; a CUSUM that knows both rates: {np.median(known):g} and {np.quantile(known, 0.9):g}"
    )
    assert np.median(waited) <= most
