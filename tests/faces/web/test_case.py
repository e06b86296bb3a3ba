"""A case as HTML: what its page tells and links to, and what becomes of what people type."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest

from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.govern.ports.actor import Actor
from remiss.records.case import Filing
from remiss.records.identity import case_id
from remiss.records.labelling import Judgement, Verdict
from tests.curate.standings import ANSWERS, WEAK
from tests.edges.stores.drawing import MONDAY, drawn, file, member

HOSTILE = '"><script>alert(1)</script>\u202e\x07'

FAILING = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="The feed again")


@pytest.fixture
def client(reading):
    with reading.browser() as signed_in:
        yield signed_in


@pytest.fixture
def missed(client):
    """The newest case that met missed-delay alone, as its API route answers it."""
    [item] = client.get("/api/v1/cases", params={"query": "criterion:missed-delay -criterion:slow", "limit": 1}).json()["items"]
    return client.get(f"/api/v1/cases/{item['id']}").json()


@pytest.fixture
def filed(there):
    """A case that somebody filed, on a server of the test's own."""
    return catalog.file(there.workspace, Filing(model="m", at=MONDAY, title="The board lied", note="one\ntwo", severity=3))


def typed(case, **changed):
    said = {"title": case.title or "", "note": case.note or "", "mode": case.mode or "", "severity": str(case.severity or "")}
    return {"revision": str(case.revision), **said, **changed}


def plain(answer) -> str:
    return html.unescape(answer.text)


def test_a_case_names_its_twins_which_answer(client, missed):
    text = client.get(f"/cases/{missed['id']}").text
    twins = [html.unescape(each) for each in re.findall(r'rel="alternate" type="application/json" href="([^"]*)"', text)]
    assert [client.get(twin).json()["schema"] for twin in twins] == [
        "remiss/case@1",
        "remiss/list@1",
        "remiss/comparison@1",
        "remiss/investigation@1",
        "remiss/list@1",
        "remiss/list@1",
        "remiss/list@1",
    ]


def test_it_says_why_it_was_caught_with_the_lines_of_the_protocol(client, missed):
    page = plain(client.get(f"/cases/{missed['id']}"))
    assert "A traveller missed a connection." in page
    excerpt = re.sub(r"<[^>]*>", "", re.search(r"<figure.*?</figure>", page, re.DOTALL)[0])
    assert "when: \"output = 'on-time' AND label = 'late'\"" in excerpt
    assert "slow" not in excerpt
    [href] = re.findall(r'<figcaption><a href="([^"]*)"', page)
    assert f'id="{href.partition("#")[2]}"' in client.get(href).text


def test_it_says_how_it_was_drawn_and_links_to_the_cases_of_its_window(client, missed):
    text = client.get(f"/cases/{missed['id']}").text
    comparison = client.get(f"/api/v1/cases/{missed['id']}/comparison").json()
    assert re.search(r"in the week of \d+ June 2013", text)
    listed = {name: html.unescape(href) for href, name in re.findall(r'<a href="([^"]*)">events that met ([\w-]+)</a>', text)}
    assert set(listed) == {group["criterion"] for group in comparison["groups"]} - {"all", "control", "undecided"}
    assert f'href="/cases/{missed["id"]}?' in client.get(listed["missed-delay"]).text
    assert f'href="/cases/{missed["id"]}?' not in client.get(listed["slow"]).text


def test_controls_come_as_a_part_and_without_script_by_a_link(client, missed):
    text = client.get(f"/cases/{missed['id']}").text
    assert "% similar" not in text
    [href] = re.findall(r'<a href="([^"]*)">Compare it with', text)
    [piece] = re.findall(r'hx-get="([^"]*)"', text)
    for address in (href, piece):
        assert "% similar" in client.get(html.unescape(address)).text


