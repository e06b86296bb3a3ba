"""Does the log ask of the model what it used to? Told through the library, by commands and over HTTP."""

from __future__ import annotations

import pytest

from remiss.capture.actions import capture
from remiss.codec import from_json, to_json
from remiss.errors import FigureRefused, NotFound, QueryError
from remiss.present.drift_facts import drift_in_words
from remiss.records.drift import ASKED, REFERENCE, DriftReport
from remiss.understand.drift_actions import measure_drift
from remiss.understand.sample_actions import list_sample
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

WEEKS = 10
LAST = MONDAY + (WEEKS - 1) * WEEK
HOSTILE = "<b onclick=x>\u202e|$(rm)"


def drifting(folder):
    """Return a log of ten weeks; in the last, distances are 300 longer and one carrier is a new one."""
    log = small_log(folder, weeks=WEEKS)
    for row in log.predictions:
        if row["scheduled_at"] >= LAST:
            row["distance"] += 300
            row["carrier"] = HOSTILE if row["carrier"] == "B6" else row["carrier"]
    return log.write(PROTOCOL.replace("population: 50", "population: 300"))


@pytest.fixture
def captured(ws, tmp_path, once):
    """A catalog of that log."""
    log = drifting(tmp_path / "log")
    once(ws, "ten_weeks_one_drift", lambda: capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK).id)
    return ws


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_drifted_is_told_with_its_direction_and_size_and_what_did_not_is_not(captured):
    found = measure_drift(captured)
    assert (found.since, found.until, found.references, found.needs) == (LAST, LAST + WEEK, 8, 0)
    told = {each.field: each for each in found.drifted}
    assert set(told) == {"inputs.distance", "inputs.carrier"}
    assert told["inputs.distance"].arrow == "up"
    assert told["inputs.distance"].change == pytest.approx(300, abs=60)
    assert told["inputs.distance"].wasserstein_scaled == pytest.approx(300 / told["inputs.distance"].spread, rel=0.2)
    assert told["inputs.carrier"].arrow == "new"
    assert [each.value for each in told["inputs.carrier"].new] == [HOSTILE]
    assert [each.value for each in told["inputs.carrier"].vanished] == ["B6"]
    assert "\u202e" not in drift_in_words(told["inputs.carrier"], 0)
    assert {each.arrow for each in found.fields} - {"up", "new"} == {"none"}


def test_a_week_like_the_others_has_no_arrow(captured):
    assert not measure_drift(captured, f"occurred:<{LAST.date()}").drifted


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_every_window_is_a_query_of_the_events_that_were_counted(captured):
    found = measure_drift(captured, "context.airport:EWR")
    assert [each.role for each in found.windows].count(REFERENCE) == 8
    for each in found.windows:
        if each.role in {ASKED, REFERENCE}:
            lines = list_sample(captured, each.query, limit=1_000)
            groups = [dict(zip(lines.columns, row, strict=True))["groups"] for row in lines.rows]
            assert sum("all" in str(kept).split(", ") for kept in groups) == each.sampled


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_under_eight_reference_windows_nothing_is_claimed(captured):
    found = measure_drift(captured, reference=f"occurred:<{(MONDAY + 5 * WEEK).date()}")
    assert (found.references, found.needs, found.tested) == (5, 3, 0)
    assert {each.arrow for each in found.fields} == {None}
    assert found.fields[0].score("psi").value > 0
    assert drift_in_words(found.fields[0], found.needs) == "needs 3 more windows"


def test_the_protocol_names_reference_windows_and_a_week_that_is_cut_is_none(captured, tmp_path):
    written = tmp_path / "log" / "arrival-delay.yaml"
    written.write_text(f"{written.read_text()}reference: 2013-06-10..2013-08-04\n")
    capture(captured, str(written), since=LAST, until=LAST + WEEK)
    found = measure_drift(captured, "context.airport:EWR")
    references = [each.start for each in found.windows if each.role == REFERENCE]
    assert references == [MONDAY + week * WEEK for week in range(1, 9)]
    assert found.reference == "occurred:>=2013-06-10T00:00:00Z occurred:<2013-08-05T00:00:00Z context.airport:EWR"
    assert measure_drift(captured, reference="occurred:2013-06-12..2013-08-04").references == 7
    with pytest.raises(FigureRefused, match="no complete window lies within"):
        measure_drift(captured, "occurred:2013-08-06..2013-08-11")


def test_what_cannot_be_told_is_refused_with_what_to_do(captured):
    with pytest.raises(QueryError, match="criterion is no field of events"):
        measure_drift(captured, "criterion:slow")
    with pytest.raises(QueryError, match="no field that is compared"):
        measure_drift(captured, fields="inputs.nothing")
    with pytest.raises(QueryError) as refused:
        measure_drift(captured, fields="inputs.distence")
    assert refused.value.do == "write inputs.distance"
    with pytest.raises(FigureRefused, match="no other complete window"):
        measure_drift(captured, reference=f"occurred:>={LAST.date()}")


def test_an_empty_catalog_has_nothing_to_compare(ws):
    with pytest.raises(NotFound):
        measure_drift(ws)


def test_the_answer_is_published_and_is_a_table(captured):
    found = measure_drift(captured)
    assert from_json(DriftReport, to_json(found)) == found
    assert found.to_arrow().column("field").to_pylist() == [each.field for each in found.fields]
