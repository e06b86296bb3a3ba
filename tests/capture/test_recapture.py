"""What a recapture says of the sample that was in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from remiss.capture.captured import KnownEvent
from remiss.capture.planning import compare
from remiss.records.event import Event
from remiss.records.run import Member

MONDAY = datetime(2013, 6, 3, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def known(event: str, *, label: str | None = "late", met: tuple[str, ...] = ("missed",)) -> KnownEvent:
    return KnownEvent(event=event, window=MONDAY, at=MONDAY, output="on-time", label=label, met=met, undecided=())


def member(event: str, *, label: str | None = "late", met: tuple[str, ...] = ("missed",)) -> Member:
    return Member(
        event=Event(id=event, at=MONDAY, model="m", output="on-time", label=label),
        priority="0" * 13,
        window=MONDAY,
        stratum={},
        groups=("missed",),
        probability=1.0,
        met=met,
        undecided=(),
    )


def kinds(*arguments) -> dict[str, str]:
    return {change.event: change.kind for change in compare(*arguments, WEEK)}


def test_a_first_capture_changes_nothing():
    assert compare([], [member("a")], set(), WEEK) == ()


def test_an_event_that_the_source_lost_is_gone_and_one_that_is_no_longer_drawn_is_dropped():
    assert kinds([known("a"), known("b"), known("c")], [member("c"), member("d")], {("b", MONDAY), ("c", MONDAY)}) == {
        "a": "gone",
        "b": "dropped",
        "d": "added",
    }


def test_a_late_label_is_a_change_and_says_which():
    [change] = compare([known("a", label=None, met=())], [member("a")], {("a", MONDAY)}, WEEK)
    assert (change.kind, change.detail) == ("changed", "label: none -> late; met: none -> missed")


def test_the_same_again_is_no_change():
    assert compare([known("a")], [member("a")], {("a", MONDAY)}, WEEK) == ()
