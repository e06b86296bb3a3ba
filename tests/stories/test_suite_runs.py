"""A run of a suite is killed in the middle, on the command line and as a job: it goes on, and nothing kept is asked again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from remiss import runner, safeguard
from remiss.errors import Conflict
from remiss.faces.cli import main
from remiss.govern import job_actions as jobs
from remiss.records.job import SUITE, JobState
from tests.edges.stores.jobs_at_work import end_leases
from tests.serving import served
from tests.stories.test_suites import SCENARIOS, arrivals, captured, log  # noqa: F401
from tests.stories.ways import IN_THE_LIBRARY, NOT_FROM_AFAR

# Notes what it is asked, row by row, and takes its time while a file says so.
MODULE = """
import json, time
from pathlib import Path

HERE = Path(__file__).parent


def predict(rows):
    with (HERE / "asked").open("a") as asked:
        asked.writelines(json.dumps(row, sort_keys=True) + "\\n" for row in rows)
    if (HERE / "slow").exists():
        time.sleep(0.4)
    return [{"output": "late" if row["distance"] else None} for row in rows]
"""
MODELS = """models:
  - {name: delays, version: "1", python: "counting:predict", limits: {batch: 24}}
  - {name: delays, version: "2", python: "counting:predict", limits: {batch: 4}}
