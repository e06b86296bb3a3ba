"""The overview as HTML: what it says at once, what it has loaded, and where its numbers lead."""

from __future__ import annotations

import html
import re
import shutil
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

import remiss
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.edges.stores.case_writing import raise_sensitivity
from remiss.edges.stores.tables import cases
from remiss.faces.web.confirmed_rates import ConfirmedRate
from remiss.faces.web.criteria import CriteriaOf, CriterionLine, Rate
from remiss.faces.web.home_cards import cards
from remiss.faces.web.pages.overview import CriteriaPart
from remiss.faces.web.rendering import environment
from remiss.govern.authority import Granted, actor_of
from remiss.govern.ports.actor import Actor
from remiss.present.legible import number
from remiss.records.case import Filing, Sensitivity
from remiss.records.identity import case_id, parse_time
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from remiss.records.person import EVERY_TEAM, Grant, Person
from tests.curate.standings import ANSWERS, WEAK
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import drawn, file, member
from tests.serving import served


@pytest.fixture
def client(reading):
    with reading.browser() as signed_in:
        yield signed_in


@pytest.fixture
def cold(captured_once, tmp_path):
    """A server that has not been asked anything yet."""
    folder = tmp_path / "here"
    shutil.copytree(captured_once, folder)
    with served(str(folder / "remiss.db"), {"REMISS_SOURCES": str(folder / "log")}) as there, there.browser() as signed_in:
        yield signed_in


@pytest.fixture(scope="module")
def labelled_once(captured_once, tmp_path_factory):
    """A folder with a catalog whose cases two people have labelled, but for half of those that wait for the second."""
    folder = tmp_path_factory.mktemp("labelled") / "here"
    shutil.copytree(captured_once, folder)
    with remiss.open(str(folder / "remiss.db"), environment={}) as ws:
        for person, say, kind, part in (
            ("ana", labelling.annotate, LabellingKind.ANNOTATION, 0),
            # Under the key of these tests some that wait are caught by a criterion.
            ("bo", labelling.verify, LabellingKind.VERIFICATION, 0.5),
        ):
            ws.actor = Actor(name=person)
            left = getattr(queue.list_queue(ws).left, kind.value)
            for _ in range(left - int(part * left)):
                form = queue.take(ws, kind=kind).task.form
                found = Judgement(verdict=Verdict.NOT_A_FAILURE)
                if form.event.label == "late":
                    found = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)
                say(ws, form.case, form.revision, found)
    return folder


@pytest.fixture
def labelled(labelled_once, tmp_path):
    """A server of the test's own on a copy of that catalog."""
    folder = tmp_path / "labelled"
    shutil.copytree(labelled_once, folder)
    with served(str(folder / "remiss.db"), {"REMISS_SOURCES": str(folder / "log")}) as there:
        yield there


@pytest.fixture
def new(tmp_path):
    """A server of a catalog in which there is nothing."""
    with served(str(tmp_path / "remiss.db"), {}, create=True) as there:
        yield there


def parts(text):
    return [html.unescape(each) for each in re.findall(r'hx-get="([^"]*)"', text)]


def test_it_answers_at_once_and_has_the_rest_loaded(cold):
    text = cold.get("/").text
    assert "arrival-delay@1" in text
    assert len(re.findall(r'class="id" href="/cases/', text)) == 10
    later = ["/parts/overview/cards", "/parts/overview/criteria?confirmed=false", "/parts/standing", "/parts/overview/holdings"]
    assert parts(text) == later
    for part in parts(text):
        answer = cold.get(part)
        assert answer.status_code == 200
        assert "<html" not in answer.text


def test_what_people_confirmed_is_loaded_after_what_machines_flagged(cold):
    [more] = parts(cold.get("/parts/overview/criteria").text)
    assert more == "/parts/overview/criteria?confirmed=true"
    assert parts(cold.get(more).text) == []


def test_what_rose_has_its_place_at_the_top_before_it_is_known(cold):
    text = cold.get("/").text
    assert text.index('<div id="risen">') < text.index('class="cards"') < text.index('id="criteria"')
    assert "Comparing the last windows with those before" in text
    loaded = cold.get("/parts/overview/criteria?confirmed=false").text
    # It takes the place that was kept, and stands nowhere else in what is loaded.
    assert loaded.count('id="risen" hx-swap-oob="true"') == 1
    assert loaded.index('class="alert') < loaded.index('<div class="rates"')
    assert 'class="alert' not in loaded.partition('<div class="rates"')[2]


