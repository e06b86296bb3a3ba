"""The page Trends: a sentence, a chart and a table, the cases behind each figure, and the question in chips."""

from __future__ import annotations

import csv
import html
import io
import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from remiss import capture
from remiss.catalog.query.expression import Term, conjuncts
from remiss.catalog.query.parsing import parse
from remiss.faces.web.pages.list_address import ListAddress
from remiss.faces.web.pages.list_facets import facets_of
from remiss.faces.web.trend_question import TrendQuestion, chips_of
from remiss.present import columns
from remiss.present.chart_words import ChartNames
from remiss.records.rows import Rows
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log


@pytest.fixture
def get(reading):
    with reading.browser() as client:
        yield lambda **asked: client.get("/trends", params=asked)


def links_to_cases(page: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'<th scope="row"><a href="(/cases[^"]*)"', page)]


def marks(page: str) -> list[tuple[str, str]]:
    """Return where each mark of the chart leads, and what it says."""
    [svg] = re.findall(r'<svg [^>]*class="remiss-chart".*?</svg>\s*<figcaption', page, re.DOTALL)
    return [(html.unescape(href), html.unescape(said)) for href, said in re.findall(r'<a href="([^"]*)"><title>([^<]*)', svg)]


def test_without_a_question_it_says_how_often_each_criterion_is_met(get):
    page = get().text
    assert "missed-delay" in page
    assert "slow" in page
    assert re.search(r'id="sentence">About 1 in \d+ (judged )?events met ', page)


def test_each_row_and_each_mark_lead_to_the_cases_behind_them(reading, get):
    page = get(query="criterion:missed-delay", what="rate", by="context.airport").text
    links = links_to_cases(page)
    assert len(links) == 2
    assert [href for href, _ in marks(page)] == links
    asked = parse_qs(urlsplit(next(link for link in links if "EWR" in link)).query)
    terms = {term.key: term.value for term in conjuncts(parse(asked["query"][0])) if isinstance(term, Term)}
    assert terms == {"criterion": "missed-delay", "context.airport": "EWR"}
    with reading.client() as client:
        found = client.get("/api/v1/cases", params={"query": asked["query"][0], "as_of": asked["as_of"][0]}).json()
    assert found["total"] > 0


def rows_of(reading, page: str) -> list[dict]:
    twin = html.unescape(re.search(r'<link rel="alternate" type="application/json" href="([^"]*)"', page)[1])
    with reading.client() as client:
        return client.get(twin).json()["rows"]


def test_the_chart_draws_what_the_table_and_the_twin_say(reading, get):
    asked = {"query": "criterion:missed-delay", "what": "rate", "by": "inputs.carrier", "variance": "sample"}
    page = get(**asked).text
    rows = sorted(rows_of(reading, page), key=lambda row: -row["value"])
    named = [re.sub(r"<[^>]*>", "", each) for each in re.findall(r'<th scope="row">(.*?)</th>', page)]
    assert len(marks(page)) == len(named) == len(rows)
    assert [said.partition(":")[0] for _, said in marks(page)] == named
    assert sorted(named) == sorted(row["key"] for row in rows)
    assert re.findall(r'<th scope="row">.*?>([^<]*)<', get(**asked, order="name").text) == sorted(named)


def test_a_chart_takes_along_its_figures_as_csv_and_as_vega_lite(reading, get):
    asked = {"query": "criterion:missed-delay", "what": "rate", "by": "inputs.carrier", "variance": "sample"}
    page = get(**asked).text
    rows = {row["key"]: row for row in rows_of(reading, page)}
    for wanted in ("csv", "vega-lite"):
        assert f"format={wanted}" in page
    sheet = get(**asked, format="csv")
    assert sheet.headers["content-type"].startswith("text/csv")
    assert sheet.text.splitlines()[0].startswith("key,value,low,high,")
    assert len(sheet.text.splitlines()) == 1 + len(rows)
    drawn = get(**asked, format="vega-lite").json()["data"]["values"]
    assert {each["label"]: each["value"] for each in drawn} == {key: row["value"] for key, row in rows.items()}
    assert all(each["few"] == rows[each["label"]]["few"] for each in drawn)


def test_a_page_with_its_picture_is_small(get):
    assert len(get(query="criterion:missed-delay", what="rate", by="week", variance="sample").content) < 60_000


