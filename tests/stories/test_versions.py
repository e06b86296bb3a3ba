"""How often does this happen in which version of the model? Counted, since a capture counts by version; the truth by pandas."""

from __future__ import annotations

import pandas as pd
import pytest

from remiss import capture
from remiss.errors import Denied
from remiss.understand import actions as understand
from remiss.understand.exact_actions import exact
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, number, small_log

UNTIL = MONDAY + 3 * WEEK
MISSED = "criterion:missed-delay"
OWN = (
    PROTOCOL.replace("time, model_version, output", "time, output")
    .replace("fields:\n", "admit: traffic = 'live'\nfields:\n", 1)
    .replace("when: latency_ms > 250", "when: latency_ms > 250, among: \"inputs.carrier <> 'B6'\"")
)


def log_of(folder, version):
    """Return a log in which each prediction is of a version, and answered by version 9 in the shadow too."""
    log = small_log(folder)
    log.predictions[:] = [
        {**row, "traffic": traffic, "model_version": version(at) if traffic == "live" else "9"}
        for at, row in enumerate(log.predictions)
        for traffic in ("live", "shadow")
    ]
    return log.write(OWN)


def of_three(at):
    """Return one of three versions, one of which came in the second week, or none."""
    return ["1", "2-rc.1" if at > 400 else "1", None, "1", "1.1"][number("version", at) % 5]


@pytest.fixture
def log(tmp_path):
    return log_of(tmp_path / "log", of_three)


@pytest.fixture
def captured(ws, log, once):
    once(ws, "versions", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL).id)
    return ws


def truth(log):
    """Return the admitted events of a log with what a criterion is on each, None where it cannot be judged."""
    found = pd.DataFrame([row for row in log.predictions if row["traffic"] == "live"])
    actual = found["flight"].map({row["flight"]: row["actual"] for row in log.outcomes})
    late = (found["predicted"].eq("on-time") & actual.eq("late")).astype(object).where(actual.notna(), None)
    return found.assign(missed=late, slow=found["latency_ms"] > 250, risk=found["carrier"] != "B6")


def by_version(series, frame):
    """Return one number for each version, those without one last."""
    found = series.groupby(frame["model_version"], dropna=False).sum()
    return [(None if pd.isna(key) else key, int(value)) for key, value in found.items()]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_totals_by_version_are_what_the_log_counts(captured, log):
    frame = truth(log)
    found = understand.estimate(captured, MISSED, by="model_version")
    assert [(row.key, row.value) for row in found.rows] == by_version(frame["missed"].eq(True), frame)
    assert {(row.method, row.interval, row.low, row.high) for row in found.rows} == {("counted", "exact", None, None)}
    assert [row.key for row in found.rows] == ["1", "1.1", "2-rc.1", None]
    assert sum(row.sampled for row in found.rows) == understand.estimate(captured, MISSED).rows[0].sampled


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_rates_by_version_are_what_the_log_counts_among_those_at_risk_and_judged(captured, log):
    frame = truth(log)
    missed = understand.estimate(captured, MISSED, rate=True, by="model_version").rows
    hits, judged = by_version(frame["missed"].eq(True), frame), by_version(frame["missed"].notna(), frame)
    assert [(row.key, row.value) for row in missed] == [(key, hit / of) for (key, hit), (_, of) in zip(hits, judged, strict=True)]
    slow = understand.estimate(captured, "criterion:slow", rate=True, by="model_version").rows
    hits, risk = by_version(frame["slow"] & frame["risk"], frame), by_version(frame["risk"], frame)
    assert [(row.key, row.value) for row in slow] == [(key, hit / of) for (key, hit), (_, of) in zip(hits, risk, strict=True)]
    assert {(row.method, row.interval) for row in (*missed, *slow)} == {("counted", "exact")}


@pytest.mark.of_the_log
@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("model_version:1", lambda frame: frame["model_version"].eq("1")),
        ("model:arrival-delay@1*", lambda frame: frame["model_version"].str.startswith("1", na=False)),
        ("-has:model_version", lambda frame: frame["model_version"].isna()),
        ("-model_version:1 context.airport:EWR", lambda frame: frame["model_version"].ne("1") & frame["origin"].eq("EWR")),
        ("(model_version:1 OR model_version:1.1)", lambda frame: frame["model_version"].isin(["1", "1.1"])),
        (
            f"model_version:2* occurred:>={MONDAY + WEEK:%Y-%m-%d}",
            lambda frame: frame["model_version"].str.startswith("2", na=False) & (frame["scheduled_at"] >= MONDAY + WEEK),
        ),
        ("model_version:3", lambda frame: frame["model_version"].eq("3")),
    ],
)
def test_a_question_about_versions_strata_and_whole_windows_is_counted(captured, log, query, chosen):
    frame = truth(log)
    [row] = understand.estimate(captured, f"{MISSED} {query}").rows
    assert (row.value, row.method) == (int((frame["missed"].eq(True) & chosen(frame)).sum()), "counted")