def test_what_rose_is_said_once_when_what_people_confirmed_is_loaded_later(cold):
    for part in parts(cold.get("/").text):
        cold.get(part)
    # Now the page has what machines flagged, and what rose above it; what people confirmed is still to come.
    [more] = [each for each in parts(cold.get("/").text) if "confirmed" in each]
    assert more == "/parts/overview/criteria?confirmed=true&alerted=true"
    assert 'class="alert"' not in cold.get(more).text


def test_what_is_known_already_stands_in_the_page(cold):
    for part in parts(cold.get("/").text):
        for more in parts(cold.get(part).text):
            cold.get(more)
    text = cold.get("/").text
    assert parts(text) == []
    assert "A traveller missed a connection." in text
    assert "Nothing is due" in text


def test_without_script_one_link_leads_to_all_of_it(cold):
    text = cold.get("/").text
    [whole] = set(re.findall(r'<noscript>.*?href="([^"]*)"', text))
    assert parts(cold.get(whole).text) == []


def test_the_rates_are_those_of_the_estimate(client):
    text = client.get("/parts/overview/criteria").text
    row = client.get("/api/v1/estimate", params={"query": "criterion:slow", "rate": "true"}).json()["rows"][0]
    assert f"{row['value'] * 100:.2f}\u202f%" in text
    assert f"{row['sampled']:,}</a>" in text


def criteria_in(text):
    return text.partition('<table class="criteria">')[2].partition("</table>")[0]


def rows_of(text):
    """Return what the overview says of each criterion: of what machines flagged, and of what people confirmed."""
    found = {}
    for row in re.findall(r"<tr>.*?</tr>", text.partition("<tbody>")[2], re.DOTALL):
        name = re.search(r'<th scope="row"><a href="/cases\?query=criterion%3A([^+&"]*)', row)[1]
        cells = {kind: re.search(rf'<td class="{kind}">(.*?)</td>', row, re.DOTALL)[1] for kind in ("flagged", "confirmed")}
        found[name] = {kind: html.unescape(cell) for kind, cell in cells.items()}
    return found


def test_beside_what_machines_flagged_stands_what_is_missing_until_people_confirm(client):
    rows = [cells["confirmed"] for cells in rows_of(client.get("/parts/overview/criteria?confirmed=true").text).values()]
    # Of rules that follow one another and lack the same it is said once.
    assert ["eople have not begun with the events of any window" in each for each in rows] == [True] + [False] * (len(rows) - 1)
    for cells in rows:
        assert "None yet" in cells
        assert "\u202f%" not in cells


@pytest.mark.slow(reason="a captured log is labelled")
def test_beside_what_machines_flagged_stands_what_people_confirmed(labelled):
    with labelled.browser() as client:
        cells = rows_of(client.get("/parts/overview/criteria?confirmed=true").text)
        asked, preliminary = {"rate": "true", "confirmed": "true"}, []
        for name, said in cells.items():
            [rate] = client.get("/api/v1/estimate", params={"query": f"criterion:{name}", **asked}).json()["rows"]
            preliminary.append(rate["preliminary"])
            assert ("preliminary" in said["confirmed"].lower()) is rate["preliminary"]
            shown = f"{rate['value'] * 100:.1f}"[:2].rstrip(".")
            assert re.search(rf">{shown}[0-9.]*\u202f%</a>", said["confirmed"]), said["confirmed"]
            assert re.search(r'class="interval">[0-9.]+ to [0-9.]+\u202f%<', said["confirmed"])
            [total] = client.get("/api/v1/estimate", params={"query": f"criterion:{name}", "confirmed": "true"}).json()["rows"]
            assert f"of {total['flagged']:,.0f} flagged in these windows" in said["confirmed"]
            [every] = client.get("/api/v1/estimate", params={"query": f"criterion:{name}", "rate": "true"}).json()["rows"]
            for figure, cell in ((every, "flagged"), (rate, "confirmed")):
                count, days = figure["windows"], f"{figure['since'][:10]} to {figure['until'][:10]}"
                windows = f"{count} window{'s' * (count > 1)}, {days}"
                assert (windows in said[cell]) is (every["windows"] != rate["windows"])
            assert "confirmed" not in said["flagged"]
            assert "preliminary" not in said["flagged"].lower()
            [href] = re.findall(r'class="rate"><a href="([^"]*)"', said["confirmed"])
            assert f">{re.search(r'>([^<]*)</a>', said['confirmed'])[1]}</td>" in client.get(href).text
    assert any(preliminary)


