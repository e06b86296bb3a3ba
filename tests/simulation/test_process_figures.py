"""Process figures: intervals around what the process gives in the long run, where windows differ more than by chance."""

from __future__ import annotations

import numpy as np
import pytest

from remiss.understand.estimators import History, IntervalEstimate, process_rate, process_total, residuals
from remiss.understand.variance import kish_size, poisson_variance, window_totals
from tests.simulation.world import Keep, World, build, domain_of, draw, hidden_of, memberships

LOGS = [pytest.param(150, id="short"), pytest.param(2000, marks=pytest.mark.soak, id="long")]
PER_WINDOW, CARRIERS, RATE, JUDGED = 600.0, 8, 0.06, 0.9
SHARES = np.geomspace(1.0, 0.02, CARRIERS) / np.geomspace(1.0, 0.02, CARRIERS).sum()
BY_CARRIER, BY_STRATUM = np.linspace(0.6, 1.8, CARRIERS), np.linspace(0.8, 1.3, 3).mean()


def expected_rate(carrier: int) -> float:
    """Return the long-run rate of the first criterion among events of a carrier that could be judged."""
    return float(RATE * BY_CARRIER[carrier] * BY_STRATUM)


def expected_total(carrier: int, windows: int) -> float:
    return float(PER_WINDOW * windows * SHARES[carrier] * JUDGED * expected_rate(carrier))


def total_and_rate(world: World, rng: np.random.Generator, carrier: int, scope: int) -> tuple[IntervalEstimate, IntervalEstimate]:
    """Return the figures of a carrier in the last `scope` windows; the windows before are their reference period."""
    kept = draw(world, Keep(), rng.random(world.size), memberships(world, Keep()))
    of, judged, met = world.carrier == carrier, ~world.undecided[:, 0], world.met[:, 0]
    domain = domain_of(world, kept, of & met, of & judged)
    past = world.windows - scope
    late = domain.window >= past
    y, x, p, window = domain.y[late], domain.x[late], domain.p[late], domain.window[late] - past
    least = hidden_of(kept, np.flatnonzero(met & (world.window >= past))).least_probability
    among = float(np.sum(x / p))
    rate = float(np.sum(y / p)) / among
    e = (y - rate * x) / among
    total_history = rate_history = None
    if past:
        early = ~late
        before = domain_of(world, kept, of & met & (world.window < past), of & judged & (world.window < past))
        own = before.total(before.x)
        f = residuals(before, before.total(before.y) / own, own)
        total_history = History(
            totals=window_totals(domain.y[early] / domain.p[early], domain.window[early], past),
            poisson=poisson_variance(domain.y[early], domain.p[early]),
        )
        rate_history = History(
            totals=window_totals(f / before.p, before.window, world.windows)[:past], poisson=poisson_variance(f, before.p)
        )
    total = process_total(window_totals(y / p, window, scope), poisson_variance(y, p), int(y.sum()), total_history, least)
    share = process_rate(rate, window_totals(e / p, window, scope), poisson_variance(e, p), kish_size(p[x > 0]), rate_history)
    return total, share


@pytest.mark.parametrize("logs", LOGS)
@pytest.mark.parametrize("clustering", [0.0, 0.1, 0.3])
@pytest.mark.parametrize(("windows", "scope"), [(10, 10), (26, 26), (30, 4)])
def test_intervals_cover_the_long_run_however_much_windows_differ(logs, clustering, windows, scope):
    rng = np.random.default_rng([7, windows, scope, int(10 * clustering)])
    hits = np.zeros((2, logs), dtype=bool)
    for at in range(logs):
        world = build(rng, windows=windows, per_window=PER_WINDOW, clustering=clustering)
        total, rate = total_and_rate(world, rng, 0, scope)
        hits[0, at] = total.low <= expected_total(0, scope) <= total.high
        hits[1, at] = rate.low <= expected_rate(0) <= rate.high
    coverage = hits.mean(axis=1)
    slack = 3.1 * (0.95 * 0.05 / logs) ** 0.5
    assert 0.93 - slack < coverage.min()
    assert coverage.max() < 0.97 + slack


def test_taking_the_log_for_the_process_would_cover_far_too_seldom():
    # What the two bases are for: where windows differ, sampling error alone says nothing of the next weeks.
    rng = np.random.default_rng(11)
    hits = []
    for _ in range(100):
        world = build(rng, windows=12, per_window=PER_WINDOW, clustering=0.3)
        count = float(world.met[:, 0].sum())
        long_run = sum(expected_total(carrier, 12) for carrier in range(CARRIERS))
        hits.append(abs(count - long_run) <= 1.96 * count**0.5)
    assert np.mean(hits) < 0.7
