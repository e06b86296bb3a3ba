"""Investigating a case on its page, without any script, and walking from a run to the cases that rest on it."""

from __future__ import annotations

import html
import re

import pytest

from remiss.catalog import actions as catalog
from remiss.curate import investigation_actions as curate
from remiss.records.case import Filing
from remiss.records.investigation import Citation, CitationKind
from tests.edges.stores.drawing import MONDAY

RUN = "https://mlflow.example.org/#/experiments/1/runs/4f7q"


@pytest.fixture
def case(there):
    return catalog.file(there.workspace, Filing(model="m", at=MONDAY, title="The board lied")).id


def plain(answer) -> str:
    return html.unescape(answer.text)


def section(answer) -> str:
    return re.search(r'<section id="investigation".*?</section>', answer.text, re.DOTALL)[0]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_investigation_is_written_by_forms(there, case):
    with there.browser() as client:
        assert "Start the investigation" in client.get(f"/cases/{case}").text
        for where, typed in (
            ("hypotheses", {"text": "The feed is *late*", "stands": "open"}),
            ("experiments", {"executed": "Trained\r\nwithout", "hypothesis": "1", "citations": f"mlflow-run={RUN}\r\n"}),
            ("experiments", {"number": "1", "revision": "1", "executed": "Trained", "result": "Good", "conclusion": "supports"}),
            ("remediations", {"text": "Wait", "model_version": "42", "outcome": "worked", "citations": "ticket=REM-17"}),
            ("write-up", {"hypothesis": "The feed", "rationale": "It was late"}),
            ("write-up", {"revision": "1", "hypothesis": "The feed", "results": "It was late"}),
        ):
            answer = client.post(f"/cases/{case}/{where}", data=typed)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{case}#investigation"), answer.text
        page = section(client.get(f"/cases/{case}"))
    found = curate.investigation(there.workspace, case)
    assert (found.experiments[0].executed, found.experiments[0].result, found.experiments[0].citations) == ("Trained", "Good", ())
    assert (found.write_up.rationale, found.write_up.results) == (None, "It was late")
    assert "<em>late</em>" in page
    assert "Fix attempt 1 in version 42" in page
    with there.browser() as client:
        assert ", attempt 1" in client.get("/citations?address=REM-17").text
    assert "5 of 7 done" in page


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_not_taken_is_shown_again_in_its_own_form(there, case):
    curate.write_hypothesis(there.workspace, case, text="first")
    curate.write_hypothesis(there.workspace, case, number=1, revision=1, text="second")
    with there.browser() as client:
        for where, typed, status, says in (
            ("hypotheses", {"text": ""}, 422, "says nothing"),
            ("hypotheses", {"number": "1", "revision": "1", "text": "mine & only mine"}, 412, "changed since revision 1"),
            ("hypotheses", {"text": "mine & only mine", "stands": "odd"}, 422, "is none of"),
            ("experiments", {"executed": "mine & only mine", "citations": "nowhere"}, 422, "nvalid citation"),
            ("remediations", {"text": "mine & only mine", "citations": "ticket=ana@example.org"}, 422, "personal data"),
            ("write-up", {"revision": "7", "results": "mine & only mine"}, 422, "no revision 7"),
        ):
            answer = client.post(f"/cases/{case}/{where}", data=typed)
            assert answer.status_code == status, where
            # It is said in the form, above what was typed.
            before, found, after = plain(answer).partition(says)
            assert found
            assert after.count("mine & only mine") == (1 if "mine" in str(typed) else 0)
            assert f'action="/cases/{case}/{where}"' in before.rpartition("<form")[2]
        again = client.post(f"/cases/{case}/hypotheses", data={"number": "1", "revision": "2", "text": "mine"})
    assert again.status_code == 303
    assert curate.investigation(there.workspace, case).hypotheses[0].text == "mine"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_citation_leads_away_and_to_all_that_rests_on_it(there, case):
    other = catalog.file(there.workspace, Filing(model="m", at=MONDAY, title="Another")).id
    for each in (case, other):
        cited = [Citation(kind=CitationKind.MLFLOW_RUN, address=RUN)]
        curate.write_experiment(there.workspace, each, executed="Trained without", citations=cited)
    with there.browser() as client:
        page = client.get(f"/cases/{case}").text
        assert f'<a href="{RUN}" rel="nofollow noopener noreferrer">' in page
        [href] = re.findall(r'href="(/citations\?[^"]*)"', page)
        listed = client.get(html.unescape(href)).text
        assert sorted(re.findall(r'href="/cases/([^"#]*)#investigation"', listed)) == sorted([case, other])
        [twin] = re.findall(r'rel="alternate" type="application/json" href="([^"]*)"', listed)
        assert client.get(html.unescape(twin)).json()["total"] == 2
        assert "No investigation" in client.get("/citations?address=nowhere").text


def test_a_case_as_it_stood_shows_what_was_found_by_then_and_takes_nothing(there, case):
    curate.write_hypothesis(there.workspace, case, text="early words")
    position = there.workspace.position()
    curate.write_hypothesis(there.workspace, case, text="late words")
    with there.browser() as client:
        page = section(client.get(f"/cases/{case}", params={"as_of": position}))
    assert "early words" in page
    assert "late words" not in page
    assert "<form" not in page
