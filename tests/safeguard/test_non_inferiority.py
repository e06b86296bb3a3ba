"""Strata, families and the verdict of a condition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.records.gate import GateVerdict, overall
from remiss.safeguard.gate_conditions import inferiority_words
from remiss.safeguard.gate_thresholds import CriticalCase, critical_verdict, repeats_needed
from remiss.safeguard.non_inferiority import PairedCases, judge, strata_of, weight_strata
from remiss.safeguard.power import play, times_needed


def cases_of(lost, won, same, *, weight=1.0, copies=1):
    baseline = np.array([True] * lost + [False] * won + [True] * same)
    candidate = np.array([False] * lost + [True] * won + [True] * same)
    size = baseline.size
    return PairedCases(
        baseline=np.repeat(baseline, copies),
        candidate=np.repeat(candidate, copies),
        weight=np.full(size * copies, float(weight)),
        role=np.zeros(size * copies, dtype=np.intp),
        family=np.repeat(np.arange(size), copies),
    )


weights = st.lists(st.tuples(st.floats(1, 5000), st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=40)


@given(weights)
def test_a_stratum_has_one_role_of_leaders_and_whole_families(drawn):
    weight, role, family = (np.array(column) for column in zip(*drawn, strict=True))
    stratum = weight_strata(weight.astype(float), role, family)
    leaders = {}
    for at in np.argsort(-weight, kind="stable"):
        leaders.setdefault(family[at], at)
    for each in np.unique(family):
        assert len(set(stratum[family == each])) == 1
    for each in np.unique(stratum):
        heads = [at for at in leaders.values() if stratum[at] == each]
        assert len({role[at] for at in heads}) == 1
        assert max(weight[heads]) <= 4 * min(weight[heads]) * (1 + 1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 100), st.integers(1, 6), st.floats(0.1, 100))
def test_copies_and_the_unit_of_weights_change_nothing(lost, won, same, copies, weight):
    once, again = (
        judge([(strata_of(cases_of(lost, won, same)), 0.03)]),
        judge([(strata_of(cases_of(lost, won, same, copies=copies, weight=weight)), 0.03)]),
    )
    assert again[0].verdict is once[0].verdict
    assert (again[0].low, again[0].high) == pytest.approx((once[0].low, once[0].high), abs=1e-9)


def test_strata_stand_for_production_and_not_for_how_many_were_kept():
    # Ten of role 0 stand for 990 events, all lost; ten of role 1 for 10, all kept.
    cases = PairedCases(
        baseline=np.ones(20, dtype=bool),
        candidate=np.repeat([False, True], 10),
        weight=np.ones(20),
        role=np.repeat([0, 1], 10),
        family=np.arange(20),
    )
    assert judge([(strata_of(cases, np.array([990.0, 10.0])), 0.02)])[0].difference == pytest.approx(-0.99)
    assert judge([(strata_of(cases), 0.02)])[0].difference == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("lost", "won", "same", "verdict", "within"),
    [
        (0, 0, 1000, GateVerdict.PASS, False),
        (0, 0, 50, GateVerdict.INCONCLUSIVE, False),
        (9, 0, 1991, GateVerdict.PASS, True),
        (60, 0, 940, GateVerdict.FAIL, False),
        (25, 10, 965, GateVerdict.INCONCLUSIVE, False),
    ],
)
def test_a_condition_passes_fails_or_says_that_it_does_not_know(lost, won, same, verdict, within):
    (answer,) = judge([(strata_of(cases_of(lost, won, same)), 0.02)])
    assert (answer.verdict, answer.worse_within_margin) == (verdict, within)
    assert answer.low < answer.difference < answer.high


def test_more_conditions_make_each_harder_to_fail():
    failing, harmless = strata_of(cases_of(38, 4, 958)), strata_of(cases_of(0, 0, 1000))
    alone = judge([(failing, 0.015)])[0]
    among = judge([(failing, 0.015), *[(harmless, 0.02)] * 3])[0]
    assert among.chance == pytest.approx(4 * alone.chance)


@pytest.mark.parametrize("margin", [0.0, -0.1, 1.0])
def test_a_margin_that_is_none_is_refused(margin):
    with pytest.raises(ValueError, match="margin"):
        judge([(strata_of(cases_of(0, 0, 10)), margin)])


def test_a_critical_case_fails_the_gate_only_when_it_broke_for_sure():
    def verdict(*passes, repeats=7, without_ground=1.0):
        cases = [CriticalCase(case=0, baseline=b, candidate=c, failed=repeats - c, repeats=repeats) for b, c in passes]
        return critical_verdict(cases, without_ground=without_ground)

    assert verdict((7, 7), (7, 4)) is GateVerdict.PASS
    assert verdict((7, 7), (7, 3)) is GateVerdict.INCONCLUSIVE
    assert verdict((7, 3), (7, 0)) is GateVerdict.FAIL
    assert verdict((6, 0), (7, 7)) is GateVerdict.PASS
    assert verdict((6, 0), (7, 7), without_ground=0.4) is GateVerdict.INCONCLUSIVE
    assert overall([GateVerdict.FAIL, GateVerdict.INCONCLUSIVE]) is GateVerdict.FAIL


@given(st.integers(1, 100_000))
def test_repeats_are_the_least_odd_number_that_holds(cases):
    repeats = repeats_needed(cases)
    assert repeats % 2 == 1
    assert cases * 4.0**-repeats <= 0.01
    assert repeats == 1 or cases * 4.0 ** -(repeats - 2) > 0.01


def test_a_small_suite_says_how_many_times_as_many_cases_it_needs():
    small = cases_of(0, 0, 100)
    assert not play(small, 0.02).can_pass
    times = times_needed(small, 0.02)
    assert times is not None
    assert play(cases_of(0, 0, 100 * times), 0.02, gates=400, seed=1).passed > 0.4
    assert play(cases_of(0, 0, 100 * max(1, times // 2)), 0.02, gates=400, seed=1).passed < 0.5
    assert times_needed(cases_of(0, 0, 2), 0.0001) is None


def test_of_an_interval_beyond_the_margin_it_is_not_said_that_nothing_can_be_told():
    # Of 200 cases so many got worse, and one better.
    found = {lost: judge([(strata_of(cases_of(lost, 1, 199 - lost)), 0.02)])[0] for lost in range(2, 30)}
    beyond = [each for each in found.values() if each.verdict is GateVerdict.INCONCLUSIVE and each.high < -0.02]
    assert beyond
    said = "the 95 % interval lies beyond the margin, the test at 1 % does not decide"
    assert {inferiority_words(each) for each in beyond} == {said}
    others = {each.verdict: inferiority_words(each) for each in found.values() if each not in beyond}
    assert others[GateVerdict.INCONCLUSIVE] == "it cannot be told whether it is worse by more than the margin"
    assert others[GateVerdict.FAIL] == "worse by more than the margin"
