"""Protocols as a person reads them: from a criterion to its line, its cases and how often it happens."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_a_criterion_leads_to_its_line_and_to_its_cases(signed_in):
    page = signed_in("/protocols")
    page.get_by_role("rowheader").get_by_role("link", name="arrival-delay").click()
    page.get_by_role("link", name="slow", exact=True).click()
    line = page.locator("#criterion-slow")
    expect(line).to_be_in_viewport()
    expect(line).to_contain_text("slow")
    row = page.get_by_role("row", name=re.compile("^slow"))
    row.get_by_role("link").nth(1).click()
    page.wait_for_url(re.compile(r"criterion%3Aslow"))


def test_without_script_and_by_keyboard_all_is_there(signed_in):
    page = signed_in("/protocols/arrival-delay", java_script_enabled=False)
    page.get_by_role("link", name="How often slow happens").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/trends"))
    expect(page.get_by_role("heading", name=re.compile("Share of judged events that met slow by month"))).to_be_visible()
