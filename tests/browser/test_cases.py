"""The list of cases as a person uses it: by mouse, by keyboard alone, and without script."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from remiss.catalog import actions as catalog
from remiss.records.case import Filing
from tests.stories.logs import MONDAY


def test_by_mouse_one_narrows_turns_the_page_and_opens_a_case(signed_in):
    page = signed_in("/cases")
    value = page.locator("#facets section", has_text="criterion").get_by_role("link", name=re.compile("^slow"))
    count = value.locator(".count").inner_text()
    value.click()
    expect(page.get_by_role("heading", name=f"{count} cases")).to_be_visible()
    expect(page.get_by_label("Which cases")).to_have_value("criterion:slow")
    page.locator("#facets a.chosen").click()
    expect(page.get_by_label("Which cases")).to_have_value("")
    page.get_by_role("link", name="Next 50").click()
    expect(page.get_by_role("link", name="First page")).to_be_visible()
    page.get_by_role("link", name="Severity").click()
    expect(page.get_by_role("columnheader", name="Severity")).to_have_attribute("aria-sort", "ascending")


def test_the_keys_of_the_filter_language_come_when_help_is_opened(signed_in):
    page = signed_in("/cases")
    page.get_by_text("The filter language, and the keyboard").click()
    expect(page.locator("#language").get_by_role("link", name="protocol:arrival-delay@1")).to_be_visible()


def test_by_keyboard_one_completes_a_query_and_walks_the_list(signed_in):
    page = signed_in("/cases")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Which cases")
    expect(box).to_be_focused()
    page.keyboard.type("-airp")
    expect(page.get_by_role("option", name="context.airport:")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "completion-1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="context.airport:JFK")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(box).to_have_value("-context.airport:JFK ")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"query=-context.airport%3AJFK"))
    expect(page.get_by_role("button", name="Copy link to this view")).to_be_visible()
    lines = page.locator("table.cases a.id")
    page.keyboard.press("j")
    expect(lines.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(lines.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(lines.nth(0)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_text("Single letters act as keys")).to_be_visible()


def test_escape_closes_the_completions_and_keeps_what_was_written(signed_in):
    page = signed_in("/cases")
    box = page.get_by_role("combobox", name="Which cases")
    box.press_sequentially("(status:")
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("(status:")


def test_letters_are_no_keys_once_they_are_switched_off(signed_in):
    page = signed_in("/cases")
    page.keyboard.press("?")
    page.get_by_label("Single letters act as keys").uncheck()
    page.locator("body").press("j")
    expect(page.locator("table.cases a.id:focus")).to_have_count(0)


def test_without_script_one_searches_counts_and_narrows(signed_in):
    page = signed_in("/cases", java_script_enabled=False)
    page.get_by_label("Which cases").fill("severity:3")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Count them by field").click()
    page.locator("#facets section", has_text="inputs.carrier").get_by_role("link", name="3 values").click()
    expect(page.locator("#facets").get_by_role("link", name=re.compile("^UA"))).to_be_visible()
    page.locator("#facets").get_by_role("link", name=re.compile("^EWR")).click()
    expect(page.get_by_label("Which cases")).to_have_value("severity:3 context.airport:EWR")
    expect(page.locator("table.cases a.id").first).to_be_visible()


def test_a_query_that_cannot_be_understood_is_explained_at_the_box(signed_in):
    page = signed_in("/cases")
    box = page.get_by_label("Which cases")
    box.fill("serverity:1")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Did you mean severity?")
    expect(box).to_have_attribute("aria-invalid", "true")


# What is cut in the table, and how far it reaches beyond what shows it.
CUT = """(() => {
  const table = document.querySelector("table.cases");
  const cut = [...table.querySelectorAll("*")].filter((each) => getComputedStyle(each).overflowX === "hidden"
    && (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 2));
  return [table.offsetWidth - table.parentElement.clientWidth, ...cut.map((each) => each.outerHTML)];
})()"""
LONG = "United Airlines flight 1545 from Newark Liberty to San Francisco predicted on time and delayed by 212 minutes"


def test_no_title_mode_or_status_is_cut_while_there_is_room_and_what_was_chosen_is_in_view(signed_in, site):
    gate = "gate C 101 of the terminal that is furthest from the runway"
    filed = {"model": "m", "at": MONDAY, "severity": 1, "mode": "remiss:input/missing-feature", "context": {"gate": gate}}
    catalog.file(site.workspace, Filing(title=LONG, label="delayed considerably", output="on time as planned", **filed))
    usual = "severity,title,occurred,criteria,output,label,mode,status"
    for columns in (usual, f"{usual},confidence,context.gate"):
        page = signed_in(f"/cases?sort=-filed&columns={columns}", viewport={"width": 1440, "height": 900})
        expect(page.locator("table.cases .title").first).to_have_text(LONG)
        for width in (390, 768, 1440, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            beyond, *cut = page.evaluate(CUT)
            assert cut == [], width
            assert beyond <= 0 or (width > 960 and "gate" in columns), (width, columns, beyond)
        page.set_viewport_size({"width": 1440, "height": 900})
    edge = page.locator(".found .scroll").first.bounding_box()
    for name in ("Confidence", "context.gate"):
        head = page.get_by_role("columnheader", name=name).bounding_box()
        assert head["x"] + head["width"] <= edge["x"] + edge["width"], name


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("terms", [12, 100])
def test_a_case_of_a_list_with_a_long_question_leads_on_to_the_next(signed_in, script, terms):
    """A browser names a page of up to 4,096 letters as the one before; of a longer address the script takes care."""
    query = "severity:<=3 " + " ".join(f"-context.airport:nowhere-near-here-{at:06}" for at in range(terms))
    page = signed_in(
        f"/cases?{urlencode({'query': query[:3_990].rpartition(' ')[0], 'sort': 'severity'})}", java_script_enabled=script
    )
    long = len(page.url) > 4_096
    page.locator("table.cases a.id").nth(1).click()
    if long and not script:
        expect(page.get_by_role("link", name="Cases", exact=True).last).to_be_visible()
        return
    expect(page.get_by_role("link", name="Case 2 of")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Case 3 of")).to_be_visible()


def test_a_list_with_a_long_question_is_sorted_and_narrowed_by_buttons(signed_in):
    query = "severity:<=3 " + " ".join(f"-context.airport:nowhere-near-here-{at:06}" for at in range(30))
    page = signed_in(f"/cases?{urlencode({'query': query})}")
    page.get_by_role("button", name="Severity").click()
    expect(page.get_by_role("columnheader", name="Severity")).to_have_attribute("aria-sort", "ascending")
    page.locator("#facets section", has_text="Criterion").get_by_role("button", name="slow").first.click()
    expect(page.get_by_label("Which cases")).to_have_value(re.compile("criterion:slow"))
    expect(page.get_by_role("columnheader", name="Severity")).to_have_attribute("aria-sort", "ascending")
