"""What became of the files of a source since its windows were captured, by what is known of them."""

from datetime import UTC, datetime, timedelta

from remiss.capture.captured import WindowInForce
from remiss.capture.late_files import file_changes
from remiss.records.identity import to_micros
from remiss.records.run import RunWindow
from remiss.records.source_file import SourceFile, Tail

DAY = timedelta(days=1)
MONDAY = datetime(2013, 6, 3, tzinfo=UTC)


def window(day, filed):
    start = MONDAY + day * DAY
    held = RunWindow(window=start, population=9, labelled=0, provisional=False)
    return WindowInForce(window=held, run="run-x", protocol_version=1, protocol_digest="d", as_of=start, filed=filed)


def file(path, first, last=None, *, state=1, digest=None, since=None, until=None, tail=None):
    """Return a file with events from noon of one day to noon of another."""
    noon, last = timedelta(hours=12), first if last is None else last
    times = ((to_micros(MONDAY + first * DAY + noon), to_micros(MONDAY + last * DAY + noon)),)
    return SourceFile(path=path, size=state, modified_ns=state, digest=digest, times=times, since=since, until=until, tail=tail)


def days(found):
    return sorted((start - MONDAY) // DAY for start in found.due)


def changed(now, known, windows, waiting=None, beside=()):
    pairs = [(MONDAY + at * DAY, MONDAY + other * DAY) for at, other in beside]
    return file_changes({each.path: each for each in now}, known, windows, waiting or {}, DAY, pairs)


def test_of_runs_that_kept_no_list_of_files_nothing_is_due_by_that_alone_and_how_many_is_said():
    found = changed([file("a", 0), file("b", 1)], [], [window(0, 3), window(1, 4)])
    assert (found.due, found.changes, found.unlisted) == (frozenset(), (), 2)
    found = changed([file("a", 0), file("b", 1)], [file("a", 0, since=5)], [window(0, 3), window(1, 5)])
    assert (days(found), found.unlisted) == ([1], 1)


def test_a_file_that_one_of_two_runs_saw_is_due_for_the_windows_of_the_other():
    known = [file("a", 0, 3, since=5), file("late", 0, 3, since=6, until=7), file("late", 0, 3, since=8)]
    windows = [window(0, 5), window(1, 6), window(2, 7), window(3, 8)]
    assert days(changed([file("a", 0, 3), file("late", 0, 3)], known, windows)) == [0, 2]


def test_a_file_that_was_never_hashed_and_is_of_another_time_counts_as_changed():
    found = changed([file("a", 0, state=2, digest="x")], [file("a", 0, since=5)], [window(0, 5)])
    assert days(found) == [0]


def test_the_first_window_of_a_log_is_due_for_a_file_that_was_changed_though_the_log_begins_within_it():
    found = changed([file("a", 0, state=2, digest="y")], [file("a", 0, digest="x", since=5)], [window(0, 5)])
    assert days(found) == [0]


def test_what_was_appended_by_and_by_is_due_only_where_it_reaches():
    first = file("a", 0, 1, digest="1", since=5, until=6)
    second = file("a", 0, 2, state=2, digest="2", since=6, tail=Tail(digest="1", times=file("", 2).times))
    third = file("a", 0, 3, state=3, digest="3", tail=Tail(digest="2", times=file("", 1, 3).times))
    windows = [window(0, 5), window(1, 5), window(2, 6)]
    assert days(changed([third], [first, second, third], windows)) == [1, 2]
    assert days(changed([second], [first, second], windows)) == []


def test_a_window_whose_ids_stand_in_the_next_one_too_is_due_until_its_run_has_seen_the_files_of_that_one():
    files = [file("a", 0, since=5), file("b", 1, since=6)]
    now, windows = [file("a", 0), file("b", 1)], [window(0, 5), window(1, 6)]
    assert days(changed(now, files, windows)) == []
    assert days(changed(now, files, windows, beside=[(1, 0)])) == [0]
    assert days(changed(now, files, [window(0, 7), window(1, 6)], beside=[(1, 0), (0, 1)])) == []


def test_files_of_a_run_that_waits_are_seen():
    late = file("late", 0)
    known = [file("a", 0, since=5), file("late", 0, since=6)]
    assert days(changed([file("a", 0), late], known, [window(0, 5)])) == [0]
    assert days(changed([file("a", 0), late], known, [window(0, 5)], {MONDAY: 6})) == []


def test_at_most_twenty_files_are_named_those_that_make_windows_due_first():
    gone = [file(f"a{at}", 0, since=5) for at in range(30)]
    found = changed([file("z", 0)], gone, [window(0, 5)])
    assert (len(found.changes), found.changes[0].path, found.gone) == (20, "z", 30)
