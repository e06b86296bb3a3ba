"""Alerts of the log itself: windows that were not captured, rows that were refused, fewer events than is usual."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import remiss
from remiss.catalog.actions import search
from remiss.protocol import actions as protocols
from remiss.records.alert import AlertRule, AlertState
from remiss.understand.alert_check_actions import check_alerts
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log
from tests.stories.test_alerts import capture_until

WEEKS = 14


def rules(said):
    return PROTOCOL + f"alerts: {{watch: [], {said}}}\n"


def thinner(folder, said, kept=3):
    """Return a log of which from the 13th week on only every so manieth event is left; None leaves none."""
    log = small_log(folder, weeks=WEEKS, a_week=200)
    log.predictions = [
        row for at, row in enumerate(log.predictions) if at < (WEEKS - 2) * 200 or (kept is not None and at % kept == 0)
    ]
    return log.write(rules(said))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_window_that_was_due_and_was_not_captured_is_told_of_until_it_is(ws, tmp_path):
    log = small_log(tmp_path / "log", weeks=4, a_week=50).write(rules("missed: 4000 weeks"))
    capture_until(ws, log, 1)
    capture_until(ws, log, 4, since=3)
    assert check_alerts(ws).alerts == ()
    log.write(rules("missed: 1 day").replace("version: 1", "version: 2"))
    capture_until(ws, log, 5, since=4)
    # The log is of 2013: every week since is missed.
    [alert] = check_alerts(ws).alerts
    assert (alert.rule, alert.criterion, alert.state) == (AlertRule.MISSED, "", AlertState.OPEN)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_windows_between_that_nobody_captured_are_one_alert_which_is_over_when_they_are(ws, tmp_path):
    # Long enough for all windows after the sixth not to be missed yet.
    patience = (datetime.now(UTC) - (MONDAY + 6 * WEEK)).days
    log = small_log(tmp_path / "log", weeks=6, a_week=50).write(rules(f"missed: {patience} days"))
    capture_until(ws, log, 2)
    capture_until(ws, log, 6, since=4)
    found = check_alerts(ws)
    [alert] = found.alerts
    assert (alert.rule, alert.alarms, alert.since, alert.until) == (
        AlertRule.MISSED,
        2,
        MONDAY + 2 * WEEK,
        MONDAY + 4 * WEEK,
    )
    assert found.raised == (alert.id,)
    assert found.watched[0].windows == 4
    capture_until(ws, log, 4, since=2)
    [alert] = check_alerts(ws).alerts
    assert alert.state is AlertState.OVER


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_rows_that_were_refused_are_told_of_above_the_share_that_the_protocol_says(ws, tmp_path):
    log = small_log(tmp_path / "log", weeks=3, a_week=100)
    for at, row in enumerate(log.predictions):
        if at >= 200 and at % 10 == 0:
            row["predicted"] = None
    log.write(rules("refused: 0.05"))
    capture_until(ws, log, 2)
    assert check_alerts(ws).alerts == ()
    capture_until(ws, log, 3, since=2)
    [alert] = check_alerts(ws).alerts
    assert (alert.rule, alert.rate, alert.usual, alert.events) == (AlertRule.REFUSED, 0.1, 0.0, 90)
    assert alert.since == MONDAY + 2 * WEEK


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_fewer_events_than_is_usual_are_told_of_within_the_budget(ws, tmp_path):
    log = thinner(tmp_path / "log", "volume: true, budget: 12")
    capture_until(ws, log, WEEKS)
    found = check_alerts(ws)
    [alert] = found.alerts
    assert (alert.rule, alert.usual_events) == (AlertRule.VOLUME, 200)
    assert alert.since >= MONDAY + (WEEKS - 2) * WEEK
    assert search(ws, alert.query).total > 0
    [watched] = found.watched
    assert (watched.criterion, watched.events, watched.needs) == ("", 67, 0)
    assert watched.threshold is not None


def test_a_window_without_any_event_is_told_of_at_once(ws, tmp_path):
    log = thinner(tmp_path / "log", "volume: true, budget: 0.1", kept=None)
    capture_until(ws, log, WEEKS - 1)
    [alert] = check_alerts(ws).alerts
    assert (alert.rule, alert.events) == (AlertRule.VOLUME, 0)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_looking_at_a_log_window_by_window_says_what_looking_once_says(ws, tmp_path, environment):
    log = thinner(tmp_path / "log", "volume: true, budget: 12")
    capture_until(ws, log, 9)
    for weeks in range(9, WEEKS):
        check_alerts(ws)
        capture_until(ws, log, weeks + 1, since=weeks)
    with remiss.open(str(tmp_path / "other.db"), environment=environment, create=True) as other:
        capture_until(other, log, WEEKS)
        now, then = ([(each.id, each.alarms, each.until) for each in check_alerts(one).alerts] for one in (ws, other))
    assert now == then
    assert len(now) == 1


@pytest.mark.parametrize("said", ["refused: 1.5", "missed: soon", "volume: 3"])
def test_a_rule_of_data_that_means_nothing_is_refused(ws, tmp_path, said):
    log = small_log(tmp_path / "log", weeks=1, a_week=10).write(rules(said))
    assert [each.level for each in protocols.check(ws, log.protocol) if "alerts" in each.what] == ["error"]
