"""Which windows are due, and which are provisional.

A window is captured when it has ended; it is provisional while its labels may still change, and due again once they are
mature. `capture` without an interval does exactly what is due.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple, TypeAlias

from remiss.capture.captured import WindowInForce
from remiss.errors import IntervalError
from remiss.records.identity import FIRST, format_time
from remiss.records.published import Items, published
from remiss.records.run import RunWindow
from remiss.records.source_file import FileChange
from remiss.records.window import Window, window_at, window_index, windows_between

REFERENCE_WINDOWS = 8
LABELLED_SHARE_EXPECTED = 0.8
# Eleven years of hours. Every window is a row of the catalog, empty ones too, and all of a run are held in memory at once.
MOST_WINDOWS = 100_000
MICROSECOND = timedelta(microseconds=1)
# Labels are added up by the day, and in shorter windows by these.
LONGEST_PIECE = timedelta(days=1)
# A year of hours, two centuries of weeks: no outage is that long.
MOST_EMPTY = 10_000
# The least and greatest event time of each stretch, in microseconds, oldest first.
Stretches: TypeAlias = tuple[tuple[int, int], ...]


class Interval(NamedTuple):
    """A stretch of windows without a gap."""

    since: datetime
    until: datetime


@published("due")
@dataclass(frozen=True, slots=True)
class DueIntervals(Items[Interval]):
    """The intervals that are due, oldest first; `files` are the first 20 for which windows are due again, and of those gone."""

    items: tuple[Interval, ...]
    files: tuple[FileChange, ...] = ()


def labels_mature(window: Window, as_of: datetime, lag: timedelta | None) -> bool:
    """Return whether the window had ended at `as_of`, and every label of it that may still be used could be known."""
    return as_of >= window.end + (lag or timedelta(0))


def provisional(window: Window, share: float, before: Sequence[float], as_of: datetime, lag: timedelta | None) -> bool:
    """Return whether the labels of a window may still change.

    Parameters
    ----------
    share : labelled events over admitted events of this window
    before : the same of the captured windows before it, oldest first, however far apart; the last 8 count
    as_of : until when labels were read
    lag : how long labels may take; None where they are in the log itself
    """
    if not labels_mature(window, as_of, lag):
        return True
    reference = before[-REFERENCE_WINDOWS:]
    return bool(reference) and share < LABELLED_SHARE_EXPECTED * median(reference)


def mark_provisional(
    windows: Sequence[RunWindow], width: timedelta, in_force: Iterable[WindowInForce], as_of: datetime, lag: timedelta | None
) -> tuple[RunWindow, ...]:
    """Return the windows of a new run with their provisional flags; earlier windows in force are the reference."""
    new = {item.window: item for item in windows}
    known = {item.window.window: item.window for item in in_force} | new
    marked = []
    before: deque[float] = deque(maxlen=REFERENCE_WINDOWS)
    for start, item in sorted(known.items()):
        if start in new:
            flag = provisional(Window(start, width), _share(item), tuple(before), as_of, lag)
            marked.append(replace(item, provisional=flag))
        before.append(_share(item))
    return tuple(marked)


def _share(window: RunWindow) -> float:
    return window.labelled / window.population if window.population else 1.0


def piece_width(window: timedelta) -> timedelta:
    """Return how long a piece is of the labels of a log, of which each is told by how many there are and what they say."""
    return min(window, LONGEST_PIECE)


def joined(stretches: Iterable[tuple[int, int]], width: timedelta) -> Stretches:
    """Return what the stretches of several files make together, oldest first.

    A stretch ends where about 10,000 windows or more hold no row.

    >>> joined([(50, 60), (0, 10)], timedelta(microseconds=1)), joined([(0, 1), (20_000, 20_001)], timedelta(microseconds=1))
    (((0, 60),), ((0, 1), (20000, 20001)))
    """
    micros = width // MICROSECOND
    found: list[tuple[int, int]] = []
    for least, greatest in sorted(stretches):
        if found and (least - FIRST) // micros - (found[-1][1] - FIRST) // micros <= MOST_EMPTY:
            found[-1] = (found[-1][0], max(found[-1][1], greatest))
        else:
            found.append((least, greatest))
    return tuple(found)


def due_windows(
    spans: Sequence[tuple[datetime, datetime]],
    width: timedelta,
    in_force: Iterable[WindowInForce],
    as_of: datetime,
    lag: timedelta | None,
    *,
    again: Collection[datetime] = (),
    grace: timedelta = timedelta(0),
) -> tuple[Window, ...]:
    """Return the windows to capture now, oldest first.

    Parameters
    ----------
    spans : least and greatest event time of each stretch of the source (`time_ranges.py`), oldest first; none without events
    in_force : the windows captured so far
    as_of : now; windows that have not ended by then are left for later
    again : windows in force whose files are not what they were
    grace : how long after the end of a window its files may still come; until then no window is due for its events or its files
    """
    held = {item.window.window: item for item in in_force}
    found = []
    for least, greatest in spans:
        first, last = window_index(least, width), window_index(min(greatest, as_of), width)
        for index in range(first, last + 1):
            if _bound(index, width) is None:
                continue
            window = window_at(index, width)
            if window.end + grace <= as_of and window.start not in held:
                found.append(window)
    for start, item in held.items():
        window = Window(start, width)
        if due_again(item, width, as_of, lag) or (start in again and window.end + grace <= as_of):
            found.append(window)
    return tuple(sorted(found))


def due_again(item: WindowInForce, width: timedelta, as_of: datetime, lag: timedelta | None) -> bool:
    """Return whether a window in force is provisional and capturing it again now could settle its labels.

    One that stays provisional for want of labels is tried again only after another lag: labels need time to come.
    """
    window = Window(item.window.window, width)
    if not (item.window.provisional and labels_mature(window, as_of, lag)):
        return False
    return as_of >= item.as_of + (lag or timedelta(0)) or not labels_mature(window, item.as_of, lag)


def settles(window: datetime, width: timedelta, as_of: datetime, lag: timedelta | None) -> datetime:
    """Return from when on a provisional window that was captured as of then is due again (`due_again`)."""
    whole = Window(window, width)
    return as_of + (lag or timedelta(0)) if labels_mature(whole, as_of, lag) else whole.end + (lag or timedelta(0))


def spans(windows: Sequence[Window]) -> tuple[Interval, ...]:
    """Return the unbroken stretches that sorted windows make, none longer than one run may be."""
    found: list[Interval] = []
    for window in windows:
        if found and found[-1].until == window.start and window.end - found[-1].since <= MOST_WINDOWS * window.width:
            found[-1] = Interval(since=found[-1].since, until=window.end)
        else:
            found.append(Interval(since=window.start, until=window.end))
    return tuple(found)


def whole_windows(since: datetime, until: datetime, width: timedelta) -> tuple[Window, ...]:
    """Return the windows of an interval.

    Raises
    ------
    IntervalError : the interval is empty or has over 100,000 windows, or a bound cuts one; names the two nearest bounds
    """
    for name, bound in (("--since", since), ("--until", until)):
        try:
            index = window_index(bound, width)
        except ValueError as error:
            raise IntervalError(f"{name} {error}", do="give a time of the log") from error
        if _bound(index, width) != bound:
            nearest = [format_time(each) for each in (_bound(index, width), _bound(index + 1, width)) if each is not None]
            raise IntervalError(
                f"{name} {format_time(bound)} cuts a window",
                do=f"use {' or '.join(nearest)}, the nearest bounds of windows",
            )
    if since >= until:
        raise IntervalError(
            f"the interval from {format_time(since)} to {format_time(until)} is empty", do="give --until later than --since"
        )
    count = (until - since) // width
    if count > MOST_WINDOWS:
        raise IntervalError(
            f"the interval from {format_time(since)} to {format_time(until)} has {count:,} windows; "
            f"one run takes {MOST_WINDOWS:,}",
            do=f"capture in parts, the first --until {format_time(since + MOST_WINDOWS * width)}; or give no bounds: "
            "then the windows of the log's events are found",
        )
    return windows_between(since, until, width)


def _bound(index: int, width: timedelta) -> datetime | None:
    """Return where the window of that index starts, None outside the calendar."""
    try:
        return window_at(index, width).start
    except OverflowError:
        return None
