"""Estimates as a person asks for them: by mouse, by keyboard alone, and without script."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_by_mouse_a_mark_of_the_chart_leads_to_its_cases(signed_in):
    page = signed_in("/estimates")
    page.get_by_label("Which events", exact=True).fill("criterion:slow")
    page.get_by_label("By", exact=True).fill("context.airport")
    page.get_by_role("button", name="Estimate").click()
    expect(page.get_by_role("heading", name="Rate of criterion:slow by context.airport")).to_be_visible()
    marks = page.locator(".chart svg .mark-symbol path")
    expect(marks).to_have_count(2)
    marks.first.hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text("EWR")
    marks.first.click()
    page.wait_for_url(re.compile(r"/cases\?query=criterion%3Aslow\+context.airport%3AEWR"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_by_keyboard_a_question_is_asked_and_a_row_followed(signed_in):
    page = signed_in("/estimates")
    page.get_by_label("Which events", exact=True).focus()
    page.keyboard.type("criterion:missed-delay")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("Rate of criterion:missed-delay"))).to_be_visible()
    row = page.get_by_role("rowheader").first.get_by_role("link")
    row.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/cases"))


def test_what_else_one_may_ask_stands_side_by_side(signed_in):
    page = signed_in("/estimates?query=criterion%3Aslow&what=rate&variance=sample", viewport={"width": 1280, "height": 850})
    tops = {page.get_by_label(name, exact=True).bounding_box()["y"] for name in ("Protocol", "Source")}
    assert len(tops) == 1


def test_without_script_the_chart_is_a_picture(signed_in):
    page = signed_in("/estimates?query=criterion%3Aslow&what=rate&by=week&variance=sample", java_script_enabled=False)
    expect(page.locator(".chart noscript svg.remiss-chart")).to_be_visible()
    expect(page.get_by_role("table")).to_be_visible()


def test_names_of_rows_stand_clear_of_marks_at_nought(signed_in):
    page = signed_in("/estimates")
    names = page.locator(".chart svg .role-axis-label text[text-anchor=end]")
    expect(names.first).to_be_visible()
    end = max(box["x"] + box["width"] for box in (name.bounding_box() for name in names.all()) if box)
    plot = page.locator(".chart svg .role-frame .background").first.bounding_box()
    assert plot
    assert plot["x"] - end >= 8


def test_the_chart_is_drawn_again_when_night_falls(signed_in):
    page = signed_in("/estimates", color_scheme="light")
    label = page.locator(".chart svg .role-axis-label text").first
    expect(label).to_be_visible()
    by_day = label.get_attribute("fill")
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".chart svg .role-axis-label text").first).not_to_have_attribute("fill", by_day)
