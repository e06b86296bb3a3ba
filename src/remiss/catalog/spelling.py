"""Spelling: how a plain value is written where the catalog keeps it as text, and compares it as such."""

from __future__ import annotations

from datetime import datetime

from remiss.records.event import Scalar
from remiss.records.identity import format_time


def to_text(value: Scalar) -> str | None:
    """Return the text of a value: truths as `true` and `false`, times as RFC 3339; None stays None.

    >>> to_text(True), to_text(3), to_text("late")
    ('true', '3', 'late')
    """
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            return format_time(value)
        case _:
            return str(value)
