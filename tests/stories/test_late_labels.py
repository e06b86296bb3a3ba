"""Labels that were known in time and delivered after their window was captured: what is due again, and what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss import capture
from tests.stories.logs import MONDAY, WEEK, small_log

WEEKS = [(MONDAY + at * WEEK, MONDAY + (at + 1) * WEEK) for at in range(3)]


@pytest.fixture
def log(tmp_path):
    """Three weeks of predictions; their labels in a file for each day on which they were known, and some withheld."""
    made = small_log(tmp_path / "log")
    (made.folder / "outcomes" / "all.parquet").unlink()
    made.withheld = made.outcomes[600:605]
    del made.outcomes[600:605]
    by_day = {}
    for row in made.outcomes:
        by_day.setdefault(row["known_at"].date(), []).append(row)
    for day, rows in by_day.items():
        write(made, f"day-{day}", rows)
    return made


def write(log, name, rows):
    pq.write_table(pa.Table.from_pylist(rows), log.folder / "outcomes" / f"{name}.parquet")


def captured(ws, log):
    return [capture.capture(ws, log.protocol, since=since, until=until) for since, until in capture.due(ws, log.protocol)]


def told(ws):
    [stands] = capture.status(ws)
    return [(each.path, each.kind, each.windows, each.labels) for each in stands.files]


def labelled(ws, run):
    return {line["window"]: line["labelled"] for line in capture.windows(ws, run.id)}


def test_labels_that_come_late_make_the_windows_due_that_end_within_their_lag(ws, log):
    [run] = captured(ws, log)
    assert (told(ws), tuple(capture.due(ws, log.protocol))) == ([], ())
    write(log, "late", log.withheld)
    # They are of the second week; the third could use them, too, for a label may be known before its event.
    assert told(ws) == [("outcomes/late.parquet", "new", 2, True)]
    [stands] = capture.status(ws)
    assert (stands.due, stands.late) == (2, 2)
    assert str(stands.files[0]).startswith("label file outcomes/late.parquet is new: 2 windows")
    assert tuple(capture.due(ws, log.protocol)) == ((WEEKS[1][0], WEEKS[2][1]),)
    [again] = captured(ws, log)
    assert labelled(ws, again)[WEEKS[1][0]] == labelled(ws, run)[WEEKS[1][0]] + len(log.withheld)
    assert labelled(ws, again)[WEEKS[2][0]] == labelled(ws, run)[WEEKS[2][0]]
    assert (told(ws), tuple(capture.due(ws, log.protocol))) == ([], ())


@pytest.mark.of_the_log
def test_a_corrected_label_makes_due_what_it_may_concern(ws, log):
    captured(ws, log)
    day = max((log.folder / "outcomes").iterdir())
    rows = pq.read_table(day).to_pylist()
    write(log, day.stem, [{**rows[0], "actual": "other"}, *rows[1:]])
    assert told(ws) == [(f"outcomes/{day.name}", "changed", 1, True)]


@pytest.mark.of_the_log
@pytest.mark.parametrize("how", ["touched", "moved", "joined", "split", "written anew"])
def test_label_files_that_say_what_they_said_make_nothing_due_however_they_lie(ws, log, how):
    captured(ws, log)
    folder = log.folder / "outcomes"
    first, second, *_ = sorted(folder.iterdir())
    rows = [pq.read_table(file).to_pylist() for file in (first, second)]
    if how == "touched":
        os.utime(first, ns=(1, 1))
    elif how == "moved":
        first.rename(folder / "moved.parquet")
    elif how == "joined":
        second.unlink()
        write(log, first.stem, [*rows[1], *rows[0]])
    elif how == "split":
        write(log, first.stem, rows[0][:5])
        write(log, "rest", rows[0][5:])
    else:
        write(log, first.stem, list(reversed(rows[0])))
    assert (told(ws), tuple(capture.due(ws, log.protocol))) == ([], ())


@pytest.mark.of_the_log
def test_labels_that_are_gone_make_nothing_due_and_new_ones_beside_them_are_said(ws, log):
    captured(ws, log)
    files = sorted((log.folder / "outcomes").iterdir())
    for file in files[:10]:
        file.unlink()
    assert (told(ws), tuple(capture.due(ws, log.protocol))) == ([], ())
    # The second week would lose the labels that are gone, and the third has all of its own.
    write(log, "late", log.withheld)
    assert told(ws) == [("outcomes/late.parquet", "new", 1, True), ("outcomes/late.parquet", "gone", 1, True)]
    assert tuple(capture.due(ws, log.protocol)) == (WEEKS[2],)


@pytest.mark.of_the_log
def test_labels_whose_windows_are_provisional_make_nothing_due_before_their_lag_is_over(ws, log):
    document = Path(log.protocol)
    document.write_text(document.read_text().replace("lag: 2 days", "lag: 5000 days"))
    captured(ws, log)
    write(log, "late", log.withheld)
    assert (told(ws), tuple(capture.due(ws, log.protocol))) == ([], ())


@pytest.mark.of_the_log
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_label_files_that_were_read_once_are_listed_and_not_opened(ws, log):
    captured(ws, log)
    for file in (log.folder / "outcomes").iterdir():
        state = file.stat()
        file.write_bytes(b"x" * state.st_size)
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (told(ws), tuple(capture.due(ws, log.protocol))) == ([], ())
