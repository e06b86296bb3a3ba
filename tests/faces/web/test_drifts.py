"""The page of drift: a strip for each field with what is usual for it, the same in words, and the cases behind each mark."""

from __future__ import annotations

import html
import re
import shutil

import pytest

from remiss.capture.actions import capture
from remiss.understand.drift_actions import measure_drift
from tests.serving import served
from tests.stories.logs import MONDAY, WEEK
from tests.stories.test_drift import HOSTILE, LAST, WEEKS, drifting

LINE = re.compile(
    r'<tr>\s*<th scope="row"><a href="([^"]*)">([^<]*)</a></th>\s*'
    r'<td class="whole">(.*?)</td>\s*<td class="strip whole">(.*?)</td>',
    re.DOTALL,
)


@pytest.fixture(scope="module")
def site(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drift")
    log = drifting(folder / "log")
    with served(str(shutil.copy(sqlite_template, folder)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture(there.workspace, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK)
        yield there


def test_a_mark_is_filled_and_beyond_the_line_just_where_a_change_is_told(site):
    found = measure_drift(site.workspace)
    told = {each.field for each in found.drifted}
    with site.browser() as browser:
        page = browser.get("/drift").text
        lines = LINE.findall(page)
        assert len(lines) == len(found.fields)
        names = "; ".join(each.field.partition(".")[2] for each in found.drifted)
        assert f"{len(told)} of {len(found.fields)} fields changed: {names}" in page
        for (href, _, words, strip), each in zip(lines, found.fields, strict=True):
            assert ("<strong>" in words) == (each.field in told)
            if each.beside is not None:
                assert (each.beside.value > each.beside.told_from) == (each.beside.measure in each.found)
                assert ('r="4"/>' in strip or 'z"/>' in strip) == (each.beside.measure in each.found)
                assert f'<a href="{href}" tabindex="-1">' in strip
            assert browser.get(html.unescape(href)).status_code == 200
        assert HOSTILE not in page
        assert html.escape(HOSTILE.replace("\u202e", ""))[:8] in page


def test_every_window_and_the_new_value_lead_to_their_cases(site):
    with site.browser() as browser:
        page = browser.get("/drift").text
        compared = page.partition('id="windows"')[2]
        windows = re.findall(r'<tr><th scope="row"><a href="(/cases\?query=occurred[^"]*)">', compared)
        assert len(windows) == 10
        assert {browser.get(html.unescape(each)).status_code for each in windows} == {200}
        [carrier] = [href for href, _, words, _ in LINE.findall(page) if "new" in words]
        shown = browser.get(html.unescape(carrier))
        assert shown.status_code == 200
        assert "inputs.carrier" in html.unescape(carrier)


def test_of_few_windows_and_of_a_week_like_the_others_the_page_says_so(site):
    with site.browser() as browser:
        few = browser.get("/drift", params={"reference": f"occurred:<{(MONDAY + 5 * WEEK).date()}"}).text
        assert "Nothing can be told yet: it needs 3 more reference windows" in few
        assert "remiss-trend" not in few
        same = browser.get("/drift", params={"query": f"occurred:<{LAST.date()}"}).text
        assert "No change seen in " in same
        assert "<strong>" not in same
        refused = browser.get("/drift", params={"query": "occurred:2013-08-06..2013-08-11"})
        assert (refused.status_code, "No complete window lies within" in refused.text) == (200, True)
        assert browser.get("/drift", params={"query": "criterion:slow"}).status_code == 422


def test_without_a_capture_there_is_nothing_to_compare(sqlite_template, tmp_path):
    with served(str(shutil.copy(sqlite_template, tmp_path)), {}) as there, there.browser() as browser:
        assert "Nothing is captured yet" in browser.get("/drift").text