@pytest.mark.slow(reason="a captured log is labelled")
def test_after_a_label_the_last_figures_are_shown_at_once_and_those_of_now_are_loaded(labelled):
    with labelled.browser() as client:
        before = rows_of(criteria_in(client.get("/?whole=true").text))
        assert parts(client.get("/").text) == []
        ws, reader = labelled.workspace, labelled.workspace.actor
        ws.actor = Actor(name="cy")
        form = queue.take(ws, kind=LabellingKind.VERIFICATION).task.form
        labelling.verify(ws, form.case, form.revision, Judgement(verdict=Verdict.NOT_A_FAILURE))
        ws.actor = reader
        text = client.get("/").text
        assert re.search(r"Confirmed figures are as of position [0-9,]+; .*updating…", text)
        assert rows_of(criteria_in(text)) == before
        [more] = [each for each in parts(text) if "criteria" in each]
        assert "updating" not in client.get(more).text
        assert "updating" not in client.get("/").text


def test_each_mark_of_a_trend_leads_to_the_cases_of_its_window(client):
    text = client.get("/parts/overview/criteria").text
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) == 2
    marks = [html.unescape(href) for href in re.findall(r'<a href="([^"]*)"', pictures[1])]
    assert len(marks) == 3
    counted = [client.get(f"/api/v1{href}").json()["total"] for href in marks]
    whole = client.get("/api/v1/cases", params={"query": "criterion:slow"}).json()["total"]
    assert sum(counted) == whole


def test_numbers_lead_to_what_is_behind_them(client):
    text = client.get("/?whole=true").text
    for href in {html.unescape(each) for each in re.findall(r'href="(/(?:cases|runs|estimates|protocols)[^"]*)"', text)}:
        assert client.get(href, follow_redirects=True).status_code == 200, href


def test_as_many_runs_and_protocol_versions_are_counted_as_their_lists_hold(client):
    text = client.get("/?whole=true").text
    for path, words in (("/runs", "runs?"), ("/protocols", "protocol versions?")):
        [count] = re.findall(rf'href="{path}">([\d,]+) {words}<', text)
        assert client.get(path).text.count('<th scope="row">') == int(count)
    # A run may be of some windows of a protocol alone: how many there are in all leads to none.
    assert "#windows" not in text


def test_its_twins_answer(client):
    for twin in re.findall(r'rel="alternate" type="application/json" href="([^"]*)"', client.get("/").text):
        assert client.get(twin).status_code == 200


def test_a_new_catalog_says_what_to_do_first(new):
    with new.browser() as client:
        text = client.get("/").text
        assert "remiss protocol new" in text
        assert "remiss demo" in text
        assert "Newest cases" not in text
        assert client.get("/runs?whole=true").text.count("remiss protocol new") == 1


def test_cases_filed_by_hand_are_there_before_any_capture(new):
    filing = Filing(model="m", at=parse_time("2026-01-01T00:00:00Z"), title='<script>alert("1")</script>')
    catalog.file(new.workspace, filing)
    with new.browser() as client:
        text = client.get("/").text
    assert "No log is captured yet" in text
    assert "<script>alert" not in text
    assert "alert(" in text


def test_an_unknown_parameter_is_refused(client):
    assert client.get("/?nope=1").status_code == 422


def test_each_card_leads_to_as_many_as_it_counts(client, reading):
    led = re.findall(CARD, client.get("/?whole=true").text)
    assert len(led) == 4
    for role in ("reader", "verifier"):
        rita = Person(name="rita", grants=(Grant(role=role, clearance=Sensitivity.SECRET, team=EVERY_TEAM),))
        ws = reading.workspace.serving("cards", actor=actor_of(rita), authority=Granted(rita))
        made = cards(ws)
        counted = [each for each in made if each.href.startswith("/cases?")]
        assert counted, role
        for each in counted:
            query = parse_qs(urlsplit(each.href).query)["query"]
            assert number(catalog.search(ws, *query, limit=1).total) == each.figure, (role, each.of)
    [(href, figure)] = [(href, figure) for href, _, figure in led if href.startswith("/cases?")]
    query = parse_qs(urlsplit(html.unescape(href)).query)["query"]
    assert client.get("/api/v1/cases", params={"query": query, "limit": 1}).json()["total"] == int(figure.replace(",", ""))


