"""A case on a model again, on the command line and through a server."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import remiss
from remiss import catalog, safeguard
from remiss.errors import InputError
from remiss.faces.cli import render
from remiss.records.case import Filing
from remiss.records.replay import ReplayGrade
from remiss.records.rows import Rows
from remiss.safeguard.replay_actions import COLUMNS
from tests.serving import served
from tests.stories.logs import MONDAY

FILE = """models:
  - {name: delay, version: "1", python: "delays:predict"}
  - {name: delay, version: "2", python: "delays:hang", limits: {seconds: 0.3}}
  - {name: delay, version: "3", python: "nowhere:predict"}
  - {name: delay, version: "4", http: "http://127.0.0.1:9/predict", allow: [127.0.0.1], limits: {retries: 0}}
"""
MODULE = """
import time

def predict(rows):
    return [{"output": "late" if row["distance"] > 500 else "on-time", "confidence": 0.75} for row in rows]

def hang(rows):
    time.sleep(60)
"""


@pytest.fixture
def beside(captured):
    """A catalog with a model beside it, and two cases: one that the model answers as it was, and one that was redacted."""
    Path("models.yaml").write_text(FILE)
    Path("delays.py").write_text(MODULE)
    with remiss.open("remiss.db") as ws:
        told = {"model": "delay", "at": MONDAY, "model_version": "1", "output": "Late"}
        sound = catalog.file(ws, Filing(title="sound", inputs={"distance": 700}, **told))
        marked = catalog.file(ws, Filing(title="marked", inputs={"distance": 700, "by": "ana@example.org"}, **told))
    return sound.id, marked.id


@pytest.mark.parametrize(
    ("model", "status", "says"),
    [
        ("delay@1", 0, ("equivalent", '"Late"', '"late"')),
        ("python:delays:predict", 0, ("equivalent", "delays:predict")),
        ("delay@2", 1, ("not-reproduced", "other-version, trouble", "timeout", "make it quicker")),
        ("delay@3", 3, ("environment-missing", "No module named 'nowhere'")),
        ("delay@4", 3, ("environment-missing", "connection:", "check the URL")),
    ],
)
def test_a_replay_says_how_the_answer_compares_and_why_it_may_differ(cli, beside, model, status, says):
    begun = time.monotonic()
    answer = cli("case", "replay", beside[0], "--model", model)
    assert (answer.status, [each for each in says if each not in answer.out]) == (status, []), answer
    assert time.monotonic() - begun < 20


def test_a_case_whose_inputs_were_redacted_is_told_apart(cli, beside):
    answer = cli("case", "replay", beside[1], "--model", "delay@1")
    assert (answer.status, "inputs-redacted" in answer.out, "the model was not asked" in answer.err) == (3, True, True)
    found = cli("case", "replay", beside[1], "--model", "delay@1", "--format", "json").json
    assert (found["schema"], found["answer"], found["grade"]) == ("remiss/replay@1", None, "inputs-redacted")


def test_through_a_server_registered_models_are_replayed_and_no_others(beside):
    with served("remiss.db", {}) as there, remiss.open(there.url, token=there.person("bo", role="verifier")) as ws:
        found = safeguard.replay(ws, beside[0], model="delay@1")
        assert (found.grade, found.answer.output) == (ReplayGrade.EQUIVALENT, "late")
        for model in ("python:delays:predict", "http://127.0.0.1:9/"):
            with pytest.raises(InputError, match="through a server only registered models are run"):
                safeguard.replay(ws, beside[0], model=model)


def test_a_query_in_the_place_of_a_case_posts_a_job(cli, beside):
    posted = cli("case", "replay", "model:delay", "--model", "delay@1")
    assert (posted.status, "asks again  delay@1" in " ".join(posted.out.split("\n")).replace("   ", " ")) == (0, True), posted
    assert cli("case", "replay", "", "--model", "python:delays:predict").status == 2
    assert cli("case", "replay", "severity:<=", "--model", "delay@1").status == 2
    done = cli("job", "run")
    assert (done.status, "1 of 1 step" in done.err) == (0, True), done
    found = cli("replay", "list", "--model", "delay@1", "--format", "json").json
    assert {each["case"]: each["grade"] for each in found["items"]} == dict(
        zip(beside, ("equivalent", "inputs-redacted"), strict=True)
    )
    shown = cli("case", "replays", beside[0])
    assert (shown.status, "equivalent" in shown.out, "packages" in shown.out) == (0, True, True)


@pytest.mark.parametrize("width", [80, 120, 160])
def test_cases_and_grades_of_replays_are_never_broken(monkeypatch, capsys, width):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = [
        (
            *(f"replay-r7bnt2asczc{at}", f"bkjg-mt8s-44r{at}", "ledger-coder", "5.0", None, grade, causes, None, '"office"', 0.9),
            *('"software"', 43.8789, datetime(2026, 12, 2, 7, 56, 57, tzinfo=UTC)),
        )
        for at, (grade, causes) in enumerate([("not-reproduced", "other-version"), (None, "other-version, nothing-logged")])
    ]
    render.rows(Rows("kept-replay", COLUMNS, tuple(lines), 7))
    said = capsys.readouterr().out
    assert all(word in said for word in ("bkjg-mt8s-44r0", "bkjg-mt8s-44r1", "not-reproduced")), said
