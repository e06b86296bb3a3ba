"""What labelling does to a case in each state, and by whom."""

from __future__ import annotations

import pytest

from remiss.curate import steps
from remiss.curate.guidelines import Owners
from remiss.curate.steps import Verdicts
from remiss.errors import Conflict, Denied
from remiss.records.labelling import LabellingKind, Link, Relation, Verdict
from remiss.records.states import DECIDED, Status
from tests.curate.standings import MONDAY, NOISE, WEAK, labelling, made, state

NOBODY: Owners = {}
FIRST = labelling("ana")
SECOND = labelling("bo", LabellingKind.VERIFICATION, mode=NOISE)
ANNOTATED = state(Status.ANNOTATED, FIRST)
DISPUTED = state(Status.DISPUTED, FIRST, SECOND)
LABELLED = [status for status in Status if status not in {Status.CANDIDATE, Status.CONTROL}]


def in_state(status: Status):
    return {Status.ANNOTATED: ANNOTATED, Status.DISPUTED: DISPUTED}.get(status) or state(status, FIRST)


def test_annotating_a_candidate_changes_nothing_that_others_see_but_its_status():
    step = steps.annotation(state(), "ana", 0.5)(made())
    assert (step.status, step.mode, step.severity, step.decided) == (Status.ANNOTATED, "remiss:system/latency", 3, None)
    assert (step.round, step.attempt, step.supersedes) == (1, 1, None)


def test_who_annotated_may_do_it_again():
    step = steps.annotation(ANNOTATED, "ana", 0.5)(made(mode=NOISE))
    assert (step.status, step.attempt, step.supersedes) == (Status.ANNOTATED, 2, "redone")


def test_nobody_else_annotates_an_annotated_case():
    with pytest.raises(Conflict, match="annotated already"):
        steps.annotation(ANNOTATED, "bo", 0.5)


@pytest.mark.parametrize("status", [status for status in LABELLED if status is not Status.ANNOTATED])
def test_nobody_annotates_what_two_have_labelled_or_one_has_cleared(status):
    with pytest.raises(Conflict, match=f"is {status.value}, and cannot be annotated in this state"):
        steps.annotation(in_state(status), "ana", 0.5)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ANNOTATED])
def test_nobody_verifies_what_is_not_annotated(status):
    with pytest.raises(Conflict):
        steps.verification(in_state(status), "cy", NOBODY)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DISPUTED])
def test_nobody_adjudicates_without_a_dispute(status):
    with pytest.raises(Conflict):
        steps.adjudication(in_state(status), "cy", NOBODY)


@pytest.mark.parametrize("name", ["Ana", "ANA", "\uff41na"])
def test_nobody_verifies_or_settles_under_their_name_in_other_letters(name):
    with pytest.raises(Denied, match="has labelled case"):
        steps.verification(ANNOTATED, name, NOBODY)
    with pytest.raises(Denied, match="has labelled case"):
        steps.adjudication(DISPUTED, name, NOBODY)


def test_nobody_verifies_their_own_annotation():
    with pytest.raises(Denied, match="ana has labelled"):
        steps.verification(ANNOTATED, "ana", NOBODY)


def test_an_owner_of_the_model_judges_none_of_its_cases():
    for step, of in ((steps.verification, ANNOTATED), (steps.adjudication, DISPUTED)):
        with pytest.raises(Denied, match="owns the model arrival-delay, by protocol delays@2 of team arrivals,"):
            step(of, "Cy", {"cy": ("delays@2 of team arrivals",)})


@pytest.mark.parametrize("person", ["ana", "bo"])
def test_neither_of_two_who_differ_settles_it(person):
    with pytest.raises(Denied):
        steps.adjudication(DISPUTED, person, NOBODY)


def test_two_who_agree_verify_a_case_and_the_graver_severity_counts():
    step = steps.verification(ANNOTATED, "bo", NOBODY)(made(severity=3))
    assert (step.status, step.mode, step.severity) == (Status.VERIFIED, WEAK, 2)


def test_two_who_agree_that_it_is_none_reject_a_case_and_it_has_neither_mode_nor_severity():
    annotated = state(Status.ANNOTATED, labelling("ana", verdict=Verdict.WRONG_LABEL))
    step = steps.verification(annotated, "bo", NOBODY)(made(Verdict.WRONG_LABEL))
    assert (step.status, step.mode, step.severity) == (Status.REJECTED, None, None)
    assert step.decided == Verdicts(verdict=Verdict.WRONG_LABEL)