def test_nobody_has_a_card_of_what_they_may_not_do(reading):
    rita = Person(name="rita", grants=(Grant(role="reader", clearance=Sensitivity.INTERNAL, team=EVERY_TEAM),))
    ws = reading.workspace.serving("cards", actor=actor_of(rita), authority=Granted(rita))
    assert [card.of for card in cards(ws)] == ["Open critical and severe cases", "Asked of you"]


CARD = r'<a class="card" href="([^"]*)"><span class="k">([^<]*)</span> <span class="v">([^<]*)</span>'


def home(there, token):
    """Return the figure of each card that somebody is shown, by what it is of."""
    with there.browser_of(token) as client:
        text = client.get("/?whole=true", headers={"Accept": "text/html"}).text
    return {html.unescape(of): figure for _, of, figure in re.findall(CARD, text)}


@pytest.mark.slow(reason="a captured log is labelled")
def test_each_role_is_shown_what_its_work_asks(labelled):
    annotator = home(labelled, labelled.person("dee", role="annotator", team="*"))
    assert list(annotator) == ["Waiting for you", "Done today", "Open critical and severe cases", "Asked of you"]
    curator = home(labelled, labelled.person("the-curator", role="curator", team="*"))
    assert list(curator) == ["Waiting for you", "Windows due or provisional", "Rows refused", "Disputed or stale cases"]
    admin = home(labelled, labelled.person("the-admin", role="admin", team="*", clearance="secret"))
    assert list(admin) == ["Windows due or provisional", "Rows refused", "Disputed or stale cases", "People without a way in"]
    # Of those who were just made all have a token, and whoever made the catalog opens it without.
    assert admin["People without a way in"] == "0"
    reader = home(labelled, labelled.person("the-reader", role="reader", team="*"))
    assert list(reader) == ["Open critical and severe cases", "Asked of you"]
    steward = labelled.person("the-steward", role="steward", team="*")
    with labelled.browser_of(steward) as client:
        audited = r"Looks at raw evidence</span> <span class=\"v\">\d+</span> <span class=\"n\">In the last 7 days; ([^<]*)<"
        assert re.search(audited, client.get("/").text)[1] == "nobody has verified the logs yet"
        assert client.post("/audit/verify").status_code == 200
        assert re.fullmatch(r"logs verified on \d+ \w+ \d{4}", re.search(audited, client.get("/").text)[1])
    # Ana and bo labelled the same; what waits for a second label tells them nothing.
    for name, role in (("ana", "annotator"), ("bo", "verifier")):
        own = home(labelled, labelled.person(name, role=role, team="*"))
        settled = labelled.workspace.serving("own", actor=Actor(name=name))
        assert own["Others saw it differently"] == str(len(labelling.show_own_agreement(settled).different))


FACET = r'<a href="(/cases[^"]*)">\s*<span class="value[^>]*>[^<]*</span> <span class="count">([\d,]+)<'
HIGHER = "so a count that led here may be higher"


@pytest.mark.slow(reason="every page of counts and what it leads to is asked, as four people")
def test_a_count_is_that_of_where_it_leads_or_the_page_says_why_not(labelled):
    told, compared = set(), 0
    people = {role: labelled.person(f"the-{role}", role=role) for role in ("reader", "annotator", "verifier", "curator")}
    for role, token in people.items():
        with labelled.browser_of(token) as client:
            targets = {}
            for page in (
                "/?whole=true",
                "/cases?facets=true",
                "/cases?query=criterion:slow&facets=true",
                "/agreement",
                "/protocols/arrival-delay",
            ):
                text = client.get(page).text
                links = re.findall(r'<a\b[^>]*?href="(/cases(?:\?[^"]*)?)"[^>]*>([\d,]+)(?: cases?)?</a>', text)
                links += re.findall(FACET, text)
                for href, count in dict.fromkeys(links):
                    address = html.unescape(href)
                    if address not in targets:
                        targets[address] = client.get(address + ("&" if "?" in address else "?") + "facets=true").text
                    target = targets[address]
                    found = re.search(r">(?:\s*)([\d,]+) cases?<", target)
                    compared += 1
                    if found is None or found[1] != count:
                        assert HIGHER in target, (role, page, address, count, found and found[1])
                        told.add(role)
    assert compared > 40
    # Only of whom something is hidden it is said: a reader labels nothing.
    assert told == {"verifier", "curator"}


