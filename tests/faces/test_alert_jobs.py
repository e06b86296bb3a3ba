"""Looking for alerts as a job: posted by a person, and by a server that works jobs off after each capture."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta

import pytest

from remiss import runner
from remiss.capture.job_actions import capture_job
from remiss.faces.server import working
from remiss.govern.job_actions import cancel, list_jobs, show_job
from remiss.records.job import ALERTS, JobState
from remiss.understand import alert_check_actions
from remiss.understand.alert_actions import list_alerts
from remiss.understand.alert_check_actions import alerts_due, alerts_job
from tests.serving import served
from tests.stories.logs import MONDAY, WEEK
from tests.stories.test_alerts import ROSE, capture_until, slower


@pytest.fixture
def log(tmp_path):
    return slower(tmp_path / "log")


@pytest.fixture
def site(sqlite_template, tmp_path, log):
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        yield there


def until(holds, within=60):
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_job_looks_at_windows_as_who_posted_it_and_one_who_has_one_gets_no_other(site, log):
    ws = site.workspace.serving("test")
    assert not alerts_due(ws)
    capture_until(ws, log, ROSE + 3)
    assert alerts_due(ws)
    posted = alerts_job(ws)
    assert not alerts_due(ws)
    assert alerts_job(ws).id == posted.id
    assert runner.work_off(ws) == 1
    done = show_job(ws, posted.id)
    assert (done.state, done.kind, [each.of for each in done.steps]) == (JobState.DONE, ALERTS, ["windows"])
    assert len(list_alerts(ws).alerts) == 1
    assert not alerts_due(ws)
    capture_until(ws, log, ROSE + 4, since=ROSE + 3)
    assert alerts_due(ws)


def test_windows_are_looked_at_again_where_nothing_is_captured_for_long(site, log, monkeypatch):
    ws = site.workspace.serving("test")
    capture_until(ws, log, 1)
    cancel(ws, alerts_job(ws).id)
    assert not alerts_due(ws)
    monkeypatch.setattr(alert_check_actions, "LOOKS_AGAIN", timedelta(0))
    assert alerts_due(ws)


def test_a_server_that_works_jobs_off_looks_for_alerts_after_each_capture(site, log):
    ws = site.workspace.serving("test")
    capture_until(ws, log, ROSE + 3)
    with working(site.workspace):
        until(lambda: list_alerts(ws).alerts)
        capture_job(ws, log.protocol, since=MONDAY + (ROSE + 3) * WEEK, until=MONDAY + (ROSE + 4) * WEEK)
        until(lambda: list_alerts(ws).watched[0].windows == ROSE + 4)
    assert [(each["kind"], each["state"]) for each in list_jobs(ws)] == [
        (ALERTS, "done"),
        ("capture", "done"),
        (ALERTS, "done"),
    ]
    assert len(list_alerts(ws).alerts) == 1


def test_the_pages_and_the_command_line_say_what_such_a_job_does(site, log):
    ws = site.workspace.serving("test")
    posted = alerts_job(ws)
    with site.browser() as browser:
        assert "Looks at windows that are new" in browser.get(f"/jobs/{posted.id}").text
        assert "Alerts" in browser.get("/jobs").text.partition("<tbody>")[2]
        runner.work_off(ws)
        assert ">Windows<" in browser.get(f"/jobs/{posted.id}").text


def test_who_may_not_handle_alerts_posts_no_such_job(site):
    with site.program(site.person("rea", role="reader")) as client:
        assert client.post("/api/v1/jobs/alerts").status_code == 403
