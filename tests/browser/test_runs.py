"""Pages on runs as a person meets them: by mouse, by keyboard, and without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from remiss import capture
from tests.stories.logs import MONDAY, WEEK, small_log


@pytest.fixture
def waiting(site, tmp_path):
    """A run that waits, since an event is gone from the log."""
    log = small_log(tmp_path / "site" / "log")
    first = capture.list_runs(site.workspace).column("run")[0]
    gone = next(iter(capture_members(site, first)))
    log.predictions = [row for row in log.predictions if row["prediction_id"] != gone]
    log.write()
    return capture.capture(site.workspace, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK).id


def capture_members(site, run):
    return (member.event.id for member in site.workspace.serving("test").runs.members(run))


def test_a_run_is_opened_and_reproduced(signed_in):
    page = signed_in("/runs")
    expect(page.get_by_text("Nothing is due")).to_be_visible()
    page.locator("a.id").click()
    page.wait_for_url(re.compile("/runs/run-"))
    group = page.locator("details", has_text="missed-delay").first
    expect(group.get_by_role("table")).to_be_hidden()
    group.locator("summary").click()
    expect(group.get_by_text("context.airport=EWR").first).to_be_visible()
    page.get_by_role("button", name="Reproduce").click()
    expect(page.locator("#verdict")).to_contain_text("The same.")
    assert page.url.rpartition("/")[2].startswith("run-")


def test_by_keyboard_a_waiting_run_is_looked_at_and_accepted(signed_in, waiting):
    page = signed_in(f"/runs/{waiting}")
    page.get_by_role("link", name="Review what is missing").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/accept$"))
    expect(page.get_by_text("1 event is missing from the log")).to_be_visible()
    accept = page.get_by_role("button", name="Accept")
    accept.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/runs/{waiting}$"))
    expect(page.get_by_text("in force for 3 of 3 windows")).to_be_visible()


def test_without_script_a_run_is_read_and_reproduced(signed_in):
    page = signed_in("/runs", java_script_enabled=False)
    page.locator("a.id").click()
    page.locator("summary", has_text="All 3 windows").click()
    expect(page.get_by_role("cell", name="Settled").first).to_be_visible()
    page.get_by_role("button", name="Reproduce").click()
    expect(page.locator("#verdict")).to_contain_text("The same.")


def test_on_a_phone_nothing_reaches_beyond_the_page(signed_in, site):
    run = capture.list_runs(site.workspace).column("run")[0]
    page = signed_in(f"/runs/{run}", viewport={"width": 390, "height": 844})
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
