"""The page of alerts: what was raised, who has it in hand, and what Home says of it."""

from __future__ import annotations

import re
import shutil

import pytest

from remiss.capture.actions import capture
from remiss.records.alert import AlertState
from remiss.understand.alert_actions import acknowledge_alert, list_alerts
from remiss.understand.alert_check_actions import check_alerts
from tests.serving import served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log
from tests.stories.test_alerts import ROSE, WATCHED, capture_until, slower

HOSTILE = '<img src=x onerror=alert(1)>"'


@pytest.fixture
def site(sqlite_template, tmp_path):
    log = slower(tmp_path / "log")
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture_until(there.workspace, log, ROSE + 3)
        yield there


def test_windows_are_looked_at_and_an_alert_is_taken_in_hand_and_put_off_by_forms(site):
    with site.browser() as browser:
        assert "No window was looked at yet." in browser.get("/alerts").text
        found = browser.post("/alerts").text
        [alert] = list_alerts(site.workspace).alerts
        assert f'action="/alerts/{alert.id}"' in found
        assert "Looked at 23 windows for the first time: 1 alert raised." in found
        cases = re.search(r'<h2 id="of-[^"]*"><a href="([^"]*)">', found)[1].replace("&amp;", "&")
        assert browser.get(cases).status_code == 200
        taken = browser.post(f"/alerts/{alert.id}", data={"act": "acknowledge", "note": f"{HOSTILE} ask ana@example.com"})
        assert (taken.status_code, taken.headers["location"]) == (303, f"/alerts#{alert.id}")
        page = browser.get("/alerts").text
        assert HOSTILE not in page
        assert "&lt;img src=x" in page
        assert "ana@example.com" not in page
        assert browser.post(f"/alerts/{alert.id}", data={"act": "week"}).status_code == 303
        assert "Snoozed until" in browser.get("/alerts").text
    assert [each.state for each in list_alerts(site.workspace).alerts] == [AlertState.SNOOZED]


def test_rules_that_are_watched_are_called_in_words(sqlite_template, tmp_path):
    log = small_log(tmp_path / "log", weeks=2, a_week=50).write(PROTOCOL + "alerts: {volume: true}\n")
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture_until(there.workspace, log, 2)
        check_alerts(there.workspace)
        with there.browser() as browser:
            table = browser.get("/alerts").text.partition("<table")[2]
    assert re.findall(r'<th scope="row">([^<]*)</th>', table) == ["The log of arrival-predictions", "Missed delay", "Slow"]


def test_an_alert_waits_in_the_inbox_of_its_owner_and_in_the_bar_of_who_may_act_on_it(sqlite_template, tmp_path):
    log = slower(tmp_path / "log", WATCHED.replace("model: arrival-delay\n", "model: arrival-delay\nowners: [Ana]\n"))
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture_until(there.workspace, log, ROSE + 3)
        [alert] = check_alerts(there.workspace).alerts
        assert alert.owners == ("Ana",)
        link = f'href="/alerts#{alert.id}"'
        ana, bo = there.person("ana", role="reader"), there.person("bo", role="curator")
        with there.browser_of(bo) as browser:
            waits = browser.get("/parts/waiting").json()
            assert (waits["alerts"], waits.get("inbox", 0)) == (1, 0)
            assert link not in browser.get("/inbox?all=true").text
        with there.browser_of(ana) as browser:
            assert browser.get("/parts/waiting").json() == {"inbox": 1}
            assert browser.get("/inbox").text.count(link) == 1
            assert "For Ana" in browser.get("/alerts").text
            # More windows of the same rise are the same alert.
            capture_until(there.workspace, log, ROSE + 5, since=ROSE + 3)
            check_alerts(there.workspace)
            assert browser.get("/parts/waiting").json() == {"inbox": 1}
            acknowledge_alert(there.workspace, alert.id)
            assert browser.get("/parts/waiting").json() == {}
            assert link not in browser.get("/inbox").text
            assert link in browser.get("/inbox?all=true").text


def test_what_is_not_taken_says_why_beside_the_form_and_keeps_what_was_typed(site):
    [alert] = check_alerts(site.workspace).alerts
    with site.browser() as browser:
        refused = browser.post(f"/alerts/{alert.id}", data={"act": "acknowledge", "note": "again " * 400})
        assert refused.status_code == 422
        assert "The note has 2,399 characters, more than 2,000" in refused.text
        assert "again again" in refused.text
        assert 'aria-invalid="true"' in refused.text
        assert browser.post(f"/alerts/{alert.id}", data={"act": "nothing"}).status_code == 422
        assert browser.post("/alerts/alert-nothing-here", data={"act": "week"}).status_code == 404


def test_home_says_which_alerts_wait_and_of_a_rule_that_is_watched_nothing_else(site):
    with site.browser() as browser:
        assert "/alerts#" not in browser.get("/?whole=true").text
        [alert] = check_alerts(site.workspace).alerts
        home = browser.get("/?whole=true").text
        assert home.count('class="alert"') == 1
        assert f'href="/alerts#{alert.id}"' in home
        browser.post(f"/alerts/{alert.id}", data={"act": "acknowledge"})
        assert 'class="alert"' not in browser.get("/?whole=true").text


def test_home_warns_of_a_rule_until_it_is_watched(sqlite_template, tmp_path):
    severe = PROTOCOL.replace("severity: 3, why: The board", "severity: 2, why: The board")
    log = slower(tmp_path / "log", severe + WATCHED.removeprefix(PROTOCOL))
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture(there.workspace, log.protocol, since=MONDAY, until=MONDAY + (ROSE + 1) * WEEK)
        with there.browser() as browser:
            assert "Slow rose from" in browser.get("/?whole=true").text
            raised = check_alerts(there.workspace).alerts
            home = browser.get("/?whole=true").text
            assert "Slow rose from" not in home
            assert home.count('class="alert"') == len(raised)
