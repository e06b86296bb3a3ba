"""`remiss capture` killed with SIGKILL: no half run, no lost run that had been reported done, and the next try works."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import remiss
from tests.conftest import DATABASES
from tests.stories.logs import small_log

pytestmark = pytest.mark.slow(reason="processes are started and killed")

WEEKS = ("--since", "2013-06-03", "--until", "2013-06-24")


@pytest.fixture(params=DATABASES)
def database(request):
    """A process that dies has the catalog itself open."""
    return request.param


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


def capture(address, log, environment, **extra):
    command = [sys.executable, "-m", "remiss", "--catalog", address, "capture", log.protocol, *WEEKS, "--format", "json"]
    return subprocess.Popen(
        command, env={**os.environ, **environment, **extra}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def filed(address, environment):
    """How many runs there are; whatever there is must be whole."""
    with remiss.open(address, environment=environment) as ws:
        runs = ws.runs.latest(100)
        facts = ws.facts()
        assert facts.position - 1 == facts.runs == len(runs)
        for run in runs:
            members = ws.runs.members(run.id)
            assert len(members) == run.events_new + run.events_known
            assert facts.events == len(members)
            assert facts.cases == sum(bool(member.met) for member in members)
        return len(runs)


def check_vault(address, environment):
    """Each run has its raw evidence, and there is none of anything else."""
    with remiss.open(address, environment=environment) as ws:
        runs = ws.runs.latest(100)
        kept = Path(environment["REMISS_VAULT"]) / "bundles"
        assert {path.name for path in kept.iterdir()} == {f"{run.id}.bundle" for run in runs}
        for member in ws.runs.members(runs[-1].id):
            assert json.loads(ws.vault.get(member.evidence))["prediction_id"] == member.event.id


@pytest.mark.parametrize(
    ("point", "survives"), [("before-begin", 0), ("after-samples", 0), ("before-commit", 0), ("after-commit", 1)]
)
def test_a_capture_that_dies_at_a_named_point(address, environment, log, point, survives):
    out, _ = (process := capture(address, log, environment, REMISS_CRASH_AT=point)).communicate(timeout=120)
    assert (process.returncode, out) == (-9, "")
    assert filed(address, environment) == survives
    again = capture(address, log, environment)
    _, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert filed(address, environment) == survives + 1
    check_vault(address, environment)


def check_moments(address, environment, log, times):
    began = time.perf_counter()
    capture(address, log, environment).communicate(timeout=120)
    usual = time.perf_counter() - began
    reported = 1
    moments = random.Random(20130603)
    for _ in range(times):
        process = capture(address, log, environment)
        time.sleep(moments.uniform(0.3, 1.1) * usual)
        process.kill()
        out, _ = process.communicate(timeout=120)
        reported += bool(out)
        assert reported <= filed(address, environment)
        reported = filed(address, environment)
    last = capture(address, log, environment)
    _, err = last.communicate(timeout=120)
    assert last.returncode == 0, err
    assert filed(address, environment) == reported + 1
    check_vault(address, environment)


def test_a_capture_killed_at_two_moments(address, environment, log):
    check_moments(address, environment, log, 2)


@pytest.mark.soak
def test_a_capture_killed_at_fifty_moments(address, environment, log):
    check_moments(address, environment, log, 50)
