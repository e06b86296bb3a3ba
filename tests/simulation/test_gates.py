"""Gates, played whole: what an unchanged model and one that is worse by the margin get, in suites as they really are.

Each gate asks both versions anew and decides by its policy, repeats, majorities, strata, families and all. Weights go from 1 to
40, cases come in families of five that answer alike, and some answer by chance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from remiss.records.gate import GateVerdict
from remiss.records.suite import GUARD, PRODUCTION
from remiss.safeguard.gate_conditions import conditions_of
from remiss.safeguard.gate_thresholds import repeats_of
from remiss.safeguard.suite_assembly import DIFFERING, gate_rows
from tests.simulation.whole_gates import Versions, decided, gates, played, policy, printed, suite, versions

PASS, FAIL = GateVerdict.PASS, GateVerdict.FAIL
MARGIN = {GUARD: 0.05, PRODUCTION: 0.03}
ALONE = {question: policy(**{question: {"margin": margin}}) for question, margin in MARGIN.items()}
BOTH = policy(**{question: {"margin": margin} for question, margin in MARGIN.items()})
WHOLE = policy(**{question: {"margin": margin} for question, margin in MARGIN.items()}, target={}, critical={})
# So many families that a suite passes whoever is no worse in some of the gates, and not in all.
FAMILIES = {1: 900, 5: 700}


@dataclass(frozen=True)
class Played:
    """How many gates are played, how many of them may pass and fail where the version is worse by the margin, and how near to the
    printed power the share of those is that pass where it is not."""

    gates: int
    passing: int
    failing: int
    unchanged_failing: int
    near: float


# Of 500 as an end at 0.025 and one at 0.01 may bring; of fewer what chance allows above them.
LONG = Played(500, passing=22, failing=12, unchanged_failing=5, near=0.05)
SHORT = Played(25, passing=3, failing=2, unchanged_failing=1, near=0.05 + 2.6 * np.sqrt(0.25 / 25))
soak = pytest.mark.soak


def long(*those):
    """Return a form of a test that is played 500 times."""
    return pytest.param(*those, LONG, marks=soak)


@pytest.mark.parametrize(
    ("members", "flicker", "plan"),
    [(5, 0.04, SHORT), *(long(members, flicker) for members in (1, 5) for flicker in (0.0, 0.04))],
)
def test_an_unchanged_model_hardly_fails_and_passes_as_often_as_was_printed(members, flicker, plan):
    rng = np.random.default_rng([2026, members, int(flicker * 100)])
    rows = suite(rng, families=FAMILIES[members], members=members)
    truth = versions(rows, rng, differing=DIFFERING, flicker=flicker)
    power = {question: printed(rows, question, margin) for question, margin in MARGIN.items()}
    for question, asked in ALONE.items():
        verdicts = gates(asked, rows, truth, plan.gates, rng)
        assert verdicts.count(FAIL) <= plan.unchanged_failing
        assert abs(verdicts.count(PASS) / plan.gates - power[question]) <= plan.near
    verdicts = gates(BOTH, rows, truth, plan.gates, rng)
    assert verdicts.count(FAIL) <= plan.unchanged_failing
    # Of two conditions at once no more is printed than what each of them passes.
    least, most = sum(power.values()) - 1, min(power.values())
    assert least - plan.near <= verdicts.count(PASS) / plan.gates <= most + plan.near


@pytest.mark.parametrize(
    ("question", "members", "flicker", "plan"),
    [
        (GUARD, 5, 0.2, SHORT),
        (PRODUCTION, 5, 0.2, SHORT),
        *(long(question, members, flicker) for question in MARGIN for members in (1, 5) for flicker in (0.0, 0.2)),
        *(long("both", members, 0.2) for members in (1, 5)),
    ],
)
def test_a_model_worse_by_the_margin_hardly_passes_and_hardly_fails_for_sure(question, members, flicker, plan):
    rng = np.random.default_rng([2027, members, int(flicker * 100)])
    rows = suite(rng, families=FAMILIES[members], members=members)
    truth = versions(rows, rng, guard=-MARGIN[GUARD], production=-MARGIN[PRODUCTION], differing=0.08, flicker=flicker)
    verdicts = gates(ALONE.get(question, BOTH), rows, truth, plan.gates, rng)
    assert verdicts.count(PASS) <= plan.passing
    assert verdicts.count(FAIL) <= plan.failing


@pytest.mark.parametrize("flicker", [0.02, 0.5])
@pytest.mark.parametrize(
    ("cases", "plan"),
    [
        ((1,), SHORT),
        ((30,), SHORT),
        ((50, 50), SHORT),
        *(pytest.param(n, LONG, marks=soak) for n in ((1,), (30,), (100,), (50, 50))),
    ],
)
def test_critical_cases_that_answer_by_chance_hardly_ever_fail_an_unchanged_model(cases, flicker, plan):
    rng = np.random.default_rng([2028, *cases, int(flicker * 100)])
    asked = policy(critical={})
    by_suite = {name: suite(rng, families=20, critical=critical) for name, critical in zip("ab", cases, strict=False)}
    repeats = dict(zip(by_suite, repeats_of(asked, by_suite.values()), strict=True))
    failed = 0
    for _ in range(plan.gates):
        answered = {}
        for name, rows in by_suite.items():
            never, always = np.zeros(len(rows.every)), np.full(len(rows.every), flicker)
            answered[name] = played(rows, Versions(lost=never, won=never, fails=always), repeats[name], rng)
        failed += decided(asked, answered)[0] is FAIL
    assert failed <= plan.failing


def test_severity_1_is_asked_as_often_as_all_suites_together_demand():
    rng = np.random.default_rng(2029)
    ten = suite(rng, families=20, critical=10)
    [alone], both = repeats_of(policy(), [ten]), repeats_of(policy(), [ten, ten])
    # Ten cases that break by chance in 1 of 4^5 askings each do so in at most 1 of 100 gates; twenty do not.
    assert (max(alone), [max(each) for each in both], min(alone)) == (5, [7, 7], 3)


@pytest.mark.parametrize("plan", [SHORT, long()])
def test_a_gate_that_asks_everything_hardly_fails_an_unchanged_model_whose_cases_flicker(plan):
    rng = np.random.default_rng(2030)
    rows = suite(rng, families=FAMILIES[5], members=5, critical=30)
    truth = versions(rows, rng, flicker=0.2)
    # Of severity 1 one that truly breaks is to fail the gate; here they flicker only.
    truth.lost[rows.critical] = truth.won[rows.critical] = 0
    truth.fails[rows.critical] = rng.uniform(0, 0.5, rows.critical.size)
    verdicts = gates(WHOLE, rows, truth, plan.gates, rng)
    assert verdicts.count(FAIL) <= plan.failing


@pytest.mark.parametrize("copies", [2, 20])
@pytest.mark.parametrize("difference", [0.0, -0.2])
def test_copies_of_cases_change_no_condition(copies, difference):
    rng = np.random.default_rng([2031, int(-difference * 100)])
    rows = suite(rng, families=100, critical=3)
    [repeats] = repeats_of(WHOLE, [rows])
    once = played(rows, versions(rows, rng, guard=difference, production=difference, differing=0.3), repeats, rng)
    every = [replace(row, id=f"{row.id}-{copy}") for row in rows.every for copy in range(copies)]
    again = replace(
        once,
        rows=gate_rows(every, rows.production),
        baseline=copied(once.baseline, copies),
        candidate=copied(once.candidate, copies),
    )
    for one, other in zip(*(conditions_of(WHOLE, {"a": each})[0] for each in (once, again)), strict=True):
        assert (one.name, one.verdict) == (other.name, other.verdict)
        assert other.cases == len(other.evidence) == copies * one.cases
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-9)
        assert one.name == "severity-1" or one.value == pytest.approx(other.value, abs=1e-9)


def copied(answers, copies):
    """Return answers in which each row is so many rows."""
    met = {name: states.repeat(copies, axis=0) for name, states in answers.met.items()}
    return replace(
        answers, passed=answers.passed.repeat(copies, axis=0), met=met, latency_ms=answers.latency_ms.repeat(copies, axis=0)
    )


@pytest.mark.parametrize("plan", [SHORT, long()])
def test_a_few_cases_of_which_there_are_many_copies_make_nothing_sure(plan):
    rng = np.random.default_rng(2032)
    once = suite(rng, families=300)
    # A tenth of the cases stands there thirty times.
    often = {row.family for row in once.every if rng.random() < 0.1}
    every = [replace(row, id=f"{row.id}-{copy}") for row in once.every for copy in range(30 if row.family in often else 1)]
    rows = gate_rows(every, once.production)
    truth = versions(rows, rng, guard=-MARGIN[GUARD], production=-MARGIN[PRODUCTION], differing=0.08, flicker=0.1)
    verdicts = gates(BOTH, rows, truth, plan.gates, rng)
    assert verdicts.count(PASS) <= plan.passing
    assert verdicts.count(FAIL) <= plan.failing
