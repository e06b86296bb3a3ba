"""The ledger of alerts: looking window by window says what looking once says, and alarms that follow each other are one alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from remiss.records.alert import AlertRule, AlertState
from remiss.records.estimate import COUNTED, EstimateRow
from remiss.records.identity import format_time
from remiss.understand.alerts.looking import LogWindow, SeriesRules, log_looks, looks, usual_events
from remiss.understand.alerts.raised import QUIET, AlertAct, act_of, alerts_of, look_of, to_text, watched_series
from remiss.understand.variance import HISTORY
from tests.stories.logs import MONDAY, WEEK

DAY = timedelta(days=1)
NOW = MONDAY + 100 * WEEK
RULES = SeriesRules(
    id="series-1",
    source="s",
    protocol="p",
    version=1,
    criterion="slow",
    team="default",
    seed="2026",
    width=WEEK,
    level=2 / 52,
    above=0.3,
    judged=0.5,
)
RATES = st.lists(st.integers(0, 20).map(lambda of: of / 20), min_size=1, max_size=40)


def rows(rates, **marks):
    return [
        EstimateRow(key=format_time(MONDAY + at * WEEK), value=rate, method=COUNTED, among=200.0, judged=1.0, **marks)
        for at, rate in enumerate(rates)
    ]


@given(RATES, st.lists(st.integers(1, 40)))
def test_looking_window_by_window_says_what_looking_once_says(rates, seen):
    every = rows(rates)
    so_far = ()
    for end in [*sorted(seen), len(rates)]:
        so_far += looks(RULES, so_far, every[:end], NOW)
    assert so_far == looks(RULES, (), every, NOW)
    assert len(so_far) == len(rates)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=40), st.lists(st.integers(1, 40)), st.sampled_from([WEEK, DAY]))
def test_looking_at_a_log_window_by_window_says_what_looking_once_says(events, seen, width):
    of = replace(RULES, criterion="", width=width, above=0.3, judged=None)
    every = [LogWindow(start=MONDAY + at * width, events=count or None) for at, count in enumerate(events)]
    so_far = ()
    for end in [*sorted(seen), len(every)]:
        so_far += log_looks(of, so_far, every[:end], NOW)
    assert so_far == log_looks(of, (), every, NOW)


def test_a_day_is_compared_with_the_same_days_of_weeks_before_and_a_week_with_all():
    starts = [MONDAY + at * DAY for at in range(21)]
    events = [100, 100, 100, 100, 100, 30, 20] * 3
    assert usual_events(starts, events, DAY) == [None] * 7 + [float(each) for each in events[7:]]
    weeks = [MONDAY + at * WEEK for at in range(11)]
    assert usual_events(weeks, list(range(11)), WEEK) == [None, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4.5, 5.5]


def test_of_a_log_of_days_nothing_is_told_before_each_had_one_to_be_compared_with():
    of = replace(RULES, criterion="", width=DAY, level=1.0, above=None, judged=None)
    seen = log_looks(of, (), [LogWindow(start=MONDAY + at * DAY, events=100 - at) for at in range(17)], NOW)
    assert [watched_series(seen[: at + 1]).needs for at in range(17)] == [*range(14, 0, -1), 0, 0, 0]
    assert [each.evidence > 0 for each in seen] == [False] * 15 + [True] * 2


@given(RATES, RATES)
def test_what_is_captured_anew_alters_nothing_of_what_was_said(rates, others):
    before = looks(RULES, (), rows(rates), NOW)
    assert looks(RULES, before, rows(others[: len(rates)]), NOW) == ()


def test_no_window_is_looked_at_before_its_labels_are_in_nor_one_in_which_the_log_begins():
    calm = rows([0.05] * 6)
    calm[0], calm[4] = replace(calm[0], partial=True), replace(calm[4], provisional=True)
    assert [each.start for each in looks(RULES, (), calm, NOW)] == [MONDAY + at * WEEK for at in (1, 2, 3)]


def test_what_was_found_is_kept_as_it_was():
    for look in looks(RULES, (), rows([0.05] * 30 + [0.4] * 4), NOW):
        assert look_of(to_text(look)) == look
    act = AlertAct(person="ana", at=NOW, note="é", until=NOW + WEEK)
    assert act_of(to_text(act)) == act


def test_alarms_that_follow_each_other_are_one_alert_and_it_is_over_when_windows_are_quiet():
    above, calm = [0.5, 0.05, 0.5], [0.05] * QUIET
    found = looks(replace(RULES, level=None), (), rows([*above, *calm[1:], *above]), NOW)
    [one] = alerts_of(found, {}, NOW)
    assert (one.rule, one.alarms, one.windows, one.state) == (AlertRule.LEVEL, 4, 9, AlertState.OPEN)
    found = looks(replace(RULES, level=None), (), rows([*above, *calm, *above, *calm]), NOW)
    first, second = alerts_of(found, {}, NOW)
    assert (first.alarms, second.alarms) == (2, 2)
    assert {first.state, second.state} == {AlertState.OVER}
    assert first.id != second.id


def test_an_alert_stays_the_same_while_windows_are_added():
    every = looks(RULES, (), rows([0.05] * 20 + [0.4] * 6), NOW)
    ids = [[each.id for each in alerts_of(every[:end], {}, NOW)] for end in range(len(every) + 1)]
    for before, after in pairwise(ids):
        assert set(before) <= set(after)


def test_what_was_put_off_waits_again_when_its_time_has_come():
    every = looks(replace(RULES, level=None), (), rows([0.5]), NOW)
    [alert] = alerts_of(every, {}, NOW)
    acts = {alert.id: [AlertAct(person="ana", at=NOW, note=None, until=NOW + WEEK)]}
    [then] = alerts_of(every, acts, NOW + timedelta(days=6))
    [later] = alerts_of(every, acts, NOW + timedelta(days=8))
    assert (then.state, later.state) == (AlertState.SNOOZED, AlertState.OPEN)


def test_too_few_judged_events_are_told_of_whatever_the_rate_is():
    every = [replace(each, judged=0.4) for each in rows([0.05])]
    [alert] = alerts_of(looks(RULES, (), every, NOW), {}, NOW)
    assert (alert.rule, alert.judged) == (AlertRule.JUDGED, 0.4)


def test_a_series_says_how_many_windows_it_needs():
    found = looks(RULES, (), rows([0.05] * 3), NOW)
    assert watched_series(found).needs == HISTORY - 3
    assert watched_series(found).evidence == 0
    assert watched_series(looks(replace(RULES, level=None), (), rows([0.05]), NOW)).evidence is None
