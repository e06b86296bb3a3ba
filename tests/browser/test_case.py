"""A case as a person reads and changes it: by mouse, by keyboard alone, without script, and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from remiss.catalog import actions as catalog
from remiss.records.case import Filing
from tests.stories.logs import MONDAY

# What reaches beyond the screen, but for what scrolls by itself.
WIDER = """[...document.querySelectorAll("main *")].filter((each) => each.getBoundingClientRect().right > innerWidth
  && !each.closest(".scroll")).map((each) => each.outerHTML.slice(0, 120))"""


@pytest.fixture
def missed(site) -> str:
    [line] = catalog.search(site.workspace, "criterion:missed-delay", limit=1)
    return line["id"]


@pytest.fixture
def hostile(site) -> str:
    """A case whose every text is hostile."""
    text = '"><img src=x onerror=alert(1)>\u202e' + "w" * 10_000
    case = catalog.file(
        site.workspace,
        Filing(
            model=text[:200],
            at=MONDAY,
            title=text[:300],
            note=text,
            output=text,
            label=text[:50],
            inputs={"<i>": text},
            context={"y" * 200: text},
            text=text,
        ),
    )
    return case.id


def test_by_mouse_one_reads_why_looks_at_controls_and_revises(signed_in, missed):
    page = signed_in(f"/cases/{missed}")
    expect(page.get_by_text("A traveller missed a connection.").first).to_be_visible()
    expect(page.get_by_text(re.compile("% alike")).first).to_be_visible()
    page.get_by_text("Change what is said").click()
    page.get_by_label("Title").fill("Nobody was told")
    page.get_by_label("Failure mode").fill("remiss:data/label-noise")
    page.get_by_role("button", name="Save as revision 2").click()
    expect(page.get_by_role("heading", name="Nobody was told")).to_be_visible()
    expect(page.locator(".history ins").first).to_have_text("remiss:data/label-noise")
    page.get_by_role("link", name="as it stood then").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Case {missed}")


def test_by_keyboard_one_opens_a_case_from_the_list_and_files_another(signed_in):
    page = signed_in("/cases?query=criterion:missed-delay")
    expect(page.get_by_role("button", name="Copy link to this view")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Why it was caught")).to_be_visible()
    page.goto("/cases/file")
    page.get_by_label("What went wrong").focus()
    page.keyboard.type("Wrong terminal on the board")
    page.keyboard.press("Tab")
    page.keyboard.type("arrival-delay")
    page.get_by_label("When it happened").fill("2013-06-03T06:00")
    page.get_by_label("When it happened").press("Enter")
    expect(page.get_by_role("heading", name="Wrong terminal on the board")).to_be_visible()


def test_two_people_at_once_lose_nothing(signed_in, site, missed):
    page = signed_in(f"/cases/{missed}")
    catalog.revise(site.workspace, missed, 1, title="Written meanwhile")
    page.get_by_text("Change what is said").click()
    page.get_by_label("Title").fill("Typed with care")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Written meanwhile")
    expect(page.get_by_label("Title")).to_have_value("Typed with care")
    page.get_by_role("button", name="Write over revision 2").click()
    expect(page.get_by_role("heading", name="Typed with care")).to_be_visible()


def test_without_script_one_compares_and_revises(signed_in, missed):
    page = signed_in(f"/cases/{missed}", java_script_enabled=False)
    page.get_by_role("link", name="Compare it with").click()
    expect(page.get_by_text(re.compile("% alike")).first).to_be_visible()
    page.get_by_text("Change what is said").click()
    page.get_by_label("Note").fill("two\nlines")
    page.get_by_role("button", name="Save as revision 2").click()
    expect(page.get_by_text("two lines").first).to_be_visible()


@pytest.mark.parametrize("width", [390, 1360])
def test_hostile_text_of_ten_thousand_letters_breaks_no_layout(signed_in, hostile, width):
    page = signed_in(f"/cases/{hostile}", viewport={"width": width, "height": 844})
    for path in (f"/cases/{hostile}", "/cases?query=origin:filed&facets=true"):
        page.goto(path)
        assert page.evaluate(WIDER) == [], path
        assert page.locator("img").count() == 0
