"""The page of estimates: a question, its figures in a chart and a table, and the cases behind each."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from remiss.catalog.query.expression import Term, conjuncts
from remiss.catalog.query.parsing import parse


@pytest.fixture
def get(reading):
    with reading.browser() as client:
        yield lambda **asked: client.get("/estimates", params=asked)


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
    assert "what share of them" in page


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


def test_a_period_leads_to_the_cases_of_its_time(get):
    links = links_to_cases(get(query="criterion:slow", what="count", by="week", variance="sample").text)
    assert "occurred:>=2013-06-03T00:00:00Z occurred:<2013-06-10T00:00:00Z" in parse_qs(urlsplit(links[0]).query)["query"][0]
    links = links_to_cases(get(query="criterion:slow", what="count", by="window", variance="sample").text)
    assert "occurred:<2013-06-10T00:00:00Z" in parse_qs(urlsplit(links[0]).query)["query"][0]


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
