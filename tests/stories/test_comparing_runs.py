"""Two runs beside each other: only what differs, rates of rules as differences that are counted, with an interval where due."""

from __future__ import annotations

import math

import pytest

from remiss import capture, understand
from remiss.errors import InputError
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

NEW = '  - {name: far, kind: custom, when: "inputs.distance > 900", severity: 4, why: A long flight.}\nsampling:'
SECOND = (
    PROTOCOL.replace("version: 1\n", "version: 2\n")
    .replace("sampling:", NEW)
    .replace("keep: 5", "keep: 20")
    .replace("output = 'on-time' AND label = 'late'", "output = 'on-time' AND label = 'late' AND confidence < 0.8")
)
DAILY = PROTOCOL.replace("window: 1 week", "window: 1 day")


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


def captured(ws, log, text, first, last):
    log.write(text)
    return capture.capture(ws, log.protocol, since=MONDAY + first * WEEK, until=MONDAY + last * WEEK).id


def lines(found):
    return {(each["part"], each["name"]): each for each in found}


def slow(log, first, last):
    """Return which share of the predictions of some weeks was slow."""
    rows = [row for row in log.predictions if MONDAY + first * WEEK <= row["scheduled_at"] < MONDAY + last * WEEK]
    return sum(row["latency_ms"] > 250 for row in rows) / len(rows)


@pytest.mark.every_way("run.compare")
def test_only_what_differs_of_two_runs_is_told(ws, log, already_captured):
    one = already_captured(log, 0, 1).id
    for row in log.predictions[400:410]:
        row["carrier"] = None
    other = captured(ws, log, SECOND, 1, 2)
    found = lines(understand.compare_runs(ws, one, other))
    assert (found["protocol", "version"]["before"], found["protocol", "version"]["after"]) == (
        "arrival-delay@1",
        "arrival-delay@2",
    )
    assert found["protocol", "digest"]["before"] != found["protocol", "digest"]["after"]
    assert (found["sampling", "keep"]["before"], found["sampling", "keep"]["after"]) == ("5", "20")
    assert not [name for part, name in found if part == "sampling" and name != "keep"]
    refused = found["refused", "missing:inputs.carrier"]
    assert (refused["before"], refused["after"]) == ("0", "10")
    assert refused["difference"] == pytest.approx(10 / 400)
    rate = found["rule", "slow"]
    log.predictions[400:410] = []
    assert rate["difference"] == pytest.approx(slow(log, 1, 2) - slow(log, 0, 1))
    # One week says nothing of other weeks.
    assert (rate["low"], rate["high"]) == (None, None)
    assert "under 8 windows" in rate["remark"]
    assert found["rule", "missed-delay"]["difference"] is None
    assert found["rule", "missed-delay"]["remark"] == "means something else in the two versions"
    assert found["rule", "far"]["remark"] == "only in the second"


@pytest.mark.of_the_log
def test_a_difference_of_many_windows_has_an_interval_made_of_both_and_runs_over_the_same_time_have_none(ws, tmp_path):
    log = small_log(tmp_path / "log", weeks=6, a_week=200)
    first, last = (captured(ws, log, DAILY, *weeks) for weeks in ((0, 3), (3, 6)))
    rate = lines(understand.compare_runs(ws, first, last))["rule", "missed-delay"]
    assert rate["low"] < rate["difference"] < rate["high"]
    assert rate["remark"] == ""
    back = lines(understand.compare_runs(ws, last, first))["rule", "missed-delay"]
    assert math.isclose(back["low"], -rate["high"])
    again = captured(ws, log, DAILY.replace("protocol: arrival-delay", "protocol: again"), 0, 2)
    same = lines(understand.compare_runs(ws, first, again))["rule", "missed-delay"]
    assert (same["low"], same["high"]) == (None, None)
    assert "over the same time" in same["remark"]


@pytest.mark.of_the_log
def test_a_run_is_not_compared_with_itself(ws, log, already_captured):
    one = already_captured(log, 0, 1).id
    with pytest.raises(InputError, match="compared with itself"):
        understand.compare_runs(ws, one, one)
