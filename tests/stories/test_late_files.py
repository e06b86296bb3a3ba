"""A file that comes after its window was captured, changes, or goes: what is due again, and what is only said."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss import capture, understand
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

WEEKS = [(MONDAY + at * WEEK, MONDAY + (at + 1) * WEEK) for at in range(3)]


@pytest.fixture
def log(tmp_path):
    """Three weeks of predictions, a file each."""
    made = small_log(tmp_path / "log")
    (made.folder / "predictions" / "all.parquet").unlink()
    for at, rows in enumerate(by_week(made)):
        write(made, f"week-{at}", rows)
    return made


def by_week(log):
    return [[row for row in log.predictions if since <= row["scheduled_at"] < until] for since, until in WEEKS]


def write(log, name, rows):
    pq.write_table(pa.Table.from_pylist(rows), log.folder / "predictions" / f"{name}.parquet")


def captured(ws, log):
    return [capture.capture(ws, log.protocol, since=since, until=until) for since, until in capture.due(ws, log.protocol)]


def slow(ws):
    """Return how often it was slow: exact, over all windows."""
    [row] = understand.estimate(ws, "criterion:slow").rows
    assert row.method == "counted"
    return row.value


def told(ws):
    [stands] = capture.status(ws)
    return [(each.path, each.kind, each.windows) for each in stands.files]


def late_row(log, week, name):
    return {**log.predictions[week * 400], "prediction_id": name, "latency_ms": 900.0}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_file_that_comes_after_its_window_was_captured_makes_that_window_due_and_is_named(ws, log):
    captured(ws, log)
    before = slow(ws)
    write(log, "late", [late_row(log, 1, "late@1"), late_row(log, 1, "late@2")])
    [stands] = capture.status(ws)
    assert (stands.due, stands.late, tuple(stands.intervals)) == (1, 1, (WEEKS[1],))
    assert told(ws) == [("predictions/late.parquet", "new", 1)]
    assert tuple(capture.due(ws, log.protocol)) == (WEEKS[1],)
    captured(ws, log)
    assert slow(ws) == before + 2
    [stands] = capture.status(ws)
    assert (stands.due, stands.files) == (0, ())


@pytest.mark.of_the_log
def test_a_file_that_was_written_again_with_other_rows_makes_due_the_windows_that_it_reaches(ws, log):
    captured(ws, log)
    rows = by_week(log)[2]
    write(log, "week-2", [*rows, late_row(log, 2, "late@1")])
    assert told(ws) == [("predictions/week-2.parquet", "changed", 1)]
    assert tuple(capture.due(ws, log.protocol)) == (WEEKS[2],)


@pytest.mark.of_the_log
def test_a_file_of_another_time_or_place_and_the_same_content_makes_nothing_due_and_is_read_once(ws, log):
    captured(ws, log)
    folder = log.folder / "predictions"
    os.utime(folder / "week-1.parquet", ns=(1, 1))
    (folder / "week-2.parquet").rename(folder / "moved.parquet")
    assert not capture.due(ws, log.protocol)
    # Were it opened once more, it would be refused.
    kept = (folder / "moved.parquet").stat()
    content = (folder / "moved.parquet").read_bytes()
    (folder / "moved.parquet").write_bytes(b"x" * len(content))
    os.utime(folder / "moved.parquet", ns=(kept.st_atime_ns, kept.st_mtime_ns))
    [stands] = capture.status(ws)
    assert (stands.due, stands.files) == (0, ())


@pytest.mark.of_the_log
def test_a_copy_beside_its_original_is_new(ws, log):
    captured(ws, log)
    folder = log.folder / "predictions"
    (folder / "copy.parquet").write_bytes((folder / "week-1.parquet").read_bytes())
    assert told(ws) == [("predictions/copy.parquet", "new", 1)]


@pytest.mark.of_the_log
def test_a_source_that_keeps_only_its_newest_files_has_the_gone_ones_said_and_nothing_due(ws, log):
    captured(ws, log)
    (log.folder / "predictions" / "week-0.parquet").unlink()
    [stands] = capture.status(ws)
    assert (stands.due, stands.late, stands.gone) == (0, 0, 1)
    assert told(ws) == [("predictions/week-0.parquet", "gone", 1)]


@pytest.mark.of_the_log
def test_one_file_that_rolls_on_makes_due_what_it_still_has_and_not_what_it_left_behind(ws, log):
    for each in (log.folder / "predictions").iterdir():
        each.unlink()
    log.write()
    captured(ws, log)
    # The first week is gone, and half of the second.
    del log.predictions[:600]
    log.write()
    [stands] = capture.status(ws)
    assert tuple(stands.intervals) == (WEEKS[2],)
    assert told(ws) == [("predictions/all.parquet", "changed", 1), ("predictions/all.parquet", "gone", 2)]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_waits_to_be_accepted_is_not_captured_again_and_again(ws, log):
    captured(ws, log)
    write(log, "week-1", by_week(log)[1][:200] + [late_row(log, 1, f"late@{at}") for at in range(400)])
    [run] = captured(ws, log)
    assert run.status == "waiting"
    assert not capture.due(ws, log.protocol)
    capture.accept(ws, run.id)
    assert not capture.due(ws, log.protocol)


@pytest.mark.of_the_log
@pytest.mark.parametrize("lines", ["appended", "rewritten"])
def test_a_log_of_lines_that_grows_makes_due_only_what_was_appended(ws, log, lines):
    text = PROTOCOL.replace('format: parquet, uri: "predictions/*.parquet"', 'format: jsonl, uri: "predictions/*.jsonl"')
    log.write(text)

    def line(row):
        return json.dumps({**row, "scheduled_at": row["scheduled_at"].isoformat()}) + "\n"

    file = log.folder / "predictions" / "all.jsonl"
    file.write_text("".join(map(line, log.predictions)))
    captured(ws, log)
    late = line(late_row(log, 1, "late@1"))
    file.write_text(file.read_text() + late if lines == "appended" else late + file.read_text())
    due = tuple(capture.due(ws, log.protocol))
    assert due == ((WEEKS[1],) if lines == "appended" else ((WEEKS[0][0], WEEKS[2][1]),))
    captured(ws, log)
    # By now the first and the last window were captured before the second.
    file.write_text(file.read_text() + line(late_row(log, 2, "late@2")))
    assert tuple(capture.due(ws, log.protocol)) == (WEEKS[2],)


@pytest.mark.of_the_log
def test_a_window_that_was_captured_without_looking_what_is_due_knows_its_files_too(ws, log):
    capture.capture(ws, log.protocol, since=WEEKS[0][0], until=WEEKS[2][1])
    write(log, "late", [late_row(log, 1, "late@1")])
    assert told(ws) == [("predictions/late.parquet", "new", 1)]


@pytest.mark.of_the_log
def test_two_captures_of_different_windows_each_know_what_they_saw(ws, log):
    capture.capture(ws, log.protocol, since=WEEKS[0][0], until=WEEKS[1][1])
    write(log, "late", [late_row(log, 0, "late@1"), late_row(log, 2, "late@2")])
    capture.capture(ws, log.protocol, since=WEEKS[2][0], until=WEEKS[2][1])
    # From the first to the last row of the late file, and not the third week, whose run has read it.
    assert tuple(capture.due(ws, log.protocol)) == ((WEEKS[0][0], WEEKS[1][1]),)


@pytest.mark.of_the_log
def test_a_late_file_in_a_folder_of_dates_with_times_in_pieces_is_noticed(ws, log):
    text = PROTOCOL.replace(
        'format: parquet, uri: "predictions/*.parquet"', 'format: csv, uri: "days", time_zone: America/New_York'
    )
    text = text.replace("time: scheduled_at", "time: \"strptime(CAST(dt AS VARCHAR) || ' ' || clock, '%Y-%m-%d %H:%M')\"")
    log.write(text)
    columns = ("prediction_id", "flight", "model_version", "predicted", "score", "latency_ms", "status", "carrier", "origin")
    columns = (*columns, "distance", "remarks")

    def write_day(name, day, rows):
        folder = log.folder / "days" / f"dt={day:%Y-%m-%d}"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [",".join(str(row[each]) for each in columns) + ",12:30" for row in rows]
        (folder / f"{name}.csv").write_text("\n".join([",".join((*columns, "clock")), *lines]))

    for day in (0, 9, 20):
        since = MONDAY + day * WEEK / 7
        write_day("part", since, [row for row in log.predictions if since <= row["scheduled_at"] < since + WEEK / 7])
    captured(ws, log)
    write_day("late", MONDAY + 9 * WEEK / 7, [late_row(log, 1, "late@1")])
    assert told(ws) == [("days/dt=2013-06-12/late.csv", "new", 1)]
    assert tuple(capture.due(ws, log.protocol)) == (WEEKS[1],)


@pytest.mark.of_the_log
def test_a_window_of_which_files_may_still_come_is_not_due_and_status_knows_how_long_by_the_newest_capture(ws, log):
    captured(ws, log)
    write(log, "week-3", [late_row(log, 2, "late@1") | {"scheduled_at": MONDAY + 3 * WEEK}])

    log_text = PROTOCOL + "grace: 9000 days\n"
    (log.folder / "arrival-delay.yaml").write_text(log_text)
    assert not capture.due(ws, log.protocol)
    assert capture.status(ws)[0].due == 1
    capture.capture(ws, log.protocol, since=WEEKS[2][0], until=WEEKS[2][1])
    assert capture.status(ws)[0].due == 0


@pytest.mark.of_the_log
@pytest.mark.parametrize("late", ["its own window's file", "a late file"])
def test_a_copy_of_an_event_in_the_next_window_makes_both_windows_due(ws, log, late):
    log.write(PROTOCOL.replace("fields:", "duplicates: {keep: last, by: latency_ms}\nfields:"))
    (log.folder / "predictions" / "all.parquet").unlink()
    copied = {**log.predictions[799], "scheduled_at": WEEKS[2][0], "latency_ms": 999.0}
    third = log.folder / "predictions" / "week-2.parquet"
    if late == "its own window's file":
        third.unlink()
        captured(ws, log)
        write(log, "week-2", [*by_week(log)[2], copied])
    else:
        captured(ws, log)
        write(log, "late", [copied])
    assert tuple(capture.due(ws, log.protocol)) == (WEEKS[2],)
    captured(ws, log)
    # The last row of the second week is in the third now.
    assert tuple(capture.due(ws, log.protocol)) == (WEEKS[1],)
    captured(ws, log)
    assert not capture.due(ws, log.protocol)
    assert understand.estimate(ws, "").rows[0].value == 1200


@pytest.mark.of_the_log
def test_a_capture_opens_only_the_files_that_may_matter_to_its_windows_and_finds_what_all_of_them_say(ws, log):
    """Beside its own and those next to it: files of which some rows have no time, and one of each layout."""
    rows = by_week(log)
    write(log, "week-2", [{**row, "remarks": None, "gate": "A1"} for row in rows[2]])
    captured(ws, log)
    write(log, "no-times", [{**late_row(log, 0, "never"), "scheduled_at": None}, late_row(log, 2, "far")])
    write(log, "late", [late_row(log, 0, "late@1")])
    [run] = [each for each in captured(ws, log) if each.manifest.since == MONDAY]
    assert sorted(run.manifest.files) == [
        f"predictions/{name}.parquet" for name in ("late", "no-times", "week-0", "week-1", "week-2")
    ]
    assert capture.reproduce(ws, run.id).verdict == "same"
    # Of the third week nothing but its layout is of use to the first.
    write(log, "week-3", [late_row(log, 2, "more")])
    assert len(told(ws)) == 1
    file = log.folder / "predictions" / "week-3.parquet"
    state = file.stat()
    file.write_bytes(b"PAR1" + b"x" * (state.st_size - 8) + b"PAR1")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    again = capture.capture(ws, log.protocol, since=WEEKS[0][0], until=WEEKS[0][1])
    assert (again.manifest.fingerprint, again.digest == run.digest) == (run.manifest.fingerprint, False)
    assert again.manifest.rows == run.manifest.rows
    [planned] = capture.plan(ws, log.protocol, since=WEEKS[0][0], until=WEEKS[0][1]).months
    assert planned.events == 401
