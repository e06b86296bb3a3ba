"""The pages of protocols: as they were written, each criterion with what it caught."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from remiss import capture
from remiss.faces.web import highlighting
from tests.stories.logs import MONDAY, WEEK, small_log


@pytest.fixture
def get(reading):
    with reading.browser() as client:
        yield client.get


def text_of(page: str) -> str:
    lines = re.findall(r'<li id="[^"]*"><code>(.*?)</code></li>', page)
    return html.unescape("\n".join(re.sub(r"<[^>]*>", "", line) for line in lines))


def test_the_list_leads_to_every_version(get):
    page = get("/protocols").text
    assert 'href="/protocols/arrival-delay?version=1"' in page


def test_a_protocol_is_shown_as_it_was_written(get, captured_once):
    page = get("/protocols/arrival-delay").text
    written = (Path(captured_once) / "log" / "arrival-delay.yaml").read_text("utf-8")
    assert text_of(page) == written.rstrip("\n")


def test_each_criterion_names_its_line_its_cases_and_how_often_it_happens(reading, get):
    page = get("/protocols/arrival-delay").text
    with reading.client() as client:
        total = client.get("/api/v1/cases", params={"query": "criterion:missed-delay"}).json()["total"]
    row = re.search(r'<tr>\s*<th scope="row"><a href="#criterion-missed-delay">.*?</tr>', page, re.DOTALL)[0]
    assert f">{total}</a>" in row
    assert "/trends?query=criterion%3Amissed-delay" in row
    assert re.search(r'<li id="criterion-missed-delay"><code>.*missed-delay', page)


def test_a_protocol_or_version_that_is_not_there_says_which_are(get):
    assert get("/protocols/nope").status_code == 404
    answer = get("/protocols/arrival-delay", params={"version": 9})
    assert answer.status_code == 404
    assert "It has 1" in answer.text


def test_it_says_whom_it_keeps_from_judging(there, tmp_path):
    log = small_log(tmp_path / "log")
    path = Path(log.protocol)
    path.write_text(path.read_text() + 'owners: [ana, "Bo & Co"]\n')
    capture.capture(there.workspace, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    with there.browser() as client:
        page = client.get("/protocols/arrival-delay").text
    assert "Owned by ana, Bo &amp; Co, who judge no case of the model arrival-delay in team default: while" in page


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_two_versions_are_compared_line_by_line(there, tmp_path):
    log = small_log(tmp_path / "log")
    capture.capture(there.workspace, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    path = Path(log.protocol)
    path.write_text(path.read_text().replace("version: 1", "version: 2").replace("latency_ms > 250", "latency_ms > 260"))
    capture.capture(there.workspace, log.protocol, since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    with there.browser() as client:
        page = client.get("/protocols/arrival-delay").text
        assert "Changes since version 1" in page
        page = client.get("/protocols/arrival-delay/diff", params={"before": 1, "after": 2}).text
    changed = re.findall(r'<li class="(added|removed)"><code>(.*?)</code>', page)
    assert [kind for kind, line in changed if "latency_ms" in line] == ["removed", "added"]


def test_highlighting_loses_no_letter_and_runs_nothing():
    text = "a: <b>1</b>  # x\n\n- 'q\"'\n  \u202e: |\n   <script>\n"
    lines = highlighting.yaml(text, {2: "here"})
    assert [line.anchor for line in lines] == ["L1", "here", "L3", "L4", "L5"]
    shown = [html.unescape(re.sub(r"<[^>]*>", "", str(line.text))) for line in lines]
    assert shown == [line.replace("\u202e", "\\u202e") for line in text.splitlines()]
    assert "<script>" not in "".join(str(line.text) for line in lines)
