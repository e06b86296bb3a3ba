"""The audit names nobody who labelled a case to those to whom its history does not name them either, on each database."""

from __future__ import annotations

import json

import pytest

from remiss.catalog import actions
from remiss.codec import to_json
from remiss.curate import discussion_actions as discussion
from remiss.curate import labelling_actions as curate
from remiss.errors import Conflict, RemissError
from remiss.govern import audit_actions as audit
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.labelling import Judgement, Verdict
from remiss.records.person import Grant, Person
from tests.edges.stores.test_blindness import CASES, CONTROLS, FAILS, ana

__all__ = ["ana"]
CASE = CASES[0]
NO = Judgement(verdict=Verdict.NOT_A_FAILURE)
CANNOT = Judgement(verdict=Verdict.CANNOT_TELL, rationale="no picture")


@pytest.fixture
def people(ws):
    """An admin, somebody who is verifier and steward, and a steward who labels nothing."""

    def acting(name, *roles):
        grants = tuple(Grant(role=role, team="*", clearance=Sensitivity.SECRET) for role in roles)
        person = Person(name=name, grants=grants)
        return ws.serving(f"as-{name}", actor=actor_of(person), authority=Granted(person))

    return acting("root-admin", "admin"), acting("vera", "verifier", "steward"), acting("stef", "steward")


def entries(ws, **wanted):
    return [dict(each) for each in audit.search_audit(ws, limit=1000, **wanted)]


def worked(ana):
    """Have ana do with a case what one does who labels it."""
    actions.show(ana, CASE)
    curate.form(ana, CASE)
    discussion.comment(ana, CASE, "Is that so?")
    curate.annotate(ana, CASE, 1, FAILS)
    curate.annotate(ana, CASE, 2, FAILS)
    with pytest.raises(RemissError):
        curate.verify(ana, CASE, 3, FAILS)


def test_while_a_case_is_open_no_entry_about_it_names_who_annotated_it(ws, ana, people):
    worked(ana)
    for each in people:
        of_case = entries(each, subject=CASE)
        assert {line["action"] for line in of_case} >= {"case.show", "case.form", "case.comment", "case.annotate", "case.verify"}
        assert {(line["actor"], line["role"], line["request"]) for line in of_case} == {("(hidden)", None, None)}
        # Nor does a question about her tell that there is more.
        of_ana = entries(each, actor="ana")
        assert CASE not in json.dumps(of_ana, default=str)
        first = audit.search_audit(each, actor="ana", subject=CASE, limit=1)
        assert (first.rows, first.next) == ((), None)
        proved = next(line["entry"] for line in of_case if line["action"] == "case.annotate")
        with pytest.raises(Conflict, match="names who has labelled a case, which is not visible") as refused:
            audit.prove(each, proved)
        assert "ana" not in str(refused.value).replace("names", "")
        assert "'ana'" not in repr(to_json(audit.verify_audit(each)))
    for each in (ws, ana):
        assert {each.actor for each in actions.history(each, CASE)} >= {"ana"}
    assert "ana" in {line["actor"] for line in entries(ws, subject=CASE)}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_once_it_is_decided_the_audit_names_everybody_and_proves_it(ana, people, ws_as):
    worked(ana)
    curate.verify(ws_as("bo", role="verifier"), CASE, 3, FAILS)
    for each in people:
        assert {line["actor"] for line in entries(each, subject=CASE)} - {each.actor.name} == {"ana", "bo"}
        proved = next(line["entry"] for line in entries(each, subject=CASE, action="case.annotate"))
        assert json.loads(audit.prove(each, proved).entry)["actor"] == "ana"


def test_a_dispute_names_the_two_to_whoever_may_settle_it_alone(ana, people, ws_as):
    worked(ana)
    curate.verify(ws_as("bo", role="verifier"), CASE, 3, NO)
    admin, vera, stef = people
    for each in (admin, vera):
        assert {line["actor"] for line in entries(each, subject=CASE)} - {each.actor.name} == {"ana", "bo"}
    assert {line["actor"] for line in entries(stef, subject=CASE)} == {"(hidden)"}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_a_case_begun_anew_who_labelled_it_before_is_hidden_again(ana, people, ws_as):
    worked(ana)
    bo = ws_as("bo", role="curator")
    curate.verify(bo, CASE, 3, FAILS)
    curate.reopen(bo, CASE, 4, "anew")
    for each in people:
        assert {line["actor"] for line in entries(each, subject=CASE)} == {"(hidden)"}


def test_that_somebody_could_not_tell_is_hidden_whole(ws, ana, people):
    for case in (CASE, CONTROLS[0]):
        curate.annotate(ana, case, 1, CANNOT)
    for each in people:
        assert [line for line in entries(each, log="journal", subject=CASE) if line["action"] == "case.annotate"] == []
        annotated = entries(each, action="case.annotate")
        assert [(line["actor"], line["subject"]) for line in annotated] == [("(hidden)", "(hidden)")] * 2
        assert entries(each, action="case.annotate", actor="ana") == []
    assert {line["subject"] for line in entries(ws, action="case.annotate")} == {CASE, CONTROLS[0]}
