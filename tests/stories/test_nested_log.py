"""Logs as services write them: nested objects, one folder a day, a field that came in the middle of the month."""

import json
from collections import defaultdict

import pytest

from remiss import capture
from remiss.catalog import actions as catalog
from remiss.protocol import actions as protocols
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

NESTED = (
    PROTOCOL.replace("protocol: arrival-delay", "protocol: nested")
    .replace("name: arrival-predictions, format: parquet", "name: nested-predictions, format: jsonl")
    .replace('"predictions/*.parquet"', "nested")
    .replace("key: flight,", "key: {events: meta.flight, labels: flight},")
    .replace("id: prediction_id", "id: meta.prediction_id")
    .replace("model_version: model_version", "model_version: model['version']")
    .replace("output: predicted", "output: model.answers[1].predicted")
    .replace("confidence: score", "confidence: TRY_CAST(payload->>'$.score' AS DOUBLE)")
    .replace("latency_ms: latency_ms", "latency_ms: timing.latency_ms")
    .replace("inputs: [carrier, distance]", "inputs: [features.carrier, features.distance, dt]")
    .replace("{airport: origin}", "{airport: features.route.origin}")
    .replace("text: remarks", "text: features.remarks")
)


def nested(row):
    """Return a row as a service logs it; only later weeks log a status."""
    return {
        "meta": {"prediction_id": row["prediction_id"], "flight": row["flight"]},
        "scheduled_at": row["scheduled_at"].isoformat(),
        "model": {"version": row["model_version"], "answers": [{"predicted": row["predicted"]}]},
        "payload": json.dumps({"score": row["score"]}),
        "timing": {"latency_ms": row["latency_ms"]},
        "features": {**{key: row[key] for key in ("carrier", "distance", "remarks")}, "route": {"origin": row["origin"]}},
        **({"status": row["status"]} if row["scheduled_at"] >= MONDAY + WEEK else {}),
    }


@pytest.fixture
def log(tmp_path):
    log = small_log(tmp_path / "log")
    days = defaultdict(list)
    for row in log.predictions:
        days[row["scheduled_at"].date()].append(json.dumps(nested(row)) + "\n")
    for day, lines in days.items():
        folder = log.folder / "nested" / f"dt={day}"
        folder.mkdir(parents=True)
        (folder / "part-0.jsonl").write_text("".join(lines))
    (log.folder / "nested.yaml").write_text(NESTED)
    return log


def counts(run):
    return [(group.window, group.stratum, group.criterion, group.population, group.kept, group.threshold) for group in run.groups]


def test_a_nested_log_is_counted_and_sampled_like_a_flat_one(ws, log):
    flat = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
    run = capture.capture(ws, str(log.folder / "nested.yaml"), since=MONDAY, until=MONDAY + 3 * WEEK)
    assert counts(run) == counts(flat)
    assert run.refused == {}
    [line, *_] = catalog.search(ws, "protocol:nested criterion:missed-delay", limit=1)
    event = catalog.show(ws, line["id"]).event
    row = next(row for row in log.predictions if row["prediction_id"] == event.id)
    assert (event.confidence, event.latency_ms, event.output) == (row["score"], row["latency_ms"], row["predicted"])
    assert event.inputs["dt"] == str(row["scheduled_at"].date())
    assert event.context == {"airport": row["origin"]}


@pytest.mark.of_the_log
def test_a_part_that_the_log_does_not_have_is_named_with_those_that_it_has(ws, log):
    (log.folder / "nested.yaml").write_text(NESTED.replace("timing.latency_ms", "timing.latency"))
    checked = protocols.check(ws, str(log.folder / "nested.yaml"))
    [found] = [each for each in checked if each.level == "error"]
    assert (found.what, found.do) == ("field latency_ms: timing has no part latency", "write timing.latency_ms")
