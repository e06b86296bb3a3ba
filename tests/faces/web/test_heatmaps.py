"""The map of failures: shades, intervals and the twin table of one answer, and each cell leads to its cases."""

from __future__ import annotations

import csv
import html
import io
import re
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest

from remiss.capture.actions import capture
from remiss.records.heatmap import EMPTY, FIGURE, ZERO
from remiss.understand.heatmap_actions import heatmap
from tests.serving import served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

HOSTILE = '<img src=x onerror=alert(1)>"UA'
CELL = re.compile(r'<td class="(q\d|thin|none|open)"><(a|span)(?: href="([^"]*)")? title="([^"]*)">([^<]*)<')
LINE = re.compile(r"<tr><th scope=\"row\">.*?</th><td class=\"text\">.*?</tr>")
BY_CARRIER = {"rows": "inputs.carrier", "columns": "model_version", "rule": "missed-delay"}


@pytest.fixture(scope="module")
def site(sqlite_template, tmp_path_factory):
    """A few weeks; one carrier is called like markup, one has few flights, one none of the second version, one never fails."""
    folder = tmp_path_factory.mktemp("heatmaps")
    log = small_log(folder / "log", weeks=3)
    late = {row["flight"] for row in log.outcomes if row["actual"] == "late"}
    for at, row in enumerate(log.predictions):
        row["carrier"] = {0: "B6", 1: "AA"}.get(at % 4, HOSTILE)
        row["model_version"] = "2" if at % 4 >= 2 and at % 3 == 0 else "1"
        row["predicted"] = "on-time" if row["flight"] in late and at % 4 >= 2 else row["predicted"]
        if row["carrier"] == "AA":
            row["predicted"] = "late"
    for row in log.predictions[::40]:
        row["carrier"] = "ZZ"
    log.write(PROTOCOL)
    with served(str(shutil.copy(sqlite_template, folder)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture(there.workspace, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
        yield there


def test_a_map_tells_three_kinds_of_nothing_apart_and_its_table_has_the_same_figures(site):
    found = heatmap(site.workspace, "inputs.carrier", "model_version", "criterion:missed-delay", most=20)
    with site.browser() as browser:
        page = browser.get("/heatmap", params=BY_CARRIER).text
        listed = browser.get("/heatmap", params=BY_CARRIER | {"format": "csv"}).text
    cells = CELL.findall(page)
    assert len(cells) == len(found.cells) == 8
    for (shade, _, href, title, value), cell in zip(cells, found.cells, strict=True):
        if cell.few:
            assert shade == "thin"
        else:
            assert (shade == "q0", shade == "none") == (cell.state == ZERO, cell.state == EMPTY)
        assert bool(href) == (cell.state != EMPTY)
        assert f"of {cell.support:,} sampled" in title or cell.state == EMPTY
        assert (" to " in title) == (cell.state in {FIGURE, ZERO})
        assert (value == "\N{EN DASH}") == (cell.state == EMPTY)
    assert {shade for shade, *_ in cells} >= {"q0", "q6", "none", "thin"}
    lines = LINE.findall(page)
    assert [re.search(r'class="rate">([^<]*)<', line)[1] for line in lines] == [value for *_, value in cells]
    for line, (_, _, _, title, _) in zip(lines, cells, strict=True):
        interval = re.search(r'class="rate">[^<]*</td><td>([^<]*)</td>', line)[1]
        assert interval in title
    assert [row["query"] for row in csv.DictReader(io.StringIO(listed))] == [cell.query for cell in found.cells]


def test_each_cell_opens_its_cases_and_no_others(site):
    opened = 0
    with site.browser() as browser:
        page = browser.get("/heatmap", params=BY_CARRIER).text
        for shade, _, href, _, _ in CELL.findall(page):
            if not href:
                continue
            asked = parse_qs(urlsplit(html.unescape(href)).query)
            told = browser.get("/api/v1/cases", params={"query": asked["query"], "total": "true"}).json()
            assert browser.get(html.unescape(href)).status_code == 200
            opened += told["total"]
            assert told["total"] or shade in {"q0", "thin"}
        whole = browser.get("/api/v1/cases", params={"query": "criterion:missed-delay", "total": "true"}).json()
        assert opened == whole["total"] > 5


def test_values_that_are_markup_are_shown_as_they_are(site):
    with site.browser() as browser:
        for asked in (BY_CARRIER, {"rows": "month", "columns": "inputs.carrier", "rule": "missed-delay"}):
            page = browser.get("/heatmap", params=asked).text
            assert "<img src=x" not in page
            assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 3
        for name in ("rows", "rule", "version", "since", "query"):
            page = browser.get("/heatmap", params=BY_CARRIER | {name: HOSTILE}).text
            assert "<img src=x" not in page, name


def test_a_form_bounds_what_is_counted_and_a_share_without_a_rule_takes_the_first(site):
    with site.browser() as browser:
        page = browser.get("/heatmap", params={"rows": "inputs.carrier", "columns": "month"}).text
        assert "<option selected>missed-delay</option>" in page
        some = BY_CARRIER | {"version": "2", "since": "2013-06-10", "until": "2013-06-16", "query": "context.airport:EWR"}
        page = browser.get("/heatmap", params=some).text
        twin = re.search(r'<a href="(/api/v1/heatmap[^"]*)"', page)[1]
        told = browser.get(html.unescape(twin)).json()
        assert told["query"] == (
            "context.airport:EWR criterion:missed-delay model_version:2 "
            "occurred:>=2013-06-10T00:00:00Z occurred:<2013-06-17T00:00:00Z"
        )
        assert told["columns"]["labels"] == ["2"]
        many = browser.get("/heatmap", params={"rows": "inputs.carrier", "columns": "day", "rule": "slow"}).text
        shown = int(re.search(r"Cells 1 to (\d+) of ", many)[1])
        assert len(LINE.findall(many)) == shown
        after = html.unescape(re.search(rf'<a href="([^"]*after={shown}[^"]*)" rel="next"', many)[1])
        rest = browser.get(after).text
        assert f"Cells {shown + 1} to " in rest
        assert CELL.findall(rest) == []
        for wrong in ({"rows": "month", "columns": "week"}, {"query": "nope:1"}, {"rows": "inputs.zebra"}):
            answer = browser.get("/heatmap", params=BY_CARRIER | wrong)
            assert answer.status_code == 422
            assert 'role="alert"' in answer.text
        empty = browser.get("/slices").text
        assert '<a href="/heatmap">Map</a>' in empty
