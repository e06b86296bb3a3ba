"""A slice that was found is kept, and later windows say whether it is true: through the library, by commands and over HTTP."""

from __future__ import annotations

import pytest

from remiss.capture.actions import capture
from remiss.catalog.actions import search
from remiss.codec import from_json, to_json
from remiss.errors import Conflict, Denied, NotFound, QueryError, SourceError
from remiss.records.case import Sensitivity
from remiss.records.slice import KeptSlice, SliceState
from remiss.understand.actions import estimate
from remiss.understand.exact_actions import exact
from remiss.understand.kept_slice_actions import list_slices, show_slice
from remiss.understand.slice_actions import find_slices, keep_slices
from remiss.understand.slice_confirmation_actions import confirm_slice, confirm_slice_exactly
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

WEEKS, FOUND_IN = 28, 10
MISSED = "criterion:missed-delay"
UNTIL = (MONDAY + FOUND_IN * WEEK).date().isoformat()
EARLIER = f"{MISSED} occurred:<{UNTIL}"


def faulty(folder, weeks=WEEKS):
    """Return the log of 28 weeks in which one carrier's short flights are announced wrong far more often, all the time."""
    log = small_log(folder, weeks=weeks, a_week=300)
    late = {row["flight"] for row in log.outcomes if row["actual"] == "late"}
    for row in log.predictions:
        worse = row["carrier"] == "UA" and row["distance"] < 451
        if row["flight"] in late:
            row["predicted"] = "on-time" if worse or row["flight"][-1] in "05" else "late"
    return log.write(PROTOCOL.replace("population: 50", "population: 300").replace("keep: 5", "keep: 20"))


def capture_all(ws, log):
    return capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK).id


@pytest.fixture
def captured(ws, tmp_path, once):
    """A catalog of that log."""
    log = faulty(tmp_path / "log")
    once(ws, "28_weeks_one_fault", lambda: capture_all(ws, log))
    return ws


def test_what_was_found_is_a_hypothesis_until_later_windows_confirm_it(captured):
    [told, *_] = find_slices(captured, EARLIER).slices
    kept = keep_slices(captured, EARLIER, only=told.query)
    [one] = kept
    assert (one.state, one.query, one.found, one.attempts) == (SliceState.HYPOTHESIS, told.query, told, ())
    assert (one.failure, one.among, one.used_until) == (MISSED, None, MONDAY + FOUND_IN * WEEK)
    confirmed = confirm_slice(captured, one.name, until=MONDAY + 19 * WEEK)
    [attempt] = confirmed.attempts
    assert (confirmed.state, attempt.confirmed, attempt.number) == (SliceState.CONFIRMED, True, 1)
    assert (attempt.since, attempt.until, attempt.windows) == (one.used_until, MONDAY + 19 * WEEK, 9)
    assert 0 < attempt.low < attempt.told <= attempt.difference < attempt.high
    assert attempt.adjusted == pytest.approx(2 * attempt.p)
    # What is told of the windows is what an estimate of them says.
    later = f"occurred:>={UNTIL} occurred:<{(MONDAY + 19 * WEEK).date()}"
    [row] = estimate(captured, f"{MISSED} {one.query} {later}", rate=True).rows
    [rest] = estimate(captured, f"{MISSED} -({one.query}) {later}", rate=True).rows
    assert attempt.rate == pytest.approx(row.value)
    assert attempt.rest == pytest.approx(rest.value)
    assert attempt.difference == pytest.approx(row.value - rest.value)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_no_window_is_used_twice_and_too_few_use_up_nothing(captured):
    [one, *_] = keep_slices(captured, EARLIER)
    with pytest.raises(Conflict, match="3 windows that it has never used have events of it, and an attempt needs 8") as refused:
        confirm_slice(captured, one.name, until=MONDAY + 13 * WEEK)
    assert "no attempt was used" in refused.value.do
    confirm_slice(captured, one.id, until=MONDAY + 18 * WEEK)
    again = confirm_slice(captured, one.name)
    assert [(each.number, each.since) for each in again.attempts] == [(1, one.used_until), (2, MONDAY + 18 * WEEK)]
    assert again.attempts[1].adjusted == pytest.approx(4 * again.attempts[1].p)
    with pytest.raises(Conflict, match="no window from 2013-12-16 on is captured"):
        confirm_slice(captured, one.name)
    # Whoever finds it again does not begin anew.
    [same, *_] = keep_slices(captured, EARLIER)
    assert same == show_slice(captured, one.name).__class__(**{**_fields(again), "read_position": same.read_position})


def _fields(record):
    return {name: getattr(record, name) for name in record.__slots__}


