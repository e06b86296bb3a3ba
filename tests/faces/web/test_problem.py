"""Errors as pages: what was not found, and the way on."""

from __future__ import annotations

import html

import pytest

UNKNOWN = "/suites/arrivals/compare?candidate=arrival-delay@2"
HOSTILE = "/%3Cscript%3Ealert(1)%3C/script%3E"


def test_an_address_that_is_no_page_is_named_with_the_way_on(reading):
    with reading.browser() as client:
        answer = client.get("/nothing/here")
        assert answer.status_code == 404
        assert "There is nothing at /nothing/here" in answer.text
        assert "egin at Home" in answer.text
        hostile = client.get(HOSTILE).text
    assert "<script>alert" not in hostile
    assert "<script>alert" in html.unescape(hostile)


def test_a_parameter_that_a_page_does_not_take_is_named_in_plain_words(reading):
    with reading.browser() as client:
        answer = client.get(UNKNOWN)
    assert answer.status_code == 422
    assert "This address takes no parameter 'candidate'" in html.unescape(answer.text)
    assert "egin at Home" in answer.text
    assert "openapi.json" not in answer.text.partition("<main")[2].partition("</main>")[0]


def test_around_an_error_stands_what_stands_around_every_page(there):
    with there.browser() as client:
        page = client.get("/nothing").text
        assert 'href="/people"' in page
        assert 'href="/audit"' in page
    with there.browser_of(there.person("ana", role="reader")) as client:
        page = client.get("/nothing").text
        assert "ana" in page
        assert 'href="/audit"' not in page


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_address_that_is_the_name_of_a_section_leads_there_if_one_may_open_it(there):
    with there.browser_of(there.person("ana", role="annotator")) as client:
        for name, leads in (("quality", "/agreement"), ("label", "/queue"), ("home", "/")):
            answer = client.get(f"/{name}", headers={"Accept": "text/html"})
            assert (answer.status_code, answer.headers.get("location")) == (302, leads)
        assert client.get("/audit-log").status_code == 404
