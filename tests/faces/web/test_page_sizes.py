"""Maps and drift of a wide log: a page keeps its size whatever fields and values are called, and says what it cut."""

from __future__ import annotations

import html
import re
import shutil
from urllib.parse import urlencode

import pytest

from remiss.capture.actions import capture
from remiss.catalog import actions as catalog
from remiss.understand.drift_actions import measure_drift
from tests.serving import served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, number, small_log

WEEKS, FIELDS, MOST_BYTES = 10, 45, 60_000
NAMES = [f"share_of_flights_of_the_last_thirty_days_by_a_certain_kind_of_{at:02}" for at in range(FIELDS)]
STATIONS = [f"station {at:02} {'of a name that goes on and on ' * 7}"[:200] for at in range(30)]


def wide_log(folder):
    """Return a log of ten weeks and 45 fields, of which six drift; two have 30 values of 200 characters."""
    log = small_log(folder, weeks=WEEKS)
    for at, row in enumerate(log.predictions):
        last = row["scheduled_at"] >= MONDAY + (WEEKS - 1) * WEEK
        row |= {name: number(name, at) / 7 + (100 if last and which < 6 else 0) for which, name in enumerate(NAMES)}
        row["carrier"], row["origin"] = STATIONS[number("from", at) % 30], STATIONS[number("to", at) % 30]
    wide = f"inputs: [carrier, distance, {', '.join(NAMES)}]"
    sampled = {"inputs: [carrier, distance]": wide, "population: 50": "population: 200", "strata: [context.airport], ": ""}
    protocol = PROTOCOL
    for before, after in sampled.items():
        protocol = protocol.replace(before, after)
    return log.write(protocol)


