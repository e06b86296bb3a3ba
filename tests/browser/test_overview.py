"""The overview as a person meets it: by mouse, by keyboard, and without script."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_what_takes_longer_comes_after_the_page_and_a_mark_leads_to_its_cases(signed_in):
    page = signed_in("/")
    expect(page.get_by_text("Nothing is due")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Slow The board"))).to_be_visible()
    expect(page.locator(".later")).to_have_count(0)
    page.locator(".criteria tr", has_text="Slow").locator("svg a").first.click()
    page.wait_for_url(re.compile(r"/cases\?query=criterion%3Aslow.*occurred"))
    expect(page.locator("#count")).to_have_text(re.compile(r"^\d+ cases?$"))


def test_by_keyboard_one_comes_from_a_rate_to_its_estimate(signed_in):
    page = signed_in("/")
    rate = page.locator(".criteria .rate a").last
    expect(rate).to_be_visible()
    page.locator("#criteria").evaluate("heading => { heading.tabIndex = -1; heading.focus() }")
    for _ in range(12):
        page.keyboard.press("Tab")
        if rate.evaluate("link => link === document.activeElement"):
            break
    # The marks of a trend are no stops on the way: the table that they are drawn from is one.
    expect(rate).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/trends\?query=criterion%3Aslow"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Trends")


def test_without_script_one_link_shows_everything(signed_in):
    page = signed_in("/", java_script_enabled=False)
    expect(page.get_by_text("Looking at the logs")).to_have_count(1)
    page.get_by_role("link", name="Show the page with everything").first.click()
    expect(page.get_by_text("Nothing is due")).to_be_visible()
    expect(page.locator("svg.remiss-trend")).to_have_count(2)


def test_on_a_phone_nothing_reaches_beyond_the_page(signed_in):
    page = signed_in("/?whole=true", viewport={"width": 390, "height": 844})
    expect(page.locator("svg.remiss-trend")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_edge_beyond_which_what_is_wide_goes_on_is_shaded(signed_in):
    page = signed_in("/", viewport={"width": 390, "height": 844})
    # What is loaded after the page moves what stands below it.
    expect(page.locator(".later")).to_have_count(0)
    table = page.locator("section", has=page.locator("#captured")).locator(".scroll")
    # As if a table had no narrow form, and more columns than the screen has room for.
    table.evaluate("each => { each.firstElementChild.style.width = '60rem' }")
    assert table.evaluate("each => each.scrollWidth > each.clientWidth")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    # Between the lines of text and the edge there is nothing but the shade.
    strip = {"x": box["x"] + box["width"] - 3, "y": box["y"], "width": 2, "height": 3}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        table.evaluate("each => { each.scrollLeft = 0 }")
        shaded = page.screenshot(clip=strip)
        table.evaluate("each => { each.scrollLeft = each.scrollWidth }")
        assert page.screenshot(clip=strip) != shaded, scheme