def test_a_long_table_is_turned_and_each_page_of_it_is_small(reading, get):
    asked = {"query": "criterion:slow", "what": "rate", "by": "inputs.distance", "variance": "sample"}
    first = get(**asked)
    rows = rows_of(reading, first.text)
    assert len(rows) > 99
    assert len(marks(first.text)) == 40
    assert f"40 of {len(rows)} drawn; all are in the table." in first.text
    seen, page = [], first
    while page is not None:
        assert len(page.content) < 60_000
        seen += re.findall(r'<th scope="row">.*?>([^<]*)<', page.text)
        following = re.search(r'<a href="([^"]*)" rel="next">Rows after', page.text)
        with reading.browser() as client:
            page = client.get(html.unescape(following[1])) if following else None
    assert sorted(seen) == sorted(str(row["key"]) for row in rows)
    assert "remiss-chart" not in get(**asked, after=40).text
    assert "remiss-chart" in get(**asked, after=10**6).text


@pytest.mark.parametrize("by", ["criterion", "context.airport", "inputs.carrier", "inputs.distance", "week", "window"])
def test_a_chart_draws_as_many_rows_as_its_table_has_or_says_how_many(get, by):
    page = get(query="" if by == "criterion" else "criterion:slow", what="rate", by=by, variance="sample").text
    turned = re.search(r"Rows 1 to \d+ of ([\d,]+)", page)
    drawn, rows = len(marks(page)), int(turned[1]) if turned else page.count('<th scope="row">')
    assert drawn == rows > 1 or f"{drawn} of {rows} drawn; all are in the table." in page


def test_the_chart_is_had_as_a_picture(get):
    answer = get(query="criterion:slow", what="rate", by="week", variance="sample", format="svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert 'filename="share-of-criterion-slow-by-week.svg"' in answer.headers["content-disposition"]
    assert "events that met slow by week" in answer.text


def test_files_of_different_questions_are_called_differently(get):
    asked = ({}, {"by": "month"}, {"query": "criterion:slow occurred:2013-06"}, {"found": "failure"}, {"what": "count"})
    questions = [{"query": "criterion:slow", "what": "rate", "by": "week", "format": "csv", **each} for each in asked]
    named = [re.search('filename="([^"]*)"', get(**each).headers["content-disposition"])[1] for each in questions]
    assert named[0] == "share-of-criterion-slow-by-week.csv"
    assert named[2] == "share-of-criterion-slow-occurred-2013-06-by-week.csv"
    assert len({*named}) == len(named)


def test_a_column_in_which_nothing_stands_is_left_out_and_a_share_says_among_how_many_it_is(get):
    page = get(query="criterion:slow", what="rate", by="week", variance="sample").text
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)<', page)
    assert "Among" in heads
    assert page.count('<td data-says="Among">400</td>') == 3
    assert "Remarks" not in heads
    first, _, *rows = get(query="criterion:slow", what="rate", by="week", variance="sample", format="markdown").text.splitlines()
    cells = list(zip(*(row.strip("| ").split(" | ") for row in rows), strict=True))
    assert len(cells) == len(first.strip("| ").split(" | "))
    assert all(any(each) for each in cells)
    assert "remarks" not in first


def test_a_row_without_a_value_says_why_in_the_same_words_everywhere(reading, get, captured, cli):
    asked = {"query": "criterion:slow", "what": "rate", "by": "label", "variance": "sample"}
    page = get(**asked).text
    assert ">no label yet</a></th>" in page
    assert any(said.startswith("no label yet: ") for _, said in marks(page))
    [row] = [row for row in rows_of(reading, page) if row["key"] is None]
    assert row["missing"] == "no label yet"
    sheet = list(csv.DictReader(io.StringIO(get(**asked, format="csv").text)))
    assert [each["key"] for each in sheet].count("no label yet") == 1
    assert {each["key"]: float(each["among"]) for each in sheet}["no label yet"] == row["among"] > 0
    assert cli("estimate", "criterion:slow", "--rate", "--by", "label").out.count("no label yet") == 1
    assert "not known" not in page
    counted = Rows("facet", ("field", "value", "count"), (("label", None, 3), ("label", "late", 2), ("mode", None, 5)), 1)
    [label] = facets_of(counted, ListAddress(), parse(""), {}).facets
    assert [value.words for value in label.first] == ["no label yet", "late"]
    assert [line[1] for line in columns.lines(counted)] == ["no label yet", "late", "(none)"]


