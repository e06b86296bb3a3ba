"""Replays of what a query finds, on both databases: a job asks each case once and loses none; who sees them follows the case."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

import remiss
from remiss import capture, curate, runner, safeguard
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.errors import Denied, InputError, NotFound
from remiss.govern import job_actions as jobs
from remiss.records.case import Filing
from remiss.records.job import JobState
from remiss.records.labelling import Judgement, Verdict
from remiss.records.replay import ReplayGrade
from tests.curate.standings import ANSWERS, WEAK
from tests.edges.stores.jobs_at_work import end_leases
from tests.stories.logs import MONDAY, WEEK, small_log

FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)
# Notes what it is asked, row by row, and by which process.
MODULE = """
import json, os, time
from pathlib import Path

HERE = Path(__file__).parent


def predict(rows):
    with (HERE / "asked").open("a") as asked:
        asked.writelines(json.dumps([os.getpid(), row["number"]]) + "\\n" for row in rows)
    while (HERE / "wait").exists():
        time.sleep(0.01)
    return [{"output": "late" if row["number"] % 3 else "ana@example.org", "confidence": 0.5} for row in rows]
"""
MODELS = """models:
  - {name: delay, version: "1", python: "delays:predict", limits: {batch: 2, concurrency: 2}}
  - {name: delay, version: "raw", python: "delays:predict", gets: raw}
