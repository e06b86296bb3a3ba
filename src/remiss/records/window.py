"""Windows: tumbling intervals of event time, by integer arithmetic from one Monday.

Engines' own bucket functions differ in origin and in zone; here a window is a whole number of widths since
1970-01-05T00:00Z, so that every engine and every reader agrees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from remiss.records.identity import from_micros, to_micros

ORIGIN = datetime(1970, 1, 5, tzinfo=UTC)
ORIGIN_MICROS = to_micros(ORIGIN)
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
