"""A service's own log, not made for this: nested JSON Lines with shadow traffic, retries and copies; truth by pandas."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from remiss import capture
from remiss.understand import actions as understand

ROWS = 45_000
# It is long, and of the engine: on PostgreSQL nothing of it is other than in shorter stories.
pytestmark = pytest.mark.parametrize("database", ["sqlite", "http", "cli"], indirect=True)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEKS = 4
PROTOCOL = """\
protocol: stops
version: 1
model: stops
source: {name: stop-calls, format: jsonl, uri: "calls/*.jsonl"}
admit: meta.traffic = 'live'
duplicates: {keep: last, by: meta.attempt}
fields:
  id: meta.request_id
  time: meta.at
  model_version: model['version']
  output: answer.label
  label: truth
  latency_ms: timing.total
  inputs: {county: "features.county", hour: "features.hour"}
require: [id, time, model_version, output]
criteria:
  - {name: slow, kind: latency, when: latency_ms > 400, severity: 2, why: The officer waits.}
  - {name: wrong, kind: misclassification, when: output <> label, severity: 2, why: A search for nothing.}
  - {name: odd, kind: anomaly, of: latency_ms, beyond: 20, reference: current, severity: 3, why: A call that hangs.}
sampling: {window: 1 week, keep: 10, control: 10, population: 200, seed: "1"}
redaction: [email]
"""


@pytest.fixture(scope="module")
def calls():
    """One row a line of the log, in the order in which the service wrote them."""
    rng = np.random.default_rng(11)
    first = pd.DataFrame({"request_id": [f"r{at}" for at in range(ROWS * 2 // 3)]})
    count = len(first)
    # Whole seconds, so that copies of a row are the same text.
    first["at"] = [MONDAY + timedelta(seconds=int(at)) for at in np.sort(rng.integers(0, WEEKS * 7 * 86400, count))]
    first["label"] = rng.choice(["search", "no-search"], count, p=[0.2, 0.8])
    first["truth"] = np.where(rng.random(count) < 0.9, first["label"], rng.choice(["search", "no-search"], count))
    first.loc[rng.random(count) < 0.05, "truth"] = None
    first["total"] = rng.gamma(4.0, 30.0, count).round(1)
    first["attempt"], first["traffic"], first["version"] = 1, "live", "7"
    first["county"], first["hour"] = rng.choice(["a", "b", "c"], count), rng.integers(0, 24, count)
    again = first.sample(frac=0.08, random_state=1).assign(attempt=2)
    again["total"] = (again["total"] + 400).round(1)
    again["at"] = again["at"] + timedelta(seconds=1)
    third = again.sample(frac=0.2, random_state=2).assign(attempt=3)
    third["at"] = third["at"] + timedelta(days=7)
    copies = first.sample(frac=0.02, random_state=3)
    shadow = first.sample(frac=0.35, random_state=4).assign(traffic="shadow", version="8")
    shadow["total"] = (shadow["total"] * 3).round(1)
    unknown = first.sample(frac=0.01, random_state=5).assign(traffic=None)
    unknown["request_id"] = "u" + unknown["request_id"]
    return pd.concat([first, again, third, copies, shadow, unknown]).sample(frac=1, random_state=6).reset_index(drop=True)


@pytest.fixture(scope="module")
def made(calls, tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    (folder / "calls").mkdir()
    told = calls.astype(object).where(calls.notna(), None)
    lines = [
        json.dumps(
            {
                "meta": {"request_id": row.request_id, "at": row.at.isoformat(), "attempt": row.attempt, "traffic": row.traffic},
                "model": {"version": row.version},
                "answer": {"label": row.label},
                "timing": {"total": row.total},
                "features": {"county": row.county, "hour": row.hour},
                "truth": row.truth,
            }
        )
        + "\n"
        for row in told.itertuples()
    ]
    for part in range(4):
        (folder / "calls" / f"{part}.jsonl").write_text("".join(lines[part::4]))
    (folder / "stops.yaml").write_text(PROTOCOL)
    return folder


@pytest.fixture
def protocol(made, tmp_path):
    """The log where a server reads its sources; it is made once."""
    return shutil.copytree(made, tmp_path / "log", copy_function=os.link) / "stops.yaml"


def kept(calls):
    """Return the events: of each request and week the row of the last attempt, where that is of this week."""
    live = calls[calls["traffic"] == "live"].copy()
    live["week"] = (live["at"] - MONDAY) // timedelta(weeks=1)
    weeks = live[["request_id", "week"]].drop_duplicates()
    near = weeks.merge(live, on="request_id", suffixes=("_of", ""))
    near = near[(near["week"] - near["week_of"]).abs() <= 1].sort_values("attempt", kind="stable")
    last = near.groupby(["request_id", "week_of"]).tail(1)
    return last[(last["week"] == last["week_of"]) & (last["week"] < WEEKS)]


@pytest.mark.slow(reason="reads forty thousand nested lines, and makes them first")
def test_a_log_with_shadow_traffic_and_retries_is_counted_as_pandas_counts_it(ws, calls, protocol):
    events, live = kept(calls), calls[calls["traffic"] == "live"]
    until = MONDAY + timedelta(weeks=WEEKS)
    run = capture.capture(ws, str(protocol), since=MONDAY, until=until)
    manifest, inside = run.manifest, calls[calls["at"] < until]
    assert manifest.rows == len(inside) > 40_000
    assert manifest.left_out == int((inside["traffic"] != "live").sum())
    assert manifest.left_out_null == int(inside["traffic"].isna().sum())
    assert run.refused == {}
    assert len(events) + manifest.merged + manifest.resolved == int((live["at"] < until).sum())
    populations = Counter()
    for group in run.groups:
        populations[group.criterion] += group.population
    assert populations["all"] == len(events)
    assert populations["slow"] == int((events["total"] > 400).sum())
    labelled = events[events["truth"].notna()]
    assert populations["wrong"] == int((labelled["label"] != labelled["truth"]).sum())
    odd = 0
    for _, week in events.groupby("week"):
        away = (week["total"] - week["total"].median()).abs()
        odd += int((away > 20 * 1.4826 * away.median()).sum())
    assert populations["odd"] == odd
    late = events["total"].groupby(events["week"]).count()
    lines = capture.histograms(ws, run.id, field="latency_ms")
    for week in range(WEEKS):
        own = [line["events"] for line in lines if line["window"] == MONDAY + timedelta(weeks=week) and line["bin"]]
        assert sum(own) == late[week]
    [row] = understand.estimate(ws, "criterion:slow", rate=True).rows
    assert row.value == pytest.approx((events["total"] > 400).mean())
    assert row.left_out == manifest.left_out


@pytest.mark.soak  # it reads forty thousand lines for each of four weeks; smaller logs are captured so in test_duplicates.py
def test_and_the_same_week_by_week(ws, calls, protocol):
    events = kept(calls)
    for week in range(WEEKS):
        since = MONDAY + timedelta(weeks=week)
        run = capture.capture(ws, str(protocol), since=since, until=since + timedelta(weeks=1))
        [group] = [each for each in run.groups if each.criterion == "all"]
        assert group.population == int((events["week"] == week).sum())
    [row] = understand.estimate(ws, "criterion:slow").rows
    assert row.value == int((events["total"] > 400).sum())
