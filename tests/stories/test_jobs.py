"""Captures that nobody waits for: they are posted, worked off step by step, and can be looked at and cancelled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import remiss
from remiss import capture, runner
from remiss.capture import job_actions as capturing
from remiss.errors import Conflict, InputError, IntervalError, NotFound, ProtocolError
from remiss.faces.cli import main
from remiss.govern import job_actions as jobs
from remiss.records.job import JobState
from tests.conftest import DATABASES
from tests.curate.test_guidelines import TAXONOMY
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log", a_week=60)


@pytest.fixture
def environment(environment, tmp_path):
    """Runners read the sources of jobs in one folder and nowhere else."""
    return {**environment, "REMISS_SOURCES": str(tmp_path / "log")}


@pytest.fixture
def work_off(ws, database, environment, tmp_path, monkeypatch, capsys):
    """Work off what waits, as whoever has the database itself."""

    def working():
        if database in DATABASES:
            return runner.work_off(ws)
        if database == "http":
            with remiss.open(tmp_path / "remiss.db", environment=environment) as here:
                return runner.work_off(here)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        main.run(["--catalog", str(tmp_path / "remiss.db"), "job", "run"])
        return len(re.findall("^job-[a-z0-9]{12}: ", capsys.readouterr().err, re.MULTILINE))

    return working


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_capture_that_is_posted_is_done_when_it_is_worked_off(ws, log, work_off):
    posted = capturing.capture_job(ws, log.protocol, since=MONDAY, until=MONDAY + 2 * WEEK)
    assert (posted.state, posted.steps, posted.protocol, posted.version) == (JobState.WAITING, None, "arrival-delay", 1)
    assert jobs.show_job(ws, posted.id) == posted
    assert posted.reason == "no runner is at work; start one: remiss job run, or remiss serve --jobs"
    assert not capture.list_runs(ws)
    assert work_off() == 1
    done = jobs.show_job(ws, posted.id)
    assert (done.state, done.done, len(done.steps)) == (JobState.DONE, 1, 1)
    [run] = done.runs
    assert capture.show(ws, run).manifest.until == MONDAY + 2 * WEEK
    assert capture.show(ws, run).actor == posted.person
    [line] = jobs.list_jobs(ws)
    assert (line["job"], line["state"], line["done"], line["steps"]) == (posted.id, "done", 1, 1)
    assert work_off() == 0


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_every_stretch_of_windows_that_is_due_is_a_step(ws, log, work_off):
    capture.capture(ws, log.protocol, since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    [posted] = capturing.due_jobs(ws)
    assert not capturing.due_jobs(ws)  # a job is at it already
    work_off()
    done = jobs.show_job(ws, posted.id)
    assert [(step.since, step.until) for step in done.steps] == [
        (MONDAY, MONDAY + WEEK),
        (MONDAY + 2 * WEEK, MONDAY + 3 * WEEK),
    ]
    assert len(set(done.runs)) == done.done == 2
    assert not capturing.due_jobs(ws, "arrival-delay")
    assert not capture.due(ws, log.protocol)


def test_nothing_is_due_of_what_never_captured(ws, log):
    assert not capturing.due_jobs(ws)
    with pytest.raises(NotFound, match="nothing was captured by a protocol boarding"):
        capturing.due_jobs(ws, "boarding")


def test_a_job_that_waits_can_be_cancelled_once(ws, log, work_off):
    posted = capturing.capture_job(ws, log.protocol)
    cancelled = jobs.cancel(ws, posted.id)
    assert (cancelled.state, cancelled.reason) == (JobState.CANCELLED, f"cancelled by {posted.person}")
    assert work_off() == 0
    with pytest.raises(Conflict, match="cannot be cancelled: it is cancelled"):
        jobs.cancel(ws, posted.id)
    assert [line["job"] for line in jobs.list_jobs(ws, state=JobState.CANCELLED)] == [posted.id]
    assert len(jobs.list_jobs(ws, state=JobState.WAITING)) == 0


def test_jobs_are_listed_page_by_page(ws, log):
    posted = [capturing.capture_job(ws, log.protocol).id for _ in range(3)]
    page = jobs.list_jobs(ws, limit=2)
    assert (list(page.column("job")), page.total) == (posted[:0:-1], 3)
    rest = jobs.list_jobs(ws, limit=2, after=page.next)
    assert (list(rest.column("job")), rest.total, rest.next) == (posted[:1], 3, None)
    for token, state in ((page.next, JobState.WAITING), ("nonsense", None)):
        with pytest.raises(InputError, match="page token"):
            jobs.list_jobs(ws, state=state, after=token)


def test_what_can_be_told_at_once_is_told_at_once(ws, log):
    with pytest.raises(IntervalError, match="cuts a window"):
        capturing.capture_job(ws, log.protocol, since=MONDAY, until=MONDAY + 1.5 * WEEK)
    log.write(PROTOCOL.replace("latency_ms > 250", "latency > 250"))
    with pytest.raises(ProtocolError):
        capturing.capture_job(ws, log.protocol)
    assert len(jobs.list_jobs(ws)) == 0
    with pytest.raises(NotFound):
        jobs.show_job(ws, "job-000000000000")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_was_posted_is_kept_with_the_job_with_the_files_that_it_names(ws, log, work_off):
    log.write(PROTOCOL.replace("remiss:model/weak-slice", "acme:gate/late") + "taxonomy: own.yaml\n")
    (log.folder / "own.yaml").write_text(TAXONOMY)
    posted = capturing.capture_job(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    Path(log.protocol).unlink()
    (log.folder / "own.yaml").unlink()
    work_off()
    assert jobs.show_job(ws, posted.id).state is JobState.DONE


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_job_fails_with_its_reason(ws, log, work_off):
    posted = capturing.capture_job(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    for path in (log.folder / "outcomes").iterdir():
        path.unlink()
    work_off()
    failed = jobs.show_job(ws, posted.id)
    assert failed.state is JobState.FAILED
    assert failed.reason == "source arrival-predictions.labels has nothing to read; see why with: remiss protocol check"
    assert failed.log[-1].text.endswith(failed.reason)
    assert not capture.list_runs(ws)
