"""A case as a person reads and changes it: by mouse, by keyboard alone, without script, and on a phone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.govern.ports.actor import Actor
from remiss.records.case import Filing
from remiss.records.labelling import Judgement, Verdict
from tests.curate.standings import ANSWERS, WEAK
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
    expect(page.get_by_text(re.compile("% similar")).first).to_be_visible()
    page.locator("#revise > summary").click()
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


def test_whoever_files_what_is_there_already_sees_it_and_goes_on_by_keyboard(signed_in, site):
    seen = {"carrier": "UA", "gate": "C7"}
    like = catalog.file(site.workspace, Filing(model="m", at=MONDAY, title="Wrong gate", inputs=seen))
    page = signed_in("/cases/file")
    page.get_by_label("What went wrong").fill("The board was wrong")
    page.get_by_label("Model", exact=True).fill("m")
    page.get_by_label("When it happened").fill("2013-06-04T06:00")
    page.get_by_text("Inputs and context").click()
    page.get_by_label("Inputs").fill("carrier=UA\ngate=C7")
    page.get_by_role("button", name="File the case").click()
    asked = page.get_by_role("alert")
    expect(asked).to_contain_text("inputs.carrier, inputs.gate")
    with page.expect_popup() as opened:
        asked.get_by_role("link", name=like.id).press("Enter")
    expect(opened.value.get_by_role("heading", name="Wrong gate")).to_be_visible()
    expect(page.get_by_label("What went wrong")).to_have_value("The board was wrong")
    page.get_by_role("button", name="File it anyway").press("Enter")
    expect(page.get_by_role("heading", name="The board was wrong")).to_be_visible()


def test_two_people_at_once_lose_nothing(signed_in, site, missed):
    page = signed_in(f"/cases/{missed}")
    catalog.revise(site.workspace, missed, 1, title="Written meanwhile")
    page.locator("#revise > summary").click()
    page.get_by_label("Title").fill("Typed with care")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Written meanwhile")
    expect(page.get_by_label("Title")).to_have_value("Typed with care")
    page.get_by_role("button", name="Write over revision 2").click()
    expect(page.get_by_role("heading", name="Typed with care")).to_be_visible()


def test_without_script_one_compares_and_revises(signed_in, missed):
    page = signed_in(f"/cases/{missed}", java_script_enabled=False)
    page.get_by_role("link", name="Compare it with").click()
    expect(page.get_by_text(re.compile("% similar")).first).to_be_visible()
    page.locator("#revise > summary").click()
    page.get_by_label("Note").fill("two\nlines")
    page.get_by_role("button", name="Save as revision 2").click()
    expect(page.get_by_text("two lines").first).to_be_visible()


def test_hostile_text_of_ten_thousand_letters_breaks_no_layout(signed_in, hostile):
    page = signed_in(f"/cases/{hostile}")
    for path in (f"/cases/{hostile}", "/cases?query=origin:filed&facets=true"):
        page.goto(path)
        for width in (390, 1360):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate(WIDER) == [], (path, width)
        assert page.locator("img").count() == 0


FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="The feed again", quotes=("EWR",))


def said_by(ws, name, call, case, *arguments):
    reader, ws.actor = ws.actor, Actor(name=name)
    done = call(ws, case, catalog.show(ws, case).revision, *arguments)
    ws.actor = reader
    return done


def test_parts_are_tabs_by_keyboard_and_an_address_opens_its_part(signed_in, missed):
    page = signed_in(f"/cases/{missed}")
    labels, found, files, said = (
        page.get_by_role("tab", name=name) for name in ("Labels", "Investigation", "Files", "Discussion")
    )
    expect(labels).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel")).to_have_count(1)
    labels.focus()
    page.keyboard.press("ArrowLeft")
    expect(said).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Discussion")).to_be_visible()
    expect(page.locator("#comment textarea")).to_be_hidden()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(found).to_be_focused()
    page.get_by_text("Start the investigation").click()
    expect(page.get_by_text("Add a hypothesis")).to_be_visible()
    page.goto(f"/cases/{missed}#attachments")
    expect(files).to_have_attribute("aria-selected", "true")
    page.emulate_media(media="print")
    for part in ("labelling", "investigation", "discussion"):
        expect(page.locator(f"#{part} > h2")).to_be_visible()


def test_what_is_printed_is_dark_on_white_whatever_the_screen_shows(signed_in, missed):
    page = signed_in(f"/cases/{missed}", color_scheme="dark")
    inked = "getComputedStyle(document.body).color"
    assert page.evaluate(inked) != "rgb(27, 36, 48)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(inked) == "rgb(27, 36, 48)"
    expect(page.get_by_text("Same in all").first).to_be_visible()
    page.goto("/cases")
    expect(page.locator("table.cases").first).to_be_visible()
    for gone in ("#query", "#query-hint", "#markdown", ".chooser"):
        expect(page.locator(gone)).to_be_hidden()


def test_a_phone_shows_two_controls_and_says_how_many_more_there_are(signed_in, missed):
    page = signed_in(f"/cases/{missed}?controls=true", viewport={"width": 390, "height": 844})
    row = page.locator(".beside tbody tr").first.locator("td")
    assert row.count() == 6
    assert [each.is_visible() for each in row.all()] == [True, True, True, False, False, False]
    expect(page.get_by_text("A wider screen shows 3 more.")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(row.last).to_be_visible()
    expect(page.get_by_text("A wider screen shows 3 more.")).to_be_hidden()


def test_g_and_a_letter_lead_on_and_are_typed_in_a_field(signed_in, missed):
    page = signed_in(f"/cases/{missed}")
    expect(page.locator("#go")).to_contain_text("Trends")
    for letter, path in (("t", "/trends"), ("l", "/queue"), ("i", "/inbox"), ("c", "/cases"), ("h", "/")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(re.compile(f"{path}$"))
    page.goto("/cases")
    page.locator("#query").fill("")
    page.locator("#query").press_sequentially("gh")
    expect(page.locator("#query")).to_have_value("gh")
    page.goto(f"/queue/{missed}")
    page.keyboard.press("g")
    page.wait_for_timeout(50)
    expect(page.locator("[name=verdict]:checked")).to_have_count(0)
    page.keyboard.press("c")
    page.wait_for_url(re.compile("/cases$"))


@pytest.fixture
def verified(site, missed) -> str:
    airport = catalog.show(site.workspace, missed).event.context["airport"]
    for name, call in (("bo", labelling.annotate), ("cy", labelling.verify)):
        said_by(site.workspace, name, call, missed, replace(FAILS, quotes=(airport,)))
    return missed


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_one_reads_what_people_found_and_begins_the_case_anew(signed_in, verified, script):
    page = signed_in(f"/cases/{verified}", java_script_enabled=script)
    expect(page.get_by_role("heading", name="Annotated by bo: failure")).to_be_visible()
    expect(page.get_by_text("7 points").first).to_be_visible()
    expect(page.get_by_label("Severity")).to_have_count(0)
    page.get_by_text("Reopen", exact=True).first.click()
    page.get_by_label("Why, in a sentence").fill("the label was corrected")
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_text("Nobody has labelled it yet.")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Label l?$"))).to_have_attribute("href", f"/queue/{verified}")
    expect(page.locator(".history ins").first).to_have_text("candidate")


def test_one_links_a_case_that_is_alike_and_is_told_what_does_not_go(signed_in, site, missed):
    other = catalog.search(site.workspace, "criterion:missed-delay", limit=2).rows[1][0]
    page = signed_in(f"/cases/{missed}")
    page.get_by_text("Link to a similar case").click()
    page.get_by_label("The case whose verdict it takes").fill(missed)
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("similar to itself")
    page.get_by_label("The case whose verdict it takes").fill(other)
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_role("link", name=other).click()
    expect(page.get_by_text("It gives its verdict to")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Remove the link").click()
    expect(page.get_by_text("Link to a similar case")).to_be_visible()


def test_of_an_annotation_one_learns_that_it_is_there_and_no_more(site, missed):
    said_by(site.workspace, "bo", labelling.annotate, missed, replace(FAILS, quotes=()))
    with site.browser_of(site.person("dee", role="verifier", team="*")) as client:
        told = client.get(f"/cases/{missed}").text
    assert "not visible until a second person has labelled the case independently" in told
    assert "The feed again" not in told
    assert "Annotated by" not in told
    assert "<strong>Annotated</strong> by (hidden)" in told


def test_by_the_keys_that_it_prints_one_goes_on_through_the_list_and_to_the_form(signed_in):
    page = signed_in("/cases?query=criterion%3Amissed-delay&sort=severity")
    first, second = (page.locator("table.cases a.id").nth(place).inner_text() for place in (0, 1))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/cases/{first}"))
    expect(page.locator(".crumbs")).to_contain_text("Case 1 of")
    page.keyboard.press("j")
    page.wait_for_url(re.compile(f"/cases/{second}"))
    page.keyboard.press("k")
    page.wait_for_url(re.compile(f"/cases/{first}"))
    page.keyboard.press("c")
    page.wait_for_function("document.activeElement.name === 'text'")
    page.keyboard.type("jk")
    expect(page.locator("#discussion textarea").last).to_have_value("jk")
    page.locator("h1").click()
    page.keyboard.press("l")
    page.wait_for_url(re.compile(f"/queue/{first}"))
