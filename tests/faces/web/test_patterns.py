"""Patterns on their pages: named by a form, changed by others, and shown with how often they happen."""

from __future__ import annotations

import re
import shutil

import pytest

from remiss import capture, understand
from tests.serving import served
from tests.stories.logs import MONDAY, WEEK, small_log

UA = "criterion:missed-delay inputs.carrier:UA"
UNDONE_AT = {"unlink": "link", "leave": "subscribe"}


@pytest.fixture
def site(tmp_path, sqlite_template):
    log = small_log(tmp_path / "log")
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture.capture(there.workspace, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
        yield there


def form_of(here, given):
    """Return where the form is sent that says such a thing of the pattern there."""
    return f"{here}/{UNDONE_AT.get(given['act'], given['act'])}"


def test_a_pattern_is_named_by_a_form_and_every_form_of_its_page_does_what_it_says(site):
    with site.browser() as browser:
        assert "Nothing has a name yet." in browser.get("/patterns").text
        named = browser.post("/patterns", data={"name": "Flights of <b>UA</b>", "query": UA, "about": "Feeders"})
        here = named.headers["location"]
        assert (named.status_code, here.startswith("/patterns/pattern-")) == (303, True)
        page = browser.get(here).text
        assert "Flights of &lt;b&gt;UA&lt;/b&gt;" in page
        assert "<svg" in page
        assert re.search(
            r"flagged it: [\d,.]+ events of the log \([^)]+\), [\d.]+\s% of those that its rule could judge \([^)]+\)", page
        )
        for given, said in (
            (
                {"act": "mark", "revision": "1", "state": "confirmed", "note": "Later weeks too."},
                "marked it as confirmed: Later weeks",
            ),
            ({"act": "describe", "revision": "2", "name": "UA", "about": "Feeders"}, "called it UA"),
            ({"act": "link", "ticket": "https://issues.example.org/17"}, 'href="https://issues.example.org/17"'),
            ({"act": "subscribe"}, "Unsubscribe"),
            ({"act": "leave"}, "Subscribe"),
        ):
            done = browser.post(form_of(here, given), data=given)
            assert (done.status_code, done.headers["location"]) == (303, here), given
            assert said in browser.get(here).text
        part = browser.post(
            f"{here}/split", data={"act": "split", "revision": "3", "query": "inputs.distance:<451", "name": "Short"}
        )
        assert "split it off from" in browser.get(part.headers["location"]).text
        merged = browser.post(f"{here}/merge", data={"act": "merge", "revision": "4", "other": "Short"})
        assert merged.status_code == 303
        assert "Merged into it" in browser.get(here).text
        assert browser.get(part.headers["location"]).status_code == 200
        assert "UA" in browser.get("/patterns?state=confirmed").text
        assert "No pattern is such." in browser.get("/patterns?state=closed").text


def test_what_is_refused_stands_at_its_form_and_keeps_what_was_typed(site):
    made = understand.name_pattern(site.workspace, "UA", UA)
    with site.browser() as browser:
        refused = browser.post("/patterns", data={"name": "Mine", "query": "nope:"})
        assert (refused.status_code, 'value="Mine"' in refused.text, 'role="alert"' in refused.text) == (422, True, True)
        here = f"/patterns/{made.id}"
        for given, status in (
            ({"act": "mark", "revision": "1", "state": "hypothesis"}, 422),
            ({"act": "mark", "revision": "1", "state": "nothing"}, 422),
            ({"act": "describe", "revision": "9", "name": "X"}, 422),
            ({"act": "own", "revision": "1", "owner": "nobody"}, 422),
            ({"act": "link", "case": "zzzzzz"}, 404),
            ({"act": "link", "ticket": "X", "hypothesis": "one"}, 422),
            ({"act": "unlink", "ticket": "REM-1"}, 404),
            ({"act": "merge", "revision": "1", "other": "nothing"}, 404),
            ({"act": "split", "revision": "1", "query": "nope:", "name": "X"}, 422),
        ):
            answer = browser.post(form_of(here, given), data=given)
            assert answer.status_code == status, given
        assert browser.get("/patterns/nothing-here").status_code == 404


def test_a_reader_sees_the_figure_and_no_form_and_who_labels_the_page_of_nothing(site):
    made = understand.name_pattern(site.workspace, "UA", UA)
    with site.browser_of(site.person("rae", role="reader")) as reader:
        page = reader.get(f"/patterns/{made.id}").text
        assert "<svg" in page
        assert "Merge" not in page
    with site.browser_of(site.person("ana", role="annotator")) as annotator:
        assert annotator.get(f"/patterns/{made.id}").status_code == 404
        assert made.id not in annotator.get("/patterns").text
