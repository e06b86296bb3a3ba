"""Intervals of mix and rate cover what the process does in the long run."""

from __future__ import annotations

import numpy as np
import pytest

from remiss.understand.drift.mixing import split
from tests.simulation.mixing import effects, side, truth


@pytest.mark.slow(reason="some hundred changes of six slices, and one of thousands of windows")
@pytest.mark.parametrize("draws", [150, pytest.param(2_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize(("before", "after", "between"), [(8, 8, 0.2), (26, 12, 0.2), (26, 26, 0.0), (8, 26, 0.4)])
def test_intervals_of_mix_and_rate_cover_95_percent(before, after, between, draws):
    rng, true = np.random.default_rng(3), truth(between)
    covered = np.zeros(len(true))
    for _ in range(draws):
        found = split(side(rng, 0, before, 800, between), side(rng, 1, after, 800, between))
        covered += [each.low <= value <= each.high for each, value in zip(effects(found), true, strict=True)]
    print(f"{before} and {after} windows that differ by {between}: covered {(covered / draws).round(3).tolist()} of {draws}")
    chance = 3 * (0.95 * 0.05 / draws) ** 0.5
    assert covered.min() / draws >= 0.93 - (chance if draws < 1_000 else 0)
    assert covered.max() / draws <= min(1.0, 0.97 + (chance if draws < 1_000 else 0))
