"""`remiss capture` killed with SIGKILL: no half run, no lost run that had been reported done, and the next try works."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

import remiss
from tests.conftest import DATABASES
from tests.forked_commands import ForkedCommands
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


@pytest.fixture(scope="module")
def commands():
    with ForkedCommands() as forked:
        yield forked


@pytest.fixture
def capture(address, log, environment, commands):
    """Capture in a process of its own, with more in its environment, and return how it ended."""

    def run(kill_after=None, **extra):
        typed = ["--catalog", address, "capture", log.protocol, *WEEKS, "--format", "json"]
        return commands.run(typed, {**environment, **extra}, kill_after)

    return run


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


@pytest.mark.postgresql_in_soak("it is killed there at two moments, and at each point where a run is filed without a log")
@pytest.mark.parametrize(
    ("point", "survives"),
    [
        *(pytest.param(point, 0, marks=pytest.mark.soak) for point in ("before-begin", "after-samples")),
        ("before-commit", 0),
        ("after-commit", 1),
    ],
)
def test_a_capture_that_dies_at_a_named_point(address, environment, capture, point, survives):
    died = capture(REMISS_CRASH_AT=point)
    assert (died.status, died.out) == (-9, "")
    assert filed(address, environment) == survives
    again = capture()
    assert again.status == 0, again.err
    assert filed(address, environment) == survives + 1
    check_vault(address, environment)


def check_moments(address, environment, capture, times):
    usual = capture().seconds
    reported = 1
    moments = random.Random(20130603)
    for _ in range(times):
        killed = capture(kill_after=moments.uniform(0, 1.1) * usual)
        reported += bool(killed.out)
        assert reported <= filed(address, environment)
        reported = filed(address, environment)
    last = capture()
    assert last.status == 0, last.err
    assert filed(address, environment) == reported + 1
    check_vault(address, environment)


def test_a_capture_killed_at_two_moments(address, environment, capture):
    check_moments(address, environment, capture, 2)


@pytest.mark.soak
def test_a_capture_killed_at_many_moments(address, environment, capture):
    check_moments(address, environment, capture, 20)
