"""Debian's Chromium, driven by playwright: one program for all tests here, and a new, empty profile for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

import remiss
from remiss import capture
from tests.serving import Served, served
from tests.stories.logs import MONDAY, WEEK, small_log

PROGRAM = "REMISS_TEST_CHROMIUM"
# The first has no frame of a window around a page, and takes half the processor time.
PROGRAMS = ("chromium-headless-shell", "chromium")
LOADING = "Failed to load resource"
# A test takes the connection or the session away, or ends a request.
AWAY = ("net::ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED", "401 (Unauthorized)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what a browser is needed for: most of what such a test takes is Chromium's, about 2 s."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow(reason="Chromium begins with an empty profile, and reads every script anew"))


# Not for the session: while playwright runs, its event loop does, and no test of another folder could start one of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A running Chromium, without a window."""
    named = (os.environ[PROGRAM],) if PROGRAM in os.environ else PROGRAMS
    program = next(filter(None, map(shutil.which, named)), None)
    if program is None:
        pytest.exit(f"the tests need Chromium: install Debian's package {PROGRAMS[0]}, or name the program in {PROGRAM}", 2)
    with sync_playwright() as playwright:
        # Root has no sandbox, and the pages are our own.
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--in-process-gpu"]
        )
        yield started
        started.close()


@contextmanager
def _opened(browser: Browser, **settings: Any) -> Iterator[Page]:
    context = browser.new_context(**settings)
    context.set_default_timeout(10_000)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))

    def heard(message: ConsoleMessage) -> None:
        # What the policy refuses is reported here too. A page whose own status is an error is no fault of its scripts.
        own = message.location["url"] == opened.url or message.text.endswith(AWAY)
        if message.type == "error" and not (message.text.startswith(LOADING) and own):
            faults.append(f"{message.text} ({message.location['url']})")

    opened.on("console", heard)
    yield opened
    context.close()
    assert faults == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that knows nothing of the pages before it; what goes wrong in its scripts fails the test."""
    with _opened(browser) as opened:
        yield opened


@pytest.fixture(scope="session")
def captured_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small log and the catalog that captured it, to be copied."""
    folder = tmp_path_factory.mktemp("captured")
    log = small_log(folder / "log")
    with remiss.open(str(folder / "remiss.db"), environment={}, create=True) as ws:
        capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
    return folder


@pytest.fixture
def site(captured_folder: Path, tmp_path: Path) -> Iterator[Served]:
    """A server of the test's own on a copy of that catalog."""
    folder = tmp_path / "site"
    shutil.copytree(captured_folder, folder)
    with served(str(folder / "remiss.db"), {"REMISS_SOURCES": str(folder / "log")}) as there:
        yield there


@pytest.fixture
def signed_in(browser: Browser, site: Served) -> Iterator[Callable[..., Page]]:
    """Open pages of the site as somebody who is signed in: the operator, or whose token it is.

    Settings are those of a browser's context.
    """
    with ExitStack() as open_pages:

        def open_page(path: str, *, token: str = "", **settings: Any) -> Page:
            page = open_pages.enter_context(_opened(browser, base_url=site.url, **settings))
            session = site.session_of(token) if token else site.sessions.sign_in(site.sessions.link())
            assert session is not None
            page.context.add_cookies([{"name": site.sessions.cookie, "value": session, "url": site.url}])
            page.goto(path)
            return page

        yield open_page
