"""Windows: tumbling intervals of event time, by integer arithmetic from one Monday.

Engines' own bucket functions differ in origin and in zone; here a window is a whole number of widths since
1970-01-05T00:00Z, so that every engine and every reader agrees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from remiss.records.identity import FIRST, LAST, from_micros, to_micros

ORIGIN = datetime(1970, 1, 5, tzinfo=UTC)
ORIGIN_MICROS = to_micros(ORIGIN)
DAY_MICROS = 24 * 60 * 60 * 1_000_000
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


def parse_width(text: str) -> timedelta:
    """Return the width that `"1 week"`, `"6 hours"`, `"30 minutes"` or a bare unit names.

    Raises
    ------
    ValueError : another unit, zero, or not of that form

    >>> parse_width("2 days")
    datetime.timedelta(days=2)
    """
    found = re.fullmatch(r"(?:(\d{1,6}) +)?(minute|hour|day|week)s?", text.strip())
    if not found or found[1] == "0" * len(found[1] or "x"):
        raise ValueError(f"{text!r} is not a number of minutes, hours, days or weeks")
    return int(found[1] or 1) * UNITS[found[2]]


def format_width(width: timedelta) -> str:
    """Return the largest whole unit that says `width`: the inverse of `parse_width`.

    >>> format_width(timedelta(days=14))
    '2 weeks'
    """
    for unit in ("week", "day", "hour", "minute"):
        count, rest = divmod(width, UNITS[unit])
        if count and not rest:
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    raise ValueError(f"{width} is not a whole number of minutes")


def parse_days(text: str) -> tuple[datetime, datetime]:
    """Return the first instant and the end of a day or a month, or of all from one to another, both with them, in UTC.

    Raises
    ------
    ValueError, OverflowError : not of that form, the last before the first, or the end of all years

    >>> [moment.isoformat()[:10] for moment in parse_days("2013-01..2013-02")]
    ['2013-01-01', '2013-03-01']
    """
    first, _, last = text.partition("..")
    (since, end), (_, until) = _day_or_month(first), _day_or_month(last if ".." in text else first)
    if until < end:
        raise ValueError(f"{text!r} ends before it begins")
    return since, until


def _day_or_month(text: str) -> tuple[datetime, datetime]:
    found = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", text, re.ASCII)
    if not found:
        raise ValueError(f"{text!r} is neither a day nor a month")
    year, month, day = int(found[1]), int(found[2]), int(found[3] or 1)
    since = datetime(year, month, day, tzinfo=UTC)
    return since, since + timedelta(days=1) if found[3] else datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """One half-open interval [start, start + width)."""

    start: datetime
    width: timedelta

    @property
    def end(self) -> datetime:
        return self.start + self.width


def window_index(moment: datetime, width: timedelta) -> int:
    """Return how many whole widths lie between the origin and `moment`; negative before it."""
    return (to_micros(moment) - ORIGIN_MICROS) // (width // timedelta(microseconds=1))


def window_at(index: int, width: timedelta) -> Window:
    """Return the window of that index."""
    return Window(from_micros(ORIGIN_MICROS + index * (width // timedelta(microseconds=1))), width)


def window_of(moment: datetime, width: timedelta) -> Window:
    """Return the window that holds `moment`."""
    return window_at(window_index(moment, width), width)


def windows_between(since: datetime, until: datetime, width: timedelta) -> tuple[Window, ...]:
    """Return the whole windows that tile [since, until).

    Raises
    ------
    ValueError : a bound that is not a window's bound, or since >= until
    """
    first, last = window_index(since, width), window_index(until, width)
    if window_at(first, width).start != since or window_at(last, width).start != until:
        raise ValueError("the interval cuts a window")
    if first >= last:
        raise ValueError("the interval is empty")
    return tuple(window_at(index, width) for index in range(first, last))


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A change of the clocks of a zone: local times from `since` until `until` come twice, or do not exist.

    `before` and `after` are the offsets from UTC on both sides of it; the bounds are local times, without a zone.
    """

    since: datetime
    until: datetime
    before: timedelta
    after: timedelta

    @property
    def twice(self) -> bool:
        """Whether these local times come twice, because the clocks were set back."""
        return self.after < self.before


@lru_cache(64)
def clock_changes(zone: str, first: int, last: int) -> tuple[ClockChange, ...]:
    """Return the changes of the clocks of a zone between two times in microseconds, and within a day of them, oldest first.

    >>> october, november = (to_micros(datetime(2013, month, 1, tzinfo=UTC)) for month in (10, 11))
    >>> [(each.since.day, each.since.hour, each.twice) for each in clock_changes("Europe/Berlin", october, november)]
    [(27, 2, True)]
    """
    where, found = ZoneInfo(zone), []

    def offset(day: int) -> timedelta:
        return from_micros(day).astimezone(where).utcoffset() or timedelta(0)

    start = max(first - DAY_MICROS, FIRST + 2 * DAY_MICROS)
    before = offset(start)
    for day in range(start, min(last + 2 * DAY_MICROS, LAST - 2 * DAY_MICROS), DAY_MICROS):
        low, high, after = day, day + DAY_MICROS, offset(day + DAY_MICROS)
        if after == before:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == before else (low, middle)
        utc_time = from_micros(high).replace(tzinfo=None)
        since, until = sorted((utc_time + before, utc_time + after))
        found.append(ClockChange(since, until, before, after))
        before = after
    return tuple(found)
