"""Help: each section leads to what docs say of it, and every link and anchor of what is shown is right."""

from __future__ import annotations

import re

import pytest

from remiss.documentation import SECTIONS, as_html, documents, words_of
from remiss.faces.web.rendering import GROUPS
from tests.tables import each

MOST_BYTES = 60_000


@pytest.fixture(scope="module")
def shown():
    return {name: str(as_html(document.text)) for name, document in documents().items()}


def test_each_section_of_the_bar_has_help():
    assert {entry.name for _, group in GROUPS for entry in group} <= set(SECTIONS)
    assert set(SECTIONS.values()) <= set(documents())


def test_each_link_leads_to_a_page_of_help_and_to_a_heading_of_it_or_away(shown):
    wrong = []
    for name, html in shown.items():
        for href in re.findall(r'href="([^"]*)"', html):
            path, _, anchor = href.partition("#")
            target = path.removeprefix("/help/") or name
            if not href.startswith("https:") and (target not in shown or (anchor and f'id="{anchor}"' not in shown[target])):
                wrong.append((name, href))
    assert wrong == []


def test_no_page_of_help_is_heavier_than_a_page_may_be(shown):
    assert {name: len(html) for name, html in shown.items() if len(html) > MOST_BYTES} == {}


def test_what_help_does_not_show_is_its_words_and_code_stays():
    text = documents()["how-to/work-with-raw-evidence"].text
    assert "0009-one-bundle-a-capture" not in text
    assert "![" not in documents()["how-to/use-the-pages"].text
    assert "<script>" not in as_html("<script>alert(1)</script>")
    assert as_html("`[a](b.md)`") == "<p><code>[a](b.md)</code></p>\n"


def test_the_words_of_the_glossary_are_those_of_the_page():
    words = dict(words_of(documents()["how-to/discuss-a-case"]))
    assert "mention, inbox" in words
    assert "stratum" not in words


@each("section", ["overview", "queue", "trends"])
def test_a_page_leads_to_the_help_of_its_section(reading, section):
    with reading.browser() as client:
        page = client.get({"overview": "/"}.get(section, f"/{section}")).text
        [href] = re.findall(r'<a href="([^"]*)">Help</a>', page)
        helped = client.get(href)
    assert href == f"/help/{section}"
    assert documents()[SECTIONS[section]].title in helped.text
    assert "Words on this page" in helped.text


def test_help_is_for_whoever_is_signed_in_and_says_what_there_is(reading):
    with reading.browser() as client:
        assert 'href="/help/how-to/label-cases"' in client.get("/help").text
        assert client.get("/help/nothing").status_code == 404
    with reading.stranger(headers={"Accept": "text/html"}) as client:
        assert client.get("/help").status_code == 401
