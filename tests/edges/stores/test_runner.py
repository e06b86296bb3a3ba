"""A runner and its lease while it works: it keeps a job that takes long, and leaves one that it lost."""

from __future__ import annotations

import logging
import threading
import time

import pytest

import remiss
from remiss import runner
from remiss.edges.stores import jobs as stored
from remiss.errors import RemissError, StorageError
from remiss.records.job import JobState
from tests.edges.stores import jobs_at_work
from tests.edges.stores.test_jobs import cancel, end_lease, taken

LEASE_SECONDS = 3


@pytest.fixture
def ws(address, environment):
    with remiss.open(address, environment={**environment, "REMISS_JOB_LEASE": str(LEASE_SECONDS)}) as opened:
        yield opened


@pytest.fixture
def doing(monkeypatch):
    """Have jobs do something before their steps are known."""

    def has(work):
        def steps(acting, posted):
            work(acting)
            return jobs_at_work.steps(acting, posted)

        monkeypatch.setitem(runner.WORK, jobs_at_work.KIND, runner.Work(steps=steps, take=jobs_at_work.step))

    return has


def at_hand(ws):
    with ws._store.reading() as connection:
        return stored.at_hand(connection)


def state(ws, job):
    found = ws.jobs.get(job)
    return found.state, found.done, found.reason


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_job_that_takes_longer_than_a_lease_stays_with_its_runner(ws, doing):
    others = []

    def takes_long(_):
        time.sleep(LEASE_SECONDS + 1)
        others.append(taken(ws, "two"))

    doing(takes_long)
    job = jobs_at_work.post(ws, 0, 2)
    assert runner.work_off(ws) == 1
    assert others == [None]
    assert state(ws, job) == (JobState.DONE, 2, "")


@pytest.mark.parametrize("by", ["another", "cancelling"])
def test_a_runner_that_reads_a_log_leaves_a_job_that_is_not_its_own_any_more(ws, doing, by):
    told = []

    def reads_long(acting):
        if by == "another":
            end_lease(ws, ws.jobs.newest(1).found[0])
            told.append(taken(ws, "two"))
        else:
            cancel(ws, ws.jobs.newest(1).found[0].id)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            acting.progress("reading", 0.5)
            time.sleep(0.05)
        told.append("read to its end")

    doing(reads_long)
    job = jobs_at_work.post(ws, 0, 2)
    runner.work_off(ws)
    assert "read to its end" not in told
    assert ws.jobs.get(job).done == 0
    assert ws.jobs.get(job).state is (JobState.RUNNING if by == "another" else JobState.CANCELLED)


def test_a_fault_of_ours_fails_the_job_and_other_jobs_go_on(ws, doing, caplog):
    first, second = jobs_at_work.post(ws, 0, 1), jobs_at_work.post(ws, 2, 1)

    def breaks(acting):
        if acting.request_id == first:
            raise ZeroDivisionError("a value of a log")

    doing(breaks)
    with caplog.at_level(logging.ERROR):
        assert runner.work_off(ws) == 2
    assert state(ws, first) == (JobState.FAILED, 0, "a fault of remiss (ZeroDivisionError); its traceback is with the runner")
    assert state(ws, second)[0] is JobState.DONE
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("stops", [KeyboardInterrupt, SystemExit])
def test_a_runner_that_is_interrupted_lets_go_of_its_job_at_once(ws, doing, stops):
    def interrupted(_):
        raise stops

    doing(interrupted)
    job = jobs_at_work.post(ws, 0, 1)
    with pytest.raises(stops):
        runner.work_off(ws)
    assert state(ws, job)[:2] == (JobState.WAITING, 0)
    assert taken(ws, "two").job.id == job


def test_what_the_machine_refuses_is_waited_for_and_then_done(ws, doing):
    refused = [StorageError("the disk is full")]

    def refuses(_):
        if refused:
            raise refused.pop()

    doing(refuses)
    job = jobs_at_work.post(ws, 0, 1)
    runner.work_off(ws)
    assert state(ws, job)[:2] == (JobState.WAITING, 0)
    assert state(ws, job)[2].startswith("the disk is full; no runner is at work since ")
    end_lease(ws, ws.jobs.get(job))
    runner.work_off(ws)
    assert state(ws, job) == (JobState.DONE, 1, "")


def test_a_fault_that_says_so_itself_is_ours_too(ws, doing):
    def breaks(_):
        raise RemissError("a mistake")

    doing(breaks)
    job = jobs_at_work.post(ws, 0, 1)
    runner.work_off(ws)
    assert state(ws, job)[2] == "a fault of remiss (RemissError); its traceback is with the runner"


def test_a_runner_that_waits_takes_jobs_as_they_come_until_it_is_to_end(ws):
    ended = threading.Event()
    thread = threading.Thread(target=runner.keep_working, args=(ws, ended))
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not at_hand(ws):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        made = [jobs_at_work.post(ws, 2 * number, 2) for number in range(2)]
        assert ws.jobs.get(made[0]).reason == ""
        while any(ws.jobs.get(job).open for job in made):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        ended.set()
        thread.join()
    assert all(state(ws, job) == (JobState.DONE, 2, "") for job in made)
