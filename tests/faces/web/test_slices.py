"""The pages of slices: what was found, what is kept, and what later windows said, for who may keep and who only reads."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import urlencode

import pytest

from remiss.capture.actions import capture
from remiss.present.facts import points
from remiss.understand.kept_slice_actions import list_slices
from remiss.understand.slice_actions import keep_slices
from remiss.understand.slice_confirmation_actions import confirm_slice
from tests.serving import served
from tests.stories.logs import MONDAY, WEEK
from tests.stories.test_kept_slices import EARLIER, MISSED, capture_all, faulty

HOSTILE = '<img src=x onerror=alert(1)>"UA'


@pytest.fixture
def site(sqlite_template, tmp_path):
    log = faulty(tmp_path / "log")
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture_all(there.workspace, log)
        yield there


@pytest.mark.slow(reason="slices are searched for three times, and one is put to confirmation")
def test_a_slice_is_found_kept_and_confirmed_by_forms_and_every_mark_leads_to_its_cases(site):
    with site.browser() as browser:
        first = browser.get("/slices").text
        assert "None yet." in first
        assert 'href="/slices?query=criterion%3Amissed-delay"' in first
        found = browser.get("/slices", params={"query": EARLIER}).text
        assert "carrier is UA and distance is below 451" in found
        only = re.search(r'name="only" value="([^"]*)"', found)[1].replace("&lt;", "<")
        assert only == "inputs.carrier:UA inputs.distance:<451"
        marks = re.findall(r'<a href="(/cases\?query=[^"]*)"', found)
        assert len(marks) >= 2
        assert browser.get(marks[0].replace("&amp;", "&")).status_code == 200
        kept = browser.post("/slices", data={"query": EARLIER, "only": only})
        assert kept.status_code == 303
        page = browser.get(kept.headers["location"]).text
        assert "A hypothesis: no later windows were asked yet." in page
        done = browser.post(f"{kept.headers['location']}/confirm")
        assert (done.status_code, done.headers["location"]) == (303, kept.headers["location"])
        page = browser.get(kept.headers["location"]).text
        assert "Confirmed (no other attempt used these windows)" in page
        assert "Best guess 1" in page
        # Once more there is no window left: the page says so, and what to do.
        again = browser.post(f"{kept.headers['location']}/confirm")
        assert again.status_code == 409
        assert "No window from" in again.text
        assert "Confirmed</td>" in browser.get("/slices").text
        assert f'href="{kept.headers["location"]}">Yes</a>' in browser.get("/slices", params={"query": EARLIER}).text
    [confirmed] = list_slices(site.workspace)
    assert confirmed.state == "confirmed"
    with site.browser_of(site.person("rita", role="reader")) as reading:
        [(name, figure)] = re.findall(
            r'href="/slices/([^"]*)"><span class="k">Newest confirmed slice</span> <span class="v">([^<]*)<',
            reading.get("/").text,
        )
        assert (name, figure) == (confirmed.name, points(confirmed.attempts[-1].told))


def test_a_slice_that_is_kept_of_another_rule_is_not_taken_for_it(site):
    [kept] = keep_slices(site.workspace, EARLIER)
    with site.browser() as browser:
        here = browser.get("/slices", params={"query": EARLIER}).text
        assert f'href="/slices/{kept.name}">Yes</a>' in here
        # The same slice, among others: a question of its own.
        other = browser.get("/slices", params={"query": f"{EARLIER} latency_ms:>=0"}).text
        assert "carrier is UA and distance is below 451" in other
        assert f'href="/slices/{kept.name}">Yes</a>' not in other


def test_what_is_wrong_with_a_question_stands_on_the_page(site):
    with site.browser() as browser:
        for query, said in (
            (f"{MISSED} occurred:<2013-06-20", "windows have events to compare"),
            ("criterion:none", "no criterion"),
        ):
            answer = browser.get("/slices", params={"query": query})
            assert said in answer.text.lower() or said in answer.text
        assert browser.get("/slices/nothing-here").status_code == 404
        refused = browser.post("/slices", data={"query": EARLIER, "only": "inputs.carrier:DL"})
        assert refused.status_code == 422
        assert "No slice that is told has that query" in refused.text
        assert browser.post("/slices", data={"query": EARLIER}).status_code == 422
        assert browser.post("/slices", data={}).status_code == 422


def test_a_value_that_is_markup_is_shown_as_it_is_in_tables_and_charts(sqlite_template, tmp_path):
    log = faulty(tmp_path / "log", weeks=19)
    for row in log.predictions:
        row["carrier"] = HOSTILE if row["carrier"] == "UA" else row["carrier"]
    log.write(Path(log.protocol).read_text("utf-8"))
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture(there.workspace, log.protocol, since=MONDAY, until=MONDAY + 19 * WEEK)
        [kept] = keep_slices(there.workspace, EARLIER)
        assert HOSTILE in kept.words
        assert re.fullmatch("carrier-img-src-x-onerror-alert-1-ua-[a-z0-9-]*", kept.name)
        confirm_slice(there.workspace, kept.name)
        with there.browser() as browser:
            for path in ("/slices", f"/slices?{urlencode({'query': EARLIER})}", f"/slices/{kept.name}"):
                page = browser.get(path).text
                assert "<img src=x" not in page, path
                assert "&lt;img src=x onerror=alert(1)&gt;" in page, path
