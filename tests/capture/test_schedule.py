"""Which windows are due and which are provisional."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest

from remiss.capture.capture_status import provisional_counts
from remiss.capture.captured import WindowInForce
from remiss.capture.schedule import due_windows, mark_provisional, provisional, spans, whole_windows
from remiss.errors import IntervalError
from remiss.records.run import RunWindow
from remiss.records.window import Window

WEEK = timedelta(weeks=1)
MONDAY = datetime(2013, 6, 3, tzinfo=UTC)
LAG = timedelta(days=2)


def held(start: datetime, *, as_of: datetime, is_provisional: bool = False, labelled: int = 100) -> WindowInForce:
    return WindowInForce(
        window=RunWindow(window=start, population=100, labelled=labelled, provisional=is_provisional),
        run="run-x",
        protocol_version=1,
        protocol_digest="d",
        as_of=as_of,
    )


def test_a_window_that_was_never_captured_is_due_once_it_has_ended():
    now = MONDAY + 2 * WEEK + timedelta(days=3)
    due = due_windows([(MONDAY, now)], WEEK, [], now, LAG)
    assert [window.start for window in due] == [MONDAY, MONDAY + WEEK]


def test_a_provisional_window_is_due_again_when_its_labels_are_mature():
    then = MONDAY + WEEK
    window = held(MONDAY, as_of=then, is_provisional=True)
    extent = (MONDAY, MONDAY + timedelta(days=6))
    assert due_windows([extent], WEEK, [window], then + timedelta(days=1), LAG) == ()
    assert due_windows([extent], WEEK, [window], then + LAG, LAG) == (Window(MONDAY, WEEK),)


def test_a_window_that_lacks_labels_although_mature_is_tried_again_after_another_lag():
    then = MONDAY + WEEK + LAG
    window = held(MONDAY, as_of=then, is_provisional=True, labelled=3)
    assert due_windows([], WEEK, [window], then + timedelta(days=1), LAG) == ()
    assert due_windows([], WEEK, [window], then + LAG, LAG) == (Window(MONDAY, WEEK),)


def test_status_counts_as_ready_only_the_provisional_windows_that_are_due():
    then = MONDAY + WEEK + LAG
    windows = [held(MONDAY, as_of=then, is_provisional=True, labelled=3), held(MONDAY + WEEK, as_of=then, is_provisional=True)]
    assert provisional_counts(windows, WEEK, LAG, then + timedelta(days=1)) == (2, 0)
    assert provisional_counts(windows, WEEK, LAG, then + LAG) == (2, 1)


def test_a_source_without_events_has_nothing_due():
    assert due_windows([], WEEK, [], MONDAY, LAG) == ()


def test_a_window_is_provisional_before_its_end_plus_lag():
    window = Window(MONDAY, WEEK)
    assert provisional(window, 1.0, [], window.end + LAG - timedelta(seconds=1), LAG)
    assert not provisional(window, 1.0, [], window.end + LAG, LAG)


def test_a_window_is_provisional_while_its_labelled_share_lags_behind_the_eight_before():
    window, mature = Window(MONDAY, WEEK), MONDAY + 3 * WEEK
    assert provisional(window, 0.79, [0.1, *[1.0] * 8], mature, LAG)
    assert not provisional(window, 0.80, [0.1, *[1.0] * 8], mature, LAG)


def test_windows_of_one_run_are_references_for_each_other():
    windows = [RunWindow(window=MONDAY + i * WEEK, population=100, labelled=n, provisional=False) for i, n in enumerate((90, 20))]
    marked = mark_provisional(windows, WEEK, [], MONDAY + 10 * WEEK, LAG)
    assert [window.provisional for window in marked] == [False, True]


def test_the_eight_windows_before_are_those_that_were_captured_however_far_apart():
    late = MONDAY + 40 * WEEK
    before = [held(MONDAY + at * 4 * WEEK, as_of=late) for at in range(8)]
    poor = RunWindow(window=MONDAY + 39 * WEEK, population=100, labelled=79, provisional=False)
    assert [window.provisional for window in mark_provisional([poor], WEEK, before, late + LAG, LAG)] == [True]
    assert [window.provisional for window in mark_provisional([poor], WEEK, [], late + LAG, LAG)] == [False]


def test_due_windows_that_touch_make_one_span():
    windows = [Window(MONDAY + i * WEEK, WEEK) for i in (0, 1, 4)]
    assert spans(windows) == ((MONDAY, MONDAY + 2 * WEEK), (MONDAY + 4 * WEEK, MONDAY + 5 * WEEK))


def test_an_interval_that_cuts_a_window_is_refused_with_the_two_nearest_bounds():
    with pytest.raises(IntervalError) as caught:
        whole_windows(MONDAY + timedelta(days=1), MONDAY + WEEK, WEEK)
    assert "2013-06-03T00:00:00Z or 2013-06-10T00:00:00Z" in caught.value.do
    assert "--since 2013-06-04" in caught.value.what


def test_a_bound_at_an_end_of_the_calendar_is_refused_with_the_one_bound_there_is():
    with pytest.raises(IntervalError, match="--until 9999-12-31T00:00:00Z cuts a window") as caught:
        whole_windows(MONDAY, datetime(9999, 12, 31, tzinfo=UTC), WEEK)
    assert caught.value.do == "use 9999-12-27T00:00:00Z, the nearest bounds of windows"
    with pytest.raises(IntervalError, match="--since 0001-01-01T00:00:00Z cuts a window"):
        whole_windows(datetime(1, 1, 1, tzinfo=UTC), MONDAY, 52 * WEEK)


@pytest.mark.parametrize(("since", "until", "width"), [(2013, 9999, WEEK), (1, 2013, timedelta(hours=1))])
def test_an_interval_of_more_windows_than_a_run_can_hold_is_refused_at_once_with_a_bound_that_can_be_used(since, until, width):
    since, until = (Window(datetime(year, 6, 3, tzinfo=UTC), width).start for year in (since, until))
    since, until = (moment - timedelta(days=moment.weekday()) for moment in (since, until))
    began = perf_counter()
    with pytest.raises(IntervalError, match="one run takes 100,000") as caught:
        whole_windows(since, until, width)
    assert perf_counter() - began < 0.1
    bound = datetime.fromisoformat(caught.value.do.split("--until ")[1].partition(";")[0])
    assert len(whole_windows(since, bound, width)) == 100_000


def test_due_windows_of_a_very_long_log_are_captured_by_several_runs():
    hour = timedelta(hours=1)
    windows = [Window(MONDAY + at * hour, hour) for at in range(100_001)]
    assert [(until - since) // hour for since, until in spans(windows)] == [100_000, 1]


def test_due_windows_of_each_stretch_are_due_and_those_between_them_are_not():
    wild = datetime(1, 1, 3, tzinfo=UTC)
    due = due_windows([(wild, wild), (MONDAY, MONDAY + WEEK)], WEEK, [], MONDAY + 5 * WEEK, LAG)
    assert [window.start for window in due] == [datetime(1, 1, 1, tzinfo=UTC), MONDAY, MONDAY + WEEK]


def test_an_interval_that_ends_before_it_starts_is_refused():
    with pytest.raises(IntervalError, match="empty"):
        whole_windows(MONDAY + WEEK, MONDAY, WEEK)


@pytest.mark.parametrize(("at", "hours"), [("0001-01-01T00:00:00", "+01:00"), ("9999-12-31T23:00:00", "-01:00")])
def test_a_bound_that_there_is_not_in_utc_is_refused(at, hours):
    bound = datetime.fromisoformat(at + hours)
    for since, until, name in ((bound, MONDAY, "--since"), (MONDAY, bound, "--until")):
        with pytest.raises(IntervalError, match=f"{name} {at}"):
            whole_windows(since, until, WEEK)


def test_a_window_captured_before_it_ended_is_provisional_and_due_at_its_end_also_without_late_labels():
    midweek = MONDAY + timedelta(days=3)
    [window] = mark_provisional([held(MONDAY, as_of=midweek).window], WEEK, [], midweek, None)
    assert window.provisional
    early = held(MONDAY, as_of=midweek, is_provisional=True)
    assert due_windows([(MONDAY, midweek)], WEEK, [early], midweek, None) == ()
    assert due_windows([(MONDAY, midweek)], WEEK, [early], MONDAY + WEEK, None) == (Window(MONDAY, WEEK),)


def test_two_years_of_hours_is_marked_in_one_pass():
    """One event with a wild time makes every window since due; a pass for each of them never came to an end."""
    hour = timedelta(hours=1)
    windows = [RunWindow(window=MONDAY + i * hour, population=1, labelled=1, provisional=False) for i in range(20_000)]
    started = perf_counter()
    marked = mark_provisional(windows, hour, [], MONDAY + 30_000 * hour, LAG)
    assert [window.window for window in marked] == [window.window for window in windows]
    assert perf_counter() - started < 10


def test_a_window_is_not_due_while_files_of_it_may_still_come():
    grace, end = timedelta(hours=6), MONDAY + WEEK
    midweek = MONDAY + timedelta(days=3)
    assert due_windows([(midweek, midweek)], WEEK, [], end + timedelta(hours=5), LAG, grace=grace) == ()
    assert due_windows([(midweek, midweek)], WEEK, [], end + grace, LAG, grace=grace) == (Window(MONDAY, WEEK),)
    early = held(MONDAY, as_of=end)
    assert due_windows([], WEEK, [early], end + timedelta(hours=5), LAG, again={MONDAY}, grace=grace) == ()
    assert due_windows([], WEEK, [early], end + grace, LAG, again={MONDAY}, grace=grace) == (Window(MONDAY, WEEK),)
