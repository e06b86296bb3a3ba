"""Spans of time as people write them in a protocol: `2 days`, `1 week`, `90 days`, `5 years`."""

from __future__ import annotations

import re
from datetime import timedelta

UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    # Retention is the only span counted in years, and no law counts leap days.
    "year": timedelta(days=365),
}


def parse_duration(text: str) -> timedelta:
    """Return the span that a number and a unit, or a bare unit, name; years have 365 days.

    Raises
    ------
    ValueError : another unit, or not of that form

    >>> parse_duration("90 days"), parse_duration("week")
    (datetime.timedelta(days=90), datetime.timedelta(days=7))
    """
    found = re.fullmatch(r"(?:([0-9]{1,5}) +)?(minute|hour|day|week|year)s?", text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a number of minutes, hours, days, weeks or years")
    return int(found[1] or 1) * UNITS[found[2]]
