"""A criterion that was chosen on its sample has no weighted figures there: no name, width of windows or lag is a way around."""

import pytest

from remiss import capture, understand
from remiss.errors import NotFound, QueryError
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

CHANGED = PROTOCOL.replace("latency_ms > 250", "latency_ms > 240")
WEIGHTED = "criterion:slow inputs.carrier:UA"


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


def captured(ws, log, text=PROTOCOL):
    return capture.capture(ws, log.write(text).protocol, since=MONDAY, until=MONDAY + 2 * WEEK)


def slow(ws, protocol, query=WEIGHTED):
    return understand.estimate(ws, query, protocol=protocol).rows


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_another_name_with_the_same_seed_is_no_way_around(ws, log, already_captured):
    already_captured(log, 0, 2)
    captured(ws, log, CHANGED.replace("protocol: arrival-delay", "protocol: another"))
    with pytest.raises(
        QueryError, match=r"^not shown: rule slow was written or changed after people could see the sampled cases of 2 windows"
    ):
        slow(ws, "another")
    # Counts look at every event, and the one that was there first is as it was.
    assert slow(ws, "another", "criterion:slow")[0].method == "counted"
    assert slow(ws, "arrival-delay")[0].method == "weighted"
    captured(ws, log, CHANGED.replace("protocol: arrival-delay", "protocol: fresh").replace('seed: "2026"', 'seed: "2027"'))
    assert slow(ws, "fresh")[0].method == "weighted"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nor_is_another_width_of_windows_of_which_two_are_never_in_force_over_the_same_time(ws, log, already_captured):
    already_captured(log, 0, 2)
    captured(ws, log, CHANGED.replace("version: 1", "version: 2").replace("window: 1 week", "window: 1 day"))
    with pytest.raises(
        QueryError, match=r"^not shown: rule slow was written or changed after people could see the sampled cases of 14 windows"
    ):
        slow(ws, "arrival-delay")
    with pytest.raises(NotFound):
        slow(ws, "arrival-delay@1")
    [line] = capture.coverage(ws)
    assert (line["windows"], line["events"]) == (14, 800)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nor_is_a_longer_lag_of_labels_where_the_criterion_reads_them(ws, log, already_captured):
    already_captured(log, 0, 2)
    captured(ws, log, PROTOCOL.replace("version: 1", "version: 2").replace("lag: 2 days", "lag: 9 days"))
    with pytest.raises(QueryError, match="missed-delay was written or changed after"):
        slow(ws, "arrival-delay", "criterion:missed-delay inputs.carrier:UA")
    assert slow(ws, "arrival-delay")[0].method == "weighted"
