"""Texts that a former version stored without redaction are counted at the upgrade, and redacted by the job that it posts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from sqlalchemy import text

import remiss
from remiss import capture as runs
from remiss import runner
from remiss.capture.redact_actions import redact_run
from remiss.catalog import actions as catalog
from remiss.errors import Conflict
from remiss.govern import actions as govern
from remiss.govern import audit_actions as audit
from remiss.govern import job_actions as jobs
from remiss.records.cluster import WITHDRAWN, ClusterFigure, Clustering
from remiss.understand.clusters.keeping import stored
from remiss.understand.kept_cluster_actions import list_clusters, show_cluster
from tests.migrations import older

WRITTEN = "ask ana@example.org, card 4111 1111 1111 1111, about F00001"


@pytest.fixture(scope="module")
def kept():
    """The catalog of schema 17 as if its protocol had said nothing of redaction: every event has an address in its text."""
    found = older.kept()
    tables = {name: [dict(row) for row in rows] for name, rows in found.catalog.items()}
    for row in tables["protocols"]:
        row["text"] = row["text"].replace("redaction: [email, phone]\n", "")
    captured = {row["event_key"] for row in tables["captures"]}
    for row in (each for each in tables["event_contents"] if each["event_key"] in captured):
        row |= {"text": WRITTEN, "redactions": None, "inputs": json.dumps({"carrier": "10.11.12.13", "distance": 7})}
    for row in tables["captures"]:
        row["label"] = row["label"] and json.dumps("late, said bo@example.org")
    for row in tables["cases"]:
        row["label"] = row["label"] and "late, said bo@example.org"
    return replace(found, catalog=tables)


@pytest.fixture
def upgraded(kept, once_in_empty, empty_address, environment, tmp_path):
    def upgrade():
        older.restore(kept, empty_address, tmp_path / "keys")
        remiss.open(empty_address, environment=environment, upgrade=True).close()

    with remiss.open(once_in_empty("unredacted_17_upgraded", upgrade), environment=environment) as ws:
        yield ws


def raw(ws):
    """Return every stored text in which something personal is left."""
    asked = ("event_contents", "observations", "cases", "case_context", "profiles", "refused_rows", "run_changes")
    with ws._store.reading() as connection:
        rows = [str(tuple(row)) for table in asked for row in connection.execute(text(f"SELECT * FROM {table}"))]
    return [row for row in rows if any(each in row for each in ("example.org", "4111", "10.11.12.13"))]


def texts(ws):
    return next((each for each in govern.doctor(ws) if each.name == "texts"), None)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_what_was_stored_without_redaction_is_counted_until_the_job_of_the_upgrade_has_redacted_it(upgraded):
    assert raw(upgraded)
    assert "events were stored without redaction" in texts(upgraded).says
    [stands] = runs.status(upgraded)
    waiting = [line["run"] for line in runs.list_runs(upgraded)]
    assert stands.unredacted == len(waiting) > 1
    [job] = [line for line in jobs.list_jobs(upgraded) if line["kind"] == "redact"]
    assert (job["kind"], job["state"], job["protocol"]) == ("redact", "waiting", "arrival-delay@1")
    named = [line["id"] for line in catalog.search(upgraded, "origin:captured", limit=1000)]
    # Words of values are there from the upgrade on.
    spoken = ("ana", '"10.11.12.13"', '"bo@example.org"')
    assert all(catalog.search(upgraded, word).total for word in spoken)

    # There is a job of before, too.
    assert runner.work_off(upgraded) == 2
    done = jobs.show_job(upgraded, job["job"])
    assert (done.state, done.done) == ("done", len(waiting))
    assert sorted(step.run for step in done.steps) == sorted(waiting)
    assert raw(upgraded) == []
    assert texts(upgraded) is None
    assert runs.status(upgraded)[0].unredacted == 0
    event = catalog.show(upgraded, named[0]).event
    assert "[email:" in event.text
    assert "[card:" in event.text
    assert "[ip:" in event.inputs["carrier"]
    assert {each.detector for each in event.redactions} >= {"email", "card", "ip"}
    assert {line["id"] for line in catalog.search(upgraded, "F00001", limit=1000)} > set(named)
    assert not any(catalog.search(upgraded, word).total for word in spoken)
    # Each run is an entry of the journal, which is sound.
    entries = audit.search_audit(upgraded, action="run.redact")
    assert sorted(line["subject"] for line in entries) == sorted(waiting)
    assert all(log.sound for log in audit.verify_audit(upgraded))
    with pytest.raises(Conflict, match="has no texts that were stored without redaction"):
        redact_run(upgraded, waiting[0])


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_cluster_that_was_named_by_what_is_redacted_loses_its_name_at_every_position(upgraded):
    captured = [line["id"] for line in catalog.search(upgraded, "origin:captured", limit=1000)]
    filed = [line["id"] for line in catalog.search(upgraded, "origin:filed", limit=1000)]
    named = {"cluster-said": captured[:4], "cluster-other": filed}
    figures = tuple(figure(each, ("ana", "carrier 10.11.12.13"), len(own)) for each, own in named.items())
    with upgraded._store.writing(upgraded.actor, "cluster.find", upgraded.now, None):
        members = {case: each for each, own in named.items() for case in own}
        upgraded.clusters.save(stored(clustering(figures, upgraded.now)), members)
    before = upgraded.position()
    runner.work_off(upgraded)
    for at in (before, None):
        [told] = list_clusters(upgraded, as_of=at)
        said, other = told.clusters
        assert (said.id, said.terms, said.name) == ("cluster-said", (), WITHDRAWN)
        assert other.terms == ("ana", "carrier 10.11.12.13")
    assert show_cluster(upgraded, "cluster-said").found.name == WITHDRAWN


def figure(name, terms, cases):
    return ClusterFigure(
        id=name, name=", ".join(terms), terms=terms, cases=cases, events=1.0, events_low=1.0, events_high=1.0, typical=()
    )


def clustering(figures, now):
    drawn = {"source": "s", "protocol": "p", "protocol_version": 1, "looked_at": 1, "considered": 1, "dimensions": 1, "least": 3}
    outside = {"noise": 0, "noise_events": 0.0, "noise_low": 0.0, "noise_high": 0.0, "person": "ana", "at": now}
    return Clustering(id="clustering-1", query="", fields=(), seed=0, clusters=figures, position=1, **drawn, **outside)


def test_a_runner_that_is_killed_in_the_middle_leaves_whole_runs_and_another_goes_on(upgraded, empty_address, environment):
    command = [sys.executable, "-m", "remiss", "--catalog", empty_address, "job", "run"]
    killed = subprocess.run(
        command, env={**os.environ, **environment, "REMISS_CRASH_AT": "before-commit"}, capture_output=True, check=False
    )
    assert killed.returncode == -9
    waiting = runs.status(upgraded)[0].unredacted
    assert raw(upgraded)
    with upgraded._store.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE jobs SET free_at = 0"))
    assert runner.work_off(upgraded) == 1
    [job] = [line for line in jobs.list_jobs(upgraded) if line["kind"] == "redact"]
    assert (job["state"], job["done"], job["steps"]) == ("done", waiting, waiting)
    assert raw(upgraded) == []


def test_protocols_that_say_what_they_redact_are_left_alone(empty_address, environment, tmp_path):
    older.restore(older.kept(), empty_address, tmp_path / "keys")
    with remiss.open(empty_address, environment=environment, upgrade=True) as ws:
        assert texts(ws) is None
        assert not [line for line in jobs.list_jobs(ws) if line["kind"] == "redact"]
