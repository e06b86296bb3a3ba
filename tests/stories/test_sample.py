"""Every sampled event, controls too, with the weights from which anybody makes the same figures. Told through the library."""

from __future__ import annotations

import json
import math
from collections import defaultdict

import pandas as pd
import pyarrow.parquet as pq
import pytest

from remiss import capture, sample
from remiss.catalog import actions as catalog
from remiss.errors import InputError, QueryError, StorageError
from remiss.understand import actions as understand
from remiss.understand import sample_actions as samples
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

UNTIL = MONDAY + 3 * WEEK


BY_FLIGHT = PROTOCOL.replace('seed: "2026"', 'seed: "2026", unit: inputs.flight').replace("[carrier,", "[flight, carrier,")


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


@pytest.fixture
def captured(ws, log, once):
    once(ws, "small_log", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL).id)
    return ws


def every(ws, query="", **more):
    found = samples.list_sample(ws, query, limit=10_000, **more)
    assert found.total == len(found)
    return list(found)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.every_way("sample.list")
def test_controls_and_undecided_events_are_listed_beside_cases(captured):
    found = samples.list_sample(captured, "group:control", limit=2)
    assert (len(found), found.blinded) == (2, 0)
    rest = samples.list_sample(captured, "group:control", limit=10_000, after=found.next)
    assert len(found) + len(rest) == found.total == rest.total
    flagged = samples.list_sample(captured, "has:criterion", total=False)
    assert set(flagged.column("id")) <= set(catalog.search(captured, "", limit=10_000).column("id"))
    with pytest.raises(QueryError, match="sample list"):
        catalog.search(captured, "group:control")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_each_sampled_event_of_a_run_in_force_is_there_once(captured):
    lines = every(captured)
    assert len({line["event"] for line in lines}) == len(lines)
    kept = sum(group.kept for group in capture.show(captured, lines[0]["run"]).groups if group.criterion == "control")
    assert len(every(captured, "group:control")) == kept


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("sample.export")
def test_the_sample_is_taken_out_page_by_page_at_the_position_of_the_first(captured):
    first = samples.export_sample(captured, "group:control", limit=2, columns="id, position,weight")
    assert first.columns == ("id", "position", "weight")
    rest = samples.export_sample(captured, "group:control", columns="id, position,weight", after=first.next)
    assert len(first) + len(rest) == first.total == rest.total
    assert {*first.column("position"), *rest.column("position")} == {first.position} == {rest.position}
    with pytest.raises(InputError, match="there is no column 'wait'") as refused:
        samples.export_sample(captured, columns="id,wait")
    assert "did you mean weight?" in refused.value.do


@pytest.mark.of_the_log
def test_a_table_a_frame_and_each_kind_of_file_have_the_same_lines(captured, tmp_path):
    """Read back as one would: by pandas and by what reads Parquet."""
    table = sample.to_arrow(captured)
    assert tuple(table.column_names) == ("position", *samples.list_sample(captured).columns)
    lines = every(captured)
    assert table.column("id").to_pylist() == [line["id"] for line in lines]
    for name in ("sample.parquet", "sample.csv", "sample.jsonl"):
        done = sample.write(captured, "", tmp_path / name)
        assert (done.events, done.blinded, done.position) == (len(lines), 0, captured.position())
    read = {
        "parquet": pd.read_parquet(tmp_path / "sample.parquet"),
        "csv": pd.read_csv(tmp_path / "sample.csv"),
        "jsonl": pd.read_json(tmp_path / "sample.jsonl", lines=True, precise_float=True),
        "frame": sample.to_pandas(captured),
    }
    for frame in read.values():
        assert set(frame["position"]) == {captured.position()}
        assert list(frame["id"]) == [line["id"] for line in lines]
        assert list(frame["weight"]) == [line["weight"] for line in lines]
        assert list(frame["inputs.carrier"]) == [line["inputs.carrier"] for line in lines]
    schema = pq.read_schema(tmp_path / "sample.parquet")
    # Hugging Face datasets has these. Of a column without a value it would take the type from the file that is read first.
    assert {str(each.type) for each in schema} <= {"string", "int64", "double", "bool", "timestamp[us, tz=UTC]"}
    said = json.loads(schema.metadata[b"remiss"])
    assert said == {"blinded": 0, "events": len(lines), "position": captured.position(), "query": ""}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_file_that_is_there_stays_and_one_whose_name_tells_no_form_is_refused(captured, tmp_path):
    (tmp_path / "sample.csv").write_text("mine")
    for name, says in (("sample.csv", "is there already"), ("sample.txt", "in which form")):
        with pytest.raises(InputError, match=says):
            sample.write(captured, "", tmp_path / name)
    with pytest.raises(StorageError, match="cannot be written"):
        sample.write(captured, "", tmp_path / "nowhere" / "sample.csv")
    assert (tmp_path / "sample.csv").read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".sample")] == []


