"""In which part of the log do failures come from? Told through the library, by commands and over HTTP."""

from __future__ import annotations

import pytest

from remiss.capture.actions import capture
from remiss.codec import from_json, to_json
from remiss.errors import FigureRefused, NotFound, QueryError
from remiss.records.slice import SliceReport
from remiss.understand.actions import estimate
from remiss.understand.slice_actions import find_slices
from tests.stories.logs import MONDAY, WEEK, log_with_a_fault

WEEKS = 10
MISSED = "criterion:missed-delay"


@pytest.fixture
def captured(ws, tmp_path, once):
    """A catalog of ten weeks in which one carrier's short flights are announced wrong far more often."""
    log = log_with_a_fault(tmp_path / "log", WEEKS)
    once(ws, "ten_weeks_one_fault", lambda: capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK).id)
    return ws


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_part_that_fails_is_named_with_what_mending_it_is_worth(captured):
    found = find_slices(captured, MISSED)
    first = found.slices[0]
    assert first.query.startswith("inputs.carrier:UA inputs.distance:<")
    assert first.rate > 2 * first.rest
    assert first.rate_low > first.rest
    assert 0 < first.excess_low < first.excess < first.excess_high
    assert first.q <= found.level
    assert found.fields == ("context.airport", "inputs.carrier", "inputs.distance", "model_version")[:3]
    assert found.tested >= len(found.slices) + found.folded
    assert (found.windows, found.since, found.until) == (WEEKS, MONDAY, MONDAY + WEEKS * WEEK)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_slice_is_a_query_and_an_estimate_of_it_says_the_same(captured):
    found = find_slices(captured, MISSED, level=0.5, expected=1, folded=True)
    assert len(found.slices) > 3
    for each in found.slices[:6]:
        [row] = estimate(captured, f"{MISSED} {each.query}", rate=True, variance="process").rows
        assert row.value == pytest.approx(each.rate)
        assert (row.low, row.high) == pytest.approx((each.rate_low, each.rate_high))
        assert row.among == pytest.approx(each.events)
        folded_into = {other.query for other in found.slices if other.into is None}
        assert each.into is None or each.into in folded_into


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_the_answer_nothing_is_a_reason_and_of_fields_one_chooses(captured):
    with pytest.raises(QueryError, match="output is read by the criterion") as refused:
        find_slices(captured, MISSED, fields="output")
    assert "inputs.carrier" in refused.value.do
    with pytest.raises(QueryError, match="is no field"):
        find_slices(captured, MISSED, fields="inputs.nothing")
    found = find_slices(captured, MISSED, fields="inputs.carrier", depth=1)
    assert [each.query for each in found.slices] == ["inputs.carrier:UA"]
    assert "latency_ms" not in find_slices(captured, "criterion:slow").fields


def test_what_cannot_be_told_is_refused_with_what_to_do(captured):
    with pytest.raises(FigureRefused, match="3 windows have events"):
        find_slices(captured, f"{MISSED} occurred:<2013-06-20")
    with pytest.raises(QueryError, match="names no criterion"):
        find_slices(captured, "context.airport:EWR")


def test_an_empty_catalog_has_nothing_to_find(ws):
    with pytest.raises(NotFound):
        find_slices(ws, MISSED)


def test_the_answer_is_published_and_is_a_table(captured):
    found = find_slices(captured, MISSED, limit=2)
    assert from_json(SliceReport, to_json(found)) == found
    table = found.to_arrow()
    assert table.column("query").to_pylist() == [each.query for each in found.slices]
    assert table.num_rows == len(found.slices)
