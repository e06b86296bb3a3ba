"""A recapture shows every event as the run in force met it, also those that were in the catalog before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from remiss import capture
from remiss.catalog import actions as catalog
from remiss.understand import actions as understand
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


def captured(ws, log, path=None):
    return capture.capture(ws, path or log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)


def corrected(log):
    """The source as it is corrected: another carrier, airport's remark, latency and version, and some minutes' shift."""
    for row in log.predictions:
        if row["latency_ms"] > 250:
            shift = timedelta(minutes=1) if row["scheduled_at"].minute < 59 else timedelta()
            row |= {"carrier": "ZZ", "remarks": "corrected by hand", "latency_ms": row["latency_ms"] + 1000, "model_version": "9"}
            row["scheduled_at"] += shift
    log.write()
    return [row for row in log.predictions if row["carrier"] == "ZZ"]


def test_after_a_corrected_source_queries_find_events_as_the_run_in_force_met_them(ws, log, already_captured):
    already_captured(log)
    before = catalog.search(ws, "criterion:slow").total
    assert understand.estimate(ws, "inputs.carrier:ZZ").rows[0].value == 0
    rows = corrected(log)
    run = captured(ws, log)
    assert (run.status, run.events_new) == ("complete", 0)
    [row] = understand.estimate(ws, "inputs.carrier:ZZ criterion:slow").rows
    assert row.low <= len(rows) <= row.high
    assert row.sampled == before
    for query in ("ZZ", "inputs.carrier:ZZ", "latency_ms:>1250", "model_version:9", '"corrected by hand"'):
        assert catalog.search(ws, f"criterion:slow {query}").total == before, query
    [line, *_] = catalog.search(ws, "criterion:slow", limit=1)
    event = catalog.show(ws, line["id"]).event
    [written] = [row for row in rows if row["prediction_id"] == event.id]
    assert (event.inputs["carrier"], event.text, event.latency_ms) == ("ZZ", "corrected by hand", written["latency_ms"])
    assert (event.at, event.model_version) == (written["scheduled_at"], "9")
    assert captured(ws, log).changes == {}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_run_that_waits_shows_nothing_until_it_is_accepted(ws, log, already_captured):
    already_captured(log)
    [line, *_] = catalog.search(ws, "criterion:slow", limit=1)
    gone = catalog.show(ws, line["id"]).event.id
    corrected(log)
    log.predictions[:] = [row for row in log.predictions if row["prediction_id"] != gone]
    log.write()
    run = captured(ws, log)
    assert run.status == "waiting"
    assert catalog.search(ws, "criterion:slow inputs.carrier:ZZ").total == 0
    capture.accept(ws, run.id)
    assert catalog.search(ws, "inputs.carrier:ZZ").total > 0
    assert catalog.search(ws, '"corrected by hand"').total > 0


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_another_guard_or_another_protocol_opens_nothing_of_what_was_filed(ws, log):
    for row in log.predictions:
        row["remarks"] = "call ana@example.com"
    log.write()
    captured(ws, log)
    laxer = PROTOCOL.replace("redaction: [email, phone]", "redaction: [phone]")
    other = Path(log.folder / "other.yaml")
    other.write_text(laxer.replace("protocol: arrival-delay", "protocol: other", 1))
    captured(ws, log, str(other))
    Path(log.protocol).write_text(laxer.replace("version: 1", "version: 2", 1))
    captured(ws, log)
    texts = {catalog.show(ws, line["id"]).event.text for line in catalog.search(ws, "", limit=20)}
    assert not any("ana@example.com" in text for text in texts)
    # Nor is it found by what another run was to see of it.
    assert catalog.search(ws, '"ana@example.com"').total == 0
