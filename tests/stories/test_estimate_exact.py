"""Figures counted over the log itself: by any field, exact, and only of a log that is what its runs read."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss import capture, understand
from remiss.errors import Denied, QueryError, SourceError
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


def capture_weeks(ws, log):
    for week in range(3):
        run = capture.capture(ws, log.protocol, since=MONDAY + week * WEEK, until=MONDAY + (week + 1) * WEEK)
    return run.id


@pytest.fixture
def captured(ws, log):
    capture_weeks(ws, log)
    return ws


@pytest.fixture
def counted(ws, log, once):
    """The same, made once: its log is the first one's, which nobody changes."""
    once(ws, "three_runs", lambda: capture_weeks(ws, log))
    return ws


def truth(log, holds):
    return [row for row in log.predictions if holds(row)]


def exact(ws, query="", **options):
    return understand.exact(ws, query, **options).rows


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("estimate.exact")
def test_a_total_by_any_field_is_what_a_count_of_the_log_says(counted, log):
    slow = Counter(row["carrier"] for row in truth(log, lambda row: row["latency_ms"] > 250))
    rows = exact(counted, "criterion:slow", by="inputs.carrier")
    assert {row.key: row.value for row in rows if row.value} == slow
    assert {(row.method, row.interval) for row in rows} == {("log", "exact")}


QUERIES = {
    "": lambda row: True,
    "confidence:<0.5": lambda row: row["score"] < 0.5,
    "-confidence:>=0.5": lambda row: not row["score"] >= 0.5,
    "inputs.carrier:U* OR inputs.distance:>1500": lambda row: row["carrier"].startswith("U") or row["distance"] > 1500,
    "inputs.distance:500..1500 -context.airport:JFK": lambda row: 500 <= row["distance"] <= 1500 and row["origin"] != "JFK",
    "occurred:2013-06-05..2013-06-12": lambda row: "2013-06-05" <= str(row["scheduled_at"].date()) <= "2013-06-12",
    "output:on-time has:inputs.carrier": lambda row: row["predicted"] == "on-time",
    "event_id:F00012*": lambda row: row["prediction_id"].startswith("F00012"),
    "model:arrival-delay@1*": lambda row: row["model_version"].startswith("1"),
    "inputs.carrier:>=B inputs.carrier:<V": lambda row: "B" <= row["carrier"] < "V",
}


@pytest.mark.of_the_log
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_means_over_the_log_what_it_means_in_the_catalog(counted, log, query):
    [row] = exact(counted, query) or [None]
    assert row.value == len(truth(log, QUERIES[query]))
    [kept] = understand.estimate(counted, query).rows
    assert kept.low is None or kept.low <= row.value <= kept.high


@pytest.mark.of_the_log
def test_a_rate_is_among_those_at_risk_and_its_bounds_say_what_missing_labels_could_hide(counted, log):
    [row] = exact(counted, "criterion:missed-delay inputs.carrier:UA", rate=True)
    [of_all] = understand.estimate(counted, "criterion:missed-delay", rate=True).rows
    [exactly] = exact(counted, "criterion:missed-delay", rate=True)
    assert (exactly.value, exactly.judged, exactly.bounds) == (of_all.value, of_all.judged, of_all.bounds)
    assert row.method == "log"
    assert row.bounds is None or row.bounds[0] <= row.value <= row.bounds[1]


@pytest.mark.of_the_log
def test_months_are_of_the_events_and_not_of_the_windows(ws, tmp_path):
    log = small_log(tmp_path / "log", weeks=5)
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 5 * WEEK)
    by_month = Counter(str(row["scheduled_at"].date())[:7] for row in truth(log, lambda row: row["latency_ms"] > 250))
    assert {row.key: row.value for row in exact(ws, "criterion:slow", by="month")} == dict(by_month)


@pytest.mark.of_the_log
def test_by_criterion_each_row_is_its_own(counted, log):
    rows = {row.key: row.value for row in exact(counted, "inputs.distance:>1000", by="criterion")}
    assert rows["slow"] == len(truth(log, lambda row: row["latency_ms"] > 250 and row["distance"] > 1000))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_log_that_is_not_what_was_captured_is_refused(captured, log):
    log.predictions[5]["latency_ms"] = 1.0
    log.write()
    with pytest.raises(SourceError, match=r"predictions.*holds other bytes than when its windows were captured"):
        exact(captured, "criterion:slow")


@pytest.mark.of_the_log
def test_what_cannot_be_asked_of_the_log_is_refused_with_what_to_do(counted):
    with pytest.raises(QueryError, match="words are looked for in the catalog"):
        exact(counted, "connection")
    with pytest.raises(QueryError, match="mode is decided by people"):
        exact(counted, "mode:remiss:model/*")
    with pytest.raises(QueryError, match=r"no field inputs\.colour"):
        exact(counted, "inputs.colour:red")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_who_may_be_given_events_to_label_is_told_no_exact_figure(counted, ws_as):
    # The operator is blinded of nothing. Who captures through a server labels too.
    assert exact(counted, "criterion:slow inputs.carrier:UA")
    with pytest.raises(Denied, match="may still be given events of these windows to label"):
        exact(ws_as("cleo", role="curator"), "criterion:slow inputs.carrier:UA")
    with pytest.raises(Denied, match="run:capture"):
        exact(ws_as("ana", role="annotator"), "criterion:slow inputs.carrier:UA")


@pytest.mark.of_the_log
def test_a_file_that_came_after_the_capture_is_noticed(captured, log):
    late = [{**log.predictions[5], "prediction_id": "late@1"}]
    pq.write_table(pa.Table.from_pylist(late), log.folder / "predictions" / "late.parquet")
    with pytest.raises(SourceError, match=r"the window of 2013-06-03 has 401 events in the log, and 400 when it was captured"):
        exact(captured, "criterion:slow")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_rows_that_were_dropped_refused_or_left_out_are_so_again(ws, log):
    """Where the run dropped repeats or measured what is usual, the rows are looked at again; else its own findings are taken."""
    admitted = [row for row in log.predictions if row["carrier"] != "DL"]
    admitted[5]["origin"] = None
    log.predictions += [{**row} for row in admitted[:2]]
    log.write(
        PROTOCOL.replace("labels: {", "admit: carrier <> 'DL'\nlabels: {").replace(
            "sampling:", "  - {name: odd, kind: anomaly, of: latency_ms, beyond: 3, severity: 4, why: To see.}\nsampling:"
        )
    )
    run = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
    assert run.manifest.merged == 2
    assert run.refused
    assert run.manifest.left_out
    for name in ("slow", "odd", "missed-delay"):
        [counted] = understand.estimate(ws, f"criterion:{name}").rows
        [row] = exact(ws, f"criterion:{name}")
        assert (row.value, row.method) == (counted.value, "log"), name


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_a_run_found_of_its_rows_is_taken_where_none_was_dropped(ws, log):
    [broken, *_] = [row for row in log.predictions if row["carrier"] != "DL"]
    broken["origin"] = None
    log.write(PROTOCOL.replace("labels: {", "admit: carrier <> 'DL'\nlabels: {"))
    run = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
    assert (run.refused, run.manifest.merged) == ({"missing:context.airport": 1}, 0)
    assert run.manifest.left_out
    for query in ("", "criterion:slow", "criterion:missed-delay"):
        [counted] = understand.estimate(ws, query).rows
        [row] = exact(ws, query)
        assert (row.value, row.method) == (counted.value, "log"), query