@pytest.mark.of_the_log
def test_what_else_a_question_is_about_is_sampled_as_ever(captured):
    [row] = understand.estimate(captured, f"{MISSED} model_version:1 inputs.carrier:UA").rows
    assert row.method == "weighted"


@pytest.mark.of_the_log
def test_the_process_behind_a_version_is_told_by_its_counted_weeks(ws, tmp_path):
    log = log_of(tmp_path / "log", lambda at: ["1", "2"][number("version", at) % 2])
    log.write(OWN.replace("window: 1 week", "window: 1 day"))
    capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL)
    frame = truth(log)
    found = understand.estimate(ws, MISSED, by="model_version", variance="process")
    assert [(row.key, row.value) for row in found.rows] == by_version(frame["missed"].eq(True), frame)
    for row in found.rows:
        days = (
            frame[frame["model_version"] == row.key]
            .groupby(frame["scheduled_at"].dt.date)["missed"]
            .agg(lambda x: x.eq(True).sum())
        )
        # The days of a version differ by more than nothing and are known without any sampling.
        assert row.low < row.value < row.high
        assert row.windows == len(days) == 21


@pytest.mark.of_the_log
def test_of_sixty_versions_fifty_are_counted_and_figures_by_version_are_of_the_sample(ws, tmp_path):
    log = log_of(tmp_path / "log", lambda at: f"v{number('version', at) ** 2 // 17_000:02}")
    run = capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL)
    frame = truth(log)
    assert frame["model_version"].nunique() > 52
    counts = sorted(frame["model_version"].value_counts().items(), key=lambda one: (-one[1], one[0]))
    cells = pd.DataFrame([dict(line) for line in capture.cells(ws, run.id)])
    assert dict(cells[cells["told_apart"]].groupby("model_version")["events"].sum()) == dict(counts[:50])
    rest = cells[~cells["told_apart"]]
    assert (rest["events"].sum(), rest["model_version"].notna().sum()) == (sum(count for _, count in counts[50:]), 0)
    found = understand.estimate(ws, MISSED, by="model_version")
    assert {row.method for row in found.rows} == {"weighted"}
    assert understand.estimate(ws, MISSED).rows[0].value == frame["missed"].eq(True).sum()
    assert capture.reproduce(ws, run.id).verdict == "same"


@pytest.mark.of_the_log
def test_a_version_that_redaction_would_change_is_not_told_apart_and_stands_nowhere(ws, tmp_path):
    log = log_of(tmp_path / "log", lambda at: "built by ana@example.com" if at % 3 == 0 else "2")
    run = capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL)
    found = {(line["model_version"], line["told_apart"]) for line in capture.cells(ws, run.id)}
    assert found == {("2", True), (None, False)}
    assert sum(line["events"] for line in capture.cells(ws, run.id) if not line["told_apart"]) == 400
    assert {row.method for row in understand.estimate(ws, MISSED, by="model_version").rows} == {"weighted"}
    assert capture.reproduce(ws, run.id).verdict == "same"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_weeks_captured_one_by_one_give_the_same_counts(ws, log):
    whole = truth(log)
    for at in range(3):
        capture.capture(ws, log.protocol, since=MONDAY + at * WEEK, until=MONDAY + (at + 1) * WEEK)
    found = understand.estimate(ws, MISSED, by="model_version")
    assert [(row.key, row.value) for row in found.rows] == by_version(whole["missed"].eq(True), whole)


@pytest.mark.of_the_log
def test_a_run_is_the_same_with_its_counts_by_version(ws, log):
    run = capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL)
    assert capture.reproduce(ws, run.id).verdict == "same"
    assert {row.method for row in understand.estimate(ws, MISSED, by="model_version").rows} == {"counted"}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("by", ["model_version", "context.airport"])
def test_who_may_label_is_told_counts_by_version_as_those_by_stratum(captured, ws_as, by):
    # They are made of runs and known to whoever knows the log; only `--exact`, which counts by any field, is refused.
    told = [understand.estimate(ws, MISSED, by=by).rows for ws in (captured, ws_as("ana", role="annotator"))]
    assert told[0] == told[1]
    assert {row.method for row in told[1]} == {"counted"}
    with pytest.raises(Denied, match="may still be given events"):
        exact(ws_as("cleo", role="curator"), MISSED, by=by)
