"""What is done to a team's things stands in that team's audit, whoever did it and wherever else they belong."""

from __future__ import annotations

import pytest

from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.curate import discussion_actions as discussion
from remiss.curate import investigation_actions as investigation
from remiss.curate import labelling_actions as curate
from remiss.curate import linking_actions as linking
from remiss.curate import queue_actions as queue
from remiss.govern import audit_actions as audit
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Filing, Sensitivity
from remiss.records.labelling import Judgement, Verdict
from remiss.records.person import Grant, Person
from tests.edges.stores.drawing import MONDAY

NO = Judgement(verdict=Verdict.NOT_A_FAILURE)


@pytest.fixture
def acting(ws):
    """Gives a workspace as somebody sees it who has a role in several teams."""

    def acting(name, role, *teams):
        grants = tuple(Grant(role=role, team=team, clearance=Sensitivity.INTERNAL) for team in teams)
        person = Person(name=name, grants=grants)
        return ws.serving(f"as-{name}", actor=actor_of(person), authority=Granted(person))

    return acting


def entries(ws):
    return [(line["log"], line["action"]) for line in lines(ws)]


def lines(ws):
    found = audit.search_audit(ws, limit=1000)
    named = [dict(zip([str(name) for name in found.columns], row, strict=True)) for row in found.rows]
    own = [each for each in named if not each["action"].startswith("audit")]
    return [each | {"log": each["entry"].partition("-")[0]} for each in own]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_done_to_a_case_is_in_the_audit_of_its_team_and_of_no_other(acting):
    cy, dee = (acting(name, "curator", "arrivals", "boarding") for name in ("cy", "dee"))
    case, other = (catalog.file(cy, Filing(model="m", at=MONDAY, title=title, team="boarding")).id for title in ("a", "b"))
    catalog.revise(cy, case, 1, note="again")
    thread = discussion.comment(cy, case, "Why?").id
    discussion.resolve_thread(cy, thread)
    investigation.write_hypothesis(cy, case, text="The feed was late")
    file = attachments.add_attachment(cy, case, b"text", name="board.txt")
    attachments.get_attachment(cy, file.id)
    for change in (attachments.remove_attachment, attachments.restore_attachment, attachments.erase_attachment):
        change(cy, file.id)
    linking.link(cy, case, 2, other)
    linking.unlink(cy, case, 3)
    queue.release(cy, queue.take(cy).task.form.case)
    curate.form(cy, case)
    case_now = curate.annotate(cy, case, 4, NO)
    case_now = curate.verify(dee, case, case_now.revision, NO)
    curate.reopen(dee, case, case_now.revision, "anew")
    done = {action for _, action in entries(acting("stu", "steward", "boarding"))}
    assert done >= {
        "case.file",
        "case.revise",
        "case.comment",
        "thread.resolve",
        "hypothesis.write",
        "attachment.add",
        "attachment.get",
        "attachment.erase",
        "attachment.remove",
        "attachment.restore",
        "case.link",
        "case.unlink",
        "queue.next",
        "queue.release",
        "case.form",
        "case.annotate",
        "case.verify",
        "case.reopen",
    }
    assert entries(acting("sam", "steward", "arrivals")) == []
    given_out = {log for log, action in entries(acting("stu", "steward", "boarding")) if action == "queue.next"}
    assert given_out == {"views", "journal"}


def test_whoever_reads_an_audit_finds_what_was_done_above_their_clearance_and_only_by_its_id(ws, acting):
    case = catalog.file(ws, Filing(model="m", at=MONDAY, title="Gate B7", team="boarding", sensitivity=Sensitivity.SECRET)).id
    stu = acting("stu", "steward", "boarding")
    (line,) = [each for each in lines(stu) if each["action"] == "case.file"]
    assert line["subject"] == case
    assert "Gate" not in repr(lines(stu))
