"""What a dry run says of each month: what happened in it, and what can be labelled in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from remiss.capture.expected import months_of
from remiss.capture.planning import WindowYield, plan
from remiss.records.window import Window
from tests.protocol.documents import changed, protocol_of


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "width", "pieces"),
    [
        ("2026-06-01", timedelta(weeks=1), [("2026-06", 7)]),
        ("2026-01-26", timedelta(weeks=1), [("2026-01", 6), ("2026-02", 1)]),
        ("2025-12-29", timedelta(weeks=1), [("2025-12", 3), ("2026-01", 4)]),
        ("2026-01-31", timedelta(days=1), [("2026-01", 1)]),
        ("2024-01-15", timedelta(weeks=8), [("2024-01", 17), ("2024-02", 29), ("2024-03", 10)]),
        ("9999-12-27", timedelta(days=1), [("9999-12", 1)]),
    ],
)
def test_a_window_is_taken_apart_where_a_month_begins(start, width, pieces):
    window = Window(moment(start), width)
    found = months_of(window)
    assert [(f"{since:%Y-%m}", (until - since).days) for since, until in found] == pieces
    assert (found[0][0], found[-1][1]) == (window.start, window.end)


def test_the_budget_of_a_month_is_that_of_the_days_that_the_windows_have_in_it():
    protocol = protocol_of(changed("budget: 150", "budget: 70"))
    first, second = moment("2026-01-26"), moment("2026-02-02")
    pieces = [
        WindowYield(since=first, until=moment("2026-02-01"), events=60, sampled=6, cases=3, left_out=1),
        WindowYield(since=moment("2026-02-01"), until=second, events=10, sampled=1, cases=1),
        WindowYield(since=second, until=moment("2026-02-09"), events=70, sampled=7, cases=4),
    ]
    found = plan(protocol, pieces, (), 1)
    assert found.lines() == [("2026-01", 60, 6, 3, 60), ("2026-02", 80, 8, 5, 80)]
    assert [month.left_out for month in found.months] == [1, 0]


def test_a_dry_run_says_how_many_rows_would_be_refused_and_why():
    found = plan(
        protocol_of(changed("budget: 150", "budget: 70")), (), (), 1, [(900, {"bad-time": 2, "unreadable-row": 300})] * 2
    )
    assert found.notes[0] == "604 of 1,800 rows would be refused: 600 unreadable-row, 4 bad-time"


def test_labels_that_would_be_refused_are_told_apart_from_rows():
    found = plan(protocol_of(changed("budget: 150", "budget: 70")), (), (), 1, [(900, {"unreadable-label": 3, "bad-id": 0})])
    assert found.notes[0] == "3 labels would be refused: 3 unreadable-label"
