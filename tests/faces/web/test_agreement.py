"""The page of agreement: a chart and its table, by a form without script; and the same at a terminal."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from remiss import curate
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.faces.web.pages.agreement import AgreementMark, chart
from remiss.govern.ports.actor import Actor
from remiss.present import agreement
from remiss.records.case import Filing
from remiss.records.labelling import Judgement, Verdict
from tests.curate.standings import ANSWERS, MONDAY, NOISE, WEAK
from tests.edges.stores.drawing import drawn, file, member


@pytest.fixture
def labelled(there, once):
    """Twenty-one cases, of which the two saw every third differently."""
    once(there.workspace, "seen_differently", lambda: label(there.workspace))
    return there


def label(ws):
    file(ws, drawn([member(number, met=["slow"]) for number in range(21)]), run="run-a0000000")
    reader = ws.actor
    for number, case in enumerate(catalog.search(ws).column("id")):
        for person, say, mode in (("ana", labelling.annotate, WEAK), ("bo", labelling.verify, WEAK if number % 3 else NOISE)):
            ws.actor = Actor(name=person)
            given = Judgement(verdict=Verdict.FAILURE, mode=mode, answers=ANSWERS)
            say(ws, case, catalog.show(ws, case).revision, given)
    ws.actor = reader
    return case


def plain(answer) -> str:
    return html.unescape(answer.text)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_figures_stand_in_a_chart_and_in_a_table(labelled):
    with labelled.browser() as client:
        page = plain(client.get("/agreement"))
        assert "21 cases labelled twice" in page
        table = [re.findall(r"<t[hd][^>]*>(?:<a[^>]*>)?([^<]*)", row) for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)]
        by_field = {row[0]: row for row in table}
        assert by_field["Failure mode"][1:3] == ["21", "67 % (48 to 86 %)"]
        assert by_field["Verdict"][3:5] == ["undefined", "undefined"]
        assert page.count("<circle") == 2  # mode and set of modes; nothing else is defined
        [twin] = re.findall(r'rel="alternate" type="application/json" href="([^"]*)"', page)
        rows = {row["field"]: row for row in client.get(twin).json()["rows"]}
    assert rows["mode"]["agreed"]["value"] == pytest.approx(14 / 21)
    assert rows["mode"]["alpha"]["low"] < rows["mode"]["alpha"]["value"] < rows["mode"]["alpha"]["high"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_where_nothing_is_to_be_remarked_there_is_no_column_of_remarks(labelled):
    found = curate.show_agreement(labelled.workspace)
    titles, lines = agreement.table(found)
    assert titles[-1] == "remarks"
    quiet = replace(found, rows=tuple(row for row, line in zip(found.rows, lines, strict=True) if not line[-1]))
    assert quiet.rows
    assert agreement.table(quiet) == (titles[:-1], [line[:-1] for line in lines if not line[-1]])


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_by_mode_there_are_shares_alone_and_no_line_that_belongs_to_alpha(labelled):
    with labelled.browser() as client:
        by_mode, together = plain(client.get("/agreement?by=mode")), plain(client.get("/agreement"))
    assert re.findall(r'<th scope="col"[^>]*>([^<]*)', by_mode) == ["mode", "cases", "say the same", "remarks"]
    for page, of_alpha, ticks in ((by_mode, False, ["0", "0.5", "1"]), (together, True, ["-0.5", "0", "0.5", "1"])):
        assert ("stroke-dasharray" in page, "0.667" in page) == (of_alpha, of_alpha)
        assert re.findall(r"<text[^>]*>(-?[0-9.]+)</text>", page) == ticks


def test_the_chart_begins_where_its_figures_do():
    def ticks(low):
        mark = AgreementMark(label="verdict", value=0.8, low=low, high=0.9, says="", href="/")
        return re.findall(r"<text[^>]*>(-?[0-9.]+)</text>", chart([mark], "Agreement"))

    assert ticks(0.7) == ticks(None) == ticks(0.0) == ["0", "0.5", "1"]
    assert ticks(-0.01) == ticks(-0.9) == ["-0.5", "0", "0.5", "1"]


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_by_mode_each_row_leads_to_its_cases(labelled):
    with labelled.browser() as client:
        page = plain(client.get("/agreement?by=mode"))
        [href] = re.findall(rf'<th scope="row"><a href="([^"]*)">{WEAK}<', page)
        total = client.get(f"/api/v1{href}").json()["total"]
    # Those that both called so; what is disputed has no mode yet.
    assert total == 14


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("by", ["pair", "month"])
def test_a_row_that_would_tell_who_labelled_which_case_leads_nowhere(labelled, by):
    with labelled.browser() as client:
        page = plain(client.get(f"/agreement?by={by}"))
        assert re.search(r'<th scope="row">[^<]', page)
        assert '<th scope="row"><a' not in page
        assert not re.search(r'<svg.*<a href="/cases', page, re.DOTALL)
        [whole] = re.findall(r'<a href="([^"]*)">All cases<', page)
        assert client.get(whole).status_code == 200


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_row_leads_to_the_cases_that_two_people_labelled_and_no_others(labelled):
    filing = Filing(model="m", at=MONDAY, title="nobody has labelled this")
    catalog.file(labelled.workspace, filing)
    with labelled.browser() as client:
        hrefs = re.findall(r'<th scope="row"><a href="([^"]*)"', plain(client.get("/agreement")))
        assert {client.get(f"/api/v1{href}").json()["total"] for href in hrefs} == {21}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_question_that_cannot_be_read_is_shown_again_with_what_is_wrong(labelled):
    with labelled.browser() as client:
        for asked, says in (("query=nope:1", "nope"), ("by=odd", "not told apart by 'odd'")):
            answer = client.get(f"/agreement?{asked}")
            assert answer.status_code == 422
            assert says in plain(answer)


def test_without_any_pair_it_says_what_to_do(alone):
    with alone.browser() as client:
        assert "Label cases</a>" in plain(client.get("/agreement"))
