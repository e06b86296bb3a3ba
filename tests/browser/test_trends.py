"""Trends as a person asks for them: by mouse, by keyboard alone, and without script."""

from __future__ import annotations

import base64
import re
import struct
from pathlib import Path

from playwright.sync_api import expect


def test_by_mouse_a_mark_of_the_chart_leads_to_its_cases(signed_in):
    page = signed_in("/trends")
    page.get_by_text("Edit as a query").click()
    page.get_by_label("Which events", exact=True).fill("criterion:slow")
    page.get_by_label("By", exact=True).fill("context.airport")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("that met slow by context.airport")).to_be_visible()
    marks = page.locator(".chart svg.remiss-chart a")
    expect(marks).to_have_count(2)
    ewr = marks.filter(has_text="EWR")
    ewr.hover()
    ewr.click()
    page.wait_for_url(re.compile(r"/cases\?query=criterion%3Aslow\+context.airport%3AEWR"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_by_keyboard_a_question_is_asked_and_a_row_followed(signed_in):
    page = signed_in("/trends")
    page.get_by_text("Edit as a query").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Which events", exact=True).focus()
    page.keyboard.type("criterion:missed-delay")
    page.keyboard.press("Enter")
    expect(page.locator("#sentence")).to_contain_text("missed-delay")
    row = page.get_by_role("rowheader").first.get_by_role("link")
    row.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/cases"))


def test_without_script_a_question_is_asked_by_chips(signed_in):
    page = signed_in("/trends", java_script_enabled=False)
    page.get_by_text("Any rule").click()
    page.get_by_role("link", name="slow", exact=True).first.click()
    page.wait_for_url(re.compile(r"query=criterion%3Aslow.*by=month"))
    page.get_by_text("by month", exact=True).click()
    page.get_by_role("link", name="week", exact=True).click()
    page.wait_for_url(re.compile("by=week"))
    page.get_by_role("link", name="number of").click()
    page.wait_for_url(re.compile("what=count"))
    page.get_by_role("link", name="Without slow").click()
    expect(page.get_by_text("Any rule")).to_be_visible()


def test_what_one_may_ask_in_the_form_stands_side_by_side(signed_in):
    page = signed_in("/trends?query=criterion%3Aslow&what=rate&variance=sample", viewport={"width": 1280, "height": 850})
    page.get_by_text("Edit as a query").click()
    tops = {page.get_by_label(name, exact=True).bounding_box()["y"] for name in ("Protocol", "Source")}
    assert len(tops) == 1


def test_without_script_the_same_chart_is_there_but_for_the_button_that_copies(signed_in):
    page = signed_in("/trends?query=criterion%3Aslow&what=rate&by=week&variance=sample", java_script_enabled=False)
    expect(page.locator(".chart svg.remiss-chart")).to_be_visible()
    expect(page.get_by_role("button", name="Copy sentence")).to_be_hidden()
    expect(page.get_by_role("table")).to_be_visible()


def test_the_sentence_above_a_chart_is_copied_with_the_address_of_its_figures(signed_in):
    page = signed_in("/trends", permissions=["clipboard-read", "clipboard-write"])
    sentence = page.locator("#sentence").inner_text()
    page.get_by_role("button", name="Copy sentence").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{sentence} {page.url}"


def test_names_figures_and_marks_stand_clear_of_each_other_on_a_phone(signed_in):
    page = signed_in("/trends", viewport={"width": 390, "height": 800})
    for row in page.locator(".chart svg.remiss-chart a").all():
        name = row.locator("svg").first.bounding_box()
        mark = row.locator(".c1").bounding_box()
        assert name and mark
        assert name["x"] + name["width"] <= mark["x"] + mark["width"] / 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_mark_of_a_chart_is_a_target_of_24_pixels(signed_in):
    page = signed_in("/trends")
    for hit in page.locator(".chart svg.remiss-chart a .hit").all():
        box = hit.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24


def test_a_chart_is_had_as_a_png_that_the_browser_draws(signed_in):
    page = signed_in("/trends?query=criterion%3Aslow&what=rate&by=week&variance=sample")
    with page.expect_download() as begun:
        page.get_by_role("button", name="PNG").click()
    assert begun.value.suggested_filename.endswith(".png")
    content = Path(begun.value.path()).read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert width == 2 * 960
    # With ink on it, and not only one colour.
    found = page.evaluate(
        """async ([text, width, height]) => {
            const picture = new Image();
            picture.src = text;
            await picture.decode();
            const canvas = new OffscreenCanvas(width, height);
            const pen = canvas.getContext("2d");
            pen.drawImage(picture, 0, 0);
            const data = pen.getImageData(0, 0, width, height).data;
            let dark = 0, blue = 0, white = 0;
            for (let at = 0; at < data.length; at += 4) {
                const [red, green, azure] = data.slice(at, at + 3);
                dark += red < 120 && green < 120 && azure < 120;
                blue += azure > 140 && red < 90;
                white += red > 250 && green > 250 && azure > 250;
            }
            return [dark, blue, white / (width * height)];
        }""",
        [f"data:image/png;base64,{base64.b64encode(content).decode()}", width, height],
    )
    dark, blue, white = found
    assert dark > 500
    assert blue > 100
    assert white > 0.7
    assert page.get_by_role("link", name="SVG").get_attribute("download").endswith(".svg")