def test_a_beginning_of_an_id_leads_to_the_case(client, missed):
    answer = client.get(f"/cases/{missed['id'][:9].upper()}", params={"as_of": 2})
    assert (answer.status_code, answer.headers["location"]) == (302, f"/cases/{missed['id']}?as_of=2")


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ("zzzzzz", 404, "There is no case zzzzzz"),
        ("abc", 422, "at least 6 characters"),
        ("no-such-case", 422, "is not the id of a case"),
        (HOSTILE.replace("/", ""), 422, "is not the id of a case"),
    ],
)
def test_an_id_that_means_no_case_says_what_to_do(client, asked, status, says):
    answer = client.get(f"/cases/{quote(asked, safe='')}")
    assert answer.status_code == status
    assert says in plain(answer)
    assert "<script>" not in answer.text.partition("<main")[2]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_id_that_means_several_cases_lists_them(there):
    first: dict[str, int] = {}
    numbers = iter(range(10**6))
    while (begun := case_id("arrivals", f"e{(number := next(numbers))}")[:7]) not in first:
        first[begun] = number
    members = [member(each, met=("slow",), at=MONDAY) for each in (first[begun], number)]
    file(there.workspace, drawn(members), run="run-1")
    with there.browser() as client:
        answer = client.get(f"/cases/{begun}")
    assert answer.status_code == 409
    assert sorted(re.findall(r'class="id" href="/cases/([^"]*)"', answer.text)) == sorted(
        case_id("arrivals", each.event.id) for each in members
    )


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_was_said_is_changed_by_a_form_and_told_in_the_history(there, filed):
    with there.browser() as client:
        answer = client.post(f"/cases/{filed.id}", data=typed(filed, title="The board was wrong", note=""))
        assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{filed.id}")
        page = plain(client.get(f"/cases/{filed.id}"))
    now = catalog.show(there.workspace, filed.id)
    assert (now.revision, now.title, now.note, now.severity) == (2, "The board was wrong", None, 3)
    assert re.search(r"<del>The board lied</del>\s*<ins>The board was wrong</ins>", page)
    assert "taken away" in page


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_line_breaks_of_a_form_are_no_change(there, filed):
    with there.browser() as client:
        answer = client.post(f"/cases/{filed.id}", data=typed(filed, note="one\r\ntwo"))
    assert answer.status_code == 422
    assert "Nothing is changed" in answer.text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_lost_race_keeps_what_was_typed_and_shows_what_the_other_wrote(there, filed):
    catalog.revise(there.workspace, filed.id, 1, title="Their title", severity=1)
    with there.browser() as client:
        answer = client.post(f"/cases/{filed.id}", data=typed(filed, title="My title", mode="remiss:data/label-noise"))
        page = plain(answer)
        assert answer.status_code == 412
        assert catalog.show(there.workspace, filed.id).title == "Their title"
        assert re.search(r"<td>My title</td><td>Their title</td>", page)
        assert 'name="revision" value="2"' in page
        assert 'name="title" value="My title"' in page
        assert 'name="mode" value="remiss:data/label-noise"' in page
        assert re.search(r'<option value="1" selected>', page)
        form = typed(filed, revision="2", title="My title", mode="remiss:data/label-noise", severity="1")
        assert client.post(f"/cases/{filed.id}", data=form).status_code == 303
    now = catalog.show(there.workspace, filed.id)
    assert (now.title, now.mode, now.severity, now.revision) == ("My title", "remiss:data/label-noise", 1, 3)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_emptied_in_the_form_is_taken_away(there, filed):
    with there.browser() as client:
        assert 'value="">Not graded' in client.get(f"/cases/{filed.id}").text
        answer = client.post(f"/cases/{filed.id}", data=typed(filed, title="", severity=""))
        assert answer.status_code == 303
    now = catalog.show(there.workspace, filed.id)
    assert (now.title, now.severity, now.note) == (None, None, filed.note)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"title": " "}, "The title is empty"),
        ({"mode": "remiss:nope"}, "No taxonomy has the failure mode"),
        ({"severity": "9"}, "Invalid severity: 9"),
        ({"severity": "x"}, "Invalid severity"),
        ({"revision": "7", "title": "x"}, "has no revision 7 yet"),
    ],
)
def test_what_cannot_be_said_is_shown_again_with_the_reason(there, filed, changed, says):
    with there.browser() as client:
        answer = client.post(f"/cases/{filed.id}", data=typed(filed, **{"note": "kept as typed", **changed}))
    assert answer.status_code == 422
    assert says in plain(answer)
    assert "kept as typed" in answer.text
    assert catalog.show(there.workspace, filed.id).revision == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_is_filed_by_a_form(there):
    form = {
        "model": "arrival-delay",
        "at": "2013-06-03T06:00",
        "title": "Wrong terminal, said ana@example.com",
        "inputs": "carrier = UA\r\n\r\ndistance=200",
        "context": "airport=EWR",
        "severity": "2",
    }
    with there.browser() as client:
        answer = client.post("/cases/file", data=form)
        assert answer.status_code == 303
        page = plain(client.get(answer.headers["location"]))
    case = catalog.show(there.workspace, answer.headers["location"].removeprefix("/cases/"))
    assert (case.event.at, case.severity, case.mode, case.event.output) == (MONDAY.replace(hour=6), 2, None, None)
    assert case.event.inputs == {"carrier": "UA", "distance": "200"}
    assert "[email:" in page
    assert "A person filed it by hand" in page
    assert "Compared with similar events" not in page


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_is_filed_in_a_team_in_which_its_author_may(there):
    form = {"model": "m", "at": "2013-06-03T06:00", "title": "Wrong gate"}
    one = there.person("ana", role="annotator", team="arrivals")
    two = there.person("bo", role="annotator", team="arrivals")
    there.person("bo", role="curator", team="departures")
    for token, teams, chosen in ((one, [], "arrivals"), (two, ["arrivals", "departures"], "departures")):
        with there.browser_of(token) as client:
            page = client.get("/cases/file").text
            assert re.findall(r'<option value="(arrivals|departures|default)"', page) == teams
            assert ('<input type="hidden" name="team" value="arrivals">' in page) is not bool(teams)
            answer = client.post("/cases/file", data=form | {"team": chosen, "title": f"Wrong gate in {chosen}", "model": chosen})
            assert answer.status_code == 303, answer.text
            assert client.post("/cases/file", data=form | {"team": "default", "model": "n"}).status_code == 403
    found = catalog.search(there.workspace).column("id")
    assert {catalog.show(there.workspace, case).team for case in found} == {"arrivals", "departures"}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_may_be_a_duplicate_is_filed_once_its_like_was_seen(there):
    form = {"model": "m", "at": "2013-06-03T06:00", "title": "Wrong gate", "inputs": "carrier=UA\n<b>gate=C7"}
    again = {**form, "title": "The <b>board</b> was wrong", "note": "kept as typed", "at": "2013-06-04T06:00"}
    with there.browser() as client:
        first = client.post("/cases/file", data=form).headers["location"]
        asked = client.post("/cases/file", data=again)
        assert asked.status_code == 200
        assert f'href="{first}"' in asked.text
        assert "100 % of 2 fields: inputs.<b>gate, inputs.carrier" in plain(asked)
        assert "kept as typed" in asked.text
        assert "<b>" not in asked.text
        assert len(catalog.search(there.workspace)) == 1
        told = {"told": re.findall(r'name="told" value="([^"]*)"', asked.text)[0]}
        second = client.post("/cases/file", data=again | told)
        assert second.status_code == 303
        assert second.headers["location"] != first
        # Another is told of anew, whatever was told before.
        third = client.post("/cases/file", data={**again, "title": "Once more"} | told)
        assert third.status_code == 200
        assert second.headers["location"] in third.text
    assert len(catalog.search(there.workspace)) == 2