@pytest.fixture(scope="module")
def site(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wide")
    log = wide_log(folder / "log")
    with served(str(shutil.copy(sqlite_template, folder)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture(there.workspace, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK)
        yield there


ASKED = {
    "drift": "/drift",
    "more fields": f"/drift?after={FIELDS - 10}",
    "long values": "/heatmap?rows=inputs.carrier&columns=context.airport&rule=missed-delay",
    "their table": "/heatmap?rows=inputs.carrier&columns=context.airport&rule=missed-delay&after=20",
    "weeks": "/heatmap?rows=inputs.carrier&columns=week&rule=missed-delay",
    "a rate by long values": "/trends?query=criterion:missed-delay&what=rate&by=inputs.carrier&variance=sample",
    "confirmed by long values": "/trends?query=criterion:missed-delay&found=failure&by=inputs.carrier",
    "a long question": f"/trends?query=criterion:missed-delay occurred:>2013-06-03 {NAMES[1]}:>1&what=rate&by=inputs.carrier",
    "many bins": f"/heatmap?rows=inputs.{NAMES[0]}&columns=inputs.{NAMES[1]}&rule=slow&bins=10",
}


@pytest.mark.parametrize("asked", ASKED)
def test_a_page_of_a_wide_log_keeps_its_size(site, asked):
    with site.browser() as browser:
        page = browser.get(ASKED[asked])
        assert page.status_code == 200
        assert len(page.content) <= MOST_BYTES


def test_fields_that_have_no_room_on_the_first_page_are_on_the_next_ones(site):
    told, address = [], "/drift"
    with site.browser() as browser:
        while address:
            page = browser.get(address).text
            lines = re.findall(
                r'<tr><th scope="row"><a href="([^"]*)"(?: title="([^"]*)")?>([^<]*)</a></th><td class="whole">', page
            )
            assert page.count('<a href="/cases?query=occurred%3A2013-08-05..2013-08-11" tabindex="-1"><svg') >= len(lines) - 3
            told += [whole or name for _, whole, name in lines]
            assert all(len(name) <= 60 for *_, name in lines)
            [address] = map(html.unescape, re.findall(r'<a href="([^"]*)" rel="next"', page)) if "Next fields" in page else [""]
    assert told == [each.field.partition(".")[2] or each.field.capitalize() for each in measure_drift(site.workspace).fields]


def test_a_map_draws_the_rows_that_it_has_room_for_and_its_table_has_all_cells(site):
    line = re.compile(r'<tr><th scope="row">(?:<a href="([^"]*)">)?[^<]*(?:</a>)?</th><td class="text">')
    with site.browser() as browser:
        page = browser.get(ASKED["long values"]).text
        drawn = page.count('<th scope="row" title="station')
        assert 0 < drawn < 20
        assert f"{drawn} of 20 rows drawn" in page
        surest = re.search(r"Most surely high: ([^,]*),", html.unescape(page))
        assert surest is None or surest[1] in html.unescape(page.partition('class="heat"')[2])
        assert f'title="{STATIONS[0]}">{STATIONS[0][:15]}' in page
        listed = len(line.findall(page))
        assert f"Cells 1 to {listed} of 400" in page
        following = html.unescape(re.search(r'<a href="([^"]*)" rel="next"', page)[1])
        rest = browser.get(following).text
        assert f"Cells {listed + 1} to {listed + len(line.findall(rest))} of 400" in rest


LINKS = re.compile(r'<ul class="question".*?\n</ul>', re.DOTALL)
BROAD = f"inputs.{NAMES[0]}"


def test_a_field_of_too_many_values_is_refused_with_ways_out_that_are_answered(site):
    with site.browser() as browser:
        answer = browser.get("/trends", params={"query": "criterion:missed-delay", "what": "rate", "by": BROAD})
        assert answer.status_code == 200
        said = re.search(r'role="alert".*?</div>', answer.text)[0]
        assert f"{BROAD} has " in said
        assert f"{BROAD}:FROM..TO" in said
        ways = re.findall(r'<li><a href="([^"]*)">(Show[^<]*)<', answer.text)
        assert [words for _, words in ways] == ["Show bins or the commonest values on the map", "Show by month instead"]
        for href, _ in ways:
            page = browser.get(html.unescape(href))
            assert page.status_code == 200
            assert 'role="alert"' not in page.text


def test_every_chip_of_a_wide_log_leads_to_an_answer(site):
    with site.browser() as browser:
        page = browser.get("/trends", params={"query": "criterion:missed-delay", "what": "rate", "by": "month"}).text
        hrefs = {html.unescape(each) for each in re.findall(r'href="(/trends[^"]*)"', LINKS.search(page)[0])}
        assert any("by=inputs.carrier" in each for each in hrefs)
        assert not any(f"by={name}" in each for each in hrefs for name in (BROAD, "confidence"))
        for each in hrefs:
            found = browser.get(each)
            assert found.status_code == 200
            assert 'role="alert"' not in found.text


def test_a_list_with_its_counts_by_field_keeps_its_size_however_long_the_question_is(site):
    terms = [f"inputs.{name}:>=0" for name in NAMES[:4]]
    with site.browser() as browser:
        for count in range(5):
            query = " ".join(["severity:<=3", *terms[:count]])
            page = browser.get("/cases", params={"facets": "true", "query": query})
            assert page.status_code == 200
            assert "Narrow by field" in page.text
            assert len(page.content) <= 58_000, count


CHOSEN = " OR ".join(f'context.airport:"{each}"' for each in STATIONS[:15])
LENGTHS = {
    "of few letters": "severity:<=3",
    "of some hundred": " ".join(f"inputs.{name}:>=0" for name in NAMES[:6]),
    "of four thousand": " ".join(f"inputs.{name}:>=0" for name in NAMES[:45])[:3_990].rpartition(" ")[0],
    "of many choices": f"({CHOSEN})",
}


@pytest.mark.slow(reason="it turns all pages of a field's values, each of which counts a list anew")
@pytest.mark.parametrize(("asked", "field"), [*((each, "context.airport") for each in LENGTHS), ("of four thousand", "")])
def test_all_values_of_a_field_beside_a_list_stand_on_pages_that_keep_their_size(site, asked, field):
    query, met = LENGTHS[asked], []
    with site.browser() as browser:
        href = f"/cases?{urlencode({'facets': 'true', 'more': field, 'query': query})}"
        while href:
            page = browser.get(href)
            assert page.status_code == 200
            assert "Narrow by field" in page.text
            assert len(page.content) <= MOST_BYTES, (href, len(met))
            first = page.text.partition('id="facets"')[2].partition("</section>")[0]
            met += re.findall(r'class="value">([^<]*)<', first)
            following = re.search(
                r'<(?:a rel="next" href|button form="search" name="values" value)="([^"]*)">Next values<', first
            )
            if following or "Previous values" in first:
                assert re.search(r"Values \d+ to \d+ of \d+, the most frequent first", first)
            href = "" if not following else html.unescape(following[1])
            if href.isdigit():
                href = f"/cases?{urlencode({'more': field, 'query': query, 'values': href})}"
        if field:
            every = [each["value"] or "none" for each in catalog.facets(site.workspace, query, fields=[field])]
            # Beside those that the list asks for, all others stand, too.
            assert {*met} >= {*every}
            assert {*met} == {*every} or CHOSEN in query
            assert len(met) == len({*met}) >= len(every)


@pytest.mark.parametrize("asked", LENGTHS)
def test_the_counts_by_field_that_come_by_themselves_keep_their_size(site, asked):
    with site.browser() as browser:
        piece = browser.get("/parts/cases/facets", params={"query": LENGTHS[asked]})
        assert piece.status_code == 200
        assert len(piece.content) <= MOST_BYTES
        assert "<h3>" in piece.text


@pytest.mark.parametrize("asked", LENGTHS)
def test_a_list_keeps_its_size_however_long_the_question_is(site, asked):
    """What changes it is then a button of the search form, which has the question once, and does what a link would."""
    with site.browser() as browser:
        page = browser.get("/cases", params={"query": LENGTHS[asked], "sort": "severity"})
        assert len(page.content) <= MOST_BYTES
        buttons = set(re.findall(r'<button(?: class="quiet")?(?: id="markdown")? form="search" name="(\w+)"', page.text))
        assert {"sort", "as_of", "format"} & buttons == ({"sort", "as_of", "format"} if len(LENGTHS[asked]) > 400 else set())
        assert len(re.findall(r"<th[^>]*>(?:<a href|<button form)", page.text)) == 8


@pytest.mark.parametrize("query", ["severity:2", "severity:3", "-severity:2", "(severity:2 OR severity:3)"])
def test_a_button_of_a_value_leads_to_the_same_list_as_its_link(site, query):
    with site.browser() as browser:
        text = browser.get("/parts/cases/facets", params={"query": query}).text
        found = re.search(r"(?s)<h3[^>]*>[Ss]everity</h3>(.*?)</section>", text)[1]
        links = re.findall(r'<li[^>]*><a href="([^"]*)".*?class="value[^>]*>([^<]*)<.*?<a href="([^"]*)"', found)
        assert len(links) >= 2
        for href, value, less in links:
            term = "-has:severity" if value == "none" else f"severity:{value[0]}"
            for name, to in (("toggle", href), ("exclude", less)):
                answer = browser.get("/cases", params={"query": query, name: term}, follow_redirects=False)
                assert (answer.status_code, answer.headers["location"]) == (303, html.unescape(to)), (name, term)
