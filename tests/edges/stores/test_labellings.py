"""Labelling on each database: what is kept of it, who may do it, and that a second person does not see the first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from remiss.catalog import actions
from remiss.codec import to_json
from remiss.curate import labelling_actions as curate
from remiss.curate import linking_actions as linking
from remiss.edges.stores.labelling.uncased_events import offer
from remiss.edges.stores.tables import events
from remiss.errors import Conflict, Denied, InputError, LabellingError, NotFound, Precondition
from remiss.govern import audit_actions as audit
from remiss.govern import people_actions as people
from remiss.govern.authority import Granted, LocalOwner, actor_of
from remiss.govern.ports.actor import Actor
from remiss.records.case import Filing, Sensitivity
from remiss.records.identity import canonical, case_id
from remiss.records.labelling import Impact, Judgement, LabellingKind, Quote, Relation, Reproduced, Verdict
from remiss.records.person import Grant, Person
from remiss.records.states import Status
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import MONDAY, WEEK, drawn, file, member
from tests.protocol.documents import WHOLE, protocol_of

CASE = case_id("arrivals", "e1")
OTHER = case_id("arrivals", "e2")
FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="feeder airports")
NO = Judgement(verdict=Verdict.NOT_A_FAILURE)


@pytest.fixture
def ana(ws, ws_as):
    file(ws, drawn([member(1, met=["slow"]), member(2, met=["missed"])]), run="run-a0000000")
    return ws_as("ana", role="verifier")


@pytest.fixture
def bo(ana, ws_as):
    return ws_as("bo", role="verifier")


@pytest.fixture
def cy(ana, ws_as):
    return ws_as("cy", role="curator")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_annotation_is_kept_whole(ana):
    given = replace(
        FAILS,
        modes=(NOISE,),
        impact=Impact(low=1, high=2.5, unit="hours"),
        rationale=" mail ana@example.org ",
        quotes=("flight 1", "UA"),
    )
    case = curate.annotate(ana, CASE, 1, given)
    assert (case.status, case.revision) == (Status.ANNOTATED, 2)
    (kept,) = case.labelling.labellings
    assert (kept.kind, kept.person, kept.round, kept.attempt) == (LabellingKind.ANNOTATION, "ana", 1, 1)
    assert (kept.verdict, kept.mode, kept.modes, kept.answers) == (Verdict.FAILURE, WEAK, (NOISE,), ANSWERS)
    assert (kept.severity, kept.impact) == (2, given.impact)
    assert kept.severity_reason.startswith("7 points")
    assert kept.quotes == (Quote(field="text", text="flight 1"), Quote(field="inputs.carrier", text="UA"))
    assert "ana@" not in kept.rationale
    assert kept.position == case_position(ana)
    assert actions.show(ana, CASE) == case


def case_position(ws):
    return actions.history(ws, CASE)[-1].position_from


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_annotation_changes_nothing_that_others_can_search_by_but_the_status(ana, bo, ws_as):
    dee = ws_as("dee", role="reader")
    before = actions.show(dee, CASE)
    curate.annotate(ana, CASE, 1, FAILS)
    after = actions.show(dee, CASE)
    assert (after.mode, after.severity) == (before.mode, before.severity)
    assert len(actions.search(bo, f"mode:{WEAK}")) == 0
    assert actions.search(bo, "status:annotated").column("id") == (CASE,)
    assert len(actions.search(bo, '"feeder airports"')) == 0


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_second_person_does_not_see_the_first_labelling_before_their_own_is_in(ana, bo):
    curate.annotate(ana, CASE, 1, FAILS)
    seen = actions.show(bo, CASE)
    assert seen.labelling.labellings == ()
    assert "second person" in seen.labelling.hidden
    assert "feeder" not in canonical(to_json(seen)).decode()
    own = curate.verify(bo, CASE, 2, replace(FAILS, reproduced=Reproduced.YES))
    assert [each.person for each in own.labelling.labellings] == ["ana", "bo"]
    assert own.labelling.labellings[1].reproduced is Reproduced.YES


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_author_sees_their_own_and_the_operator_everything(ws, ana):
    curate.annotate(ana, CASE, 1, FAILS)
    assert actions.show(ana, CASE).labelling.labellings == actions.show(ws, CASE).labelling.labellings != ()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_annotation_may_be_redone_until_there_is_a_second(ana, bo):
    curate.annotate(ana, CASE, 1, NO)
    case = curate.annotate(ana, CASE, 2, FAILS)
    assert [(each.verdict, each.attempt) for each in case.labelling.labellings] == [(Verdict.FAILURE, 2)]
    curate.verify(bo, CASE, 3, FAILS)
    with pytest.raises(Conflict):
        curate.annotate(ana, CASE, 4, NO)


def test_two_who_agree_verify_a_case_with_the_graver_severity(ana, bo):
    curate.annotate(ana, CASE, 1, FAILS)
    milder = {**ANSWERS, "detection": "at-once"}
    case = curate.verify(bo, CASE, 2, replace(FAILS, answers=milder))
    assert [each.severity for each in case.labelling.labellings] == [2, 3]
    assert (case.status, case.mode, case.severity) == (Status.VERIFIED, WEAK, 2)
    assert actions.search(ana, f"status:verified mode:{WEAK} severity:2").column("id") == (CASE,)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_two_who_agree_that_it_is_none_reject_a_case(ana, bo):
    curate.annotate(ana, CASE, 1, NO)
    case = curate.verify(bo, CASE, 2, NO)
    assert (case.status, case.mode, case.severity) == (Status.REJECTED, None, None)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_dispute_is_settled_by_a_third_who_sees_both(ana, bo, cy):
    curate.annotate(ana, CASE, 1, FAILS)
    disputed = curate.verify(bo, CASE, 2, NO)
    assert disputed.status is Status.DISPUTED
    assert len(actions.show(cy, CASE).labelling.labellings) == 2
    with pytest.raises(Denied):
        curate.adjudicate(bo, CASE, 3, replace(NO, rationale="mine"))
    with pytest.raises(LabellingError, match="no rationale"):
        curate.adjudicate(cy, CASE, 3, NO)
    case = curate.adjudicate(cy, CASE, 3, replace(FAILS, rationale="it is one"))
    assert (case.status, case.mode, len(case.labelling.labellings)) == (Status.VERIFIED, WEAK, 3)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_may_not_settle_a_dispute_sees_neither_side_of_it(ws_as, ana, bo):
    curate.annotate(ana, CASE, 1, FAILS)
    curate.verify(bo, CASE, 2, NO)
    assert actions.show(ws_as("dee", role="annotator"), CASE).labelling.labellings == ()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_verifies_their_own_annotation(ana):
    curate.annotate(ana, CASE, 1, FAILS)
    with pytest.raises(Denied):
        curate.verify(ana, CASE, 2, FAILS)
    assert actions.show(ana, CASE).status is Status.ANNOTATED


@unlisted("test.keep")
def keep(ws, document):
    ws.protocols.save(document)


OWN_TEAM = WHOLE.replace("team: arrivals", "team: default")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_owner_of_the_model_judges_none_of_its_cases(ws, ana, bo, cy):
    keep(ws, protocol_of(OWN_TEAM))
    curate.annotate(bo, CASE, 1, FAILS)
    with pytest.raises(Denied, match="owns the model"):
        curate.verify(ana, CASE, 2, FAILS)
    curate.verify(cy, CASE, 2, replace(NO, rationale="none"))
    with pytest.raises(Denied, match="owns the model"):
        curate.adjudicate(ana, CASE, 3, replace(FAILS, rationale="it is one"))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_is_barred_as_an_owner_and_who_audits_their_team_are_told_by_which_protocol(ws, ws_as, ana, bo):
    people.add_person(ws, "ana", about="Ana Lima")
    keep(ws, protocol_of(OWN_TEAM))
    named = "arrival-delay@3 of team default"
    curate.annotate(bo, CASE, 1, FAILS)
    told = f"ana owns the model arrival-delay, by protocol {named}, and owners do not judge its cases"
    assert curate.form(ana, CASE).obstacle == told
    with pytest.raises(Denied, match=f"by protocol {named},"):
        curate.verify(ana, CASE, 2, FAILS)
    (refused,) = audit.search_audit(ws_as("sam", role="steward"), kind="refused")
    assert (refused["actor"], refused["action"], refused["subject"], refused["purpose"]) == ("ana", "case.verify", CASE, named)
    # Who named them is in the journal, under the name of whom they named.
    found = audit.search_audit(ws, subject="ana", log="journal", action="test.keep")
    assert [(line["actor"], line["subject"]) for line in found] == [(ws.actor.name, "arrival-delay@3, ana")]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_labelling_of_another_revision_is_refused(ana, bo):
    curate.annotate(ana, CASE, 1, FAILS)
    for revision in (1, 7):
        with pytest.raises(InputError) as caught:
            curate.verify(bo, CASE, revision, FAILS)
        assert isinstance(caught.value, Precondition) == (revision == 1)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_same_event_names_another_case_by_any_beginning_and_links_it_once_decided(ana, bo):
    same = Judgement(verdict=Verdict.SAME_EVENT, target=OTHER[:7])
    with pytest.raises(LabellingError, match="same event as itself"):
        curate.annotate(ana, CASE, 1, replace(same, target=CASE))
    with pytest.raises(NotFound):
        curate.annotate(ana, CASE, 1, replace(same, target="zzzz-zzzz-zzzz"))
    curate.annotate(ana, CASE, 1, same)
    case = curate.verify(bo, CASE, 2, replace(same, target=OTHER))
    assert (case.status, case.labelling.labellings[0].target) == (Status.REJECTED, OTHER)
    assert [(each.relation, each.case, each.outgoing) for each in case.links] == [(Relation.SAME_EVENT, OTHER, True)]
    assert [each.outgoing for each in actions.show(ana, OTHER).links] == [False]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_decided_case_is_reopened_with_a_reason_and_what_was_said_stays(ana, bo, cy):
    curate.annotate(ana, CASE, 1, FAILS)
    before = curate.verify(bo, CASE, 2, FAILS)
    with pytest.raises(InputError, match="no reason"):
        curate.reopen(cy, CASE, 3, " ")
    case = curate.reopen(cy, CASE, 3, "the label was corrected")
    assert (case.status, case.labelling, case.severity, case.mode) == (Status.CANDIDATE, None, 3, None)
    # What was visible is not visible while the case is labelled again, also as of then.
    then = actions.show(cy, CASE, as_of=case_position(cy) - 1)
    assert (then.status, then.labelling.labellings) == (before.status, ())
    again = curate.annotate(cy, CASE, 4, NO)
    assert [(each.person, each.round, each.attempt) for each in again.labelling.labellings] == [("cy", 2, 1)]
    curate.verify(ana, CASE, 5, NO)
    assert actions.show(bo, CASE, as_of=case_position(cy) - 3).labelling == before.labelling


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_refused_leaves_nothing(ana):
    position = ana.position()
    with pytest.raises(LabellingError) as caught:
        curate.annotate(ana, CASE, 1, Judgement(verdict=Verdict.FAILURE, quotes=("not there",), target=OTHER))
    assert {"mode", "answers", "quotes", "target"} <= caught.value.fields.keys()
    assert ana.position() == position


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_may_verify_in_one_team_may_not_in_another(ws, ana):
    curate.annotate(ana, CASE, 1, FAILS)
    grants = (
        Grant(role="verifier", team="other", clearance=Sensitivity.INTERNAL),
        Grant(role="annotator", team="default", clearance=Sensitivity.INTERNAL),
    )
    person = Person(name="dee", grants=grants)
    dee = ws.serving("as-dee", actor=actor_of(person), authority=Granted(person))
    with pytest.raises(Denied, match="case:verify"):
        curate.verify(dee, CASE, 2, FAILS)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_to_label_what_one_may_not_see_is_as_to_label_what_is_not_there(ana, ws_as):
    elsewhere = ws_as("dee", role="curator", team="other")
    answers = set()
    for of in (CASE, "zzzz-zzzz-zzzz"):
        for call in (curate.annotate, curate.verify, curate.adjudicate):
            with pytest.raises(NotFound) as caught:
                call(elsewhere, of, 1, FAILS)
            answers.add(str(caught.value).replace(of, "CASE"))
    assert len(answers) == 1


# Controls -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def control(ana):
    """The id under which somebody is given a control."""
    return given(ana, "e9")


@unlisted("test.offer")
def offered(ws, event_id):
    connection = ws._store.transaction.connection
    key = connection.execute(select(events.c.key).where(events.c.event_id == event_id)).scalar_one()
    return offer(connection, [(case_id("arrivals", event_id), key), (case_id("arrivals", event_id), key)])[0]


def given(ws, event_id):
    file(ws.serving("op", actor=Actor(name="op"), authority=LocalOwner()), drawn([member(9)]), run="run-b0000000")
    return offered(ws.serving("op", actor=Actor(name="op"), authority=LocalOwner()), event_id)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_sheet_of_a_control_looks_like_that_of_a_candidate(ana, control):
    one, other = curate.form(ana, CASE), curate.form(ana, control)
    assert replace(one, case=control, event=other.event) == other
    assert (other.kind, other.obstacle, other.event.id, other.revision) == (LabellingKind.ANNOTATION, None, "e9", 1)
    with pytest.raises(NotFound):
        actions.show(ana, control)


def test_a_control_becomes_a_case_when_somebody_labels_it(ana, control):
    case = curate.annotate(ana, control, 1, NO)
    assert (case.id, case.status, case.revision, case.mode, case.severity) == (control, Status.CLEARED, 2, None, None)
    assert [each.status for each in actions.history(ana, control)] == [Status.CONTROL, Status.CLEARED]
    assert actions.search(ana, "context.airport:EWR label:late flight status:cleared").column("id") == (control,)
    assert len(actions.search(ana, "status:control", as_of=ana.position())) == 0


def test_a_control_whose_id_comes_again_weeks_later_is_a_case_of_its_own(ana):
    operator = ana.serving("op", actor=Actor(name="op"), authority=LocalOwner())
    file(operator, drawn([member(9), member(9, week=3)]), run="run-b0000000")
    with ana._store.reading() as connection:
        keys = tuple(connection.execute(select(events.c.key).where(events.c.event_id == "e9").order_by(events.c.key)).scalars())
    places = operator.queue.where(keys)
    first, second = (put(operator, key, places[key]) for key in keys)
    assert first == case_id("arrivals", "e9") != second
    assert curate.annotate(ana, second, 1, NO).event.at == MONDAY + 3 * WEEK + timedelta(minutes=9)
    assert curate.annotate(ana, first, 1, NO).event.at == MONDAY + timedelta(minutes=9)


@unlisted("test.put")
def put(ws, key, place):
    return ws.queue.offer(key, place)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_control_that_is_a_failure_waits_for_a_second_person_like_any_case(ana, bo, control):
    case = curate.annotate(ana, control, 1, FAILS)
    assert (case.status, case.revision) == (Status.ANNOTATED, 2)
    assert curate.form(bo, control).kind is LabellingKind.VERIFICATION
    case = curate.verify(bo, control, 2, FAILS)
    assert (case.status, case.origin, case.severity) == (Status.VERIFIED, "missed", 2)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_refused_of_a_control_leaves_no_case(ana, control):
    with pytest.raises(LabellingError):
        curate.annotate(ana, control, 1, replace(FAILS, mode=None))
    with pytest.raises(Conflict):
        curate.verify(ana, control, 1, FAILS)
    with pytest.raises(NotFound):
        actions.show(ana, control)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_control_of_another_team_is_not_there(ws_as, control):
    elsewhere = ws_as("dee", role="curator", team="other")
    for call in (lambda: curate.form(elsewhere, control), lambda: curate.annotate(elsewhere, control, 1, NO)):
        with pytest.raises(NotFound):
            call()


# Recaptures -----------------------------------------------------------------------------------------------------------


def again(ws, run, **event):
    file(ws, drawn([member(1, met=["slow"], **event), member(2, met=["missed"])]), run=run)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_labelled_case_whose_event_changes_is_stale_until_it_is_labelled_anew(ws, ana, bo):
    curate.annotate(ana, CASE, 1, FAILS)
    curate.verify(bo, CASE, 2, FAILS)
    again(ws, "run-b0000000")
    assert not actions.show(ana, CASE).stale
    again(ws, "run-c0000000", label="on-time")
    stale = actions.show(ana, CASE)
    assert (stale.stale, stale.status, len(stale.labelling.labellings)) == (True, Status.VERIFIED, 2)
    assert not actions.show(ana, OTHER).stale
    assert curate.form(bo, CASE).kind is LabellingKind.ANNOTATION
    anew = curate.annotate(bo, CASE, 3, NO)
    assert (anew.stale, anew.status, anew.severity) == (False, Status.ANNOTATED, 3)
    assert [(each.person, each.round) for each in anew.labelling.labellings] == [("bo", 2)]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_annotation_of_what_changed_is_not_verified(ws, ana, bo):
    curate.annotate(ana, CASE, 1, FAILS)
    again(ws, "run-b0000000", output=None)
    with pytest.raises(Conflict, match="has changed since"):
        curate.verify(bo, CASE, 2, FAILS)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_mode_and_severity_of_a_labelled_case_are_not_revised(ana):
    curate.annotate(ana, CASE, 1, FAILS)
    for change in ({"mode": NOISE}, {"severity": 1}, {"clear": ("severity",)}):
        with pytest.raises(InputError, match="follow from what people say"):
            actions.revise(ana, CASE, 2, **change)
    assert actions.revise(ana, CASE, 2, title="Newark again").severity == 3


# Links ----------------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_candidate_takes_the_verdict_of_a_case_that_is_alike_until_the_link_is_taken_away(ana, cy):
    case = linking.link(cy, CASE, 1, OTHER[:7])
    assert (case.status, case.revision) == (Status.CANDIDATE, 2)
    assert [(each.relation, each.case, each.outgoing, each.person) for each in case.links] == [
        (Relation.ALIKE, OTHER, True, "cy")
    ]
    assert [(each.case, each.outgoing) for each in actions.show(cy, OTHER).links] == [(CASE, False)]
    with pytest.raises(Conflict, match="takes the verdict of"):
        curate.annotate(ana, CASE, 2, FAILS)
    with pytest.raises(LabellingError, match="takes the verdict of"):
        curate.annotate(ana, OTHER, 1, Judgement(verdict=Verdict.SAME_EVENT, target=CASE))
    linked = cy.position()
    assert linking.unlink(cy, CASE, 2).links == ()
    assert [each.case for each in actions.show(cy, CASE, as_of=linked).links] == [OTHER]
    assert curate.annotate(ana, CASE, 3, FAILS).status is Status.ANNOTATED


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_link_is_one_step_long(ws, cy):
    file(ws, drawn([member(3, met=["slow"])], weeks=[1]), run="run-b0000000")
    third = case_id("arrivals", "e3")
    linking.link(cy, CASE, 1, OTHER)
    for case, revision, other, why in (
        (CASE, 2, OTHER, "already"),
        (third, 1, CASE, "itself"),
        (OTHER, 1, third, "other cases take"),
        (third, 1, third, "similar to itself"),
    ):
        with pytest.raises(InputError, match=why):
            linking.link(cy, case, revision, other)
    with pytest.raises(Conflict, match="takes no other"):
        linking.unlink(cy, OTHER, 1)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_that_was_labelled_takes_no_other_s_verdict(ana, cy):
    curate.annotate(ana, CASE, 1, FAILS)
    with pytest.raises(Conflict, match="only a candidate"):
        linking.link(cy, CASE, 2, OTHER)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_link_names_no_case_that_one_may_not_see(ws, ws_as, cy):
    secret = actions.file(ws, Filing(model="m", at=MONDAY, title="t", team="other"))
    both = Person(
        name="dee",
        grants=tuple(Grant(role="curator", team=team, clearance=Sensitivity.INTERNAL) for team in ("default", "other")),
    )
    dee = ws.serving("as-dee", actor=actor_of(both), authority=Granted(both))
    assert len(linking.link(dee, CASE, 1, secret.id).links) == 1
    assert actions.show(cy, CASE).links == ()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whose_verdict_a_case_takes_is_told_to_nobody_who_may_not_see_that_case(ws, ws_as):
    first, second = (actions.file(ws, Filing(model="m", at=MONDAY, title=f"{each}")).id for each in ("first", "second"))
    hidden = actions.file(ws, Filing(model="m", at=MONDAY, title="hidden", sensitivity=Sensitivity.SECRET)).id
    linking.link(ws, first, 1, hidden)
    cy = ws_as("cy", role="curator")
    same = Judgement(verdict=Verdict.SAME_EVENT, target=first)
    for refused, call in (
        (Conflict, lambda: linking.link(cy, first, 2, second)),
        (Conflict, lambda: linking.link(cy, second, 1, first)),
        (Conflict, lambda: curate.annotate(cy, first, 2, FAILS)),
        (LabellingError, lambda: curate.annotate(cy, second, 1, same)),
    ):
        with pytest.raises(refused, match="takes the verdict of another case") as told:
            call()
        assert hidden not in f"{told.value} {told.value.do} {getattr(told.value, 'fields', '')}"
    assert hidden not in repr((curate.form(cy, first), actions.show(cy, first), linking.unlink(cy, first, 2)))