def test_a_period_leads_to_the_cases_of_its_time(get):
    links = links_to_cases(get(query="criterion:slow", what="count", by="week", variance="sample").text)
    [asked] = parse_qs(urlsplit(links[0]).query)["query"]
    assert asked == "criterion:slow occurred:2013-06-03..2013-06-09"
    assert parse(asked) == parse("criterion:slow occurred:>=2013-06-03T00:00:00Z occurred:<2013-06-10T00:00:00Z")
    links = links_to_cases(get(query="criterion:slow", what="count", by="window", variance="sample").text)
    assert "occurred:2013-06-03..2013-06-09" in parse_qs(urlsplit(links[0]).query)["query"][0]


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        ({"query": "criterion:nope", "what": "rate"}, "missed-delay"),
        ({"query": "severity:1"}, "decided by people"),
        ({"query": '"unclosed'}, "quote"),
        ({"by": "inputs.nope"}, "nope"),
    ],
)
def test_a_wrong_question_says_what_to_do_and_keeps_what_was_typed(get, asked, advice):
    answer = get(**asked)
    assert answer.status_code == 422
    assert advice in html.unescape(answer.text)
    assert 'role="alert"' in answer.text
    assert all(html.escape(value) in answer.text.replace("&#34;", "&quot;") for value in asked.values())


def test_markup_in_a_question_is_text(get):
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    for name in ("query", "of", "by", "protocol", "source"):
        page = get(**{name: hostile}).text
        assert "<script>alert" not in page
        assert "<img" not in page


def test_an_unknown_parameter_is_no_question(get):
    assert get(nope="1").status_code == 422


def test_an_answer_of_a_position_is_as_it_was_there(get):
    assert "Nothing is captured yet" in get(as_of=0, what="count").text
    assert get(as_of=10**6).status_code == 422