RATE = Rate(value="1 %", interval="exact", bounds="", judged="", remarks="", sampled=3)


def test_what_holds_of_every_protocol_is_said_once_and_older_versions_are_folded():
    line = CriterionLine(name="slow", why="It is slow.", severity=3, cases="/", estimate="/", by_people="/", rate=RATE)
    labels = ("delay@2", "delay@1", "price@1")
    frames = tuple(CriteriaOf(source="log", protocol=label, lines=(line,)) for label in labels)
    missing = tuple({"slow": ConfirmedRate(missing="nobody has begun")} for _ in labels)
    told = environment().get_template(CriteriaPart.template).render(page=CriteriaPart(frames=frames, confirmed=missing))
    assert (told.count("Flagged counts what the rules caught"), told.count("Nobody has begun")) == (1, 1)
    assert told.count("None yet") == 3
    [folded] = re.findall(r'(?s)<details class="superseded"><summary>(.*?)</summary>', told)
    assert folded == "delay@1 on log, superseded"
    assert re.findall(r"<h3>([^<]*) on log</h3>", told) == ["delay@2", "price@1"]


@pytest.fixture
def stale(tmp_path):
    """A server of a catalog in which three labelled cases have changed, one of them secret and one in somebody's hand."""
    folder, again = tmp_path / "remiss.db", {2: "early", 4: "early", 5: "early"}
    with remiss.open(str(folder), environment={}, create=True) as ws:
        seen = [member(number, met=["slow"]) for number in range(1, 7)]
        file(ws, drawn(seen), run="run-a0000000")
        by = {name: ws.serving("labelling", actor=Actor(name=name)) for name in ("ana", "bo")}
        failing = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)
        for number in (2, 3, 4, 5):
            labelling.annotate(by["ana"], case_id("arrivals", f"e{number}"), 1, failing)
        labelling.verify(by["bo"], case_id("arrivals", "e4"), 2, failing)
        seen = [replace(each, event=replace(each.event, label=again.get(at, "late"))) for at, each in enumerate(seen, 1)]
        file(ws, drawn(seen), run="run-b0000000")
        mark_secret(ws, case_id("arrivals", "e5"))
    with served(str(folder), {}) as there:
        yield there


@unlisted("test.mark_secret")
def mark_secret(ws, case):
    """Raise a case above what most people see."""
    row = ws._store.transaction.connection.execute(select(cases).where(cases.c.id == case)).one()
    raise_sensitivity(ws._store.transaction.connection, [row.key], int(Sensitivity.SECRET))


@pytest.mark.parametrize(
    ("name", "role", "clearance", "of", "count"),
    [
        ("ana", "annotator", "internal", "Stale cases", 2),
        ("bo", "verifier", "internal", "Disputed or stale cases", 2),
        ("cy", "annotator", "internal", "Stale cases", 2),
        ("dee", "curator", "secret", "Disputed or stale cases", 3),
        ("eve", "annotator", "public", "Stale cases", 0),
        ("fay", "reader", "secret", "Stale cases", 0),
    ],
)
def test_the_card_of_stale_cases_leads_to_as_many_as_it_says_whoever_looks(stale, name, role, clearance, of, count):
    token = stale.person(name, role=role, clearance=clearance)
    with stale.browser_of(token) as client:
        if name == "ana":
            client.post("/queue/next", data={"kind": "annotation"})  # what is in somebody's hand is as stale
        found = re.findall(
            rf'<a class="card" href="([^"]*)"><span class="k">{of}</span> <span class="v">(\d+)', client.get("/").text
        )
        assert [int(figure) for _, figure in found] == ([count] if count else [])
        for href, _ in found:
            query = "is:stale" if of == "Stale cases" else "(status:disputed OR is:stale)"
            assert parse_qs(urlsplit(html.unescape(href)).query)["query"] == [query]
            assert re.search(r'<h2 id="count"[^>]*>\s*(\d+) cases?', client.get(html.unescape(href)).text)[1] == str(count)
