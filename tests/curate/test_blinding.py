"""Who sees which labellings of a case, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from remiss.curate.blinding import UNDECIDED, BlindedPart, Fact, Viewer, blinded, clauses, history_for, seen, words_without
from remiss.records.case import Revision
from remiss.records.labelling import LabellingKind, Verdict
from remiss.records.states import DECIDED, Status
from tests.curate.standings import labelling

FIRST, SECOND, THIRD = (labelling(person, kind) for person, kind in zip(("ana", "bo", "cy"), LabellingKind, strict=True))
NAMES = ("ana", "bo", "cy", "dee")
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def looking(name, *, operator=False, settles=False, labels=False, verifies=frozenset()):
    """Return somebody who looks."""
    may = {"labels": labels, "verifies": verifies}
    return Viewer(name=name, operator=operator, adjudicates=lambda team: settles, now=lambda: NOW, **may)


def view(name, status, *labellings, operator=False, settles=False, abstentions=()):
    people = frozenset(each.person for each in labellings)
    viewer = looking(name, operator=operator, settles=settles)
    facts = viewer.facts(people, "arrivals", settles=lambda: settles)
    why = {part: blinded(part, status, facts) for part in (BlindedPart.LABELLINGS, BlindedPart.ABSTENTIONS)}
    return seen(labellings, abstentions, name, why)


def test_of_an_annotated_case_its_author_sees_the_annotation_and_nobody_else():
    assert view("ana", Status.ANNOTATED, FIRST).labellings == (FIRST,)
    assert view("ana", Status.ANNOTATED, FIRST).hidden is None
    other = view("bo", Status.ANNOTATED, FIRST, settles=True)
    assert other.labellings == ()
    assert other.hidden == "not visible until a second person has labelled the case independently"


def test_of_a_dispute_both_who_differ_and_who_may_settle_it_see_both():
    for name, settles in (("ana", False), ("bo", False), ("cy", True)):
        assert view(name, Status.DISPUTED, FIRST, SECOND, settles=settles).labellings == (FIRST, SECOND)
    assert view("dee", Status.DISPUTED, FIRST, SECOND).labellings == ()


def test_what_is_decided_everybody_sees():
    for status in DECIDED:
        assert view("dee", status, FIRST, SECOND, THIRD).labellings == (FIRST, SECOND, THIRD)


def test_an_operator_sees_everything():
    assert view("dee", Status.ANNOTATED, FIRST, operator=True).hidden is None


def test_a_case_that_is_begun_anew_hides_what_was_said_before():
    assert view("dee", Status.CANDIDATE, FIRST, SECOND).hidden == "not visible while the case is labelled again"


def test_where_nobody_has_said_anything_nothing_is_hidden():
    assert view("dee", Status.CANDIDATE) is None


@given(st.sampled_from(NAMES), st.sampled_from(Status), st.sets(st.integers(0, 2)), st.booleans())
def test_that_somebody_could_not_tell_changes_nothing_for_others_until_people_are_done_with_the_case(
    name, status, numbers, settles
):
    labellings = [(FIRST, SECOND, THIRD)[number] for number in sorted(numbers)]
    abstained = labelling("eve", verdict=Verdict.CANNOT_TELL)
    found = view(name, status, *labellings, settles=settles, abstentions=(abstained,))
    if status in DECIDED:
        assert abstained in found.labellings
    else:
        assert found == view(name, status, *labellings, settles=settles)
    assert abstained in view("eve", status, *labellings, abstentions=(abstained,)).labellings
    assert abstained in view("eve", status, *labellings, abstentions=(abstained,), operator=True).labellings


@given(st.sampled_from(NAMES), st.sampled_from(Status), st.sets(st.integers(0, 2), min_size=1), st.booleans())
def test_one_s_own_is_never_hidden_and_what_is_hidden_is_said_to_be(name, status, numbers, settles):
    labellings = [(FIRST, SECOND, THIRD)[number] for number in sorted(numbers)]
    found = view(name, status, *labellings, settles=settles)
    assert [each for each in labellings if each.person == name and each not in found.labellings] == []
    assert (found.hidden is None) == (len(found.labellings) == len(labellings))
    if any(each.person != name for each in found.labellings):
        party = settles or name in {each.person for each in labellings}
        assert status in DECIDED or (status is Status.DISPUTED and party)


@given(st.sampled_from(NAMES), st.sampled_from(Status), st.sets(st.sampled_from(NAMES[:3])), st.booleans(), st.booleans())
def test_words_of_labellers_are_withheld_from_whoever_has_not_labelled_and_may_not_see_the_labellings(
    name, status, people, settles, operator
):
    viewer = looking(name, operator=operator, settles=settles)
    found = blinded(BlindedPart.WORDS, status, viewer.facts(frozenset(people), "arrivals", settles=lambda: settles))
    sees = operator or status in DECIDED or name in people or (status is Status.DISPUTED and settles)
    assert (found is None) is sees


def suggested(name, status, *people, in_hand=False, owns=False, team="arrivals", **may):
    """Return why the suggestions of a case of that team are hidden from somebody."""
    viewer = looking(name, **may)
    facts = viewer.facts(frozenset(people), team, held=lambda: in_hand, owns=lambda: owns)
    return blinded(BlindedPart.SUGGESTIONS, status, facts)


VERIFIER = {"labels": True, "verifies": frozenset({"arrivals"})}


def test_why_a_case_was_caught_is_hidden_from_whoever_may_give_its_second_labelling():
    second = "not visible until a second person has labelled the case independently"
    assert suggested("bo", Status.ANNOTATED, "ana", **VERIFIER) == second
    assert suggested("bo", Status.ANNOTATED, "ana", verifies=None) == second
    assert suggested("bo", Status.ANNOTATED, "ana", team="boarding", **VERIFIER) is None
    assert suggested("bo", Status.ANNOTATED, "ana", owns=True, **VERIFIER) is None
    assert suggested("bo", Status.ANNOTATED, "ana", operator=True, **VERIFIER) is None
    assert suggested("dee", Status.ANNOTATED, "ana") is None


def test_whoever_has_a_case_in_hand_labels_it_without_knowing_what_was_suggested():
    mine = "not visible until you have labelled the case, which you have in hand"
    for status in (Status.CANDIDATE, Status.CONTROL, Status.DISPUTED):
        assert suggested("dee", status, in_hand=True, labels=True) == mine
        assert suggested("bo", status, **VERIFIER) is None
    assert suggested("bo", Status.ANNOTATED, "ana", in_hand=True, owns=True, **VERIFIER) is not None


@given(st.sampled_from(Status), st.sets(st.sampled_from(NAMES)), st.booleans(), st.booleans())
def test_who_has_labelled_a_case_knows_why_it_was_caught(status, people, in_hand, owns):
    for name in people:
        assert suggested(name, status, *people, in_hand=in_hand, owns=owns, **VERIFIER) is None


def test_of_the_history_nothing_is_told_from_before_an_annotation_whose_suggestions_are_hidden():
    states = (Status.CANDIDATE, Status.CANDIDATE, Status.ANNOTATED, Status.ANNOTATED)
    history = [state(number, status) for number, status in enumerate(states, 1)]
    found = history_for(history, "bo", names=False, hidden="why")
    assert [(each.revision, each.mode, each.severity, each.hidden) for each in found] == [
        (3, None, None, "why"),
        (4, None, None, "why"),
    ]
    assert history_for(history, "bo", names=False, hidden=None) == tuple(replace(each, actor="(hidden)") for each in history)
    undecided = history_for(history[:2], "bo", names=False, hidden="why")
    assert [(each.revision, each.severity) for each in undecided] == [(1, None), (2, None)]


def state(number, status):
    """Return a state of a case that ana wrote."""
    return Revision(
        revision=number,
        position_from=number,
        position_to=None,
        at=NOW,
        actor="ana",
        action="case.annotate",
        status=status,
        mode="remiss:system/latency",
        severity=3,
        title=None,
        note=None,
    )


def test_title_and_note_are_told_as_they_were_before_those_changed_them_whose_words_are_withheld():
    history = [
        said(1, "ana", "case.file", "filed", None),
        said(2, "ana", "case.revise", "surely", "no doubt"),
        said(3, "bo", "case.revise", "surely", "no doubt, says bo"),
        said(4, "bo", "case.revise", "late", "no doubt, says bo"),
    ]
    found = words_without(history, frozenset({"ana"}))
    assert [(each.actor, each.title, each.note) for each in found] == [
        ("ana", "filed", None),
        ("(hidden)", "filed", None),
        ("bo", "filed", "no doubt, says bo"),
        ("bo", "late", "no doubt, says bo"),
    ]
    assert words_without(history, frozenset()) == tuple(history)


def said(number, actor, action, title, note):
    """Return a state of a candidate with what somebody said in it."""
    return replace(state(number, Status.CANDIDATE), actor=actor, action=action, title=title, note=note)


def test_of_each_part_the_rule_says_in_which_states_for_whom_and_until_when():
    for part in BlindedPart:
        assert clauses(part)
        for each in clauses(part):
            assert each.until.startswith("not visible ")
            assert not each.holds & each.lacks
            # Nothing is blinded for who has labelled a case but what others found, and nothing at all for the operator.
            assert part is BlindedPart.ORIGIN or Fact.OPERATOR in each.lacks
            assert part in {BlindedPart.ORIGIN, BlindedPart.LABELLINGS, BlindedPart.ABSTENTIONS} or Fact.LABELLED in each.lacks
    assert {state for each in clauses(BlindedPart.WORDS) for state in each.states} == UNDECIDED


@given(st.sampled_from(BlindedPart), st.sampled_from(Status))
def test_what_has_to_be_looked_up_is_asked_only_where_it_matters(part, status):
    asked = []

    def fact(of):
        return lambda: asked.append(of) or of is Fact.OPERATOR

    blinded(part, status, {each: fact(each) for each in Fact})
    assert set(asked) <= {Fact.OPERATOR}
