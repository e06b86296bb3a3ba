"""The list of cases as HTML: what it shows, links to and survives."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from remiss.catalog import actions as catalog
from remiss.catalog.query.fields import TABLE
from remiss.catalog.query.parsing import parse
from remiss.faces.web.pages.list_address import LIMIT, ListAddress
from remiss.faces.web.pages.list_columns import USUAL, ListHead
from remiss.faces.web.pages.list_facets import FIRST_OF_PAGE, facets_of
from remiss.faces.web.rendering import environment
from remiss.govern import audit_actions as audit
from remiss.present import facts
from remiss.records.case import Filing
from remiss.records.identity import parse_time
from remiss.records.rows import Rows

HOSTILE = '"><script>alert(1)</script>\u202e\x07'


@pytest.fixture
def client(reading):
    with reading.browser() as signed_in:
        yield signed_in


def links(text: str) -> list[str]:
    return [html.unescape(href) for href in re.findall(r'href="([^"]*)"', text)]


def test_the_list_names_its_twin_which_answers_the_same(client):
    text = client.get("/cases", params={"query": "criterion:slow", "sort": "severity"}).text
    [twin, counts] = [html.unescape(each) for each in re.findall(r'rel="alternate" type="application/json" href="([^"]*)"', text)]
    answer = client.get(twin).json()
    assert f"{answer['total']} cases" in client.get("/parts/cases/count", params={"query": "criterion:slow"}).text
    assert [item["id"] for item in answer["items"]] == re.findall(r'class="id" href="/cases/([^"?]*)', text)
    assert client.get(counts).json()["of"] == "facet"


def test_a_key_without_its_family_is_written_out_in_the_box_and_in_links_and_said_once(client):
    text = client.get("/cases", params={"query": "airport:EWR"}).text
    assert text.count("airport: read as context.airport") == 1
    assert 'value="context.airport:EWR"' in text
    assert not any("query=airport" in href for href in links(text))
    answer = client.get("/api/v1/cases", params={"query": "airport:EWR", "limit": 1}).json()
    assert (answer["query"], answer["read_as"]) == ("context.airport:EWR", ["airport: read as context.airport"])
    assert "query" not in client.get("/api/v1/cases", params={"query": "context.airport:EWR", "limit": 1}).json()


VALUE = re.compile(
    r'(?s)<li(?P<out> class="excluded")?><a href="(?P<href>[^"]*)"(?P<own> class="chosen")?.*?class="value[^>]*>(?P<words>[^<]*)<'
    r'.*?class="count">(?P<more>\+?)(?P<count>[\d,]+)<.*?<a href="(?P<less>[^"]*)"'
)


def counted(client, href):
    shown = client.get(href + ("&" if "?" in href else "?") + "facets=true").text
    found = re.search(r'<h2 id="count"[^>]*>\s*([\d,]+) case', shown)
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.parametrize(
    "query",
    [
        "",
        "severity:2",
        "(severity:2 OR severity:3)",
        "(criterion:slow OR criterion:no-weather)",
        "-severity:3 -severity:2",
        "-criterion:slow -criterion:missed-delay",
        "-context.airport:EWR -context.airport:JFK criterion:slow",
        "has:mode",
    ],
)
def test_the_number_at_each_value_of_a_facet_is_that_of_the_list_it_leads_to(client, query):
    text = client.get("/parts/cases/facets", params={"query": query}).text
    here = client.get("/api/v1/cases", params={"query": query, "limit": 1}).json()["total"]
    # Of each field some: the first may be chosen or excluded, the last is rare.
    sections = [list(VALUE.finditer(each)) for each in re.split("<section>", text)[1:]]
    values = [each for section in sections for each in (*section[:3], *section[3:][-1:])]
    assert values
    for value in values:
        count = int(value["count"].replace(",", ""))
        with_it = counted(client, html.unescape(value["href"]))
        if value["more"]:
            assert with_it == here + count, (query, value["words"])
        elif not value["own"]:
            assert with_it == count, (query, value["words"])
        else:
            # A chosen value says how many of the list have it, and its link takes the choice back.
            assert with_it != here or not count
        assert bool(value["out"]) <= bool(value["more"])


def test_a_value_is_excluded_by_its_minus_and_comes_back_by_it(client):
    def of(query, words):
        text = client.get("/parts/cases/facets", params={"query": query}).text
        section = re.search(r'(?s)<h3>(?:<span title="context.airport">)?[^<]*[Aa]irport.*?</section>', text)[0]
        return next(each for each in VALUE.finditer(section) if each["words"] == words)

    def query_of(href):
        return parse_qs(urlsplit(html.unescape(href)).query).get("query", [""])[0]

    first = of("criterion:slow", "EWR")
    without = query_of(first["less"])
    assert without == "criterion:slow -context.airport:EWR"
    out = of(without, "EWR")
    assert out["out"] and query_of(out["less"]) == query_of(out["href"]) == "criterion:slow"
    # To exclude what was chosen takes the choice back.
    assert query_of(of("context.airport:EWR", "EWR")["less"]) == "-context.airport:EWR"
    # Of a field all of whose values are excluded one still comes back to each.
    assert of("has:context.airport -context.airport:EWR -context.airport:JFK", "JFK")["out"]


def test_an_empty_value_of_a_field_has_a_name_that_can_be_read_and_followed():
    rows = (("context.airport", "", 3), ("context.airport", "EWR", 2))
    found = Rows(schema="remiss/counts@1", columns=("field", "value", "count"), rows=rows, position=1)
    blank, _ = facets_of(found, ListAddress(), parse(""), {}).facets[0].first
    assert (blank.words, blank.missing) == ("(empty)", False)
    assert parse(parse_qs(urlsplit(blank.href).query)["query"][0]) == parse('context.airport:""')


def test_several_values_of_a_field_may_be_chosen_and_taken_back_one_by_one(client):
    def severities(query):
        text = client.get("/parts/cases/facets", params={"query": query}).text
        section = re.search(r"(?s)<h3[^>]*>[Ss]everity</h3>(.*?)</section>", text)[1]
        values = re.findall(r'<li><a href="([^"]*)"( class="chosen")?.*?class="value[^>]*>([^<]*)<', section, re.DOTALL)
        return {
            words: (parse_qs(urlsplit(html.unescape(href)).query).get("query", [""])[0], bool(chosen))
            for href, chosen, words in values
        }

    everything = severities("model:*")
    wider, _ = severities(everything["2 Severe"][0])["3 Moderate"]
    assert parse(wider) == parse("model:* (severity:2 OR severity:3)")
    both = severities(wider)
    assert {words for words, (_, chosen) in both.items() if chosen} == {"2 Severe", "3 Moderate"}
    assert parse(both["2 Severe"][0]) == parse("model:* severity:3")
    assert set(both) == set(everything)


def test_inputs_of_few_values_are_counted_too_and_heads_are_words(client):
    text = client.get("/parts/cases/facets", params={"query": "criterion:slow"}).text
    heads = re.findall(r"(?s)<h3>(.*?)</h3>", text)
    assert "inputs.carrier" in heads
    assert "inputs.distance" not in heads  # of nearly every flight another one
    assert "suggested_mode" not in heads
    section = re.search(r"(?s)<h3[^>]*>inputs.carrier</h3>(.*?)</section>", text)[1]
    value = r'(?s)<li><a href="([^"]*)".*?class="value">([^<]*)<.*?class="count">(\d+)<'
    href, words, count = re.search(value, section).groups()
    query = parse_qs(urlsplit(html.unescape(href)).query)["query"][0]
    assert query == f"criterion:slow inputs.carrier:{words}"
    assert client.get("/api/v1/cases", params={"query": query}).json()["total"] == int(count)
    chosen = client.get("/parts/cases/facets", params={"query": query}).text
    assert f'class="value">{words}<' in re.search(r"(?s)<h3[^>]*>inputs.carrier</h3>(.*?)</section>", chosen)[1]


def test_a_chosen_value_links_to_the_list_without_it(client):
    text = client.get("/parts/cases/facets", params={"query": "severity:2 criterion:slow"}).text
    chosen = [html.unescape(href) for href in re.findall(r'href="([^"]*)" class="chosen"', text)]
    assert chosen == ["/cases?query=severity%3A2", "/cases?query=criterion%3Aslow"]


def test_without_script_facets_are_one_link_away(client):
    text = client.get("/cases", params={"query": "-severity:1"}).text
    assert "More than 50 cases" in text
    [href] = [each for each in links(text) if "facets=true" in each]
    counted = client.get(href).text
    assert "context.airport" in counted
    assert "More than 50 cases" not in counted


def test_beside_the_list_stand_few_values_of_a_field_and_one_link_leads_to_all_of_them(client):
    page = client.get("/cases", params={"facets": "true"}).text
    shown = {re.sub("<[^>]*>", "", each.partition("</h3>")[0]): each for each in page.split("<section>\n<h3>")[1:]}
    assert max(each.count("<li") for each in shown.values()) <= FIRST_OF_PAGE
    assert "<li" not in shown["inputs.carrier"]
    [href] = re.findall(r'class="further" href="([^"]*)">3 values<', shown["inputs.carrier"])
    assert html.unescape(href) == "/cases?facets=true&more=inputs.carrier#facets"
    opened = client.get(html.unescape(href)).text.partition("inputs.carrier</h3>")[2].partition("</section>")[0]
    assert opened.count("<li") == 3
    # What a list asks of a field is seen, however many values it asks for.
    query = "(inputs.carrier:UA OR inputs.carrier:DL) criterion:slow"
    asked = client.get("/cases", params={"facets": "true", "query": query}).text.partition("inputs.carrier</h3>")[2]
    assert re.findall(r'class="value">([^<]*)<', asked.partition("</section>")[0]) == ["UA", "DL"]


def test_the_keys_of_the_filter_language_are_read_when_they_are_asked_for(client):
    text = client.get("/cases").text
    assert 'hx-get="/parts/cases/language"' in text
    assert client.get("/help/reference/query").status_code == 200
    keys = client.get("/parts/cases/language").text
    assert all(f"<code>{key.name}" in keys for key in TABLE)
    assert all(client.get(href).status_code == 200 for href in links(keys)[:3])


def test_what_was_counted_once_stands_in_the_page_at_once(client):
    asked = {"query": "-severity:4"}
    assert "context.airport" not in client.get("/cases", params=asked).text.partition('id="facets"')[2].partition("</aside>")[0]
    total = client.get("/parts/cases/count", params=asked).text.strip()
    client.get("/parts/cases/facets", params=asked)
    page = client.get("/cases", params=asked).text.partition('<details class="language"')[0]
    assert total in page
    assert "context.airport" in page.partition('id="facets"')[2]
    assert "hx-get" not in page


def test_what_was_counted_once_stands_beside_the_list_with_few_values_and_links_to_the_rest(client):
    asked = {"query": "-severity:4 -severity:1"}
    client.get("/parts/cases/facets", params=asked)
    beside = client.get("/cases", params=asked).text.partition('id="facets"')[2].partition("</aside>")[0]
    [severity] = [each for each in beside.split("<section>") if each.startswith("\n<h3>Severity</h3>")]
    rest = [each for each in beside.split("<section>")[1:] if each != severity]
    # Of the severity that the list asks for both stand there, and of others as many as leave room for the list.
    assert severity.count("<li") >= 2
    assert max(each.count("<li") for each in rest) <= FIRST_OF_PAGE
    assert "<details" not in beside
    assert 'class="further"' in beside


def test_an_id_in_the_search_box_leads_to_its_case(client):
    [item] = client.get("/api/v1/cases", params={"limit": 1}).json()["items"]
    whole = client.get("/cases", params={"query": item["id"].upper()}, follow_redirects=False)
    assert (whole.status_code, whole.headers["location"]) == (303, f"/cases/{item['id']}")
    text = client.get("/cases", params={"query": item["id"][:9]}).text
    [href] = re.findall(r'<a href="([^"]*)">open it</a>', text)
    assert href == f"/cases/{item['id'][:9]}"
    assert ">open it</a>" not in client.get("/cases", params={"query": "nothing-of-the-kind"}).text


def test_pages_follow_one_another_to_the_end(client):
    seen, href = [], "/cases"
    while href:
        text = client.get(href).text
        seen += re.findall(r'class="id" href="/cases/([^"]*)"', text)
        following = re.search(r'<a rel="next" href="([^"]*)"', text)
        href = html.unescape(following[1]) if following else None
    total = client.get("/api/v1/cases").json()["total"]
    assert len(seen) == len(set(seen)) == total > 50


def test_every_head_sorts_the_list_and_turns_it_around_by_a_link(client):
    heads = re.findall(r'<th scope="col"[^>]*><a href="([^"]*)"', client.get("/cases").text)
    assert len(heads) == len(USUAL)
    for href in map(html.unescape, heads):
        text = client.get(href).text
        [(direction, turned)] = re.findall(r'<th scope="col" aria-sort="(\w+)"><a href="([^"]*)"', text)
        [(other, back)] = re.findall(
            r'<th scope="col" aria-sort="(\w+)"><a href="([^"]*)"', client.get(html.unescape(turned)).text
        )
        assert {direction, other} == {"ascending", "descending"}
        assert html.unescape(back) == href
        # The page has the order of the API, whose token goes on.
        first = client.get("/api/v1/cases", params={**parse_qs(urlsplit(href).query), "limit": LIMIT}).json()
        assert re.findall(r'class="id" href="/cases/([^"?]*)', text) == [item["id"] for item in first["items"]]
        assert client.get(html.unescape(re.search(r'rel="next" href="([^"]*)"', text)[1])).status_code == 200


def test_chosen_columns_stay_in_every_link_of_the_list_and_back_from_its_cases(client):
    text = client.get("/cases", params={"columns": "status,airport,confidence", "query": "criterion:slow"}).text
    heads = [
        re.sub(r"<[^>]*>", "", each).strip(" ↑↓\n")
        for each in re.findall(r"(?s)<th scope=\"col\"[^>]*>(.*?)</th>", text.partition("<tbody>")[0])
    ]
    # What is not usual stands first: a form names it last, and it was chosen to be seen.
    assert heads == ["Case", "context.airport", "Confidence", "Status"]
    assert "EWR" in text.partition("<tbody>")[2].partition("</tbody>")[0]
    kept = [each for each in links(text) if urlsplit(each).path.startswith("/cases") and "query=criterion%3Aslow" in each]
    assert len(kept) > 30
    named = {tuple(parse_qs(urlsplit(each).query).get("columns", ())) for each in kept}
    assert named == {("status,context.airport,confidence",), ()}  # without is the list with the usual ones
    assert [each for each in kept if "columns=" not in each] == ["/cases?query=criterion%3Aslow"]
    case = next(each for each in kept if urlsplit(each).path != "/cases")
    assert any("columns=status%2Ccontext.airport%2Cconfidence" in each for each in links(client.get(case).text))


def test_the_form_of_columns_leads_to_the_list_that_has_them(client):
    text = client.get("/cases", params={"query": "criterion:slow", "sort": "severity"}).text
    form = text.partition('<details class="chooser">')[2].partition("</form>")[0]
    offered = re.findall(r'name="columns" value="([^"]*)"( checked)?', form)
    assert [name for name, checked in offered if checked] == list(USUAL)
    assert "context.airport" in dict(offered)
    assert {"query", "sort"} <= set(re.findall(r'type="hidden" name="([^"]*)"', form))
    answer = client.get("/cases", params={"query": "criterion:slow", "sort": "-airport", "columns": ["title", "airport"]})
    assert re.search(r'<th scope="col" aria-sort="descending"><a[^>]*>context.airport<', answer.text)
    wrong = client.get("/cases", params={"columns": "colour"})
    assert (wrong.status_code, "There is no column" in wrong.text) == (422, True)


def test_a_hidden_case_hides_its_suggestions_in_chosen_columns_too(reading):
    macro = environment().get_template("_parts/cases.html").module.listed
    line = {"id": "k7m4", "title": None, "hidden": "not visible", "suggested_mode": None}
    heads = tuple(ListHead(name=name, words=name) for name in ("title", "suggested_mode"))
    assert str(macro([line], None, heads)).count(">hidden</span>") == 1


def test_a_list_is_copied_as_a_table_of_markdown_whose_titles_lead_to_its_cases(client, reading):
    asked = {"query": "criterion:slow", "columns": "title,status,airport", "sort": "-label"}
    [href] = [each for each in links(client.get("/cases", params=asked).text) if "format=markdown" in each]
    answer = client.get(href)
    assert answer.headers["Content-Type"].startswith("text/plain")
    head, rule, *lines = answer.text.splitlines()
    assert (head, rule) == ("| Case | context.airport | Status |", "| --- | --- | --- |")
    items = client.get("/api/v1/cases", params={"query": "criterion:slow", "sort": "-label", "limit": LIMIT}).json()["items"]
    assert len(lines) == len(items) <= LIMIT
    assert all(f"]({reading.url}/cases/{item['id']}) |" in line for item, line in zip(items, lines, strict=True))
    assert client.get("/cases", params={"format": "markdown", "query": "nope:"}).status_code == 422


def test_an_order_that_the_form_does_not_offer_stays_when_somebody_searches_again(client):
    text = client.get("/cases", params={"sort": "-label"}).text
    assert '<option value="-label" selected>Actual, descending</option>' in text


def test_a_pinned_list_keeps_its_position_in_every_link(client):
    position = client.get("/api/v1/cases").json()["position"]
    text = client.get("/cases", params={"as_of": position, "query": "severity:2"}).text
    assert f"as it stood at position {position}" in text
    cases = [each for each in links(text) if each.startswith("/cases/") and each != "/cases/file"]
    assert cases
    assert all(f"as_of={position}" in each for each in cases)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"query": "serverity:1"}, "Did you mean severity?"),
        ({"query": "(open"}, "A parenthesis is never closed"),
        ({"sort": "colour"}, "Cases cannot be sorted by"),
        ({"as_of": 10**6}, "position"),
        ({"after": "forged"}, "The page token cannot be read"),
    ],
)
def test_what_cannot_be_understood_is_said_at_the_search_box(client, asked, says):
    answer = client.get("/cases", params=asked)
    assert answer.status_code == 422
    assert says in html.unescape(answer.text)
    assert 'aria-describedby="problem"' in answer.text


def test_a_piece_that_fails_is_a_piece_and_no_page(client):
    answer = client.get("/parts/cases/facets", params={"query": "serverity:1"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "Did you mean severity?" in html.unescape(answer.text)
    assert "<main" not in answer.text


@pytest.mark.parametrize("path", ["/cases", "/parts/cases/facets", "/parts/cases/completions"])
def test_hostile_text_stays_text(client, path):
    for name in ("query", "word"):
        text = client.get(path, params={name: f'"{HOSTILE}"'}).text
        assert "<script>alert" not in text
        assert "\u202e" not in text.partition('id="query"')[0]


def test_hostile_values_of_facets_stay_text_and_are_read_back(reading):
    from remiss.faces.web.rendering import part

    rows = Rows("facet", ("field", "value", "count"), (("context.airport", HOSTILE[:-1], 1), ("context.airport", "x", 2)), 1)
    counted = facets_of(rows, ListAddress(), parse(""), {"context.airport": "<script>"})
    text = part(counted).body.decode()
    assert "<script>" not in text
    assert "\u202e" not in text
    with reading.browser() as client:
        assert client.get(counted.facets[0].first[0].href).status_code == 200


def test_completions_know_the_fields_and_values_of_this_catalog(client):
    def offered(word):
        text = client.get("/parts/cases/completions", params={"word": word}).text
        return [html.unescape(each) for each in re.findall(r'data-text="([^"]*)"', text)]

    assert offered("airp") == ["context.airport:"]
    assert offered("context.airport:") == ["context.airport:EWR", "context.airport:JFK"]
    assert offered("airport:E") == ["context.airport:EWR"]
    assert offered("ewr") == ["context.airport:EWR"]
    assert "label:late" in offered("lat")
    assert offered("criterion:m") == ["criterion:missed-delay"]
    assert "mode:remiss:data/label-noise" in offered("mode:label")


def test_who_looks_for_controls_is_told_where_they_are(client):
    text = client.get("/cases", params={"query": "status:control"}).text
    [there] = [each for each in links(text) if each.startswith("/api/v1/sample")]
    assert client.get(there).json()["total"] > 0
    assert "/api/v1/sample" not in client.get("/cases", params={"query": "status:verified"}).text


def test_a_catalog_without_cases_says_what_to_do(there):
    with there.browser() as client:
        answer = client.get("/cases")
    assert answer.status_code == 200
    assert "remiss capture" in answer.text
    assert "No case matches" not in answer.text


def test_one_goes_through_a_whole_list_case_by_case_over_the_ends_of_its_pages(client):
    query = {"query": "", "sort": "severity"}
    every = client.get("/api/v1/cases", params={**query, "limit": 1000}).json()
    expected = [item["id"] for item in every["items"]]
    assert len(expected) > LIMIT
    href = next(each for each in links(client.get("/cases", params=query).text) if each.startswith(f"/cases/{expected[0]}?"))
    met = []
    while href:
        text = client.get(href).text
        met.append(urlsplit(href).path.rpartition("/")[2])
        assert re.search(rf">Case {len(met)} of ", text), href
        behind = re.search(r'<a rel="next"[^>]* href="([^"]*)"', text)
        before = re.search(r'<a rel="prev"[^>]* href="([^"]*)"', text)
        # The first of a page does not know the page before it: its list does.
        assert (before is None) == (len(met) % LIMIT == 1)
        if before is not None:
            assert urlsplit(before[1]).path.endswith(met[-2])
        href = html.unescape(behind[1]) if behind and len(met) < LIMIT + 3 else ""
    assert met == expected[: LIMIT + 3]


LONG_QUESTIONS = (
    " ".join(f"-context.airport:X{at}" for at in range(12)),
    " ".join(f"-context.airport:nowhere-near-here-{at}" for at in range(150))[:3_900].rpartition(" ")[0],
)


@pytest.mark.parametrize("query", LONG_QUESTIONS)
def test_a_case_knows_its_place_in_a_list_whose_question_is_long_from_the_page_before(client, query):
    asked = {"query": f"severity:<=3 {query}", "sort": "severity"}
    page = client.get("/cases", params=asked)
    expected = re.findall(r'<a class="id" href="/cases/([^"?]*)\?listed=true"', page.text)
    assert len(expected) == LIMIT
    came_from = {"referer": str(page.url)}
    second = client.get(f"/cases/{expected[1]}?listed=true", headers=came_from).text
    assert ">Case 2 of " in second
    [behind] = [html.unescape(each) for each in re.findall(r'<a rel="next"[^>]* href="([^"]*)"', second)]
    assert urlsplit(behind).path == f"/cases/{expected[2]}"
    # From there on the address says it by itself.
    third = client.get(behind).text
    assert ">Case 3 of " in third
    assert len(third.encode()) <= 60_000
    back = html.unescape(re.search(r'<a href="(/cases\?[^"]*)">Case 3 of', third)[1])
    assert re.findall(r'<a class="id" href="/cases/([^"?]*)', client.get(back).text) == expected
    # A page that is no list, one of elsewhere that cannot be read, and none at all.
    for page_before in ("/trends?query=severity:1", "/cases?sort=nothing", "/cases?start=-1", "http://[", ""):
        other = client.get(f"/cases/{expected[1]}?listed=true", headers={"referer": page_before})
        assert other.status_code == 200
        assert ">Case 2 of " not in other.text


def test_to_go_through_a_list_is_no_look_at_its_cases(reading, client):
    first, second = (
        item["id"] for item in client.get("/api/v1/cases", params={"query": "criterion:slow", "limit": 2}).json()["items"]
    )
    client.get(f"/cases/{first}", params={"query": "criterion:slow", "sort": "-occurred"})
    newest = next(iter(audit.search_audit(reading.workspace, log="views", limit=1)))
    assert second not in str(newest)


def test_a_case_that_left_its_list_still_leads_back_to_it(client, reading):
    [other] = client.get("/api/v1/cases", params={"query": "-criterion:slow", "limit": 1}).json()["items"]
    text = client.get(f"/cases/{other['id']}", params={"query": "criterion:slow", "sort": "severity"}).text
    assert ">Back to the list</a>" in text
    assert client.get(f"/cases/{other['id']}", params={"query": "nope:", "sort": "severity"}).status_code == 200


def test_an_event_without_an_answer_or_a_label_says_so_in_words(alone):
    filed = catalog.file(alone.workspace, Filing(model="m", at=parse_time("2026-05-04T10:00Z"), text="It hung.", title="A hang"))
    with alone.browser() as client:
        listed, shown = client.get("/cases").text, client.get(f"/cases/{filed.id}").text
    assert ">no label yet</span>" in listed
    assert ">no answer</span>" in listed
    assert ">no answer</span>" in shown
    assert ">no label yet</span>" in shown
    assert dict(facts.event_facts(filed.event, None, {}))["label"] == "no label yet"
