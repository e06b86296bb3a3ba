"""Of slices that are not worse hardly one is confirmed, however often somebody asks; what later windows tell is true."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from tests.simulation.slice_ledgers import asked, true_difference
from tests.simulation.slices import null, planted_with_rates

LONG = pytest.mark.soak
# Which of the slices that look worse where they are found are put to confirmation, the surest first: chance made most of them.
SUREST, SOME_OF_ALL = (0, 1, 2, 3, 5, 8), (0, 1, 2, 3, *range(10, 200, 20))


@pytest.mark.slow(reason="some hundred searches")
@pytest.mark.parametrize("runs", [30, pytest.param(1_000, marks=LONG)])
@pytest.mark.parametrize(
    "more", [{}, {"overdispersed": 0.3}, {"stratified": True, "correlated": True}], ids=["plain", "overdispersed", "stratified"]
)
def test_of_hypotheses_that_chance_made_at_most_one_in_twenty_is_confirmed(more, runs):
    hypotheses = confirmed = ledgers = 0
    for seed in range(runs):
        sample = null(seed, 20_000, windows=52, base=0.1, fields=6, **more)
        # Asked again after every eight windows.
        found = asked(sample, found_in=20, ends=(28, 36, 44, 52), places=SUREST)
        hypotheses += len(found)
        confirmed += sum(each.state == "confirmed" for each, _ in found)
        ledgers += any(each.state == "confirmed" for each, _ in found)
    print(f"{confirmed} of {hypotheses} false hypotheses confirmed, in {ledgers} of {runs} catalogs")
    assert confirmed <= 0.05 * hypotheses + 3 * (0.05 * 0.95 * max(1, hypotheses)) ** 0.5
    assert ledgers <= 0.05 * runs + 3 * (0.05 * 0.95 * runs) ** 0.5


@pytest.mark.slow(reason="some dozens of searches of large samples")
@pytest.mark.parametrize("seeds", [8, pytest.param(300, marks=LONG)])
def test_later_effects_are_unbiased_and_covered_and_those_confirmed_by_adjusted_intervals(seeds):
    away, covered, of_confirmed = [], [], []
    for seed in range(seeds):
        sample, rates, _ = planted_with_rates(seed, 30_000, ratios=(1.1, 1.8))
        for each, parts in asked(sample, found_in=26, ends=(52,), places=SOME_OF_ALL):
            true = true_difference(sample, rates, parts)
            for one in each.attempts:
                half = float(scipy.special.stdtrit(one.degrees, 0.975)) * one.error
                away.append((one.difference - true) / one.error)
                covered.append(abs(one.difference - true) <= half)
                if one.confirmed:
                    of_confirmed.append(one.low <= true <= one.high)
    share, chance = np.mean(covered), 3 * (0.05 * 0.95 / len(covered)) ** 0.5
    print(
        f"{len(away)} put to confirmation: {np.mean(away):+.3f} standard errors away in the mean, {share:.1%} covered; "
        f"{len(of_confirmed)} confirmed, {np.mean(of_confirmed):.1%} by adjusted intervals"
    )
    assert abs(np.mean(away)) <= 0.05 + 3 / len(away) ** 0.5
    assert 0.93 - chance <= share <= 0.97 + chance
    assert np.mean(of_confirmed) >= 0.93 - 3 * (0.07 * 0.93 / max(1, len(of_confirmed))) ** 0.5
