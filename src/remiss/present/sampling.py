"""How a case was drawn, in plain sentences: the terminal and the pages say the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from remiss.present.legible import one_line, share
from remiss.records.comparison import Comparison
from remiss.records.event import NOT_KNOWN, Scalar
from remiss.records.run import ALL, CONTROL, UNDECIDED
from remiss.records.window import format_width

# How groups that are no criterion's are spoken of.
WORDS_OF = {
    CONTROL: "events that met no criterion",
    UNDECIDED: "events that could not be judged on every criterion",
    ALL: "events of every kind",
}


def drawn(found: Comparison) -> str:
    """Return how the event of a case was drawn, how likely that was, and how many it stands for.

    For example: Kept as one of 10 of 312 events that met missed-delay, with airport EWR, in the week of 3 June 2013: each had
    a chance of 3.2 %, so it stands for about 31.
    """
    if found.hidden is not None:
        return f"How it was sampled in {period(found)} is {found.hidden}."
    group = found.deciding
    if group is None or found.probability is None:
        return f"Read again in {period(found)} but not sampled: it counts in no estimate."
    of = f"{criterion_in_words(group.criterion)}{where(found) if group.criterion != ALL else ''} in {period(found)}"
    if group.kept == group.population:
        said = "The only one of the" if group.population == 1 else f"One of {group.population:,}"
        said += f" {of}, all of which were kept: it stands for itself alone."
    else:
        said = f"Kept as one of {group.kept:,} of {group.population:,} {of}: "
        said += f"each had a chance of {share(found.probability)}, so it stands for about {rounded(1 / found.probability)}."
    others = [criterion_in_words(name) for name in found.kept_in if name != group.criterion]
    return f"{said} It was also sampled from the {' and the '.join(others)}." if others else said


def criterion_in_words(criterion: str) -> str:
    """Return what a group is a sample of."""
    return WORDS_OF.get(criterion, f"events that met {one_line(criterion)}")


def where(found: Comparison) -> str:
    """Return the stratum as a clause between commas; nothing without strata."""
    said = [f"{plain_name(name)} {value_of(value)}" for name, value in found.stratum.items()]
    return f", with {listed(said)}," if said else ""


def period(found: Comparison) -> str:
    """Return the window of a comparison in words, for example `the week of 3 June 2013`."""
    return window_in_words(found.window, found.until - found.window)


def window_in_words(start: datetime, width: timedelta) -> str:
    """Return a window in words.

    >>> from datetime import UTC, datetime, timedelta
    >>> window_in_words(datetime(2013, 6, 3, tzinfo=UTC), timedelta(weeks=1))
    'the week of 3 June 2013'
    """
    day = day_in_words(start)
    if width == timedelta(weeks=1):
        return f"the week of {day}"
    if width == timedelta(days=1):
        return f"the day of {day}"
    return f"the {format_width(width)} from {day}" + (f" {start:%H:%M} UTC" if start.hour or start.minute else "")


def day_in_words(at: datetime) -> str:
    """Return the day of a time in UTC, for example `3 June 2013`."""
    return f"{at.day} {at:%B} {at.year}"


def plain_name(field: str) -> str:
    """Return a field's name without its family.

    >>> plain_name("context.airport")
    'airport'
    """
    return field.partition(".")[2] or field


def value_of(value: Scalar) -> str:
    """Return a value of a stratum in a sentence."""
    return NOT_KNOWN if value is None else one_line(str(value))


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), *words[-1:]])


def rounded(weight: float) -> str:
    """Return how many events one stands for, in the digits that a person would say."""
    return f"{weight:,.0f}" if weight >= 10 else f"{weight:.2g}"
