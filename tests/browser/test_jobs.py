"""The page of a job as a person sees it: it follows the job, with script and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.edges.stores.test_jobs import STEPS, post


@pytest.fixture
def job(site):
    return post(site.workspace.serving("posting")).id


def test_a_page_that_is_open_follows_its_job(signed_in, site, job):
    page = signed_in(f"/jobs/{job}")
    expect(page.locator("dd").first).to_have_text("Waiting")
    ws = site.workspace.serving("working")
    lease = ws.take_job("test")
    lease.plan(STEPS)
    expect(page.locator("dd").first).to_have_text("Running")
    expect(page.get_by_text("0 of 2")).to_be_visible()
    expect(page.get_by_role("cell", name="not yet")).to_have_count(2)
    page.get_by_role("button", name="Cancel this job").click()
    expect(page.locator("dd").first).to_have_text("Cancelled")
    assert page.url.endswith(job)


def test_without_script_a_job_is_found_read_and_cancelled_by_keyboard(signed_in, job):
    page = signed_in("/runs", java_script_enabled=False)
    page.get_by_role("link", name="Background jobs").click()
    page.locator("a.id", has_text=job).click()
    page.wait_for_url(re.compile(job))
    page.get_by_role("button", name="Cancel this job").focus()
    page.keyboard.press("Enter")
    expect(page.locator("dd").first).to_have_text("Cancelled")
