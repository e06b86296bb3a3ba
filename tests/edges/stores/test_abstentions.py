"""People who cannot tell, and people who pass, on each database: nothing is lost, and nobody else is told."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from remiss.catalog import actions
from remiss.codec import to_json
from remiss.curate import agreement_actions, queue_actions
from remiss.curate import labelling_actions as curate
from remiss.edges.stores.tables import abstentions, labellings
from remiss.errors import Conflict, LabellingError, NotFound
from remiss.faces.http.answering import tagged
from remiss.faces.web import home_cards
from remiss.records.identity import canonical, case_id
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from remiss.records.states import Status
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.drawing import drawn, file, member
from tests.edges.stores.test_blindness import QUERIES, attempt, hold, named, offered, plain

CASES = tuple(case_id("arrivals", f"e{number}") for number in range(1, 7))
CONTROL = case_id("arrivals", "e7")
FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="feeder airports")
DIFFERS = Judgement(verdict=Verdict.FAILURE, mode=NOISE, answers=ANSWERS, rationale="a label")
UNSURE = Judgement(verdict=Verdict.CANNOT_TELL, rationale="the remarks are cut off")


@pytest.fixture
def ana(ws, ws_as):
    caught = [member(number, met=["slow"]) for number in range(1, 7)]
    file(ws, drawn([*caught, member(7), member(8)]), run="run-a0000000")
    offered(ws, "e7")
    return ws_as("ana", role="verifier")


@pytest.fixture
def bo(ana, ws_as):
    return ws_as("bo", role="curator")


@pytest.fixture
def cy(ana, ws_as):
    return ws_as("cy", role="curator")


@pytest.fixture
def dee(ana, ws_as):
    return ws_as("dee", role="verifier")


def counted(ws, table):
    with ws._store.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_cannot_tell_says_why_and_nothing_else(ana):
    for wrong, field in (
        (Judgement(verdict=Verdict.CANNOT_TELL), "rationale"),
        (Judgement(verdict=Verdict.CANNOT_TELL, rationale="so", mode=WEAK), "mode"),
        (Judgement(verdict=Verdict.CANNOT_TELL, rationale="so", answers=ANSWERS), "answers"),
        (Judgement(verdict=Verdict.CANNOT_TELL, rationale="so", target=CASES[1]), "target"),
    ):
        with pytest.raises(LabellingError) as found:
            curate.annotate(ana, CASES[0], 1, wrong)
        assert set(found.value.fields) == {field}
    assert counted(ana, abstentions) == 0


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_one_who_cannot_tell_leaves_the_case_as_it_is_and_sees_what_they_said(ana, bo):
    case = curate.annotate(ana, CASES[0], 1, UNSURE)
    assert (case.status, case.revision) == (Status.CANDIDATE, 1)
    [own] = case.labelling.labellings
    assert (own.verdict, own.kind, own.rationale, own.person) == (
        Verdict.CANNOT_TELL,
        LabellingKind.ANNOTATION,
        "the remarks are cut off",
        "ana",
    )
    assert actions.show(ana, CASES[0]).labelling.labellings == (own,)
    assert actions.show(bo, CASES[0]).labelling is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_by_a_second_person_a_case_is_undecidable_and_everybody_sees_why(ana, bo, dee):
    curate.annotate(ana, CASES[0], 1, UNSURE)
    case = curate.annotate(bo, CASES[0], 1, UNSURE)
    assert (case.status, case.revision, case.severity) == (Status.UNDECIDABLE, 2, 3)
    shown = actions.show(dee, CASES[0]).labelling
    assert ([each.person for each in shown.labellings], shown.hidden) == (["ana", "bo"], None)
    assert CASES[0] in actions.search(dee, "status:undecidable").column("id")
    for call in (curate.annotate, curate.verify, curate.adjudicate):
        with pytest.raises(Conflict):
            call(dee, CASES[0], 2, FAILS)
    form = curate.form(dee, CASES[0])
    assert (form.kind, form.obstacle) == (None, "people have decided what it is")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_undecidable_is_reopened_and_labelled_anew(ana, bo, dee):
    curate.annotate(ana, CASES[0], 1, UNSURE)
    curate.annotate(bo, CASES[0], 1, UNSURE)
    case = curate.reopen(bo, CASES[0], 2, "the remarks are there now")
    assert (case.status, case.labelling) == (Status.CANDIDATE, None)
    assert curate.annotate(ana, CASES[0], 3, UNSURE).status is Status.CANDIDATE
    assert curate.annotate(dee, CASES[0], 3, FAILS).status is Status.ANNOTATED
    assert curate.verify(ana, CASES[0], 4, FAILS).status is Status.VERIFIED
    assert {each.verdict for each in actions.show(bo, CASES[0]).labelling.labellings} == {Verdict.FAILURE}
    assert counted(bo, abstentions) == 3  # superseded, and kept


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_somebody_else_can_tell_and_the_abstention_is_shown_once_that_is_decided(ana, bo, dee):
    curate.annotate(ana, CASES[0], 1, UNSURE)
    curate.annotate(bo, CASES[0], 1, FAILS)
    curate.verify(dee, CASES[0], 2, FAILS)
    shown = actions.show(bo, CASES[0]).labelling.labellings
    assert [(each.person, each.verdict) for each in shown] == [
        ("ana", Verdict.CANNOT_TELL),
        ("bo", Verdict.FAILURE),
        ("dee", Verdict.FAILURE),
    ]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_one_redoes_what_one_could_not_tell(ana):
    curate.annotate(ana, CASES[0], 1, UNSURE)
    curate.annotate(ana, CASES[0], 1, UNSURE)
    case = curate.annotate(ana, CASES[0], 1, FAILS)
    assert (case.status, [each.verdict for each in case.labelling.labellings]) == (Status.ANNOTATED, [Verdict.FAILURE])
    with pytest.raises(Conflict, match="you have annotated"):
        curate.annotate(ana, CASES[0], 2, UNSURE)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("first", [LabellingKind.VERIFICATION, LabellingKind.ADJUDICATION])
def test_of_verifier_and_adjudicators_two_make_an_annotated_case_undecidable(ana, bo, cy, dee, first):
    curate.annotate(ana, CASES[0], 1, FAILS)
    revision, second = 2, curate.verify
    if first is LabellingKind.VERIFICATION:
        assert curate.verify(bo, CASES[0], 2, UNSURE).revision == 2
    else:
        curate.verify(dee, CASES[0], 2, DIFFERS)
        revision, second = 3, curate.adjudicate
        assert curate.adjudicate(bo, CASES[0], 3, UNSURE).status is Status.DISPUTED
    case = second(cy, CASES[0], revision, UNSURE)
    assert (case.status, case.mode, case.severity) == (Status.UNDECIDABLE, None, 3)
    assert [each.person for each in case.labelling.labellings][-2:] == ["bo", "cy"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_a_control_there_is_no_case_until_a_second_person_cannot_tell(ws, ana, bo):
    case = curate.annotate(ana, CONTROL, 1, UNSURE)
    assert (case.status, case.revision, case.labelling.labellings[0].rationale) == (Status.CONTROL, 1, UNSURE.rationale)
    with pytest.raises(NotFound):
        actions.show(ws, CONTROL)
    case = curate.annotate(bo, CONTROL, 1, UNSURE)
    assert (case.status, case.revision, case.origin) == (Status.UNDECIDABLE, 2, "control")
    assert len(case.labelling.labellings) == 2


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_control_of_which_one_could_not_tell_is_cleared_by_another(ana, bo):
    curate.annotate(ana, CONTROL, 1, UNSURE)
    assert curate.annotate(bo, CONTROL, 1, Judgement(verdict=Verdict.NOT_A_FAILURE)).status in {
        Status.CLEARED,
        Status.ANNOTATED,
    }


def test_whoever_could_not_tell_is_asked_again_when_the_event_has_changed(ws, ana, bo, dee):
    curate.annotate(ana, CASES[0], 1, UNSURE)
    curate.annotate(ana, CASES[1], 1, UNSURE)
    caught = [member(number, met=["slow"], label="early" if number == 1 else "late") for number in range(1, 7)]
    file(ws, drawn([*caught, member(7), member(8)]), run="run-b0000000")
    assert (actions.show(ana, CASES[0]).labelling, actions.show(ana, CASES[1]).labelling is None) == (None, False)
    assert curate.annotate(bo, CASES[0], 1, UNSURE).status is Status.CANDIDATE
    assert curate.annotate(bo, CASES[1], 1, UNSURE).status is Status.UNDECIDABLE


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_undecidable_is_annotated_anew_when_its_event_has_changed(ws, ana, bo, dee):
    curate.annotate(ana, CASES[0], 1, UNSURE)
    curate.annotate(bo, CASES[0], 1, UNSURE)
    caught = [member(number, met=["slow"], label="early" if number == 1 else "late") for number in range(1, 7)]
    file(ws, drawn([*caught, member(7), member(8)]), run="run-b0000000")
    assert (actions.show(dee, CASES[0]).status, actions.show(dee, CASES[0]).stale) == (Status.UNDECIDABLE, True)
    # It comes before all others, and to whoever could not tell what it was, too; Home says so.
    assert queue_actions.list_queue(ana, brief=True).left.anew == 1
    assert ("Disputed or stale cases", "1") in {(each.of, each.figure) for each in home_cards.cards(ana)}
    assert queue_actions.take(ana).task.form.case == CASES[0]
    case = curate.annotate(ana, CASES[0], 2, FAILS)
    assert (case.status, case.stale) == (Status.ANNOTATED, False)
    assert queue_actions.list_queue(dee, brief=True).left.anew == 0


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_a_decided_case_whose_event_changed_nobody_is_told_who_could_not_tell_what_it_is_now(ws, ana, bo, dee):
    curate.annotate(ana, CASES[0], 1, FAILS)
    curate.verify(bo, CASES[0], 2, FAILS)
    caught = [member(number, met=["slow"], label="early" if number == 1 else "late") for number in range(1, 7)]
    file(ws, drawn([*caught, member(7), member(8)]), run="run-b0000000")
    before = actions.show(dee, CASES[0]).labelling
    assert curate.annotate(ana, CASES[0], 3, UNSURE).status is Status.VERIFIED
    assert actions.show(dee, CASES[0]).labelling == before
    assert actions.show(ana, CASES[0]).labelling.labellings[-1].verdict is Verdict.CANNOT_TELL
    case = curate.annotate(dee, CASES[0], 3, UNSURE)
    assert (case.status, case.stale, len(case.labelling.labellings)) == (Status.UNDECIDABLE, False, 2)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_agreement_counts_who_could_not_tell_once_the_case_is_decided(ana, bo, dee):
    curate.annotate(ana, CASES[0], 1, UNSURE)
    assert agreement_actions.show_agreement(dee).cannot_tell is None
    curate.annotate(bo, CASES[0], 1, FAILS)
    assert agreement_actions.show_agreement(dee).cannot_tell is None
    curate.verify(dee, CASES[0], 2, FAILS)
    found = agreement_actions.show_agreement(dee)
    assert found.cannot_tell == pytest.approx(1 / 3)
    assert any("1 of 3 independent labellings of decided cases could not tell" in note for note in found.notes)
    assert agreement_actions.show_agreement(dee, "criterion:missed").cannot_tell is None
    curate.annotate(ana, CASES[1], 1, UNSURE)
    curate.annotate(bo, CASES[1], 1, UNSURE)
    assert agreement_actions.show_agreement(dee).cannot_tell == pytest.approx(3 / 5)
    assert agreement_actions.show_agreement(dee, as_of=dee.position() - 2).cannot_tell == pytest.approx(1 / 3)


def asked(ws, case):
    """Return all that one may find out of a case, and of all cases and figures, before one has labelled it."""
    shown = actions.show(ws, case)
    document = to_json(shown)
    found = [canonical(document), tagged(document, shown.revision, None).headers["ETag"].partition(".")[0]]
    found += [to_json(actions.history(ws, case)), curate.form(ws, case), to_json(actions.compare(ws, case))]
    found += [attempt(actions.show, ws, case, as_of=at) for at in (1, shown.position)]
    wrong = Judgement(verdict=Verdict.FAILURE, mode="nope:x", quotes=("no such words",))
    calls = (curate.annotate, curate.verify, curate.adjudicate)
    found += [attempt(call, ws, case, shown.revision + more, wrong) for call in calls for more in (0, 1)]
    for number, query in enumerate(QUERIES):
        page = actions.search(ws, query, as_of=ws.position() if number % 2 else None)
        found.append((query, case in page.column("id"), len(page)))
    lines = [actions.search(ws, f"id:{case}", sort=sort) for sort in ("filed", "severity", "-occurred")]
    found += [{k: v for k, v in line.items() if k not in {"occurred", "event"}} for page in lines for line in page]
    found += [
        actions.facets(ws, "", fields=fields).rows for fields in (("status", "mode"), ("severity", "origin"), ("criterion",))
    ]
    found.append(to_json(agreement_actions.show_agreement(ws, "")))
    state = queue_actions.list_queue(ws)
    found.append((state.waiting, state.left, state.periods))
    return plain(named(case, found))


STEPS = {
    "candidate": (),
    "annotated": (("eve", curate.annotate, FAILS),),
    "disputed": (("eve", curate.annotate, FAILS), ("fay", curate.verify, DIFFERS)),
}
ABSTAINS = {"candidate": curate.annotate, "annotated": curate.verify, "disputed": curate.adjudicate}


@pytest.mark.postgresql_in_soak("the lines of a sample are told alike there, also of a control of which one could not tell")
@pytest.mark.parametrize("stands", STEPS)
def test_a_case_of_which_somebody_could_not_tell_is_told_like_one_of_which_nobody_said_so(ana, dee, ws_as, stands):
    others = {name: ws_as(name, role="verifier") for name in ("eve", "fay")}
    for case in CASES[:2]:
        for revision, (name, call, said) in enumerate(STEPS[stands], 1):
            call(others[name], case, revision, said)
    # One who has not labelled it, and one who has.
    people = {"dee": dee, "eve": others["eve"]}
    before = {name: asked(person, CASES[0]) for name, person in people.items()}
    ABSTAINS[stands](ana, CASES[0], len(STEPS[stands]) + 1, UNSURE)
    for name, person in people.items():
        assert asked(person, CASES[0]) == before[name]
    assert before["dee"] == asked(dee, CASES[1])


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_somebody_has_in_hand_stays_there_when_another_cannot_tell(ws, ana, bo):
    hold(ws, "e1", "bo")
    curate.annotate(ana, CASES[0], 1, UNSURE)
    assert [each.case for each in queue_actions.list_queue(bo).in_hand] == [CASES[0]]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_no_labelling_is_lost_by_who_cannot_tell(ana, bo, cy, dee):
    curate.annotate(ana, CASES[0], 1, FAILS)
    curate.verify(bo, CASES[0], 2, UNSURE)
    curate.annotate(ana, CASES[0], 2, DIFFERS)  # redone, since nobody labelled it a second time
    curate.verify(cy, CASES[0], 3, UNSURE)
    curate.reopen(cy, CASES[0], 4, "anew")
    assert (counted(ana, labellings), counted(ana, abstentions)) == (2, 2)
    shown = actions.show(dee, CASES[0], as_of=actions.history(dee, CASES[0])[-1].position_from - 1).labelling
    assert (shown.labellings, shown.hidden) == ((), "not visible while the case is labelled again")
