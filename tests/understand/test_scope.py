"""Scope: what is known of whole windows and cells without looking at their events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from remiss.catalog.query.parsing import parse
from remiss.records.window import Window
from remiss.understand.periods import period_of, period_within, periods_touched
from remiss.understand.scope import Facts, event_part, holds, without_time

WEEK = timedelta(weeks=1)
FACTS = Facts(
    window=Window(datetime(2013, 6, 3, tzinfo=UTC), WEEK),
    shared={"context.airport": "EWR", "context.gate": None, "context.terminal": 7, "context.covered": True},
    met=frozenset({"missed"}),
    constants={"source": ("predictions",), "model": ("arrival-delay",)},
)


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("criterion:missed", True),
        ("criterion:mis*", True),
        ("criterion:slow", False),
        ("has:criterion", True),
        ("context.airport:EWR", True),
        ("context.airport:E*", True),
        ("context.airport:JFK", False),
        ('context.gate:"A 1"', False),
        ("has:context.gate", False),
        ("has:context.airport", True),
        ("context.terminal:7", True),
        ("context.terminal:8", False),
        ("context.terminal:>6", None),
        ('context.terminal:"7"', None),
        ("context.covered:true", True),
        ("context.covered:1", None),
        ("inputs.carrier:UA", None),
        ("delayed", None),
        ("source:predictions model:arrival-delay", True),
        ("source:others", False),
        ("occurred:>=2013-06-03", True),
        ("occurred:>=2013-06-04", None),
        ("occurred:>=2013-06-10", False),
        ("occurred:<2013-06-10", True),
        ("occurred:<2013-06-03", False),
        ("occurred:2013-06-03..2013-06-09", True),
        ("occurred:2013-06-05", None),
        ("occurred:>2013-06-02", True),
        ("occurred:<=2013-06-09", True),
        ("occurred:>2013-06-12T00:00Z", False),
        ("occurred:<=2013-06-03T00:00Z", None),
        ("has:occurred", True),
        ("criterion:slow inputs.carrier:UA", False),
        ("criterion:missed inputs.carrier:UA", None),
        ("criterion:missed OR inputs.carrier:UA", True),
        ("criterion:slow OR inputs.carrier:UA", None),
        ("-criterion:slow", True),
        ("-inputs.carrier:UA", None),
        ("", True),
    ],
)
def test_a_query_is_true_false_or_unknown_of_a_cell(text, truth):
    assert holds(parse(text), FACTS) is truth


def test_of_a_window_alone_criteria_and_strata_are_unknown():
    window = Facts(window=FACTS.window)
    assert holds(parse("criterion:missed"), window) is None
    assert holds(parse("context.airport:EWR"), window) is None
    assert holds(parse("context.airport:EWR occurred:2014-01"), window) is False


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("criterion:slow occurred:2013-06", "criterion:slow"),
        ("occurred:2013-06", ""),
        ("criterion:slow", "criterion:slow"),
        ("criterion:slow OR occurred:2013-06", None),
        ("-occurred:2013-06 inputs.carrier:UA", "inputs.carrier:UA"),
    ],
)
def test_limits_in_time_are_taken_out_where_they_stand_beside_the_rest(text, rest):
    assert without_time(parse(text)) == (None if rest is None else parse(rest))


def test_a_phrase_belongs_to_events():
    assert event_part(parse('criterion:slow "de icing"')) == parse('"de icing"')


@pytest.mark.parametrize(
    ("by", "name"),
    [("month", "2013-06"), ("week", "2013-06-24"), ("day", "2013-06-30"), ("window", "2013-06-24T00:00:00Z")],
)
def test_periods_are_named_alike_everywhere(by, name):
    assert period_of(by, datetime(2013, 6, 30, 23, 59, tzinfo=UTC), WEEK) == name


def test_a_window_lies_in_a_period_or_reaches_into_two():
    last_of_july = Window(datetime(2013, 7, 29, tzinfo=UTC), WEEK)
    assert period_within("month", last_of_july) is None
    assert periods_touched("month", last_of_july) == {"2013-07", "2013-08"}
    assert period_within("week", last_of_july) == "2013-07-29"
    assert len(periods_touched("day", last_of_july)) == 7
