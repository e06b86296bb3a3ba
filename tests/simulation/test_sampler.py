"""The vectorised sampler of the simulations is the sampler that captures use."""

from __future__ import annotations

import numpy as np
import pytest

from remiss.capture.sampling import PopulationPart, as_fraction, groups, key, priority, selections
from remiss.records.run import ALL, CONTROL, UNDECIDED
from tests.simulation.world import Keep, build, draw, memberships


@pytest.mark.parametrize("seed", [1, 2])
def test_both_samplers_keep_the_same_events_with_the_same_probabilities(seed):
    world = build(np.random.default_rng(seed), windows=3, per_window=400.0, rates=(0.1, 0.05, 0.02))
    keep = Keep(criterion=4, control=6, undecided=3, population=30)
    ids = [f"event-{at}" for at in range(world.size)]
    priorities = np.array([as_fraction(priority("2026", one)) for one in ids])
    vectorised = draw(world, keep, priorities, memberships(world, keep))

    names = tuple(str(c) for c in range(world.criteria))
    sizes = dict.fromkeys(names, 4) | {CONTROL: 6, UNDECIDED: 3, ALL: 30}
    parts = [part(at, world, ids, (int(world.stratum[at]),), names) for at in range(world.size)]
    whole = [
        PopulationPart(
            window=window,
            stratum=(),
            met=(),
            undecided=(),
            population=int((world.window == window).sum()),
            labelled=0,
            least=tuple(sorted(key("2026", ids[at]) for at in np.flatnonzero(world.window == window))),
        )
        for window in range(world.windows)
    ]
    chosen = selections(groups(parts, whole, sizes), names)

    assert {one.key[14:]: one.probability for one in chosen} == {
        ids[at]: vectorised.probability[at] for at in np.flatnonzero(vectorised.kept)
    }
    assert any(ALL in one.groups and len(one.groups) > 1 for one in chosen)


def part(at, world, ids, stratum, names):
    """Return one event as a part of its own: parts of a group are merged."""
    return PopulationPart(
        window=int(world.window[at]),
        stratum=stratum,
        met=tuple(name for name, met in zip(names, world.met[at], strict=True) if met),
        undecided=tuple(name for name, doubt in zip(names, world.undecided[at], strict=True) if doubt),
        population=1,
        labelled=1,
        least=(key("2026", ids[at]),),
    )


def weights_of(keep: int, draws: int) -> np.ndarray:
    """Return 1/p of each of seven events in overlapping groups, 0 where it was not sampled, for each draw."""
    groups_ = [(0, 1, 2, 3, 4, 5), (2, 3, 4, 5, 6), (0, 2, 3, 5, 6), (0, 1, 2, 3, 4, 5, 6)]
    priorities = np.random.default_rng(3).random((draws, 7))
    probability = np.zeros((draws, 7))
    for members in groups_:
        mine = priorities[:, members]
        tau = np.sort(mine, axis=1)[:, keep : keep + 1]
        probability[:, members] = np.maximum(probability[:, members], np.where(mine < tau, tau, 0))
    return np.divide(1.0, probability, out=np.zeros_like(probability), where=probability > 0)


def test_weights_have_mean_one_and_no_covariance_however_groups_overlap():
    weights = weights_of(keep=4, draws=200_000)
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.01)
    products = weights.T @ weights / len(weights)
    assert products[~np.eye(7, dtype=bool)] == pytest.approx(np.ones(42), abs=0.02)


def test_with_one_kept_a_group_the_claim_is_false_which_is_why_keep_is_at_least_two():
    weights = weights_of(keep=1, draws=100_000)
    assert (weights[:, 3] * weights[:, 5]).max() == 0
