"""A rate that rises raises one alert, which people take in hand or put off: through the library, by commands and over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import remiss
from remiss.capture.actions import capture
from remiss.catalog.actions import search
from remiss.codec import from_json, to_json
from remiss.errors import Conflict, Denied, InputError, NotFound
from remiss.records.alert import AlertReport, AlertRule, AlertState
from remiss.understand.actions import estimate
from remiss.understand.alert_actions import acknowledge_alert, list_alerts, snooze_alert
from remiss.understand.alert_check_actions import check_alerts
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, number, small_log

WEEKS, ROSE = 28, 20
WATCHED = PROTOCOL + "alerts: {watch: [slow]}\n"


def slower(folder, protocol=WATCHED):
    """Return a log in which one prediction in 25 is slow, and from the 21st week on one in seven."""
    log = small_log(folder, weeks=WEEKS, a_week=200)
    for at, row in enumerate(log.predictions):
        if at >= ROSE * 200 and number("slower", at) < 100:
            row["latency_ms"] = 300.0
    return log.write(protocol)


def capture_until(ws, log, weeks, since=0):
    return capture(ws, log.protocol, since=MONDAY + since * WEEK, until=MONDAY + weeks * WEEK).id


@pytest.fixture
def log(tmp_path):
    return slower(tmp_path / "log")


@pytest.fixture
def risen(ws, log, once):
    """A catalog of 23 weeks of that log: three of them are slower."""
    once(ws, "23_weeks_slower", lambda: capture_until(ws, log, ROSE + 3))
    return ws


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_rate_that_rises_raises_one_alert_with_the_cases_behind_it(risen):
    assert list_alerts(risen).alerts == ()
    found = check_alerts(risen)
    [alert] = found.alerts
    assert (alert.rule, alert.state, alert.criterion) == (AlertRule.RISE, AlertState.OPEN, "slow")
    assert MONDAY + ROSE * WEEK <= alert.since < MONDAY + (ROSE + 3) * WEEK
    assert found.entered == ROSE + 3
    assert found.raised == (alert.id,)
    assert alert.usual < 0.06
    assert alert.rate > 0.1
    [row] = estimate(risen, "criterion:slow", rate=True, by="window").rows[ROSE : ROSE + 1]
    assert row.value > alert.usual
    [watched] = found.watched
    assert (watched.windows, watched.needs, watched.until) == (ROSE + 3, 0, MONDAY + (ROSE + 3) * WEEK)
    assert watched.threshold == pytest.approx(1 / (2 * WEEK / timedelta(days=365.25)))
    assert search(risen, alert.query).total > 0
    assert list_alerts(risen).alerts == found.alerts


def test_a_window_is_looked_at_once_however_often_one_looks(risen, log):
    before = check_alerts(risen)
    again = check_alerts(risen)
    assert (again.entered, again.raised) == (0, ())
    assert [each.id for each in again.alerts] == [each.id for each in before.alerts]
    # What is captured anew alters nothing of what was said, and repeats are one alert.
    for row in log.predictions:
        row["latency_ms"] = 10.0
    log.write(WATCHED)
    capture_until(risen, log, ROSE + 4)
    later = check_alerts(risen)
    assert later.entered == 1
    assert later.watched[0].rate == 0
    assert [(each.id, each.rate) for each in later.alerts] == [(each.id, each.rate) for each in before.alerts]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_looking_after_each_window_raises_what_looking_once_raises(ws, log, tmp_path, environment):
    capture_until(ws, log, ROSE)
    for weeks in range(ROSE, WEEKS, 2):
        check_alerts(ws)
        capture_until(ws, log, weeks + 2, since=weeks)
    with remiss.open(str(tmp_path / "other.db"), environment=environment, create=True) as other:
        capture_until(other, log, WEEKS)
        now, then = (tuple((each.id, each.alarms, each.until) for each in check_alerts(one).alerts) for one in (ws, other))
    assert now == then
    assert len(now) == 1


def test_who_takes_an_alert_in_hand_says_so_and_may_put_it_off(risen):
    [alert] = check_alerts(risen).alerts
    before = list_alerts(risen).position
    taken = acknowledge_alert(risen, alert.id, note="ask ana@example.com, the cache was cold")
    assert taken.state is AlertState.ACKNOWLEDGED
    assert taken.person
    assert "ana@example.com" not in taken.note
    assert "the cache was cold" in taken.note
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    put_off = snooze_alert(risen, alert.id, until=later)
    assert (put_off.state, put_off.snoozed_until) == (AlertState.SNOOZED, later)
    assert [each.state for each in list_alerts(risen).alerts] == [AlertState.SNOOZED]
    assert list_alerts(risen, state=AlertState.OPEN).alerts == ()
    assert [each.state for each in list_alerts(risen, as_of=before).alerts] == [AlertState.OPEN]
    with pytest.raises(InputError, match="that time has passed"):
        snooze_alert(risen, alert.id, until=later - timedelta(days=9))
    with pytest.raises(NotFound):
        acknowledge_alert(risen, "alert-nothing-here")


def test_who_only_reads_raises_nothing_and_of_another_team_sees_nothing(risen, ws_as):
    check_alerts(risen)
    [alert] = list_alerts(ws_as("rea", role="reader")).alerts
    with pytest.raises(Denied):
        check_alerts(ws_as("rea", role="reader"))
    with pytest.raises(Denied):
        acknowledge_alert(ws_as("ann", role="annotator"), alert.id)
    far = ws_as("far", role="curator", team="other")
    assert list_alerts(far).alerts == list_alerts(far).watched == ()
    with pytest.raises(NotFound) as absent:
        acknowledge_alert(far, "alert-nothing-here")
    with pytest.raises(NotFound) as forbidden:
        acknowledge_alert(far, alert.id)
    assert str(forbidden.value).replace(alert.id, "alert-nothing-here") == str(absent.value)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_level_and_a_share_of_judged_events_are_told_of_in_any_case(ws, tmp_path):
    rules = PROTOCOL + "alerts: {watch: [], levels: {slow: 0.08}, judged: 0.99}\n"
    log = slower(tmp_path / "log", rules)
    capture_until(ws, log, ROSE + 6)
    found = check_alerts(ws)
    assert {each.rule for each in found.alerts} == {AlertRule.LEVEL}
    assert found.alerts[0].since >= MONDAY + ROSE * WEEK
    assert [each.evidence for each in found.watched] == [None]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_alert_that_no_window_raises_any_more_is_over(ws, tmp_path):
    log = slower(tmp_path / "log")
    for at, row in enumerate(log.predictions):
        if at >= (ROSE + 2) * 200:
            row["latency_ms"] = 10.0
    log.write(WATCHED)
    capture_until(ws, log, WEEKS)
    [alert] = check_alerts(ws).alerts
    assert alert.state is AlertState.OVER
    with pytest.raises(Conflict, match="the alert is over"):
        acknowledge_alert(ws, alert.id)


def test_an_answer_is_the_same_after_it_was_json(risen):
    found = check_alerts(risen)
    assert from_json(AlertReport, to_json(found)) == found
