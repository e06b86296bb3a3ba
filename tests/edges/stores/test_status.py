"""What status takes: what it asks of the catalog does not grow with the runs and windows that are in force."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from remiss import capture
from remiss.edges.stores.tables import runs
from tests.edges.stores.listening import overheard
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log


@pytest.fixture
def log(tmp_path):
    """Three weeks of predictions, for windows of an hour."""
    return small_log(tmp_path / "log").write(PROTOCOL.replace("window: 1 week", "window: 1 hour"))


def captured(ws, log, first, last):
    return capture.capture(ws, log.protocol, since=MONDAY + first * WEEK / 7, until=MONDAY + last * WEEK / 7)


def asked(ws):
    """Return how many questions the catalog is asked for its status, and the status."""
    with overheard(ws) as heard:
        found = capture.status(ws)
    return len(heard), found


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_status_asks_as_little_of_many_runs_and_windows_as_of_few(ws, log):
    captured(ws, log, 0, 1)
    # The first look reads the files of the log and remembers that.
    asked(ws)
    few, [before] = asked(ws)
    for day in range(1, 4):
        captured(ws, log, day, day + 1)
    captured(ws, log, 4, 7)
    many, [after] = asked(ws)
    assert (before.windows, after.windows) == (24, 7 * 24)
    assert many == few


def test_status_tells_of_the_runs_that_are_seen_and_has_no_other_s_windows_captured_again(ws, ws_as, log):
    ours, theirs = captured(ws, log, 0, 1), captured(ws, log, 1, 3)
    with ws._store.engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(runs).where(runs.c.id == theirs.id).values(team_id="boarding"))
    [whole] = capture.status(ws)
    [seen] = capture.status(ws_as("ana", role="reader"))
    assert (seen.windows, seen.last) == (24, ours.manifest.until - WEEK / 7 / 24)
    assert seen.due == whole.due
