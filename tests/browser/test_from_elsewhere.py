"""A page of another site, in the browser of somebody who is signed in: its links lead to pages, and its forms do nothing."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

ELSEWHERE = "http://elsewhere.example/"
CHAT = """<!doctype html><title>Chat</title>
<a href="{site}/cases?query=status%3Acandidate">Look at these</a>
<form method="post" action="{site}/queue/next"><button>Win a prize</button></form>
<form method="post" action="{site}/sign-out" target="_blank"><button>Win another</button></form>
<form method="post" action="{site}/attachments" enctype="multipart/form-data">
  <input name="case" value="x"><button>Send</button></form>
<form method="post" action="{site}/api/v1/actions/team.add" enctype="text/plain">
  <input name='{{"arguments": {{"name": "mine", "about": "' value='"}}}}'><button>Add</button></form>
<img src="{site}/cases" alt="">
"""


@pytest.fixture
def elsewhere(site, browser):
    """A page of another site. What the browser refuses it stands in its console, which is as it should be."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    body = CHAT.format(site=site.url)
    context.route(f"{ELSEWHERE}**", lambda route: route.fulfill(body=body, content_type="text/html"))
    yield context.new_page()
    context.close()


@pytest.fixture
def chat(site, elsewhere):
    """The same in the browser of somebody who signed in just now."""
    page = elsewhere
    page.goto(f"{site.url}/sign-in?token={site.sessions.link()}&next=/protocols")
    page.get_by_role("button", name="Open the catalog").click()
    page.wait_for_url(f"{site.url}/protocols")
    page.goto(ELSEWHERE)
    return page


def looks(site):
    # Before anybody looked there is no log, and none is to be made here.
    if not Path(f"{site.workspace.file}.views").exists():
        return []
    with closing(sqlite3.connect(f"{site.workspace.file}.views")) as connection:
        return [json.loads(text) for (text,) in connection.execute("SELECT entry FROM views ORDER BY n")]


def test_a_link_leads_to_the_page_and_the_look_is_recorded_as_led_from_there(site, chat):
    before = len(looks(site))
    chat.get_by_role("link", name="Look at these").click()
    expect(chat.get_by_role("heading", level=1)).to_have_text("Cases")
    expect(chat.locator("#count")).to_contain_text("cases")
    # Also what the page's scripts load, which the link has them load.
    expect(chat.locator(".facets")).not_to_contain_text("Count")
    chat.wait_for_load_state("networkidle")
    entries = looks(site)[before:]
    assert {"case.search", "case.facets"} <= {each["action"] for each in entries}
    assert {each.get("came_from") for each in entries} == {"cross-site"}
    # Whoever goes on from there does so by themselves.
    chat.get_by_role("navigation", name="Sections").get_by_role("link", name="Label").click()
    chat.wait_for_url(f"{site.url}/queue")
    assert looks(site)[-1].get("came_from") is None


def test_no_form_of_another_site_does_anything_however_lately_somebody_signed_in(site, chat):
    before = site.position()
    for name in ("Win a prize", "Send", "Add"):
        chat.get_by_role("button", name=name).click()
        # Without the session, which such a request does not carry, and with it refused all the same.
        expect(chat.get_by_text("the request comes from a page of another site")).to_be_visible()
        chat.goto(ELSEWHERE)
    with chat.expect_popup() as popup:
        chat.get_by_role("button", name="Win another").click()
    expect(popup.value.get_by_text("the request comes from a page of another site")).to_be_visible()
    fetched = chat.evaluate(
        "url => Promise.allSettled([fetch(url + '/sign-out', {method: 'POST', mode: 'no-cors', credentials: 'include'}),"
        " fetch(url + '/cases', {credentials: 'include'})]).then(all => all.map(each => each.status))",
        site.url,
    )
    assert fetched[1] == "rejected"
    assert site.position() == before
    chat.goto(site.url)
    expect(chat.get_by_role("navigation", name="Sections")).to_be_visible()
    [cookie] = chat.context.cookies(site.url)
    assert (cookie["sameSite"], cookie["httpOnly"]) == ("Lax", True)


def test_who_is_led_here_and_not_signed_in_comes_to_that_page_by_signing_in(site, elsewhere):
    token, page = site.person("ana", role="curator"), elsewhere
    page.goto(ELSEWHERE)
    page.get_by_role("link", name="Look at these").click()
    expect(page.get_by_text("Sign in with the link")).to_be_visible()
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("is invalid")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.url}/cases?query=status%3Acandidate")
    expect(page.get_by_role("banner").get_by_role("link", name="ana")).to_be_visible()
