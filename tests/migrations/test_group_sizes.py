"""A version that was filed by former sizes of groups keeps them and its sample; only a new version takes the present ones."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import remiss
from remiss import capture as runs
from remiss import runner
from remiss.capture import actions as capture
from remiss.capture import job_actions as jobs
from remiss.errors import ProtocolError
from remiss.govern.job_actions import show_job
from remiss.protocol.document import parse
from remiss.protocol.group_sizes import as_filed, sizes_of
from tests.migrations import older
from tests.protocol.documents import no_files

FIRST = datetime(2026, 6, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
# Fewer than an hour has, which was 500 whatever the window.
A_WINDOW = 12


@pytest.fixture(scope="module")
def kept():
    return older.kept(older.TWENTY_SIX)


@pytest.fixture
def document(kept, tmp_path):
    """The protocol of then, beside the log of then, to the byte."""
    folder = tmp_path / "log"
    folder.mkdir()
    lines = [
        {"id": f"c{at:03}", "at": (FIRST + at * timedelta(seconds=90)).isoformat(), "took": 300 if at % 8 == 0 else at}
        for at in range(80)
    ]
    (folder / "calls.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    [stored] = kept.catalog["protocols"]
    (folder / "calls.yaml").write_text(stored["text"])
    return folder / "calls.yaml"


@pytest.fixture
def ws(kept, document, empty_address, environment, tmp_path):
    """The catalog of then, its log where it is now."""
    there = [
        row | {"manifest": row["manifest"].replace("/srv/remiss-26/log", str(document.parent))} for row in kept.catalog["runs"]
    ]
    older.restore(replace(kept, catalog={**kept.catalog, "runs": there}), empty_address, tmp_path / "keys")
    environment |= {"REMISS_SOURCES": str(document.parent)}
    with remiss.open(empty_address, environment=environment, upgrade=True) as opened:
        yield opened


def kept_of_all(ws, run):
    return [group.kept for group in ws.runs.groups(run.id) if group.criterion == "all"]


def notes(ws, run):
    return [note for note in ws.runs.manifest(run.id).notes if "without sampling.population" in note]


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_version_filed_by_former_sizes_goes_on_by_them_and_its_runs_are_derived_again(ws, kept, document):
    [stored] = kept.catalog["protocols"]
    [before] = [line["run"] for line in runs.list_runs(ws)]
    assert runs.reproduce(ws, before).verdict == "same"

    anew = capture.capture(ws, str(document), since=FIRST, until=FIRST + HOUR)
    following = capture.capture(ws, str(document))
    for run in (anew, following):
        assert run.manifest.protocol_digest == stored["digest"]
        assert kept_of_all(ws, run) == [40]
        [note] = notes(ws, run)
        assert note == (
            "version 1 of calls was filed when a document without sampling.population kept 500 events of a window, and goes on "
            "so; raise version to keep 12, or write population: 500 to stay"
        )
        assert runs.reproduce(ws, run.id).verdict == "same"
    assert not ws.runs.changes(anew.id)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_job_for_what_is_due_goes_on_by_the_sizes_of_the_filed_version(ws, document):
    [posted] = jobs.due_jobs(ws)
    assert runner.work_off(ws) == 1
    [step] = show_job(ws, posted.id).steps
    assert kept_of_all(ws, ws.runs.get(step.run)) == [40]


def test_what_changes_no_meaning_changes_no_size_and_writing_the_former_one_is_no_change(ws, document):
    text = document.read_text()
    document.write_text(text.replace("model: answers", "about: Slow answers.\nmodel: answers"))
    assert "kept 500 events" in capture.plan(ws, str(document), since=FIRST, until=FIRST + HOUR).notes[0]
    document.write_text(text.replace("keep: 5,", "keep: 5, population: 500,"))
    run = capture.capture(ws, str(document), since=FIRST, until=FIRST + HOUR)
    assert (kept_of_all(ws, run), notes(ws, run)) == ([40], [])
    document.write_text(text.replace("keep: 5,", f"keep: 5, population: {A_WINDOW},"))
    with pytest.raises(ProtocolError, match="version 1 of calls means something else in this catalog: another sampling"):
        capture.capture(ws, str(document), since=FIRST, until=FIRST + HOUR)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_another_meaning_is_refused_for_what_is_other_and_not_for_its_sizes(ws, document):
    document.write_text(document.read_text().replace("latency_ms > 250", "latency_ms > 200"))
    with pytest.raises(ProtocolError, match=r"means something else in this catalog: another criteria\n"):
        capture.due(ws, str(document))


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_new_version_takes_the_present_sizes_and_says_nothing(ws, document):
    document.write_text(document.read_text().replace("version: 1", "version: 2"))
    run = capture.capture(ws, str(document), since=FIRST, until=FIRST + HOUR)
    assert (kept_of_all(ws, run), notes(ws, run)) == ([A_WINDOW], [])
    assert runs.reproduce(ws, run.id).verdict == "same"


def test_the_digest_tells_by_which_sizes_a_version_was_filed(kept):
    [stored] = kept.catalog["protocols"]
    now, _ = parse(stored["text"], "calls.yaml", no_files)
    assert now.digest != stored["digest"]
    assert sizes_of(now)["all"] == A_WINDOW
    then = as_filed(now, stored["digest"])
    assert (then.digest, sizes_of(then)["all"]) == (stored["digest"], 500)
    assert as_filed(now, now.digest) is now
    assert Path(now.path).name == "calls.yaml"
