"""Agreement on each database: which labellings count, at which position, with which weights, for whom."""

from __future__ import annotations

import pytest

from remiss.catalog import actions as catalog
from remiss.catalog.query.parsing import parse
from remiss.curate import agreement_actions, labelling_actions
from remiss.errors import Denied
from remiss.records.agreement import By, Field
from remiss.records.case import Filing
from remiss.records.identity import case_id
from remiss.records.labelling import Judgement, Verdict
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.drawing import MONDAY, drawn, file, member

FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)
OTHERWISE = Judgement(verdict=Verdict.FAILURE, mode=NOISE, answers=ANSWERS)
NO = Judgement(verdict=Verdict.NOT_A_FAILURE)
SECOND = (FAILS, FAILS, OTHERWISE, NO, FAILS, FAILS)
CASES = [case_id("arrivals", f"e{number}") for number in range(len(SECOND))]


@pytest.fixture
def labelled(ws, ws_as, once):
    """Six cases that ana annotated and bo verified: four alike, two disputed."""
    once(ws, "agreement", lambda: label(ws, ws_as))
    return ws


def label(ws, ws_as):
    file(ws, drawn([member(number, met=["slow"]) for number in range(len(SECOND))]), run="run-a0000000")
    ana, bo = ws_as("ana", role="verifier"), ws_as("bo", role="verifier")
    for case, second in zip(CASES, SECOND, strict=True):
        labelling_actions.annotate(ana, case, 1, FAILS)
        labelling_actions.verify(bo, case, 2, second)
    return CASES[0]


def cases_of(ws, query="", as_of=None):
    found = agreement_actions.show_agreement(ws, query, as_of=as_of)
    return {row.field: row.cases for row in found.rows}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_pairs_of_independent_labels_are_measured(labelled):
    found = agreement_actions.show_agreement(labelled)
    assert found.cases == 6
    rows = {row.field: row for row in found.rows}
    assert {field: row.cases for field, row in rows.items()} == {
        Field.VERDICT: 6,
        Field.MODE: 5,
        Field.SEVERITY: 5,
        Field.MODES: 5,
    }
    assert 0 < rows[Field.VERDICT].agreed.value < 1
    assert rows[Field.SEVERITY].note.startswith("undefined")
    pairs = agreement_actions.show_agreement(labelled, by=By.PAIR)
    assert {row.key for row in pairs.rows} == {"ana and bo"}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_weighs_by_the_chance_of_its_event(labelled):
    double_labelled = labelled.double_labelled.labelled_twice(parse(""), labelled.position())
    weights = {each.case: each.weight for each in double_labelled}
    for case in CASES:
        [capture] = catalog.show(labelled, case).captures
        assert weights[case] == pytest.approx(1 / capture.probability)


def test_it_is_of_the_cases_that_match_and_as_it_stood(labelled, ws_as):
    before = labelled.position()
    assert cases_of(labelled, "status:disputed")[Field.VERDICT] == 2
    assert cases_of(labelled, f"id:{CASES[0]}")[Field.VERDICT] == 1
    assert cases_of(labelled, "model:none")[Field.VERDICT] == 0
    chen = ws_as("chen", role="curator")
    third = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="I looked at both")
    labelling_actions.adjudicate(chen, CASES[2], 3, third)
    # Who settles has seen both, and is no third independent person.
    assert cases_of(labelled)[Field.VERDICT] == 6
    labelling_actions.reopen(chen, CASES[0], 3, "the log was wrong")
    assert cases_of(labelled)[Field.VERDICT] == 5
    assert cases_of(labelled, as_of=before)[Field.VERDICT] == 6
    assert cases_of(labelled, "status:disputed", as_of=before)[Field.VERDICT] == 2
    assert cases_of(labelled, "status:disputed")[Field.VERDICT] == 1
    assert cases_of(labelled, as_of=before - 1)[Field.VERDICT] == 5


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_labelled_once_or_stands_for_nothing_is_not_measured(labelled, ws_as):
    ana, bo = ws_as("ana", role="verifier"), ws_as("bo", role="verifier")
    filed = catalog.file(labelled, Filing(model="m", at=MONDAY, title="By hand")).id
    labelling_actions.annotate(ana, filed, 1, NO)
    assert agreement_actions.show_agreement(labelled).notes == ()
    labelling_actions.verify(bo, filed, 2, NO)
    found = agreement_actions.show_agreement(labelled)
    assert found.cases == 6
    assert "1 case labelled twice left out" in found.notes[0]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_it_is_of_the_cases_that_one_may_see(labelled, ws_as):
    assert cases_of(ws_as("eve", role="reader"))[Field.VERDICT] == 6
    assert cases_of(ws_as("eve", role="reader", team="other"))[Field.VERDICT] == 0
    assert cases_of(ws_as("eve", role="reader", clearance="public"))[Field.VERDICT] == 0
    with pytest.raises(Denied):
        agreement_actions.show_agreement(ws_as("eve", role="nobody"))


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_of_few_cases_it_is_not_told_what_was_said_of_a_dispute_to_whoever_may_not_read_that(labelled, ws_as):
    """Neither the modes that two people named nor who they are, nor whether both found a failure."""
    disputed = f"id:{CASES[2]}"
    chen, eve = ws_as("chen", role="curator"), ws_as("eve", role="reader")
    for by, keys in ((By.MODE, {WEAK, NOISE}), (By.PAIR, {"ana and bo"})):
        told = [
            {row.key for row in agreement_actions.show_agreement(asking, disputed, by=by).rows}
            for asking in (chen, ws_as("ana", role="annotator"), eve)
        ]
        assert told == [keys, keys, set()]
    assert (cases_of(chen, disputed)[Field.MODE], cases_of(eve, disputed)) == (1, dict.fromkeys(Field, 0))
    assert cases_of(eve)[Field.VERDICT] == 6
    third = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="I looked at both")
    labelling_actions.adjudicate(chen, CASES[2], 3, third)
    assert cases_of(eve, disputed)[Field.MODE] == 1
    labelling_actions.reopen(chen, CASES[2], 4, "the log was wrong")
    assert cases_of(eve, disputed, as_of=labelled.position() - 1) == dict.fromkeys(Field, 0)