def weighed(lines, by=None):
    """Return the sums of weights, by the values of a column."""
    found = defaultdict(list)
    for line in lines:
        found[None if by is None else line[by]].append(line["weight"])
    return {key: math.fsum(weights) for key, weights in found.items()}


def check_figures(ws, query, by):
    """Compare what the library estimates with what pandas adds up of the table taken out."""
    figures = understand.estimate(ws, query, by=by, variance="sample").rows
    assert {row.method for row in figures} == {"weighted"}
    frame = sample.to_pandas(ws, query)
    sums = {None: frame["weight"].sum()} if by is None else dict(frame.groupby(by)["weight"].sum())
    assert {row.key for row in figures} == sums.keys()
    for row in figures:
        assert math.isclose(sums[row.key], row.value, rel_tol=1e-12)


QUESTIONS = (("criterion:missed-delay", "inputs.carrier"), ("criterion:slow inputs.carrier:UA", None), ("", "inputs.carrier"))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize(("query", "by"), QUESTIONS)
def test_sums_of_weights_are_the_flagged_figures(captured, query, by):
    check_figures(captured, query, by)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_rate_is_a_ratio_of_sums_among_events_that_could_be_judged(captured):
    figures = understand.estimate(captured, "criterion:missed-delay", rate=True, by="inputs.carrier", variance="sample").rows
    judged = [
        line for line in every(captured) if "missed-delay" not in {*line["undecided"].split(", "), *line["outside"].split(", ")}
    ]
    met = [line for line in judged if "missed-delay" in line["criteria"].split(", ")]
    among, hits = weighed(judged, "inputs.carrier"), weighed(met, "inputs.carrier")
    assert {row.key for row in figures} == among.keys()
    for row in figures:
        assert math.isclose(hits.get(row.key, 0) / among[row.key], row.value, rel_tol=1e-12)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_a_window_that_two_runs_sampled_the_lines_are_those_of_the_run_in_force(captured, log):
    before = captured.position()
    first = every(captured)
    log.predictions[:] = [row for row in log.predictions if row["carrier"] != "B6" or row["scheduled_at"] < MONDAY + WEEK]
    log.write(PROTOCOL)
    again = capture.capture(captured, log.protocol, since=MONDAY + WEEK, until=UNTIL)
    if again.status == "waiting":
        again = capture.accept(captured, again.id)
    lines = every(captured)
    assert {(line["run"] == again.id, line["window"] >= MONDAY + WEEK) for line in lines} == {(True, True), (False, False)}
    for query, by in QUESTIONS:
        check_figures(captured, query, by)
    assert every(captured, as_of=before) == first


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_the_weights_of_units_that_were_drawn_together_are_those_of_the_figures(ws, log):
    log.predictions[:] = [
        {**row, "prediction_id": f"{row['flight']}@{version}", "model_version": version}
        for row in log.predictions
        for version in ("1", "2")
    ]
    log.write(BY_FLIGHT)
    capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL)
    check_figures(ws, "criterion:slow", "inputs.carrier")
    check_figures(ws, "inputs.carrier:UA", "model_version")
