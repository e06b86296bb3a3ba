"""The pages in Debian's Firefox: all of them open without a fault, and a label is taken, also when Firefox ends too early."""

from __future__ import annotations

import time

import pytest

from remiss.curate import queue_actions as queue
from tests.browser import firefox
from tests.browser.test_accessibility import PAGES, filled_in

__all__ = ["filled_in"]

KEPT = "Object.keys(localStorage).filter((key) => key.startsWith('remiss.labels')).length"


@pytest.fixture
def opened(site, tmp_path):
    found = firefox.program()
    if found is None:
        pytest.exit(f"make soak needs Firefox: install Debian's package firefox-esr, or name the program in {firefox.PROGRAM}", 2)
    return lambda: firefox.started(found, tmp_path / "profile")


@pytest.fixture
def sign_in(site):
    def keep(one):
        session = site.sessions.sign_in(site.sessions.link())
        assert session is not None
        one.keep(site.sessions.cookie, session, "127.0.0.1")

    return keep


def taken(site, count):
    deadline = time.monotonic() + 30
    while queue.list_queue(site.workspace).left.mine < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return queue.list_queue(site.workspace).left.mine == count


def begin(one, site):
    """Have the first case of the queue, and return its id."""
    one.open(f"{site.url}/queue")
    one.evaluate("document.querySelector('form[action^=\"/queue/next\"] button').click()")
    one.until("document.querySelector('#judging') && document.querySelector('#letters')?.checkVisibility()")
    return one.evaluate("document.getElementById('judging').dataset.case")


@pytest.mark.soak
def test_every_page_opens_without_a_fault(opened, sign_in, site, filled_in):
    with opened() as one:
        sign_in(one)
        for path in map(filled_in, PAGES):
            one.open(site.url + path)
            one.until("!document.querySelector('.later')")
            assert one.evaluate("document.querySelectorAll('h1').length") == 1, path
            assert one.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert one.faults == []


@pytest.mark.soak
def test_a_label_is_taken_and_the_next_case_comes(opened, sign_in, site):
    with opened() as one:
        sign_in(one)
        first = begin(one, site)
        one.press("n", "Enter")
        one.until(f"document.getElementById('judging')?.dataset.case !== {first!r}")
        one.open(f"{site.url}/")  # whoever leaves has said what they said
        assert taken(site, 1)
        assert one.faults == []


@pytest.mark.soak
def test_what_could_not_be_sent_outlives_firefox(opened, sign_in, site):
    with opened() as one:
        sign_in(one)
        begin(one, site)
        one.ask("storage.deleteCookies")
        one.press("n", "Enter")
        one.until(f"{KEPT} === 1")
    assert taken(site, 0)
    with opened() as one:
        sign_in(one)
        one.open(f"{site.url}/queue")
        assert taken(site, 1)
        one.until(f"{KEPT} === 0")
