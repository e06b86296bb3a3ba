"""That a log has fewer events is told of at the budget, also where it grows or shrinks, and soon where half are missing."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from remiss.understand.alerts.detector import level_of, watch
from remiss.understand.alerts.looking import fewness, usual_events
from tests.simulation.alerts import WEEKS, delays, event_counts
from tests.stories.logs import MONDAY, WEEK

LONG = pytest.mark.soak
BUDGET, WINDOWS, BEFORE = 2.0, 520, 26
STREAMS = [150, pytest.param(4_000, marks=LONG)]
DAY = timedelta(days=1)


def alarms(rng, events, width=WEEK, series=1):
    """Return which windows raise an alarm, those that none before is like left out."""
    starts = [MONDAY + at * width for at in range(events.shape[1])]
    found = []
    for each in events.tolist():
        usual = usual_events(starts, each, width)
        first = sum(at is None for at in usual)
        found.append(fewness(each[first:], usual[first:]))
    short = np.array(found)
    return watch(short, rng.random(short.shape), level_of(BUDGET, width, series)).alarms


@pytest.mark.slow(reason="ten years of windows, looked at one by one, of some hundred streams")
@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.parametrize("kind", ["alike", "growing", "declining", "vanishing", "season", "memory", "few"])
def test_a_log_whose_events_change_slowly_keeps_the_budget(kind, streams):
    rng = np.random.default_rng(18)
    found = alarms(rng, event_counts(kind, rng, streams, WINDOWS))
    years = found.sum(axis=1) * WEEKS / WINDOWS
    mean, error = years.mean(), years.std() / streams**0.5
    print(f"{kind}: {mean:.2f} false alarms a year, at a budget of {BUDGET:g} ({streams:,} streams of {WINDOWS} weeks)")
    assert mean + 3 * error <= BUDGET


@pytest.mark.slow(reason="two years of days")
@pytest.mark.parametrize("streams", STREAMS)
def test_days_of_a_week_are_compared_with_the_same_day(streams):
    rng = np.random.default_rng(20)
    found = alarms(rng, event_counts("days", rng, streams, 2 * 365), DAY)
    mean = found.sum(axis=1).mean() / 2
    print(f"days: {mean:.2f} false alarms a year, at a budget of {BUDGET:g}")
    assert mean <= BUDGET


@pytest.mark.slow(reason="some hundred streams")
@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.parametrize(("left", "series", "most"), [(0.3, 1, 3), (0.5, 1, 3), (0.7, 1, 4), (0.5, 6, 5)])
def test_fewer_events_are_found_within_a_few_windows(left, series, most, streams):
    rng = np.random.default_rng(19)
    events = event_counts("alike", rng, streams, BEFORE + 52, left=left, since=BEFORE)
    waited = delays(alarms(rng, events, series=series), BEFORE - 1)
    soon = (waited <= 8).mean()
    print(
        f"{left:.0%} of the events left, one of {series} series: found after {np.median(waited):g} windows in the median, "
        f"{soon:.0%} within 8"
    )
    assert np.median(waited) <= most
