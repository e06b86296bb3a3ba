"""Jobs over HTTP: posted without waiting, looked at on their page, cancelled there, and worked off by the server itself."""

from __future__ import annotations

import html
import re
import shutil
import time
from pathlib import Path

import pytest

from remiss import capture, runner
from remiss.faces import server
from remiss.govern import job_actions as jobs
from remiss.records.job import JobState
from tests.serving import served
from tests.stories.logs import MONDAY, WEEK, small_log

ASYNC = {"Prefer": "respond-async"}


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log", a_week=40)


@pytest.fixture
def site(log, sqlite_template, tmp_path):
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        yield there


@pytest.fixture
def posted(log):
    return {"protocol": "arrival-delay.yaml", "documents": {"arrival-delay.yaml": Path(log.protocol).read_text()}}


def test_a_capture_that_nobody_wants_to_wait_for_is_posted_as_a_job(site, posted):
    with site.client() as client:
        answer = client.post("/api/v1/runs", json=posted, headers=ASYNC)
        assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")
        job = answer.json()
        assert (job["schema"], job["state"], job["steps"], job["done"]) == ("remiss/job@1", "waiting", None, 0)
        assert answer.headers["Location"] == f"/api/v1/jobs/{job['job']}"
        assert client.get(answer.headers["Location"]).json() == job
        # Nobody is there to do it, and whoever posted it is told so, by the answer and on its page.
        assert job["reason"] == "no runner is at work; start one: remiss job run, or remiss serve --jobs"
        with site.browser() as browser:
            assert "no runner is at work" in browser.get(f"/jobs/{job['job']}").text
            assert "no runner is at work" in browser.get("/jobs").text
        assert client.get("/api/v1/runs").json()["total"] == 0
        # Without the wish it is done at once, as ever.
        assert client.post("/api/v1/runs", json=posted).status_code == 201


def test_a_job_is_posted_looked_at_listed_and_cancelled_by_its_own_routes(site, posted):
    with site.client() as client:
        job = client.post("/api/v1/jobs", json={**posted, "since": "2013-06-03T00:00:00Z"}).json()
        assert client.get("/api/v1/jobs", params={"state": "waiting"}).json()["items"][0]["job"] == job["job"]
        assert "waiting" in client.get("/api/v1/jobs", headers={"Accept": "text/csv"}).text
        cancelled = client.post(f"/api/v1/jobs/{job['job']}/cancel").json()
        assert (cancelled["state"], cancelled["reason"][:13]) == ("cancelled", "cancelled by ")
        assert client.post(f"/api/v1/jobs/{job['job']}/cancel").status_code == 409
        assert client.get("/api/v1/jobs/job-000000000000").status_code == 404
        assert client.post("/api/v1/jobs/due", json={}).json()["items"] == []


def test_the_page_of_a_job_shows_the_steps_that_are_committed_without_script(site, posted, log):
    capture.capture(site.workspace, log.protocol, since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    with site.client() as client, site.browser() as browser:
        job = client.post("/api/v1/runs", json=posted, headers=ASYNC).json()["job"]
        page = browser.get(f"/jobs/{job}").text
        assert "<dd>Waiting</dd>" in page
        assert "the runner plans them first" in page
        assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
        shown = []
        ws = site.workspace.serving("working")

        def look():
            found, text = jobs.show_job(ws, job), browser.get(f"/jobs/{job}").text
            said = re.search(r"(\d+) of (\d+) <progress", text)
            shown.append((found.done, None if said is None else int(said[1])))
            return False

        runner.work_off(ws, stopped=look)
        assert {done for done, _ in shown} == {0, 1, 2}
        assert all(said in {None, done} for done, said in shown)
        page = browser.get(f"/jobs/{job}").text
        assert "<dd>Done</dd>" in page
        assert "2 of 2 <progress" in page
        assert "http-equiv" not in page
        for run in jobs.show_job(ws, job).runs:
            assert f'href="/runs/{run}"' in page
        assert job in browser.get("/jobs").text
        assert 'href="/jobs"' in browser.get("/runs").text


def test_older_jobs_are_on_further_pages(site, posted, monkeypatch):
    monkeypatch.setattr("remiss.faces.web.pages.jobs.LIMIT", 2)
    with site.client() as client, site.browser() as browser:
        made = [client.post("/api/v1/jobs", json=posted).json()["job"] for _ in range(3)]
        client.post(f"/api/v1/jobs/{made[2]}/cancel")
        first = browser.get("/jobs").text
        assert listed(first) == made[:0:-1]
        assert "<h2>3 jobs</h2>" in first
        (older,) = re.findall(r'<a rel="next" href="([^"]*)">Older jobs', first)
        second = browser.get(html.unescape(older)).text
        assert listed(second) == made[:1]
        assert "Older jobs" not in second
        assert '<a href="/jobs">First page</a>' in second
        assert listed(browser.get("/jobs?state=cancelled").text) == made[2:]
        assert "<h2>0 jobs failed</h2>" in browser.get("/jobs?state=failed").text
        assert browser.get("/jobs?state=lost").status_code == 422


def listed(page):
    return re.findall(r'<a class="id" href="/jobs/(job-[a-z0-9]*)"', page)


def test_a_job_is_cancelled_on_its_page(site, posted):
    with site.client() as client, site.browser() as browser:
        job = client.post("/api/v1/jobs", json=posted).json()["job"]
        assert f'action="/jobs/{job}/cancel"' in browser.get(f"/jobs/{job}").text
        assert browser.post(f"/jobs/{job}/cancel").status_code == 303
        page = browser.get(f"/jobs/{job}").text
        assert "<dd>Cancelled</dd>" in page
        assert f'action="/jobs/{job}/cancel"' not in page


def test_a_reader_sees_a_job_and_is_offered_nothing_to_cancel_it_by(site, posted):
    with site.client() as client:
        job = client.post("/api/v1/jobs", json=posted).json()["job"]
    with site.browser_of(site.person("di", role="reader")) as browser:
        assert f'action="/jobs/{job}/cancel"' not in browser.get(f"/jobs/{job}").text
        assert browser.post(f"/jobs/{job}/cancel").status_code == 403


def test_a_server_works_off_jobs_as_who_posted_them(site, posted):
    with site.program(site.person("bo", role="curator")) as client, server.working(site.workspace):
        job = client.post("/api/v1/runs", json=posted, headers=ASYNC).json()["job"]
        deadline = time.monotonic() + 60
        while (found := client.get(f"/api/v1/jobs/{job}").json())["state"] in {"waiting", "running"}:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert (found["state"], found["person"]) == (JobState.DONE, "bo")
    [run] = [step["run"] for step in found["steps"]]
    assert capture.show(site.workspace, run).actor == "bo"


def test_what_somebody_posts_reads_sources_in_one_folder_only(site, posted, tmp_path):
    small_log(tmp_path / "elsewhere", a_week=40)
    text = posted["documents"]["arrival-delay.yaml"].replace('"predictions/', f'"{tmp_path}/elsewhere/predictions/')
    with site.program(site.person("bo", role="curator")) as client:
        answer = client.post("/api/v1/runs", json={**posted, "documents": {"arrival-delay.yaml": text}}, headers=ASYNC)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "source")