"""


@pytest.fixture
def suite(arrivals, monkeypatch):  # noqa: F811
    Path("counting.py").write_text(MODULE)
    Path("models.yaml").write_text(MODELS)
    Path("scenarios.yaml").write_text(SCENARIOS)
    monkeypatch.setenv("REMISS_MODELS", str(Path("models.yaml").absolute()))
    return arrivals


def asked():
    path = Path("asked")
    return Counter(path.read_text().splitlines()) if path.exists() else Counter()


def without_latency(found):
    return [each for each in found.figures if not each.measure.startswith("latency")]


@pytest.mark.slow(reason="it runs a suite twice, with a runner of its own that dies")
@pytest.mark.parametrize("point", ["after-commit", pytest.param("before-commit", marks=pytest.mark.soak)])
@IN_THE_LIBRARY
def test_a_job_that_is_killed_goes_on_and_asks_nothing_again_that_it_kept(captured, suite, address, environment, point):  # noqa: F811
    safeguard.make_scenarios(captured, "arrivals", "scenarios.yaml")
    whole = safeguard.run(captured, "arrivals", model="delays@1")
    once = asked()
    Path("asked").unlink()
    posted = safeguard.suite_job(captured, "arrivals", model="delays@1")
    # What is built meanwhile is not run.
    safeguard.build_suite(captured, "arrivals", "status:verified", sealed=0.0)
    command = [sys.executable, "-m", "remiss", "--catalog", address, "job", "run"]
    died = subprocess.run(command, env={**os.environ, **environment, "REMISS_CRASH_AT": point}, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    first = asked()
    assert 0 < first.total() < once.total()
    end_leases(address)
    runner.work_off(captured)
    job = jobs.show_job(captured, posted.id)
    assert job.state is JobState.DONE, job.reason
    assert (job.steps[0].of, job.steps[-1].of) == ("events 1-24", "figures")
    assert asked() == once + (first if point == "before-commit" else Counter())
    found = safeguard.show_result(captured, job.steps[-1].run)
    assert (found.suite_digest, found.verdicts, found.flipped) == (suite.digest, whole.verdicts, whole.flipped)
    assert without_latency(found) == without_latency(whole)
    assert any("by more than one process" in each for each in found.notes) == (point == "after-commit")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.slow(reason="it runs a suite twice and a half, and serves the catalog")
@IN_THE_LIBRARY
def test_a_job_that_is_cancelled_asks_nothing_more_and_goes_on_where_it_was_when_it_is_posted_again(
    captured,  # noqa: F811
    suite,
    address,
    environment,
    monkeypatch,
    capsys,
):
    whole = safeguard.run(captured, "arrivals", model="delays@1")
    once = asked()

    def cancelled_behind_its_first_step(**given):
        posted = safeguard.suite_job(captured, "arrivals", model="delays@1", **given)
        usual = runner.WORK[SUITE]

        def take(ws, what, step):
            made = usual.take(ws, what, step)
            jobs.cancel(captured, posted.id)
            return made

        with monkeypatch.context() as meanwhile:
            meanwhile.setitem(runner.WORK, SUITE, replace(usual, take=take))
            assert runner.work_off(captured) == 1
        return jobs.show_job(captured, posted.id)

    Path("asked").unlink()
    job = cancelled_behind_its_first_step()
    first = asked()
    assert (job.state, job.done, first.total()) == (JobState.CANCELLED, 1, 24)
    assert [each.run is None for each in job.steps] == [False, *[True] * (len(job.steps) - 1)]
    assert main.run(["--catalog", address, "job", "show", job.id]) == 0
    shown = capsys.readouterr().out
    assert "cancelled by " in shown
    assert f"1 of {len(job.steps)}" in shown
    with served(address, environment) as site, site.browser() as browser:
        page = browser.get(f"/jobs/{job.id}").text
    assert "<dd>Cancelled</dd>" in page
    assert f"<dd>1 of {len(job.steps)} <progress" in page
    assert re.search(r"<td>Events 1 to 24</td><td>done</td>", page)
    assert page.count("<td>not done</td>") == len(job.steps) - 1
    again = safeguard.suite_job(captured, "arrivals", model="delays@1")
    runner.work_off(captured)
    done = jobs.show_job(captured, again.id)
    assert done.state is JobState.DONE, done.reason
    assert asked() == once
    found = safeguard.show_result(captured, done.steps[-1].run)
    assert (found.verdicts, without_latency(found)) == (whole.verdicts, without_latency(whole))
    # Who wants all of it asked again says so.
    Path("asked").unlink()
    cancelled_behind_its_first_step()
    safeguard.suite_job(captured, "arrivals", model="delays@1", anew=True)
    runner.work_off(captured)
    assert asked() == once + first


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@NOT_FROM_AFAR
def test_the_same_run_is_posted_once_while_it_is_open(captured, suite):  # noqa: F811
    posted = safeguard.suite_job(captured, "arrivals", model="delays@1", repeat=3)
    for anew in (False, True):
        with pytest.raises(Conflict, match=f"{posted.id} is open") as refused:
            safeguard.suite_job(captured, "arrivals", model="delays@1", repeat=3, anew=anew)
        assert f"remiss job cancel {posted.id}" in refused.value.do
    # Another run is another's business.
    others = [{"repeat": 1}, {"repeat": 3, "seed": 7}, {"repeat": 3, "model": "delays@2"}]
    made = [safeguard.suite_job(captured, "arrivals", **{"model": "delays@1", **each}) for each in others]
    listed = [(each["job"], each["protocol"], each["model"]) for each in jobs.list_jobs(captured)]
    assert listed == [(each.id, None, each.model) for each in reversed([posted, *made])]
    jobs.cancel(captured, posted.id)
    again = safeguard.suite_job(captured, "arrivals", model="delays@1", repeat=3)
    assert len({posted.id, again.id, *(each.id for each in made)}) == 5


@pytest.mark.slow(reason="it runs a suite three times, by processes of their own")
@IN_THE_LIBRARY
def test_a_command_that_is_killed_goes_on_when_it_is_typed_again(captured, suite, address, environment):  # noqa: F811
    whole = safeguard.run(captured, "arrivals", model="delays@2")
    once = asked()
    Path("asked").unlink()
    Path("slow").touch()
    command = [sys.executable, "-m", "remiss", "--catalog", address, "suite", "run", "arrivals", "--model", "delays@2"]
    given = {**os.environ, **environment, "REMISS_MODELS": os.environ["REMISS_MODELS"]}
    process = subprocess.Popen([*command, "--format", "json"], env=given, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while asked().total() < 0.7 * once.total() and time.monotonic() < end:
        time.sleep(0.02)
    process.kill()
    process.wait()
    Path("slow").unlink()
    before = asked()
    assert before.total() < once.total()
    again = subprocess.run([*command, "--format", "json"], env=given, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    [kept] = re.findall(r"goes on where it was broken off: (\d+) of", again.stderr)
    assert asked().total() == before.total() + once.total() - int(kept)
    # Nobody waits longer than a few seconds for what is kept.
    assert int(kept) > 0
    found = safeguard.show_result(captured, json.loads(again.stdout)["id"])
    assert without_latency(found) == without_latency(whole)
    # Once there is a result, the next run begins anew.
    third = subprocess.run([*command, "--anew"], env=given, capture_output=True, text=True)
    assert "goes on" not in third.stderr
    assert asked().total() == before.total() + 2 * once.total() - int(kept)
