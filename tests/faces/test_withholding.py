"""What an annotator says is hidden from whoever labels next, on the page of the case, over HTTP and at the terminal."""

from __future__ import annotations

import html

import pytest

from remiss.catalog import actions as catalog
from remiss.curate import discussion_actions as discussion
from remiss.curate import investigation_actions as investigation
from remiss.curate import labelling_actions as labelling
from remiss.govern.ports.actor import Actor
from remiss.records.case import Filing
from remiss.records.investigation import Citation, CitationKind
from remiss.records.labelling import Judgement, Verdict
from tests.curate.standings import ANSWERS, WEAK
from tests.edges.stores.drawing import MONDAY

WHY = "hidden until a second person has labelled the case by themselves"
TICKET = Citation(kind=CitationKind.TICKET, address="REM-17")
LISTS = ("/inbox", "/inbox?all=true", "/citations", "/citations?address=REM-17")


@pytest.fixture
def case(there):
    """A case that Chen annotated and said something of."""
    case = catalog.file(there.workspace, Filing(model="m", at=MONDAY, title="The board lied")).id
    there.person("chen", role="verifier")
    ws, before = there.workspace, there.workspace.actor
    ws.actor = Actor(name="chen")
    discussion.comment(ws, case, "SAID: no doubt, @bo")
    investigation.experiment(ws, case, executed="SAID: tested", citations=[TICKET])
    labelling.annotate(ws, case, 1, Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS))
    ws.actor = before
    return case


@pytest.fixture
def token(there):
    return there.person("bo", role="verifier")


def test_the_page_says_that_something_is_hidden_and_not_whose(there, case, token):
    with there.browser_of(token) as client:
        page = html.unescape(client.get(f"/cases/{case}").text)
        others = "".join(
            client.get(path).text for path in ("/inbox", "/inbox?all=true", "/citations", "/citations?address=REM-17")
        )
        said = client.post(
            f"/cases/{case}/comments", data={"text": "Mine", "thread": discussion.threads(there.workspace, case)[0].id}
        )
        after = client.get(f"/cases/{case}").text
    assert f"There are comments that are {WHY}." in page
    assert f"There are findings that are {WHY}." in page
    assert "Nobody has said anything yet" not in page
    for text in (page, others, after):
        assert "SAID" not in text
        assert "chen" not in text
    assert (said.status_code, said.headers["location"][-2:]) == (303, "-2")
    with there.browser() as client:
        page = client.get(f"/cases/{case}").text
    assert page.count("SAID") > 1
    assert "There are comments" not in page


def test_routes_and_commands_say_it_too(there, case, token, cli, monkeypatch):
    with there.program(token) as client:
        [thread] = client.get(f"/api/v1/cases/{case}/threads").json()["items"]
        found = client.get(f"/api/v1/cases/{case}/investigation").json()
        listed = [client.get(f"/api/v1/{name}").json()["items"] for name in ("inbox?all=true", "citations")]
    assert (thread["comments"], thread["hidden"]) == ([], WHY)
    assert (found["experiments"], found["hidden"]) == ([], WHY)
    assert listed == [[], []]
    monkeypatch.setenv("REMISS_CATALOG", there.url)
    monkeypatch.setenv("REMISS_TOKEN", token)
    for command in (f"thread list {case}", f"thread show {thread['thread']}", f"case investigation {case}"):
        answer = cli(*command.split())
        told = answer.out + answer.err
        assert f"that are {WHY}." in told
        assert "SAID" not in told
        assert "chen" not in told
