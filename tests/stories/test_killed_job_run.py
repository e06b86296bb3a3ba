"""`remiss job run` killed and stopped while it captures: no step is lost or done twice, and another process goes on.

All of it is long; the short forms are in `edges/stores/test_killed_jobs.py`, where a step needs no log.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest

import remiss
from remiss import capture
from remiss.capture import job_actions as capturing
from remiss.edges.stores.crashing import JobPoint, Point
from remiss.govern import job_actions as jobs
from remiss.records.job import JobState
from tests.conftest import DATABASES
from tests.edges.stores.jobs_at_work import end_leases, stopped
from tests.stories.logs import MONDAY, WEEK, small_log

POINTS = (*get_args(JobPoint), *get_args(Point))


@pytest.fixture(params=DATABASES)
def database(request):
    """A process that dies has the catalog itself open."""
    return request.param


@pytest.fixture
def environment(environment, tmp_path):
    return {**environment, "REMISS_SOURCES": str(tmp_path / "log"), "REMISS_JOB_LEASE": "3"}


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log", a_week=40)


@pytest.fixture
def job(address, environment, log):
    """A job of two steps, for the week between them is captured."""
    with remiss.open(address, environment=environment) as ws:
        capture.capture(ws, log.protocol, since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
        return capturing.capture_job(ws, log.protocol).id


def job_run(address, environment, **extra):
    return subprocess.Popen(
        [sys.executable, "-m", "remiss", "--catalog", address, "job", "run"],
        env={**os.environ, **environment, **extra},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process):
    _, err = process.communicate(timeout=180)
    return process.returncode, err


def check(address, environment, job, others=1):
    """Check that what is said of a job is what there is, and return how it stands."""
    with remiss.open(address, environment=environment) as ws:
        found = jobs.show_job(ws, job)
        runs = ws.runs.latest(100)
        assert len(found.runs) == found.done == len(runs) - others
        assert set(found.runs) <= {run.id for run in runs}
        in_force = ws.runs.in_force("arrival-predictions", "arrival-delay")
        assert len(in_force) == len({each.window.window for each in in_force}) == 1 + found.done
        return found.state, found.done


def check_vault(address, environment):
    """Each run has its raw evidence, and there is none of anything else."""
    with remiss.open(address, environment=environment) as ws:
        runs = ws.runs.latest(100)
        kept = Path(environment["REMISS_VAULT"]) / "bundles"
        assert {path.name for path in kept.iterdir()} == {f"{run.id}.bundle" for run in runs}
        for run in runs:
            member = ws.runs.members(run.id)[0]
            assert json.loads(ws.vault.get(member.evidence))["prediction_id"] == member.event.id


def check_died(address, environment, job, point):
    assert finished(job_run(address, environment, REMISS_CRASH_AT=point))[0] == -signal.SIGKILL
    state = JobState.WAITING if point == "during-take" else JobState.RUNNING
    assert check(address, environment, job) == (state, int(point == "after-commit"))
    end_leases(address)
    status, err = finished(job_run(address, environment))
    assert (status, f"{job}: done, 2 of 2 steps committed" in err) == (0, True), err
    assert check(address, environment, job) == (JobState.DONE, 2)
    check_vault(address, environment)


@pytest.mark.soak
@pytest.mark.parametrize("point", POINTS)
def test_another_process_goes_on_wherever_one_died(address, environment, job, point):
    check_died(address, environment, job, point)


@pytest.mark.soak
@pytest.mark.parametrize("point", ["after-take", "after-plan", "before-begin", "after-commit"])
def test_a_process_that_stood_still_until_another_had_finished_changes_nothing(address, environment, job, point):
    first = job_run(address, environment, REMISS_STOP_AT=point)
    assert stopped(first.pid)
    end_leases(address)
    assert finished(job_run(address, environment))[0] == 0
    assert check(address, environment, job) == (JobState.DONE, 2)
    with remiss.open(address, environment=environment) as ws:
        before = ws.position()
    first.send_signal(signal.SIGCONT)
    finished(first)
    assert check(address, environment, job) == (JobState.DONE, 2)
    with remiss.open(address, environment=environment) as ws:
        assert ws.position() == before


@pytest.mark.soak
def test_jobs_whose_processes_are_killed_at_many_moments_are_finished(address, environment, job, log):
    began = time.perf_counter()
    assert finished(job_run(address, environment))[0] == 0
    usual, moments, others = time.perf_counter() - began, random.Random(20130603), 1
    for _ in range(4):
        others += 2 if others == 1 else 3
        with remiss.open(address, environment=environment) as ws:
            posted = [
                capturing.capture_job(ws, log.protocol, since=MONDAY + week * WEEK, until=MONDAY + (week + 1) * WEEK)
                for week in range(3)
            ]
        for _ in range(2):
            process = job_run(address, environment)
            time.sleep(moments.uniform(0.3, 1.1) * usual)
            process.kill()
            finished(process)
            end_leases(address)
        assert finished(job_run(address, environment))[0] == 0
        with remiss.open(address, environment=environment) as ws:
            assert [jobs.show_job(ws, each.id).state for each in posted] == [JobState.DONE] * 3
            assert len(ws.runs.latest(100)) == others + 3
    check_vault(address, environment)


@pytest.mark.soak
def test_a_process_that_is_told_to_end_leaves_its_job_to_another_at_once(address, environment, job):
    process = job_run(address, environment, REMISS_STOP_AT="before-begin")
    assert stopped(process.pid)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    assert finished(process)[0] == 0
    with remiss.open(address, environment=environment) as ws:
        assert jobs.show_job(ws, job).state is JobState.WAITING
    assert finished(job_run(address, environment))[0] == 0
    assert check(address, environment, job) == (JobState.DONE, 2)