def test_two_who_differ_leave_a_case_as_suggested():
    step = steps.verification(ANNOTATED, "bo", NOBODY)(made(mode=NOISE))
    assert (step.status, step.mode, step.severity, step.decided) == (Status.DISPUTED, "remiss:system/latency", 3, None)


def test_a_third_person_decides_alone():
    step = steps.adjudication(DISPUTED, "cy", NOBODY)(made(mode=NOISE, severity=4))
    assert (step.status, step.mode, step.severity) == (Status.VERIFIED, NOISE, 4)
    assert steps.adjudication(DISPUTED, "cy", NOBODY)(made(Verdict.NOT_A_FAILURE)).status is Status.REJECTED


def test_a_control_is_cleared_or_turns_out_to_be_a_failure_that_was_missed():
    control = state(Status.CONTROL, origin="control", suggested=(None, None))
    cleared = steps.annotation(control, "ana", 0.5)(made(Verdict.NOT_A_FAILURE))
    assert (cleared.status, cleared.origin, cleared.decided) == (
        Status.CLEARED,
        "control",
        Verdicts(verdict=Verdict.NOT_A_FAILURE),
    )
    missed = steps.annotation(control, "ana", 0.5)(made())
    assert (missed.status, missed.origin, missed.decided) == (Status.ANNOTATED, "missed", None)


def test_a_control_that_is_checked_is_cleared_by_two():
    control = state(Status.CONTROL, origin="control", suggested=(None, None), checked_share=0.6)
    first = steps.annotation(control, "ana", 0.5)(made(Verdict.NOT_A_FAILURE))
    # As a candidate that is none would be: the second person is not told that it was a control.
    assert (first.status, first.origin, first.decided) == (Status.ANNOTATED, "control", None)
    none = labelling("ana", verdict=Verdict.NOT_A_FAILURE)
    annotated = state(Status.ANNOTATED, none, origin="control", suggested=(None, None), checked_share=0.6)
    cleared = steps.verification(annotated, "bo", NOBODY)(made(Verdict.NOT_A_FAILURE))
    assert (cleared.status, cleared.origin, cleared.mode) == (Status.CLEARED, "control", None)
    disputed = steps.verification(annotated, "bo", NOBODY)(made())
    assert (disputed.status, disputed.origin) == (Status.DISPUTED, "control")
    second = labelling("bo", LabellingKind.VERIFICATION)
    differing = state(Status.DISPUTED, none, second, origin="control", suggested=(None, None))
    settled = steps.adjudication(differing, "cy", NOBODY)(made())
    assert (settled.status, settled.origin) == (Status.VERIFIED, "missed")


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.REJECTED, Status.RESOLVED, Status.CLEARED])
def test_reopening_a_decided_case_takes_it_back_to_what_was_suggested(status):
    step = steps.reopening(state(status, FIRST))
    assert (step.status, step.mode, step.severity) == (Status.CANDIDATE, "remiss:system/latency", 3)
    assert (step.round, step.supersedes) == (2, "reopened")


@pytest.mark.parametrize("status", [status for status in Status if status not in DECIDED] + [Status.REGRESSED])
def test_nothing_else_is_reopened(status):
    with pytest.raises(Conflict):
        steps.reopening(in_state(status))


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.REJECTED, Status.RESOLVED, Status.CLEARED])
def test_a_decided_case_whose_event_changed_is_annotated_anew_by_anybody(status):
    step = steps.annotation(state(status, FIRST, SECOND, stale=True), "cy", 0.5)(made())
    assert (step.status, step.round, step.attempt, step.supersedes) == (Status.ANNOTATED, 2, 1, "stale")


def test_an_annotation_of_an_event_that_changed_gives_way_to_anybody_s_and_is_not_verified():
    stale = state(Status.ANNOTATED, FIRST, stale=True)
    step = steps.annotation(stale, "bo", 0.5)(made())
    assert (step.status, step.round, step.attempt, step.supersedes) == (Status.ANNOTATED, 1, 2, "stale")
    with pytest.raises(Conflict, match="has changed since it was annotated"):
        steps.verification(stale, "bo", NOBODY)


def test_what_takes_another_case_s_verdict_is_not_labelled():
    link = Link(relation=Relation.ALIKE, case="zzzz-zzzz-zzzz", outgoing=True, person="cy", at=MONDAY)
    with pytest.raises(Conflict, match="takes the verdict of zzzz-zzzz-zzzz"):
        steps.annotation(state(link=link), "ana", 0.5)