def test_every_attempt_on_the_same_windows_counts_for_all(captured):
    [narrow] = keep_slices(captured, EARLIER)
    [wide] = keep_slices(captured, EARLIER, depth=1)
    assert (narrow.query, wide.query) == ("inputs.carrier:UA inputs.distance:<451", "inputs.distance:<451")
    alone = confirm_slice(captured, narrow.name)
    before = list_slices(captured).position
    confirm_slice(captured, wide.name, until=MONDAY + 19 * WEEK)
    now = show_slice(captured, narrow.name)
    assert now.attempts[0].beside == 2
    assert now.attempts[0].p == alone.attempts[0].p
    assert now.attempts[0].adjusted >= alone.attempts[0].adjusted
    # As it stood before the other was asked it says what it said then.
    assert show_slice(captured, narrow.name, as_of=before).attempts == alone.attempts
    # Of windows that it shares with nobody an attempt stands alone.
    again = confirm_slice(captured, wide.name)
    assert [each.beside for each in again.attempts] == [2, 2]
    assert {each.id for each in list_slices(captured, state=SliceState.CONFIRMED)} == {narrow.id, wide.id}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_its_name_is_its_query_wherever_one_is_asked_for(captured):
    [one, *_] = keep_slices(captured, EARLIER)
    named = estimate(captured, f"{MISSED} slice:{one.name}", rate=True)
    [row] = named.rows
    [written] = estimate(captured, f"{MISSED} {one.query}", rate=True).rows
    assert row == written
    assert f"slice:{one.name}: read as ({one.query})" in named.notes
    beside = estimate(captured, f"{MISSED} -slice:{one.name}", rate=True).rows[0]
    assert beside.value < row.value
    assert search(captured, f"slice:{one.name} {MISSED}").total == search(captured, f"{one.query} {MISSED}").total > 0
    with pytest.raises(QueryError, match="the catalog has no slice nothing-here"):
        search(captured, "slice:nothing-here")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_over_the_log_itself_all_events_are_counted(captured):
    [one, *_] = keep_slices(captured, EARLIER)
    by_log = confirm_slice_exactly(captured, one.name, until=MONDAY + 19 * WEEK)
    [attempt] = by_log.attempts
    later = f"occurred:>={UNTIL} occurred:<{(MONDAY + 19 * WEEK).date()}"
    [row] = exact(captured, f"{MISSED} {one.query} {later}", rate=True).rows
    assert (attempt.exact, attempt.rate) == (True, pytest.approx(row.value))
    assert attempt.sampled == row.among
    assert by_log.state is SliceState.CONFIRMED


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_log_that_is_gone_uses_up_no_attempt(ws, tmp_path):
    log = faulty(tmp_path / "log", weeks=18)
    capture(ws, log.protocol, since=MONDAY, until=MONDAY + 18 * WEEK)
    [one, *_] = keep_slices(ws, EARLIER)
    for each in log.folder.rglob("*.parquet"):
        each.unlink()
    with pytest.raises(SourceError):
        confirm_slice_exactly(ws, one.name)
    assert show_slice(ws, one.name).attempts == ()


def test_who_only_reads_keeps_nothing_and_who_labels_is_told_no_exact_figure(captured, ws_as):
    [one, *_] = keep_slices(captured, EARLIER)
    confirm_slice_exactly(captured, one.name)
    reader, annotator = ws_as("rea", role="reader"), ws_as("ann", role="annotator")
    with pytest.raises(Denied):
        keep_slices(reader, EARLIER)
    with pytest.raises(Denied):
        confirm_slice(reader, one.name)
    assert show_slice(reader, one.name).attempts[0].exact
    told = show_slice(annotator, one.name)
    assert (told.attempts, told.state) == ((), SliceState.CONFIRMED)
    assert any("not told to who may still be given events" in note for note in told.notes)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_keeps_it_again_or_asks_more_windows_is_told_no_exact_figure_either(captured, ws_as):
    [one, *_] = keep_slices(captured, EARLIER)
    confirm_slice_exactly(captured, one.name, until=MONDAY + 18 * WEEK)
    # Who keeps slices may be given cases to verify.
    curator = ws_as("cleo", role="curator")
    [again] = keep_slices(curator, EARLIER)
    assert (again.attempts, again.state) == ((), SliceState.CONFIRMED)
    asked = confirm_slice(curator, one.name)
    assert [(each.number, each.exact) for each in asked.attempts] == [(2, False)]


def test_what_is_above_a_clearance_or_of_another_team_is_not_there(captured, ws_as):
    [one, *_] = keep_slices(captured, EARLIER)
    assert one.sensitivity is Sensitivity.INTERNAL
    for hidden in (ws_as("low", role="curator", clearance="public"), ws_as("far", role="curator", team="other")):
        assert list_slices(hidden).items == ()
        with pytest.raises(NotFound) as absent:
            show_slice(hidden, "nothing-here")
        with pytest.raises(NotFound) as forbidden:
            show_slice(hidden, one.name)
        assert str(forbidden.value).replace(one.name, "nothing-here") == str(absent.value)
        with pytest.raises(QueryError, match=f"the catalog has no slice {one.name}"):
            search(hidden, f"slice:{one.name}")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_time_that_is_tangled_up_is_refused(captured):
    with pytest.raises(QueryError, match="tangled up"):
        keep_slices(captured, f"{MISSED}", of=f"(occurred:<{UNTIL} OR context.airport:EWR)")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_kept_slice_is_published_and_a_table(captured):
    [one, *_] = keep_slices(captured, EARLIER)
    found = confirm_slice(captured, one.name)
    assert from_json(KeptSlice, to_json(found)) == found
    assert found.to_arrow().num_rows == 1
    assert to_json(found)["state"] == "confirmed"
