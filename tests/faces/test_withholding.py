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
from remiss.records.identity import case_id
from remiss.records.investigation import Citation, CitationKind
from remiss.records.labelling import Judgement, Verdict
from tests.curate.standings import ANSWERS, WEAK
from tests.edges.stores.drawing import MONDAY, drawn, file, member

WHY = "not visible until a second person has labelled the case independently"
CAUGHT = case_id("arrivals", "e1")
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
    investigation.write_experiment(ws, case, executed="SAID: tested", citations=[TICKET])
    labelling.annotate(ws, case, 1, Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS))
    ws.actor = before
    return case


@pytest.fixture
def token(there):
    return there.person("bo", role="verifier")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_page_says_that_something_is_hidden_and_not_whose(there, case, token):
    with there.browser_of(token) as client:
        page = html.unescape(client.get(f"/cases/{case}").text)
        others = "".join(
            client.get(path).text for path in ("/inbox", "/inbox?all=true", "/citations", "/citations?address=REM-17")
        )
        said = client.post(
            f"/cases/{case}/comments", data={"text": "Mine", "thread": discussion.list_threads(there.workspace, case)[0].id}
        )
        after = client.get(f"/cases/{case}").text
    assert f"Some comments are {WHY}." in page
    assert f"Some findings are {WHY}." in page
    assert "No comments yet" not in page
    for text in (page, others, after):
        assert "SAID" not in text
        assert "chen" not in text
    assert (said.status_code, said.headers["location"][-2:]) == (303, "-2")
    with there.browser() as client:
        page = client.get(f"/cases/{case}").text
    assert page.count("SAID") > 1
    assert "There are comments" not in page


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_routes_and_commands_say_it_too(there, case, token, cli, monkeypatch):
    with there.program(token) as client:
        [thread] = client.get(f"/api/v1/cases/{case}/threads").json()["items"]
        found = client.get(f"/api/v1/cases/{case}/investigation").json()
        listed = [client.get(f"/api/v1/{name}").json()["items"] for name in ("inbox?everything=true", "citations")]
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


@pytest.fixture
def caught(there):
    """A case that a capture caught and Chen annotated."""
    file(there.workspace, drawn([member(1, met=["slow"]), member(2)]), run="run-a0000000")
    there.person("chen", role="verifier")
    ws, before = there.workspace, there.workspace.actor
    ws.actor = Actor(name="chen")
    labelling.annotate(ws, CAUGHT, 1, Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS))
    ws.actor = before
    return CAUGHT


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_pages_of_whoever_may_verify_a_case_do_not_tell_why_it_was_caught_and_say_so(there, caught, token):
    paths = (f"/cases/{caught}", "/cases", "/cases?query=status:annotated", f"/parts/cases/{caught}/controls")
    with there.browser_of(token) as client:
        seen = [html.unescape(client.get(path).text) for path in paths]
        found = client.get("/cases?query=criterion:slow").text
    with there.browser() as client:
        everything = [html.unescape(client.get(path).text) for path in paths]
    assert f"Why it was caught, and how it was sampled, is {WHY}." in seen[0]
    assert f"controls to compare with are {WHY}." in seen[3]
    for page in seen:
        assert WHY in page
        assert "severity 3 of 4" not in page
        assert "remiss:system/latency" not in page.replace(" ", "").partition("<datalist")[0]
    assert caught not in found
    assert all("slow" in page for page in everything[:3])
    assert all(WHY not in page for page in everything)


def test_routes_and_commands_do_not_tell_it_either(there, caught, token, cli, monkeypatch):
    with there.program(token) as client:
        shown = client.get(f"/api/v1/cases/{caught}").json()
        compared = client.get(f"/api/v1/cases/{caught}/comparison").json()
        lines = client.get("/api/v1/cases").json()["items"]
        history = client.get(f"/api/v1/cases/{caught}/history").json()["items"]
        facets = client.get("/api/v1/cases/facets?fields=criterion").json()["items"]
    assert {each["hidden"] for each in (shown, compared, *lines, *history)} == {WHY}
    assert (shown["criteria"], shown["captures"], compared["kept_in"], compared["probability"]) == ([], [], [], None)
    assert [each["action"] for each in history] == ["case.annotate"]
    # Which groups there are in its window is told; in which of them it was drawn is not.
    assert {each["criterion"] for each in compared.pop("groups")} >= {"control", "slow"}
    assert "slow" not in str((shown, compared, lines, history, facets))
    monkeypatch.setenv("REMISS_CATALOG", there.url)
    monkeypatch.setenv("REMISS_TOKEN", token)
    for command in (f"case show {caught}", f"case compare {caught}", "case search", f"case history {caught} --format json"):
        answer = cli(*command.split())
        assert WHY in (answer.out + answer.err).replace("\n", " "), command
        assert "slow" not in answer.out
        assert "latency," not in answer.out.replace("latency, ms", "")