def test_the_former_address_leads_here_with_the_same_question(reading):
    with reading.browser() as client:
        answer = client.get("/estimates?query=criterion%3Aslow&what=rate&by=week", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (308, "/trends?query=criterion%3Aslow&what=rate&by=week")
        assert client.get("/estimates", follow_redirects=False).headers["location"] == "/trends"


def test_it_opens_with_one_sentence_of_the_figure_and_how_sure_it_is(get):
    said = re.search(r'id="sentence">([^<]*)<', get(query="criterion:missed-delay", what="rate", by="month").text)[1]
    assert re.match(r"About \d+ in \d+ judged events met missed-delay: [\d.]+\u202f%, ", html.unescape(said))
    assert "counted exactly." in said or "likely between" in said


def chips(page: str) -> dict[str, str]:
    """Return the links of the chips by their words."""
    [listed] = re.findall(r'<ul class="question".*?\n</ul>', page, re.DOTALL)
    return {words: html.unescape(href) for href, words in re.findall(r'<a[^>]*href="([^"]*)"[^>]*>([^<]*)<', listed)}


def test_a_chip_changes_one_part_of_the_question_and_what_must_go_with_it(reading, get):
    found = chips(get(query="criterion:missed-delay context.airport:EWR", what="rate", by="month").text)
    asked = {words: dict(parse_qsl(urlsplit(href).query)) for words, href in found.items()}
    assert asked["number of"]["what"] == "count"
    assert asked["confirmed"]["found"] == "failure"
    assert asked["week"]["by"] == "week"
    assert asked["This log only"]["variance"] == "sample"
    assert "criterion" not in asked and "rule" not in asked
    assert "mode" not in asked
    with reading.browser() as client:
        page = client.get(
            re.search(r'<a class="take" href="([^"]*)" aria-label="Without missed-delay"', _page(client))[1].replace("&amp;", "&")
        )
        assert page.status_code == 200
        assert dict(parse_qsl(page.url.query.decode()))["by"] == "criterion"


def _page(client) -> str:
    return client.get("/trends", params={"query": "criterion:missed-delay", "what": "rate", "by": "month"}).text


def test_every_chip_leads_to_a_question_that_has_an_answer():
    rules, fields = ("slow", "missed-delay"), ("month", "criterion", "mode", "severity", "inputs.carrier")
    for query in ("", "criterion:slow", "context.airport:EWR"):
        for what in ("rate", "count"):
            for found in ("", "failure"):
                by = "criterion" if what == "rate" and "criterion" not in query else "month"
                asked = TrendQuestion(query=query, what=what, found=found, by=by)
                made = chips_of(asked, rules=rules, fields=fields, grounds=[("p@1", "s"), ("p@2", "s")], judged=False)
                hrefs = [href for chip in made for href in (chip.takes, *(each.href for each in chip.choices)) if href]
                for next_one in (dict(parse_qsl(urlsplit(href).query)) for href in hrefs):
                    named = "criterion" in next_one.get("query", "")
                    if next_one["what"] == "rate":
                        assert (next_one.get("by") == "criterion") != named
                    assert next_one.get("by") not in {"mode", "severity"} or next_one.get("found")


def test_versions_that_mean_the_same_are_one_choice_beside_each_of_them():
    asked = TrendQuestion(query="criterion:slow", what="rate", by="week", protocol="p", source="s")
    grounds = [("p@1", "s"), ("p@2", "s")]
    names = ChartNames(events="flights", fields={"context.airport": "Airport"})
    made = chips_of(
        asked,
        rules=("slow",),
        fields=("week", "context.airport"),
        grounds=grounds,
        judged=True,
        answered="p, versions 1 and 2",
        names=names,
    )
    assert made[-1].words == "p, versions 1 and 2"
    assert [(each.words, each.current) for each in made[-1].choices] == [
        ("p, versions of one meaning", True),
        ("p, version 2", False),
        ("p, version 1", False),
    ]
    assert "judged flights" in [each.words for each in made]
    assert "Airport" in [each.words for chip in made for each in chip.choices]
    # Over time all are asked at once, but for a version that was chosen, and for what people confirmed.
    assert asked.arguments()["across_versions"]
    for other in ({"protocol": "p@1"}, {"by": "context.airport"}, {"found": "failure"}):
        assert "across_versions" not in asked.model_copy(update=other).arguments()


def test_without_a_readable_question_there_are_no_chips_and_the_form_is_open(get):
    page = get(query='"unclosed').text
    assert 'class="question"' not in page
    assert '<details class="raw" open>' in page


def test_words_of_the_page_begin_with_a_capital_and_name_no_option(get):
    page = get(query="criterion:missed-delay", what="rate", by="inputs.carrier").text
    for note in re.findall(r'<ul class="notes">.*?</ul>', page, re.DOTALL):
        assert all(each[0].isupper() or not each[0].isalpha() for each in re.findall(r"<li>([^<]+)", note))
    assert not re.search(r">[^<]*--[a-z]", page)
    page = get(query="criterion:missed-delay", what="rate", by="inputs.carrier", variance="sample").text
    assert "Intervals are for this log only" in page


def test_a_field_without_its_family_is_a_question_like_any_other(get):
    answer = get(query="criterion:missed-delay airport:EWR", what="rate", by="month")
    assert answer.status_code == 200
    assert "context.airport:EWR" in answer.text
    assert re.search(r'<p class="note">airport: read as context.airport</p>', answer.text)
    assert "query=criterion%3Amissed-delay+airport" not in answer.text


@pytest.fixture
def of_two_teams(there, tmp_path):
    """A catalog with a protocol of each of two teams."""
    log = small_log(tmp_path / "log", weeks=1, a_week=60)
    for name, team in (("arrival-delay", "arrivals"), ("gate-delay", "gates")):
        own = PROTOCOL.replace("protocol: arrival-delay", f"protocol: {name}")
        log.write(own.replace("version: 1", f"version: 1\nteam: {team}", 1))
        capture.capture(there.workspace.serving("capture"), log.protocol, since=MONDAY, until=MONDAY + WEEK)
    return there


def test_who_works_in_two_teams_asks_for_the_figures_of_one(of_two_teams):
    def protocol_of(client, query):
        return client.get("/api/v1/estimate", params={"query": query, "rate": "true", "by": "criterion"}).json().get("protocol")

    def teams(client):
        page = client.get("/trends", headers={"Accept": "text/html"}).text
        found = re.search(r'(?s)<nav aria-label="Team">(.*?)</nav>', page)
        named = re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)<', found[1]) if found else ()
        return {name: html.unescape(href) for href, name in named}

    with of_two_teams.browser_of(of_two_teams.person("ana", role="reader", team="*")) as client:
        offered = teams(client)
        assert set(offered) == {"All teams", "arrivals", "gates"}
        for team, name in (("arrivals", "arrival-delay"), ("gates", "gate-delay")):
            assert protocol_of(client, f"team:{team}") == f"{name}@1"
            page = client.get(offered[team], headers={"Accept": "text/html"})
            assert (page.status_code, f"protocol {name} version 1" in page.text) == (200, True)
        counted = client.get("/api/v1/estimate", params={"query": "team:gates criterion:missed-delay"}).json()
        assert counted["rows"][0]["value"] > 0
    with of_two_teams.browser_of(of_two_teams.person("bo", role="reader", team="gates")) as client:
        assert teams(client) == {}
        assert (protocol_of(client, "team:gates"), protocol_of(client, "team:arrivals")) == ("gate-delay@1", None)
