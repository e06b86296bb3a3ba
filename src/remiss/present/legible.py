"""Values as a person reads them: numbers rounded to what is known of them, times in UTC, texts that play no tricks.

The terminal, notebooks and pages say the same figure in the same digits, because all of them ask here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from remiss.records.identity import format_time, utc

# Between a number and its percent sign; Python counts it among what cannot be printed.
NARROW_SPACE = "\u202f"
# Where digits stop meaning anything to a person.
HUGE = 1e15
FINEST = 6
# Nor does it help to know of the end of an interval how much closer to none or all it is, unless its value is that close.
FINEST_END = 2


def counted(count: int, thing: str, things: str = "") -> str:
    """Return a count with its noun, for example `1 file` or `2,000 files`; of a noun that takes no s, with its plural."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {things or thing + 's'}"


def printable(text: str) -> str:
    """Return text without what would move a cursor, turn the direction of reading or hide: logged text may be hostile."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == NARROW_SPACE else repr(letter)[1:-1] for letter in text)


def one_line(text: str) -> str:
    r"""Return text on one line: what breaks lines is a space, whatever else is not printable is spelled.

    >>> one_line("missed\n connection\x00")
    'missed connection\\x00'
    """
    return printable(" ".join(text.split()))


def spoken(name: str) -> str:
    """Return a name of letters and hyphens in words.

    >>> spoken("no-weather")
    'No weather'
    """
    words = name.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def within(label: str) -> str:
    """Return what a field is called as it stands within a sentence.

    >>> within("Airport"), within("UV index"), within("context.Zone")
    ('airport', 'UV index', 'context.Zone')
    """
    return label if label[1:2].isupper() or label[1:2].isdigit() else label[:1].lower() + label[1:]


def without_namespace(mode: str) -> str:
    """Return a failure mode without its namespace, for where there is little room.

    >>> without_namespace("remiss:model/weak-slice")
    'model/weak-slice'
    """
    return mode.partition(":")[2] or mode


def cut(text: str, most: int = 40) -> str:
    """Return a text with so many letters at most; of a longer one the middle gives way, for names often differ at their ends.

    >>> cut("share_of_flights_of_kind_07", 16)
    'share_of_f…nd_07'
    """
    end = most // 3
    return text if len(text) <= most else f"{text[: most - end - 1]}…{text[-end:]}"


def printable_lines(text: str) -> str:
    """Return text of several lines without what would turn the direction of reading or hide; its line breaks stay."""
    return "\n".join(printable(line.replace("\t", "    ")) for line in text.splitlines())


def moment(at: datetime) -> str:
    """Return a time in UTC to the second.

    >>> from datetime import UTC
    >>> moment(datetime(2013, 6, 3, 6, 30, tzinfo=UTC))
    '2013-06-03 06:30:00 UTC'
    """
    return format_time(utc(at).replace(microsecond=0)).replace("T", " ").replace("Z", " UTC")


def when(moments: Sequence[object]) -> list[str]:
    """Return the times of a column in UTC, RFC 3339: dates alone where all are midnight, to the minute where none needs seconds.

    >>> from datetime import UTC
    >>> when([datetime(2013, 12, 30, tzinfo=UTC), None]), when([datetime(2013, 6, 3, 6, 30, tzinfo=UTC)])
    (['2013-12-30', ''], ['2013-06-03T06:30Z'])
    """
    times = [utc(each).replace(microsecond=0) if isinstance(each, datetime) else None for each in moments]
    told = {each: format_time(each) if each else "" for each in {*times}}
    for end, left in (("T00:00:00Z", ""), (":00Z", "Z")):
        if all(text.endswith(end) for text in told.values() if text):
            told = {each: text.replace(end, left) for each, text in told.items()}
            break
    return [told[each] for each in times]


def between(since: datetime, until: datetime) -> str:
    """Return an interval as two times.

    >>> from datetime import UTC
    >>> between(datetime(2013, 6, 3, tzinfo=UTC), datetime(2013, 6, 10, tzinfo=UTC))
    '2013-06-03 to 2013-06-10'
    """
    return " to ".join(when([since, until]))


def number(value: float) -> str:
    """Return a number of unknown precision: whole ones in full, others to four digits.

    >>> number(1234567), number(0.87349), number(12345.6), number(0.0)
    ('1,234,567', '0.8735', '12,346', '0')
    """
    if isinstance(value, int):
        return f"{value:,}"
    if not math.isfinite(value) or abs(value) >= HUGE:
        return f"{value:.3g}"
    if value == int(value):
        return f"{int(value):,}"
    text = _fixed(value, min(FINEST, max(0, 3 - _magnitude(value))))
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def share(value: float, digits: int = 2) -> str:
    """Return an exact fraction in percent, with so many digits of what sets it apart from none and all.

    >>> [share(value).replace(NARROW_SPACE, " ") for value in (0, 0.031415, 0.99974, 0.00012, 1)]
    ['0 %', '3.1 %', '99.974 %', '0.012 %', '100 %']
    >>> [share(value, digits=3).replace(NARROW_SPACE, " ") for value in (0.131985, 0.0036487)]
    ['13.2 %', '0.365 %']
    """
    percent = value * 100
    return _percent(percent, max(1, digits - 1 - _magnitude(_apart(percent))))


def figure(
    value: float,
    low: float | None = None,
    high: float | None = None,
    *,
    rate: bool = False,
    least: float | None = None,
    most: float | None = None,
) -> tuple[str, str]:
    """Return a value and its interval: both to two digits of the interval's width, since more would pretend.

    Parameters
    ----------
    value, low, high : a number of events, or a fraction for a rate; without an interval the second text is empty
    rate : whether these are fractions, to be said in percent
    least, most : numbers of events below or above which nothing is possible; rounding does not pass them

    >>> figure(10_345.2, 9_876.4, 11_012.9), figure(1_717)
    (('10,300', '9,900 to 11,000'), ('1,717', ''))
    >>> [text.replace(NARROW_SPACE, " ") for text in figure(0.1512, 0.1298, 0.1741, rate=True)]
    ['15.1 %', '13.0 to 17.4 %']
    >>> [text.replace(NARROW_SPACE, " ") for text in figure(0.07, 1e-9, 0.99999, rate=True)]
    ['7 %', '<0.01 to >99.99 %']
    """
    if low is None or high is None or low == high:
        return (share(value), "") if rate else (_total(value), "")
    width = (high - low) * 100 if rate else high - low
    decimals = 1 - _magnitude(width)
    if rate:
        told = _percent(value * 100, max(0, decimals))
        finest = max(FINEST_END, min(FINEST, decimals), len(told.partition(".")[2].partition(NARROW_SPACE)[0]))
        ends = [_percent(end * 100, max(0, decimals), finest).removesuffix(f"{NARROW_SPACE}%") for end in (low, high)]
        return told, f"{ends[0]} to {ends[1]}{NARROW_SPACE}%"
    decimals = min(0, decimals)
    told, *ends = (_within(number, decimals, least, most) for number in (value, low, high))
    return told, " to ".join(ends)


def _within(value: float, decimals: int, least: float | None, most: float | None) -> str:
    """Return a number with so many decimals that rounding takes neither below the least nor beyond the most possible."""
    shown = round(value, decimals)
    if most is not None and value <= most < shown:
        return _fixed(most, 0)
    if least is not None and shown < least <= value:
        return _fixed(least, 0)
    return _fixed(value, decimals)


def _total(value: float) -> str:
    """Return a number of events of which no interval is known: three digits, unless it is whole."""
    if value == int(value):
        return _fixed(value, 0)
    return _fixed(value, min(0, 2 - _magnitude(value)))


def _percent(percent: float, decimals: int, finest: int = FINEST) -> str:
    """Return a percentage with at most `finest` decimals; one that is neither 0 nor 100 never reads as either."""
    decimals = min(decimals, finest)
    apart = _apart(percent)
    if apart == 0:
        return f"{percent:.0f}{NARROW_SPACE}%"
    if round(apart, decimals) == 0:
        decimals = -_magnitude(apart)
    if decimals > finest:
        least = 10**-finest
        text = f"<{least:.{finest}f}" if percent < 50 else f">{100 - least:.{finest}f}"
    else:
        text = f"{percent:.{decimals}f}"
    return f"{text}{NARROW_SPACE}%"


def _apart(percent: float) -> float:
    return max(0.0, min(percent, 100 - percent))


def _fixed(value: float, decimals: int) -> str:
    """Return a number with so many decimals (negative ones round to tens); what is not zero never reads as zero."""
    if abs(value) >= HUGE:
        return f"{value:.3g}"
    shown = round(value, decimals)
    if shown == 0 and value != 0:
        decimals = -_magnitude(value)
        if decimals > FINEST:
            return f"{value:.1g}"
        shown = round(value, decimals)
    return f"{shown:,.{max(0, decimals)}f}"


def _magnitude(value: float) -> int:
    """Return the power of ten of a number's first digit; of zero, that of one."""
    return math.floor(math.log10(abs(value)) + 1e-9) if value else 0
