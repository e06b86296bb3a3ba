"""Signing in with a browser, and what of the link stays behind.

The site is named before the page, and so outlives it: what a page still loads is answered.
"""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_a_browser_signs_in_by_the_link_and_no_page_after_it_learns_the_token(site, page):
    link = f"{site.url}/sign-in?token={site.sessions.link()}"
    page.goto(link)
    page.get_by_role("button", name="Open the catalog").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    assert page.url == f"{site.url}/"
    assert page.evaluate("document.referrer") == f"{site.url}/"
    # What the history of the browser keeps opens nothing any more.
    page.goto(link)
    expect(page.get_by_text("each works once")).to_be_visible()


def test_signing_in_leads_to_the_overview_whatever_was_asked_for(site, page):
    page.goto(f"{site.url}//evil.example/%2f..?next=//evil.example")
    expect(page.get_by_text("Sign in with the link")).to_be_visible()
    token = site.sessions.link()
    page.goto(f"{site.url}/sign-in?token={token}&next=//evil.example&return=https://evil.example")
    page.get_by_role("button", name="Open the catalog").click()
    page.wait_for_url(f"{site.url}/")


def test_a_person_signs_in_by_the_link_that_an_admin_made_for_them(site, signed_in, page):
    people = signed_in("/people")
    people.get_by_label("Name", exact=True).fill("ana")
    people.get_by_label("Reader", exact=True).check()
    people.get_by_label("Create a sign-in link").set_checked(True)
    people.get_by_role("button", name="Add", exact=True).click()
    link = people.locator(".issued code").inner_text()
    assert link.startswith(f"{site.url}/sign-in?token=")
    page.goto(link)
    page.get_by_role("button", name="Open the catalog").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    expect(page.locator(".me a[href='/account']")).to_have_text("ana")
    page.goto(link)
    expect(page.get_by_text("This link is invalid")).to_be_visible()
    people.goto("/people")
    expect(people.get_by_role("cell", name=re.compile("^Used "))).to_be_visible()
