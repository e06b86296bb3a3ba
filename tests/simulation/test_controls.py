"""What no criterion caught: no bias, and intervals that hold where few or none is found and weights differ by a hundred."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulation.controls import People, controls_of, figure
from tests.simulation.test_log_figures import lowest_plausible

DRAWS = [pytest.param(60, id="short"), pytest.param(500, id="long", marks=pytest.mark.soak)]
BIG_AND_SMALL = np.vstack([np.full((1, 4), 3000), np.full((30, 4), 100)])
ONLY_BIG, ONLY_SMALL = np.r_[1, np.zeros(30)][:, None], np.r_[0, np.ones(30)][:, None]
WEEKS = np.full((1, 12), 3000)
TEN = np.full((1, 10), 3000)
LAST_FIVE = np.r_[np.zeros(5), np.ones(5)][None, :]
ALL = 1_000_000

# Sizes and rates by stratum and week, how many of a week are annotated, how many of a stratum are kept.
WORLDS = {
    "a large stratum and thirty small ones": (BIG_AND_SMALL, 0.02 * np.ones((31, 4)), [ALL] * 4, 20),
    "failures in the large stratum": (BIG_AND_SMALL, 0.05 * ONLY_BIG * np.ones((31, 4)), [ALL] * 4, 20),
    "failures in the small strata": (BIG_AND_SMALL, 0.05 * ONLY_SMALL * np.ones((31, 4)), [ALL] * 4, 20),
    "thirty a week of these": (BIG_AND_SMALL, 0.02 * np.ones((31, 4)), [30] * 4, 20),
    "one week whole, two in each of nine": (TEN, 0.2 * LAST_FIVE, [60] + [2] * 9, 60),
    "two in each of nine, many fail": (TEN, 0.6 * LAST_FIVE, [60] + [2] * 9, 60),
    "a week just begun": (TEN, 0.02 * np.ones((1, 10)), [20] * 9 + [2], 20),
    "0.2 % fail": (WEEKS, 0.002 * np.ones((1, 12)), [20] * 12, 20),
    "0.5 % fail": (WEEKS, 0.005 * np.ones((1, 12)), [20] * 12, 20),
    "1 % fail": (WEEKS, 0.01 * np.ones((1, 12)), [20] * 12, 20),
    "2 % fail": (WEEKS, 0.02 * np.ones((1, 12)), [20] * 12, 20),
}
PEOPLE = {
    "as they are": People(),
    "who miss all": People(missing=1.0, alarms=0.0),
    "all verified": People(cleared=1.0),
    "unfinished": People(waiting=0.4),
}


def studied(world, people, draws):
    """Return how often the interval held the truth, the values, and the truth."""
    sizes, rates, annotated, keep = WORLDS[world]
    rng = np.random.default_rng([1994, list(WORLDS).index(world)])
    log = controls_of(rng, sizes, rates, np.array(annotated), keep)
    found = [figure(log, PEOPLE[people], rng) for _ in range(draws)]
    held = [each.low <= log.truth + 1e-9 and log.truth <= each.high + 1e-9 for each in found]
    return float(np.mean(held)), np.array([each.value for each in found]), log.truth


@pytest.mark.parametrize("draws", DRAWS)
@pytest.mark.parametrize("people", PEOPLE)
@pytest.mark.parametrize("half", [0, 1])
def test_intervals_of_what_nothing_caught_hold_however_few_are_labelled(half, people, draws):
    held = {world: studied(world, people, draws)[0] for world in list(WORLDS)[half::2]}
    assert min(held.values()) > lowest_plausible(0.93, draws), held
    assert np.mean(list(held.values())) >= 0.95


@pytest.mark.parametrize("draws", DRAWS)
@pytest.mark.parametrize("world", [name for name in WORLDS if "nine" not in name and "begun" not in name])
def test_what_annotators_miss_does_not_bend_the_figure(world, draws):
    # Of a week with two labelled the weights have no variance to speak of, and no number of draws tells their mean.
    _, values, truth = studied(world, "as they are", draws)
    assert abs(values.mean() - truth) <= 3.3 * values.std() / np.sqrt(draws) + 1e-9
