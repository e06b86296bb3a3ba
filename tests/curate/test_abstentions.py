"""What follows where people cannot tell what a case is."""

from __future__ import annotations

import pytest

from remiss.curate import steps
from remiss.curate.abstentions import cannot_tell
from remiss.curate.guidelines import Owners
from remiss.errors import Conflict, Denied
from remiss.records.labelling import LabellingKind, Link, Relation, Verdict
from remiss.records.states import MOVES, Move, Status
from tests.curate.standings import MONDAY, NOISE, labelling, state

NOBODY: Owners = {}
ANNOTATION, VERIFICATION, ADJUDICATION = LabellingKind
FIRST = labelling("ana")
SECOND = labelling("bo", VERIFICATION, mode=NOISE)
GIVEN = {
    ANNOTATION: (Status.CANDIDATE, ()),
    VERIFICATION: (Status.ANNOTATED, (FIRST,)),
    ADJUDICATION: (Status.DISPUTED, (FIRST, SECOND)),
}


def abstained(person, kind):
    return labelling(person, kind, verdict=Verdict.CANNOT_TELL)


def due(kind, *abstentions, **other):
    status, labellings = GIVEN[kind]
    return state(status, *labellings, abstentions=abstentions, **other)


@pytest.mark.parametrize("kind", LabellingKind)
def test_one_who_cannot_tell_leaves_a_case_as_it_is_and_by_a_second_it_is_undecidable(kind):
    assert cannot_tell(due(kind), kind, "cy", NOBODY) is None
    step = cannot_tell(due(kind, abstained("cy", kind)), kind, "dee", NOBODY)
    assert (step.status, step.mode, step.severity) == (Status.UNDECIDABLE, "remiss:system/latency", 3)
    assert (step.supersedes, step.decided) == (None, None)


@pytest.mark.parametrize("kind", LabellingKind)
@pytest.mark.parametrize("name", ["cy", "Cy", "CY"])
def test_nobody_is_two_people(kind, name):
    assert cannot_tell(due(kind, abstained("cy", kind)), kind, name, NOBODY) is None


def test_of_those_who_look_at_what_is_annotated_verifier_and_adjudicator_are_two():
    step = cannot_tell(due(ADJUDICATION, abstained("cy", VERIFICATION)), ADJUDICATION, "dee", NOBODY)
    assert step.status is Status.UNDECIDABLE
    # Who could not annotate is not one of them: somebody else could.
    assert cannot_tell(due(VERIFICATION, abstained("cy", ANNOTATION)), VERIFICATION, "dee", NOBODY) is None


def test_a_control_that_two_cannot_tell_stays_what_it_was():
    control = state(Status.CONTROL, origin="control", suggested=(None, None), abstentions=(abstained("cy", ANNOTATION),))
    step = cannot_tell(control, ANNOTATION, "dee", NOBODY)
    assert (step.status, step.origin, step.mode, step.severity) == (Status.UNDECIDABLE, "control", None, None)


def test_an_event_that_changed_is_begun_anew_by_who_cannot_tell_too():
    rejected = state(Status.REJECTED, FIRST, SECOND, stale=True, abstentions=(abstained("cy", ANNOTATION),))
    assert cannot_tell(rejected, ANNOTATION, "cy", NOBODY) is None
    step = cannot_tell(rejected, ANNOTATION, "dee", NOBODY)
    assert (step.status, step.supersedes) == (Status.UNDECIDABLE, "stale")


def test_who_annotated_a_case_does_not_take_that_back_by_not_telling():
    with pytest.raises(Conflict, match="you have annotated"):
        cannot_tell(due(VERIFICATION), ANNOTATION, "Ana", NOBODY)
    with pytest.raises(Conflict, match="annotated already"):
        cannot_tell(due(VERIFICATION), ANNOTATION, "bo", NOBODY)


@pytest.mark.parametrize("kind", LabellingKind)
@pytest.mark.parametrize("status", Status)
def test_nobody_abstains_where_nothing_of_that_kind_is_due(kind, status):
    due_of = {ANNOTATION: {Status.CANDIDATE, Status.CONTROL}, VERIFICATION: {Status.ANNOTATED}, ADJUDICATION: {Status.DISPUTED}}
    if status in due_of[kind]:
        return
    with pytest.raises(Conflict):
        cannot_tell(state(status, FIRST), kind, "cy", NOBODY)


def test_who_may_not_label_a_case_may_not_abstain_from_it_either():
    for kind, person in ((VERIFICATION, "ana"), (ADJUDICATION, "bo")):
        with pytest.raises(Denied, match="has labelled"):
            cannot_tell(due(kind), kind, person, NOBODY)
    with pytest.raises(Denied, match="owns the model"):
        cannot_tell(due(VERIFICATION), VERIFICATION, "cy", {"cy": ("delays@2 of team arrivals",)})
    link = Link(relation=Relation.ALIKE, case="9tvx-2c00-0000", outgoing=True, person="ana", at=MONDAY)
    with pytest.raises(Conflict, match="takes the verdict"):
        cannot_tell(due(ANNOTATION, link=link), ANNOTATION, "cy", NOBODY)


def test_wherever_something_is_due_one_may_abstain_twice_and_reopening_begins_anew():
    for status in (Status.CANDIDATE, Status.CONTROL, Status.ANNOTATED, Status.DISPUTED):
        assert MOVES[status, Move.CANNOT_TELL] is status
        assert MOVES[status, Move.CANNOT_TELL_EITHER] is Status.UNDECIDABLE
    assert {move for status, move in MOVES if status is Status.UNDECIDABLE} == {Move.REOPEN}
    assert steps.reopening(state(Status.UNDECIDABLE)).status is Status.CANDIDATE


def test_of_what_is_undecidable_there_is_no_verdict():
    given = {ANNOTATION: Verdict.FAILURE, VERIFICATION: Verdict.NOT_A_FAILURE}
    assert steps.conclusion(Status.UNDECIDABLE, given) is None
