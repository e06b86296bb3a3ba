"""Raw evidence as a person meets it: files on a case, and the raw event; by mouse, by keyboard, without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from remiss.catalog import actions as catalog


@pytest.fixture
def missed(site) -> str:
    [line] = catalog.search(site.workspace, "criterion:missed-delay", limit=1)
    return line["id"]


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_one_adds_a_file_keeps_it_removes_and_restores_it_and_erases_it(signed_in, missed, tmp_path, script):
    page = signed_in(f"/cases/{missed}", java_script_enabled=script)
    shot = tmp_path / "boarding pass.html"
    shot.write_text("<script>alert('pwned')</script>")
    files = page.locator("#attachments")
    if script:
        page.get_by_role("tab", name="Files").click()
    files.get_by_text("Add a file").click()
    files.get_by_label("A file of at most").set_input_files(shot)
    files.get_by_role("button", name="Add file").click()
    with page.expect_download() as started:
        files.get_by_role("button", name="Download boarding pass.html").click()
    assert started.value.suggested_filename == "boarding pass.html"
    assert started.value.path().read_text() == shot.read_text()
    files.get_by_role("button", name="Remove boarding pass.html").click()
    expect(files.get_by_role("heading", name="Removed")).to_be_visible()
    files.get_by_role("button", name="Restore boarding pass.html").click()
    expect(files.get_by_role("heading", name="Removed")).to_have_count(0)
    files.get_by_text("Erase for good").click()
    files.get_by_role("button", name="Erase boarding pass.html").click()
    expect(files.locator("li")).to_have_count(0)
    expect(files.get_by_text("Add a file")).to_be_visible()


def test_by_keyboard_one_says_what_for_and_sees_the_raw_event(signed_in, missed):
    page = signed_in(f"/cases/{missed}")
    page.get_by_role("link", name="The raw event").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The raw event")
    page.get_by_label("Purpose, in one sentence").focus()
    page.keyboard.type("the carrier asked which flight it was")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader", name="prediction_id")).to_be_visible()


def test_kept_in_a_file_it_opens_nowhere(signed_in, missed):
    page = signed_in(f"/cases/{missed}/evidence")
    page.get_by_label("Purpose, in one sentence").fill("the carrier asked which flight it was")
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()
    assert started.value.suggested_filename == f"event-{missed}.json"
