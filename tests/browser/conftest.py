"""Debian's Chromium, driven by playwright: one program for each module, and a new, empty profile for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PROGRAM = "REMISS_TEST_CHROMIUM"


# Not for the session: while playwright runs, its event loop does, and no test of another folder could start one of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium, without a window."""
    program = shutil.which(os.environ.get(PROGRAM, "chromium"))
    if program is None:
        pytest.exit(f"the tests need Chromium: install Debian's package chromium, or name the program in {PROGRAM}", 2)
    with sync_playwright() as playwright:
        # Root has no sandbox, and the pages are our own.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that knows nothing of the pages before it; what goes wrong in its scripts fails the test."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert faults == []
