"""The rate went up: did the world move, or did the model get worse, and where? Told through the library."""

from __future__ import annotations

import pytest

from remiss.capture.actions import capture
from remiss.codec import from_json, to_json
from remiss.errors import FigureRefused, QueryError
from remiss.present.drift_facts import change_lines, change_notes
from remiss.present.legible import share
from remiss.records.drift import ASKED, REFERENCE, ChangeReport
from remiss.understand.actions import estimate
from remiss.understand.rate_change_actions import split_change
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

WEEKS = 16
CHANGED = MONDAY + 8 * WEEK
HOSTILE = "<b onclick=x>\u202e|$(rm)"


@pytest.fixture
def captured(ws, tmp_path, once):
    """A catalog of sixteen weeks; from the ninth on one carrier is slower, one grows, and one comes that was not there."""
    log = small_log(tmp_path / "log", weeks=WEEKS, a_week=200)
    for at, row in enumerate(log.predictions):
        if row["scheduled_at"] >= CHANGED:
            row["latency_ms"] += 60 if row["carrier"] == "UA" else 0
            if row["carrier"] == "DL" and at % 2:
                row["carrier"] = "UA" if at % 3 else HOSTILE
    log.write(PROTOCOL.replace("population: 50", "population: 300"))
    once(ws, "sixteen_weeks_one_change", lambda: capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK).id)
    return ws


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_changed_is_told_by_slice_and_all_of_it_adds_up(captured):
    found = split_change(captured, "criterion:slow", by="inputs.carrier")
    assert [sum(each.role == role for each in found.windows) for role in (REFERENCE, ASKED)] == [8, 8]
    assert sum(each.mix + each.rate for each in found.slices) == pytest.approx(found.change, abs=1e-9)
    assert found.mix + found.rate == pytest.approx(found.rate_after - found.rate_before, abs=1e-9)
    told = {each.words: each for each in found.slices}
    assert found.slices[0].words == "inputs.carrier is UA"
    slower, gone = told["inputs.carrier is UA"], told["inputs.carrier is DL"]
    assert 0 < slower.rate_low < slower.rate < slower.rate_high
    assert gone.share_after < gone.share_before
    assert gone.rate_low < 0 < gone.rate_high
    [new] = [each for each in found.slices if each.share_before == 0]
    assert (new.rate_before, new.rate, new.sampled_before) == (None, 0, 0)
    lines = [*change_lines(found)]
    assert len(lines) == len(found.slices) + 1
    assert not any("\u202e" in text for line in lines for text in line)
    assert "8 windows before" in next(change_notes(found))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_rates_are_those_that_an_estimate_tells_of_the_same_windows(captured):
    found = split_change(captured, f"criterion:slow occurred:>={CHANGED.date()}", by="context.airport,inputs.carrier")
    for rate, time in ((found.rate_before, f"<{CHANGED.date()}"), (found.rate_after, f">={CHANGED.date()}")):
        assert rate == pytest.approx(estimate(captured, f"criterion:slow occurred:{time}", rate=True).rows[0].value)
    [one] = [each for each in found.slices if each.words == "context.airport is EWR and inputs.carrier is UA"]
    after = estimate(captured, f"{one.query} occurred:>={CHANGED.date()}", rate=True).rows[0]
    assert one.rate_after == pytest.approx(after.value)


def test_of_few_windows_no_interval_is_told(captured):
    found = split_change(captured, f"criterion:slow occurred:>={(MONDAY + 13 * WEEK).date()}", by="inputs.carrier")
    assert found.needs == 5
    assert {found.change_low, *(each.rate_high for each in found.slices)} == {None}
    assert found.mix + found.rate == pytest.approx(found.change, abs=1e-9)


def test_slices_that_replace_each_other_are_said_to_compare_no_rates(captured):
    told = split_change(captured, "criterion:slow", by="inputs.carrier")
    assert 0 < sum(each.share_after for each in told.slices if each.share_before == 0) < 0.1
    assert not [note for note in told.notes if "no rates could be compared" in note]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_versions_that_replace_each_other_are_said_to_compare_no_rates(ws, tmp_path):
    log = small_log(tmp_path / "log", weeks=WEEKS, a_week=60)
    for row in log.predictions:
        new = row["scheduled_at"] >= CHANGED
        row["model_version"] = "2" if new else "1"
        row["latency_ms"] += 60 if new else 0
    log.write(PROTOCOL.replace("population: 50", "population: 300"))
    capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK)
    found = split_change(ws, "criterion:slow", by="model_version")
    assert (found.rate, found.mix) == (0, pytest.approx(found.change))
    [note] = [note for note in found.notes if "no rates could be compared" in note]
    assert note.startswith(f"{share(1.0)} of the events before and {share(1.0)} of those after")


def test_what_cannot_be_split_is_refused_with_what_to_do(captured):
    with pytest.raises(QueryError, match="names no criterion"):
        split_change(captured, by="inputs.carrier")
    with pytest.raises(QueryError, match="is read by the criterion"):
        split_change(captured, "criterion:missed-delay", by="output")
    with pytest.raises(QueryError) as refused:
        split_change(captured, "criterion:slow", by="carrier")
    assert refused.value.do == "write inputs.carrier"
    with pytest.raises(QueryError, match="one to three fields"):
        split_change(captured, "criterion:slow", by=",")
    with pytest.raises(QueryError, match="named by their time"):
        split_change(captured, "criterion:slow", by="inputs.carrier", reference="context.airport:EWR")
    with pytest.raises(FigureRefused, match="after the change"):
        split_change(captured, "criterion:slow", by="inputs.carrier", reference=f"occurred:>={MONDAY.date()}")


def test_the_answer_is_published_and_is_a_table(captured):
    found = split_change(captured, "criterion:slow", by="inputs.carrier")
    assert from_json(ChangeReport, to_json(found)) == found
    assert found.to_arrow().column("words").to_pylist() == [each.words for each in found.slices]