def test_what_is_unlike_all_or_like_many_is_filed_at_once(there):
    with there.browser() as client:
        for number in range(1, 6):
            form = {"model": "m", "at": f"2013-06-0{number}T06:00", "title": "Late", "inputs": "carrier=UA", "output": "late"}
            asked = client.post("/cases/file", data=form)
            assert asked.status_code == (303 if number in {1, 5} else 200)
            if asked.status_code == 200:
                told = re.findall(r'name="told" value="([^"]*)"', asked.text)[0]
                assert client.post("/cases/file", data=form | {"told": told}).status_code == 303


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"at": ""}, "The time is missing"),
        ({"at": "noon"}, "'noon' is not a time"),
        ({"title": ""}, "The title is empty"),
        ({"inputs": "carrier"}, "is not NAME=VALUE"),
        ({"context": "a=1\na=2"}, "stands twice"),
        ({"mode": "remiss:nope"}, "No taxonomy has"),
    ],
)
def test_a_filing_that_is_not_taken_is_shown_again(there, changed, says):
    form = {"model": "m", "at": "2013-06-03T06:00", "title": "t", "note": "kept as typed", **changed}
    with there.browser() as client:
        answer = client.post("/cases/file", data=form)
    assert answer.status_code == 422
    assert says in plain(answer)
    assert "kept as typed" in answer.text
    assert len(catalog.search(there.workspace)) == 0


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_hostile_text_stays_text_wherever_a_case_holds_it(there):
    hostile = HOSTILE + "w" * 10_000
    said = {"output": hostile, "label": HOSTILE, "text": hostile, "model_version": HOSTILE}
    case = catalog.file(
        there.workspace,
        Filing(model=HOSTILE, at=MONDAY, title=HOSTILE, note=hostile, inputs={"x<b>": HOSTILE}, context={"<i>": hostile}, **said),
    )
    with there.browser() as client:
        for path in (f"/cases/{case.id}", "/cases", "/cases?facets=true"):
            main = client.get(path).text.partition("<main")[2]
            assert "<script>" not in main
            assert "<b>" not in main
            assert "<i>" not in main
        again = client.post(f"/cases/{case.id}", data=typed(case, note=HOSTILE, mode=HOSTILE))
        assert again.status_code == 422
        assert "<script>" not in again.text.partition("<main")[2]


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_registered_model_is_asked_by_a_form_and_what_it_answers_stands_beside_the_log(there, tmp_path, monkeypatch):
    case = catalog.file(there.workspace, Filing(model="m", at=MONDAY, title="x", output="late", inputs={"x": 1})).id
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(f"def say(rows): return [{{'output': {HOSTILE!r}, 'confidence': 0.5}}]\n")
    with there.browser() as client:
        assert "No model is registered here" in plain(client.get(f"/cases/{case}"))
        refused = client.post(f"/cases/{case}/replay", data={"model": "m@1"})
        assert (refused.status_code, "No model m@1 is registered" in plain(refused)) == (404, True)
        (tmp_path / "models.yaml").write_text("models: [{name: m, version: '1', python: 'own:say'}]\n")
        sent = client.post(f"/cases/{case}/replay", data={"model": "m@1"}, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, f"/cases/{case}#replays")
        page = client.get(f"/cases/{case}").text
        assert "<script>alert(1)" not in page
        [kept] = client.get(f"/api/v1/cases/{case}/replays").json()["items"]
        took = kept["answer"]["latency_ms"]
        latency = "under 0.1 ms" if took < 0.1 else f"{took:.1f} ms"
        for each in ("Not reproduced", "m@1", "late", html.escape("<script>"), "Python 3.", latency):
            assert each in page
        (tmp_path / "models.yaml").write_text("models: [{name: m, version: 1}]\n")
        broken = client.get(f"/cases/{case}")
        assert (broken.status_code, "where text is wanted" in plain(broken)) == (200, True)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_decided_case_is_resolved_by_a_form_and_what_is_expected_of_it_is_written(there, tmp_path, monkeypatch):
    ws = there.workspace
    case = catalog.file(ws, Filing(model="m", at=MONDAY, title="x", output="late", inputs={"x": 1})).id
    reader = ws.actor
    for name, give in (("bo", labelling.annotate), ("cy", labelling.verify)):
        ws.actor = Actor(name=name)
        give(ws, case, catalog.show(ws, case).revision, FAILING)
    ws.actor = reader
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text("def say(rows): return [{'output': 'on-time'} for _ in rows]\n")
    (tmp_path / "models.yaml").write_text("models: [{name: m, version: '1', python: 'own:say'}]\n")
    with there.browser() as client:

        def send(to, **fields):
            fields["revision"] = str(catalog.show(ws, case).revision)
            return client.post(f"/cases/{case}/{to}", data=fields, follow_redirects=False)

        assert "Resolve by it" in client.get(f"/cases/{case}").text
        nothing = send("resolve", model="m@1")
        assert (nothing.status_code, "nothing is expected" in plain(nothing)) == (422, True)
        wrong = send("expect", expectations=f"equals-ish {HOSTILE}")
        assert (wrong.status_code, "Invalid expectation" in plain(wrong)) == (422, True)
        assert "<script>alert(1)" not in wrong.text
        assert send("expect", expectations="equals late\n\n").status_code == 303
        fails = send("resolve", model="m@1")
        assert (fails.status_code, "still fails case" in plain(fails)) == (409, True)
        assert 'equals "late"</textarea>' in plain(fails)
        send("expect", expectations='one-of ["late", "on-time"]')
        done = send("resolve", model="m@1")
        assert (done.status_code, done.headers["location"]) == (303, f"/cases/{case}#replays")
        page = plain(client.get(f"/cases/{case}"))
        assert "m@1; 0 of 5 answers failed: up to 45" in page
        assert "is one of late, on-time" in page
        assert "Resolve by it" not in page
