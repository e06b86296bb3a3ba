"""The page of the audit: who did and saw what, and whether it is still what was written."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from remiss.catalog import actions as catalog
from remiss.contract.table import entries
from remiss.records.case import Filing


@pytest.fixture
def steward(there):
    """Somebody who reads the audit of every team, in a browser."""
    with there.browser_of(there.person("sam", role="steward", team="*", clearance="secret")) as browser:
        browser.headers["Accept"] = "text/html"
        yield browser


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_was_done_and_looked_at_is_shown_with_what_it_was_done_on(steward, there):
    case = catalog.file(there.workspace, Filing(model="m", at=datetime(2026, 3, 1, tzinfo=UTC), title="seen")).id
    steward.get(f"/cases/{case}")
    page = steward.get(f"/audit?subject={case}")
    assert page.status_code == 200
    assert f'href="/cases/{case}"' in page.text
    assert "case.show" in page.text
    assert "No entries by nobody" in steward.get("/audit?actor=nobody").text
    assert "Older entries" not in page.text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_was_refused_is_found_by_itself(steward, there):
    case = catalog.file(there.workspace, Filing(model="m", at=datetime(2026, 3, 1, tzinfo=UTC), title="seen")).id
    with there.browser_of(there.person("bo", role="reader", team="boarding")) as browser:
        assert browser.get(f"/cases/{case}").status_code == 404
    steward.get(f"/cases/{case}")
    page = steward.get("/audit?kind=refused").text
    assert page.count('<th scope="row"') == 1
    assert "<strong>Refused</strong>" in page
    assert f'href="/cases/{case}"' in page
    assert '<option value="refused" selected>' in page
    assert "No entries of the type views of raw evidence" in steward.get("/audit?kind=evidence").text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_time_that_is_none_is_said_above_the_form(steward):
    page = steward.get("/audit?since=yesterday")
    assert page.status_code == 422
    assert "is not a time" in page.text
    assert 'value="yesterday"' in page.text


def test_verifying_says_whether_the_logs_are_sound(steward, there):
    catalog.file(there.workspace, Filing(model="m", at=datetime(2026, 3, 1, tzinfo=UTC), title="seen"))
    assert steward.get("/cases").status_code == 200
    assert re.search(r"Changes:</strong>\s+intact, [0-9]+ entries", steward.post("/audit/verify").text)
    piece = steward.post("/audit/verify", headers={"HX-Request": "true"}).text
    assert "<html" not in piece
    assert re.search(r"Views:</strong>\s+intact, ", piece)
    with there.workspace._store.engine.execution_options(writes=True).connect() as connection, connection.begin():
        connection.execute(text("UPDATE journal SET actor = 'nobody' WHERE position = 2"))
    assert "not intact: entry 2 was altered" in steward.post("/audit/verify").text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_may_not_read_the_audit_is_not_led_there(there):
    with there.browser_of(there.person("bo", role="curator")) as browser:
        browser.headers["Accept"] = "text/html"
        assert 'href="/audit"' not in browser.get("/").text
        assert browser.get("/audit").status_code == 403
        assert browser.post("/audit/verify").status_code == 403


def test_what_was_done_is_told_by_the_first_sentence_of_its_contract(steward):
    offered = dict(re.findall(r'<option value="([a-z.-]+)"[^>]*>([^<]+)</option>', steward.get("/audit").text))
    assert offered["thread.list"] == "List the threads of a case with all their comments"
    assert offered["case.replays"] == "Show the newest replays of a case"
    assert offered["audit.prove"] == "Print a proof"
    assert offered["queue.release"] == "Put back a case"
    words = [offered[name] for name in entries()]
    assert len({*words}) == len(words)
    for each in words:
        assert re.fullmatch(r"[A-Z][a-z].+[a-z0-9]", each)
        assert not re.search(r"\b(?!JSON\b|MB\b)[A-Z]{2,}\b|\byour?\b", each)
