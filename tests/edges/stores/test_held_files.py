"""What who waits for the lock of a catalog's file is told: which process has it, at what, and what to do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

import remiss
from remiss.edges.stores.dialect import driving, explaining
from remiss.errors import StorageError
from tests.edges.stores import jobs_at_work
from tests.edges.stores.jobs_at_work import PATIENT, ended, forked, stopped


@pytest.fixture(params=["sqlite"])
def database(request):
    return request.param


@pytest.fixture
def environment(environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(driving, "BUSY_MS", 100)
    return environment


@pytest.fixture
def job(address, environment):
    return jobs_at_work.posted(address, 0, 1)


@pytest.fixture
def standing(address, job):
    """A runner that stands still in the middle of the job's step, with the lock of the file."""
    child = forked(lambda: jobs_at_work.run(address), REMISS_STOP_AT="before-position", **PATIENT)
    assert stopped(child)
    yield child
    os.kill(child, signal.SIGCONT)
    assert ended(child) == 0


def refused(address):
    with pytest.raises(StorageError) as told:
        jobs_at_work.posted(address, 2, 1)
    return told.value


def test_a_process_that_stands_still_with_the_lock_is_named_with_its_job_and_what_to_do(address, job, standing):
    told = refused(address)
    seconds = explaining.BUSY_MS // 1000
    path = address.removeprefix("sqlite:///")
    who = f"process {standing}, runner [0-9a-f]{{6}} at {job}, which is stopped"
    said = f"{path} was in use by another writer for {seconds} seconds: {who}"
    assert re.fullmatch(said, told.what)
    assert f"kill -CONT {standing}" in told.do
    assert f"kill -KILL {standing}" in told.do
    # Who reads does not wait.
    with remiss.open(address) as ws:
        assert ws.jobs.get(job).done == 0


def test_what_is_advised_works_and_nothing_is_lost(address, job, environment):
    child = forked(lambda: jobs_at_work.run(address), REMISS_STOP_AT="before-commit")
    assert stopped(child)
    assert f"kill -KILL {child}" in refused(address).do
    os.kill(child, signal.SIGKILL)
    assert ended(child) == -signal.SIGKILL
    jobs_at_work.end_leases(address)
    assert ended(forked(lambda: jobs_at_work.run(address), **PATIENT)) == 0
    with remiss.open(address) as ws:
        assert ws.jobs.get(job).done == 1
        assert len(ws.runs.latest(10)) == 1


def test_where_the_kernel_does_not_tell_the_job_is_named_that_is_under_way(address, job, standing, monkeypatch, tmp_path):
    monkeypatch.setattr(explaining, "LOCKS", tmp_path / "none")
    told = refused(address)
    assert told.what.endswith(f"(process {standing}) is at work on {job}")
    assert "SIGCONT" in told.do


def test_a_writer_that_is_at_work_is_waited_for(address, environment):
    with remiss.open(address) as other, other._store.tending(60):
        told = refused(address)
    assert told.what.endswith("seconds: this process itself")
    with remiss.open(address) as ws:
        assert explaining.writer_of(ws._store.file) is None


# As another program that knows nothing of remiss writes to its file.
WRITING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("at work", flush=True)
sys.stdin.read()
"""


def test_a_writer_of_another_kind_is_named_by_its_number(address, environment):
    command = [sys.executable, "-S", "-c", WRITING, address.removeprefix("sqlite:///")]
    with remiss.open(address), subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"at work\n"
        told = refused(address)
        other.stdin.close()
    assert told.what.endswith(f"seconds: process {other.pid}")
    assert f"ps -fp {other.pid}" in told.do
