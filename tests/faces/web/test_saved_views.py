"""Saved views on pages: a list is saved by a form, found again by a link that stays, renamed and removed."""

from __future__ import annotations

import html
import re

import pytest

from remiss.catalog.saved_views import view_address

LIST = "/cases?query=criterion%3Aslow&sort=-label&columns=title%2Clabel"


def test_a_list_is_saved_by_the_link_of_its_page_and_its_view_leads_back(there):
    with there.browser() as client:
        text = client.get(LIST).text
        [form] = [html.unescape(each) for each in re.findall(r'href="(/views\?address=[^"]*)"', text)]
        page = client.get(form).text
        address = html.unescape(re.search(r'name="address" value="([^"]*)"', page)[1])
        assert address == LIST
        saved = client.post("/views", data={"name": "<b>Slow", "address": address, "team": ""})
        assert (saved.status_code, saved.headers["Location"]) == (303, "/views")
        [href] = re.findall(r'<a href="(/views/[^"]+)">&lt;b&gt;Slow</a>', client.get("/cases").text)
        answer = client.get(href, follow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
        assert f'<a href="{href}" aria-current="page">' in client.get(LIST).text
        assert client.post(f"{href}/rename", data={"name": "Late"}).status_code == 303
        assert f'<a href="{href}">Late</a>' in client.get("/cases").text
        assert client.post(f"{href}/remove").status_code == 303
        assert client.get(href).status_code == 404


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_not_saved_is_shown_again_with_why(there):
    with there.browser() as client:
        answer = client.post("/views", data={"name": "Mine", "address": "/people"})
    assert answer.status_code == 422
    assert "A view is a list of cases or a question of Trends" in answer.text
    assert 'value="Mine"' in answer.text and 'value="/people"' in answer.text


def test_a_question_of_trends_is_saved_by_the_link_of_its_page(reading):
    with reading.browser() as client:
        text = client.get("/trends", params={"query": "criterion:slow", "by": "context.airport"}).text
        [form] = [html.unescape(each) for each in re.findall(r'href="(/views\?address=[^"]*)"', text)]
        meant = html.unescape(re.search(r'name="address" value="([^"]*)"', client.get(form).text)[1])
        assert client.get(meant).status_code == 200
    assert view_address(meant).startswith("/trends?query=criterion%3Aslow&what=count&by=context.airport")


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_view_is_opened_by_its_name_ones_own_first_and_two_of_one_name_are_told_apart(there):
    ana, bo = (there.person(name, role="reader") for name in ("ana", "bo"))
    with there.browser_of(ana) as theirs, there.browser_of(bo) as own:
        theirs.post("/views", data={"name": "Each week", "address": "/cases?query=severity%3A1", "team": "default"})
        assert own.get("/views/Each week", follow_redirects=False).headers["Location"] == "/cases?query=severity%3A1"
        own.post("/views", data={"name": "Each week", "address": LIST})
        assert own.get("/views/Each%20week", follow_redirects=False).headers["Location"] == LIST
        assert theirs.get("/views/Each week", follow_redirects=False).headers["Location"] == "/cases?query=severity%3A1"
        chips = re.findall(r'<a href="/views/view-[^"]+"[^>]*>([^<]+)</a>', own.get("/cases").text)
        assert chips == ["Each week", "Each week (default)"]
