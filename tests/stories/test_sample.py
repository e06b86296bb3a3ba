"""Every sampled event, controls too, with the weights from which anybody makes the same figures. Told through the library."""

from __future__ import annotations

import math
from collections import defaultdict

import pytest

from remiss import capture
from remiss.catalog import actions as catalog
from remiss.errors import QueryError
from remiss.understand import actions as understand
from remiss.understand import sample_actions as samples
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

UNTIL = MONDAY + 3 * WEEK


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


def test_each_sampled_event_of_a_run_in_force_is_there_once(captured):
    lines = every(captured)
    assert len({line["event"] for line in lines}) == len(lines)
    kept = sum(group.kept for group in capture.show(captured, lines[0]["run"]).groups if group.criterion == "control")
    assert len(every(captured, "group:control")) == kept


def weighed(lines, by=None):
    """Return the sums of weights, by the values of a column."""
    found = defaultdict(list)
    for line in lines:
        found[None if by is None else line[by]].append(line["weight"])
    return {key: math.fsum(weights) for key, weights in found.items()}


def check_figures(ws, query, by):
    figures = understand.estimate(ws, query, by=by, variance="sample").rows
    assert {row.method for row in figures} == {"weighted"}
    sums = weighed(every(ws, query), by)
    assert {row.key for row in figures} == sums.keys()
    for row in figures:
        assert math.isclose(sums[row.key], row.value, rel_tol=1e-12)


QUESTIONS = (("criterion:missed-delay", "inputs.carrier"), ("criterion:slow inputs.carrier:UA", None), ("", "inputs.carrier"))


@pytest.mark.parametrize(("query", "by"), QUESTIONS)
def test_sums_of_weights_are_the_flagged_figures(captured, query, by):
    check_figures(captured, query, by)


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
