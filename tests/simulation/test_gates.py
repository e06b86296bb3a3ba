"""Gates, played: what an unchanged model and one that is worse by the margin get, in suites as they really are.

Weights go from 1 to 40, cases come in families of five that answer alike, and some answer by chance.
"""

from __future__ import annotations

import numpy as np
import pytest

from remiss.records.gate import GateVerdict
from remiss.safeguard.gate_thresholds import CriticalCase, critical_verdict, repeats_needed
from remiss.safeguard.non_inferiority import PairedCases, judge, strata_of
from remiss.safeguard.power import play

GATES = [pytest.param(60, id="short"), pytest.param(500, id="long", marks=pytest.mark.soak)]
MARGIN = 0.03
DIFFERING = 0.06


def suite(rng, size=2500, members=5):
    """Return weights, roles and families of a suite: two roles, weights of the second 1 to 40."""
    families = np.arange(size) // members
    role = (families % 2).astype(np.intp)
    weight = np.where(role == 1, np.exp(rng.uniform(0, np.log(40), size)), 1.0)
    return weight, role, families


def judged(rng, weight, role, family, difference, *, flicker=0.1, repeats=3):
    """Play one gate: families lose or win alike; a tenth of the cases passes by chance, in both versions with one probability."""
    drawn = rng.random(int(family.max()) + 1)[family]
    lost, won = drawn < (DIFFERING - difference) / 2, drawn >= 1 - (DIFFERING + difference) / 2
    flickers = (rng.random(weight.size) < flicker) & ~lost & ~won
    chance = rng.uniform(0.85, 1.0, weight.size)

    def passes(fails):
        by_chance = rng.binomial(repeats, chance) * 2 > repeats
        return np.where(flickers, by_chance, ~fails)

    cases = PairedCases(baseline=passes(won), candidate=passes(lost), weight=weight, role=role, family=family)
    return judge([(strata_of(cases), MARGIN)])[0].verdict


def share_of(verdicts, verdict):
    return sum(each is verdict for each in verdicts) / len(verdicts)


@pytest.mark.parametrize("gates", GATES)
@pytest.mark.parametrize("members", [1, 5])
def test_an_unchanged_model_hardly_fails_and_passes_as_often_as_was_printed(gates, members):
    rng = np.random.default_rng([2026, members])
    weight, role, family = suite(rng, members=members)
    verdicts = [judged(rng, weight, role, family, 0.0, flicker=0.0) for _ in range(gates)]
    assert share_of(verdicts, GateVerdict.FAIL) <= 0.01
    nobody = np.zeros(weight.size, dtype=bool)
    cases = PairedCases(baseline=nobody, candidate=nobody, weight=weight, role=role, family=family)
    printed = play(cases, MARGIN, differing=DIFFERING)
    allowed = 0.05 if gates >= 500 else 0.05 + 2.6 * np.sqrt(0.25 / gates)
    assert abs(share_of(verdicts, GateVerdict.PASS) - printed.passed) <= allowed


@pytest.mark.parametrize("gates", GATES)
@pytest.mark.parametrize("flicker", [0.0, 0.1])
@pytest.mark.parametrize("members", [1, 5])
def test_a_model_worse_by_the_margin_hardly_passes_and_hardly_fails_for_sure(gates, members, flicker):
    rng = np.random.default_rng([2027, members, int(flicker * 100)])
    weight, role, family = suite(rng, members=members)
    verdicts = [judged(rng, weight, role, family, -MARGIN, flicker=flicker) for _ in range(gates)]
    # Of 500 at most 22 and 12, as an end at 0.025 and one at 0.01 may bring; of fewer what chance allows above them.
    assert share_of(verdicts, GateVerdict.PASS) <= (22 / 500 if gates >= 500 else 5 / 60)
    assert share_of(verdicts, GateVerdict.FAIL) <= (12 / 500 if gates >= 500 else 4 / 60)


@pytest.mark.parametrize("gates", GATES)
@pytest.mark.parametrize("cases", [1, 30, 100])
@pytest.mark.parametrize("flicker", [0.02, 0.5])
def test_critical_cases_that_answer_by_chance_hardly_ever_fail_an_unchanged_model(gates, cases, flicker):
    rng = np.random.default_rng([2028, cases, int(flicker * 100)])
    repeats = repeats_needed(cases)
    failed = 0
    for _ in range(gates):
        baseline, candidate = rng.binomial(repeats, 1 - flicker, (2, cases)).tolist()
        asked = [
            CriticalCase(case="", baseline=b, candidate=c, repeats=repeats) for b, c in zip(baseline, candidate, strict=True)
        ]
        failed += critical_verdict(asked) is GateVerdict.FAIL
    assert failed <= (12 if gates >= 500 else 3)