"""
COUNT = 10


@pytest.fixture
def environment(environment, tmp_path):
    (tmp_path / "models.yaml").write_text(MODELS)
    (tmp_path / "delays.py").write_text(MODULE)
    return {**environment, "REMISS_MODELS": str(tmp_path / "models.yaml")}


@pytest.fixture
def filed(ws):
    told = {"model": "delay", "at": MONDAY, "model_version": "1", "output": "late"}
    return [catalog.file(ws, Filing(title=f"case {at}", inputs={"number": at}, **told)).id for at in range(COUNT)]


@pytest.fixture
def asked(tmp_path):
    """How often each number was asked, and by how many processes."""

    def read():
        path = tmp_path / "asked"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return Counter(number for _, number in lines), {process for process, _ in lines}

    return read


def kept(ws, **wanted):
    return list(safeguard.list_replays(ws, **wanted))


def test_a_job_asks_about_every_case_once_by_processes_that_go_on_from_step_to_step(ws, filed, asked):
    posted = safeguard.replay_job(ws, "status:candidate", model="delay@1")
    assert (posted.kind, posted.model, posted.steps) == ("replay", "delay@1", None)
    assert runner.work_off(ws) == 1
    done = jobs.show_job(ws, posted.id)
    assert (done.state, [each.of for each in done.steps]) == (JobState.DONE, ["1-4", "5-8", "9-10"])
    numbers, processes = asked()
    assert numbers == Counter(range(COUNT))
    assert len(processes) == 2
    found = kept(ws)
    assert {each["case"] for each in found} == set(filed)
    grades = Counter(each["grade"] for each in found)
    assert grades == {"identical": 6, "not-reproduced": 4}
    # Redacted, as what people file is.
    assert {each["output"][:8] for each in found if each["grade"] == "not-reproduced"} == {'"[email:'}
    assert len(kept(ws, model="delay@1", grade=ReplayGrade.IDENTICAL)) == 6
    assert kept(ws, model="delay@2") == []
    page = safeguard.list_replays(ws, limit=7)
    rest = safeguard.list_replays(ws, limit=7, after=page.next)
    assert [*page, *rest] == found
    [one] = safeguard.case_replays(ws, filed[0])
    assert (one.case, one.person, one.environment.packages["pytest"]) == (filed[0], ws.actor.name, pytest.__version__)


@pytest.mark.parametrize(("point", "again"), [("after-commit", range(0)), ("before-commit", range(6, 10))])
def test_after_a_kill_no_committed_step_is_asked_again_and_no_case_is_lost(ws, address, environment, filed, asked, point, again):
    posted = safeguard.replay_job(ws, "", model="delay@1")
    command = [sys.executable, "-m", "remiss", "--catalog", address, "job", "run"]
    killed = subprocess.run(command, env={**os.environ, **environment, "REMISS_CRASH_AT": point}, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    end_leases(address)
    runner.work_off(ws)
    assert jobs.show_job(ws, posted.id).state is JobState.DONE
    # The newest come first.
    assert asked()[0] == Counter(range(COUNT)) + Counter(again)
    assert Counter(each["case"] for each in kept(ws)) == Counter(filed)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_job_that_is_cancelled_while_a_model_is_asked_keeps_nothing_of_that_step(
    ws, address, environment, filed, asked, tmp_path
):
    (tmp_path / "wait").touch()
    posted = safeguard.replay_job(ws, "", model="delay@1")

    def work():
        with remiss.open(address, environment=environment) as other:
            runner.work_off(other)

    thread = threading.Thread(target=work)
    thread.start()
    end = time.monotonic() + 20
    while not asked()[0] and time.monotonic() < end:
        time.sleep(0.02)
    jobs.cancel(ws, posted.id)
    (tmp_path / "wait").unlink()
    thread.join()
    assert (jobs.show_job(ws, posted.id).state, jobs.show_job(ws, posted.id).done, kept(ws)) == (JobState.CANCELLED, 0, [])
    assert set(asked()[0]) <= set(range(6, 10))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_cannot_be_asked_is_refused_before_a_job_is_posted(ws, filed):
    for query, model, says in (
        ("", "python:delays:predict", "is not registered, and a job runs registered models only"),
        ("", "delay@raw", "gets the raw event, and no purpose is given"),
        ("status:verified", "delay@1", "no case matches the query"),
    ):
        with pytest.raises(InputError, match=says):
            safeguard.replay_job(ws, query, model=model)
    with pytest.raises(NotFound):
        safeguard.replay_job(ws, "", model="delay@9")
    assert not jobs.list_jobs(ws)


def test_who_lost_the_right_meanwhile_has_nothing_asked(ws, ws_as, filed, asked):
    bo = ws_as("bo", role="verifier")
    with pytest.raises(Denied, match="case:replay"):
        safeguard.replay_job(ws_as("ann", role="annotator"), "", model="delay@1")
    posted = safeguard.replay_job(bo, "", model="delay@1")
    runner.work_off(ws)
    # Somebody who is no person of the catalog any more.
    assert jobs.show_job(ws, posted.id).state is JobState.FAILED
    assert asked()[0] == Counter()


@pytest.fixture
def case(ws, once, tmp_path):
    log = small_log(tmp_path / "log")
    once(ws, "one_week", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK).id)
    [line, *_] = catalog.search(ws, "", limit=1)
    (tmp_path / "delays.py").write_text("def predict(rows):\n    return ['who knows'] * len(rows)\n")
    return catalog.show(ws, line["id"])


def test_replays_are_seen_with_their_case_and_not_by_whoever_is_yet_to_label_it(ws, ws_as, case):
    safeguard.replay(ws, case.id, model="delay@1")
    bo, rui, eve = ws_as("bo", role="verifier"), ws_as("rui", role="reader"), ws_as("eve", role="curator", team="others")
    assert [each.answer.output for each in safeguard.case_replays(rui, case.id)] == ["who knows"]
    with pytest.raises(NotFound):
        safeguard.case_replays(eve, case.id)
    assert kept(eve) == []
    labelling.annotate(ws_as("ana", role="annotator"), case.id, case.revision, FAILS)
    found = safeguard.case_replays(bo, case.id)
    assert (found.items, found.hidden) == ((), "not visible until a second person has labelled the case independently")
    assert kept(bo) == []
    assert kept(bo, case=case.id) == []
    # Who asked may be who labelled it: that is not told as long as who did is not.
    assert [(each.answer.output, each.person) for each in safeguard.case_replays(rui, case.id)] == [("who knows", None)]
    labelling.verify(bo, case.id, catalog.show(bo, case.id).revision, FAILS)
    [after] = safeguard.case_replays(bo, case.id)
    assert (after.answer.output, after.person) == ("who knows", ws.actor.name)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_has_a_case_in_hand_is_not_told_whether_there_are_replays(ws, ws_as, case):
    ana = ws_as("ana", role="annotator")
    in_hand = curate.take(ana).task.form.case
    assert safeguard.case_replays(ana, in_hand).hidden
    safeguard.replay(ws, in_hand, model="delay@1")
    found = safeguard.case_replays(ana, in_hand)
    assert (found.items, bool(found.hidden)) == ((), True)
