"""Periods: how a time is named when an estimate is broken down by month, week, day or window."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from remiss.records.identity import format_time, utc
from remiss.records.window import Window, window_of

WINDOW = "window"
PERIODS = frozenset({"month", "week", "day", WINDOW})
INSTANT = timedelta(microseconds=1)


def period_of(by: str, moment: datetime, width: timedelta) -> str:
    """Return the name of the period that holds a moment, in UTC: stores and estimates must call it alike.

    Parameters
    ----------
    by : `month` (2013-06), `week` (the day of its Monday), `day` (2013-06-03) or `window` (RFC 3339 of its start)
    moment : an aware time
    width : the width of the protocol's windows, for `window`

    Raises
    ------
    ValueError : no such period, or a naive time

    >>> from datetime import UTC
    >>> period_of("week", datetime(2013, 6, 5, 12, tzinfo=UTC), timedelta(weeks=1))
    '2013-06-03'
    """
    moment = utc(moment)
    match by:
        case "month":
            return moment.date().isoformat()[: len("2013-06")]
        case "week":
            return (moment.date() - timedelta(days=moment.weekday())).isoformat()
        case "day":
            return moment.date().isoformat()
        case "window":
            return format_time(window_of(moment, width).start)
    raise ValueError(f"{by} is not a period")


def period_within(by: str, window: Window) -> str | None:
    """Return the period that holds the whole window, or None when the window reaches into two.

    >>> from datetime import UTC
    >>> period_within("month", Window(datetime(2013, 6, 3, tzinfo=UTC), timedelta(weeks=1)))
    '2013-06'
    >>> period_within("month", Window(datetime(2013, 5, 27, tzinfo=UTC), timedelta(weeks=1))) is None
    True
    """
    first = period_of(by, window.start, window.width)
    return first if first == period_of(by, window.end - INSTANT, window.width) else None


# Every key of a breakdown by time asks it of every window.
@lru_cache(maxsize=8192)
def periods_touched(by: str, window: Window) -> frozenset[str]:
    """Return every period that shares an instant with the window."""
    found = set()
    moment = window.start
    while moment < window.end:
        found.add(period_of(by, moment, window.width))
        moment += timedelta(days=1)
    return frozenset({*found, period_of(by, window.end - INSTANT, window.width)})
