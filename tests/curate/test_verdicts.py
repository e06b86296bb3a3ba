"""When two people agree, and what follows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from remiss.curate.steps import Verdicts, agree, settled, together, verified
from remiss.records.labelling import Verdict
from remiss.records.states import Move
from tests.curate.standings import NOISE, WEAK


def failure(severity: int, mode: str = WEAK) -> Verdicts:
    return Verdicts(verdict=Verdict.FAILURE, mode=mode, severity=severity)


OTHERS = [Verdicts(verdict=verdict) for verdict in (Verdict.NOT_A_FAILURE, Verdict.WRONG_LABEL)]
OTHERS += [Verdicts(verdict=Verdict.SAME_EVENT, target=target) for target in ("a", "b")]
SAID = st.sampled_from([*OTHERS, *(failure(grade, mode) for grade in (1, 2, 3, 4) for mode in (WEAK, NOISE))])


def test_severities_one_grade_apart_go_together_and_the_graver_counts():
    for first, second in ((2, 3), (3, 2), (3, 4), (4, 3), (2, 2), (1, 1)):
        assert verified(failure(first), failure(second)) is Move.CONFIRM
        assert together(failure(first), failure(second)) == failure(min(first, second))


def test_severities_two_grades_apart_are_a_dispute():
    assert verified(failure(2), failure(4)) is verified(failure(4), failure(2)) is Move.DIFFER


def test_critical_against_any_other_grade_is_a_dispute():
    for grade in (2, 3, 4):
        assert verified(failure(1), failure(grade)) is verified(failure(grade), failure(1)) is Move.DIFFER


def test_another_primary_mode_is_a_dispute():
    assert verified(failure(2), failure(2, NOISE)) is Move.DIFFER


def test_the_same_verdict_that_is_no_failure_rejects():
    for said in OTHERS:
        assert verified(said, said) is Move.REFUTE
        assert together(said, said) == said


def test_the_same_event_as_two_different_cases_is_a_dispute():
    assert verified(OTHERS[2], OTHERS[3]) is Move.DIFFER


def test_a_third_person_s_verdict_settles_a_dispute():
    assert settled(failure(4)) is Move.UPHOLD
    assert {settled(said) for said in OTHERS} == {Move.DISMISS}


@given(SAID, SAID)
def test_it_does_not_matter_who_was_first(first, second):
    assert agree(first, second) == agree(second, first)
    assert verified(first, second) is verified(second, first)
    if agree(first, second):
        assert together(first, second) == together(second, first)


@given(SAID)
def test_everybody_agrees_with_themselves(said):
    assert agree(said, said)
