"""How often a gate would pass a candidate that is no worse, before anybody builds on it: by playing the gate itself.

The gate is played many times with versions of which only this is known: how often they differ on a case, and whether one of
them is better. Cases of a family are alike, which is the worst that they can be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from remiss.safeguard.non_inferiority import (
    FAIL_LEVEL,
    PASS_LEVEL,
    Numbers,
    PairedCases,
    Strata,
    strata_of,
    weight_strata,
)
from remiss.safeguard.paired_difference import combined_ends, z_of

GATES = 1_000
# Gates are played so many differing pairs at a time, which a processor keeps near: 8 bytes each.
ENTRIES = 250_000
# So many cases may be played.
MOST_CASES = 4_000_000
ENOUGH = 0.5  # below this a suite can hardly pass
MOST_TIMES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """The shares of played gates that passed, failed and stayed open, with what was assumed."""

    passed: float
    failed: float
    difference: float
    differing: float
    gates: int

    @property
    def can_pass(self) -> bool:
        """Whether at least half of the gates passed."""
        return self.passed >= ENOUGH


def play(
    cases: PairedCases,
    margin: float,
    *,
    difference: float = 0.0,
    differing: float = 0.05,
    production: Numbers | None = None,
    gates: int = GATES,
    seed: int = 0,
    fail_level: float = FAIL_LEVEL,
) -> Power:
    """Return how a condition over these cases would end; only their weights, roles and families matter, not what they passed.

    Parameters
    ----------
    margin : of the condition
    difference : of the candidate's pass rate and the baseline's, in truth
    differing : the share of cases on which one of them alone passes; at least the difference
    fail_level : the level of the upper end; in the first step of Holm's procedure 0.01 over the number of conditions

    Raises
    ------
    ValueError : a difference greater than the share of cases that differ
    """
    if not abs(difference) <= differing <= 1:
        raise ValueError(f"versions that differ on {differing:.0%} of cases cannot differ by {difference:.0%}")
    nobody = np.zeros(cases.weight.size, dtype=bool)
    strata = strata_of(replace(cases, baseline=nobody, candidate=nobody), production)
    stratum = weight_strata(cases.weight, cases.role, cases.family)
    families, place = np.unique(cases.family, return_inverse=True)
    weight = np.bincount(place, weights=cases.weight, minlength=families.size)
    of = _first(stratum, place, families.size)
    each = weight * (strata.pairs / np.bincount(of, weights=weight, minlength=strata.pairs.size))[of]
    rng = np.random.default_rng(seed)
    lost, won = np.zeros((2, gates, strata.pairs.size))
    step = max(1, min(gates, int(ENTRIES / max(differing * families.size, 1))))
    for first in range(0, gates, step):
        played = min(step, gates - first)
        # Versions differ on few cases: only these are drawn.
        gate, family = np.divmod(_differ(rng, played * families.size, differing), families.size)
        worse = rng.random(gate.size) * 2 * differing < differing - difference
        cells = gate * strata.pairs.size + of[family]
        for ends, those in ((lost, worse), (won, ~worse)):
            summed = np.bincount(cells[those], weights=each[family[those]], minlength=played * strata.pairs.size)
            ends[first : first + played] = summed.reshape(played, -1)
    ended = Strata(lost=lost, won=won, pairs=strata.pairs, shares=strata.shares)
    passed = int((_ends(ended, z_of(PASS_LEVEL))[0] > -margin).sum())
    failed = int((_ends(ended, z_of(fail_level))[1] < -margin).sum())
    return Power(passed=passed / gates, failed=failed / gates, difference=difference, differing=differing, gates=gates)


def _differ(rng: np.random.Generator, count: int, share: float) -> npt.NDArray[np.int64]:
    """Return which of `count` pairs differ, each with the same probability: one gap after the other from one to the next."""
    found, reached = [np.empty(0, dtype=np.int64)], -1
    while share > 0 and reached < count:
        # Nearly always enough at once.
        expected = (count - reached) * share
        found.append(reached + np.cumsum(rng.geometric(share, int(expected + 4 * expected**0.5 + 8))))
        reached = int(found[-1][-1])
    places = np.concatenate(found)
    return places[: int(np.searchsorted(places, count))]


def _first(stratum: np.ndarray, place: np.ndarray, families: int) -> np.ndarray:
    of_family = np.zeros(families, dtype=np.intp)
    of_family[place] = stratum
    return of_family


def _ends(strata: Strata, z: float) -> tuple[Numbers, Numbers]:
    return combined_ends(strata.lost, strata.won, strata.pairs, strata.shares, z)[1:]


def times_needed(
    cases: PairedCases, margin: float, *, differing: float = 0.05, production: Numbers | None = None, seed: int = 0
) -> int | None:
    """Return how many times as many cases, alike in weights and families, let who is no worse pass in half of the gates.

    None where 4,096 times as many would not do, or where to play so many would take more than 4,000,000 cases.
    """
    times = 1
    while not play(_repeated(cases, times), margin, differing=differing, production=production, gates=200, seed=seed).can_pass:
        times *= 2
        if times > MOST_TIMES or times * cases.weight.size > MOST_CASES:
            return None
    low, high = times // 2, times
    while high - low > 1:
        middle = (low + high) // 2
        enough = play(_repeated(cases, middle), margin, differing=differing, production=production, gates=200, seed=seed).can_pass
        low, high = (low, middle) if enough else (middle, high)
    return high


def _repeated(cases: PairedCases, times: int) -> PairedCases:
    size, apart = cases.weight.size, int(cases.family.max()) + 1
    return PairedCases(
        baseline=np.zeros(size * times, dtype=bool),
        candidate=np.zeros(size * times, dtype=bool),
        weight=np.tile(cases.weight, times),
        role=np.tile(cases.role, times),
        family=np.concatenate([cases.family + apart * each for each in range(times)]),
    )
