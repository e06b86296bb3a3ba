"""Periods: how a time is named when an estimate is broken down by month, week, day or window.

The cases behind a figure: for each row of an estimate, the query that finds the cases which it is made of.

Every mark on every chart leads to them, so that nobody has to believe a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import prod

from remiss.catalog.query.expression import Level, Not, Operator, Query, Term, both
from remiss.catalog.query.fields import find, within
from remiss.records.event import Scalar
from remiss.records.identity import format_time, parse_time, utc
from remiss.records.window import Window, window_of
from remiss.understand.scope import CRITERION

WINDOW = "window"
PERIODS = frozenset({"month", "week", "day", WINDOW})
INSTANT = timedelta(microseconds=1)
# Whether a log begins within its first window is told by the windows after it: at least so many, of so many in all.
LEAST_AFTER, FIRST_WINDOWS = 2, 9
# The chance with which a full first window may be taken for one in which the log begins.
MISTAKEN = 0.02


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


def begun_within(first: Mapping[datetime, datetime], width: timedelta) -> Mapping[datetime, datetime]:
    """Return the first window of a log that begins within it, with the first event; nothing where it may have begun before.

    Of each window only sampled events are known. The first is called partial where nothing is known of more of its beginning
    than some times the most that this is in the windows after it (see `times_of`), and a twentieth of it more: so logs that rest
    at night are not taken for such. Of full windows with 10 to 500 sampled events, by day and night alike or only by day, less
    than 2 in a hundred are (`tests/simulation/test_partial.py`).

    Parameters
    ----------
    first : when the first known event of each of the first windows occurred
    """
    if len(first) <= LEAST_AFTER:
        return {}
    start, *after = sorted(first)
    usual = max(first[each] - each for each in after)
    return {start: first[start]} if first[start] - start > times_of(len(after)) * usual + width / 20 else {}


@lru_cache
def times_of(after: int) -> float:
    """Return how many times the longest of so many waits a wait of the same kind is longer with a chance of `MISTAKEN`.

    Waits for a first event are exponential where events come by chance: that one is longer than c times the longest of m others
    has the chance of the product of j / (c + j) over j from 1 to m.

    >>> [round(times_of(after), 1) for after in (2, 4, 8)]
    [8.5, 3.5, 2.1]
    """
    least, most = 1.0, 1 / MISTAKEN
    while most - least > 1e-6:
        times = (least + most) / 2
        chance = prod(each / (times + each) for each in range(1, after + 1))
        least, most = (times, most) if chance > MISTAKEN else (least, times)
    return most


def drilldown(query: Query, by: str | None, key: Scalar, width: timedelta) -> Query:
    """Return the query of the cases in one row of a breakdown.

    Parameters
    ----------
    query : what the estimate asked
    by : the field or period that it was broken down by; None without one
    key : the row's value of it
    width : of the protocol's windows, for `window`

    >>> from remiss.catalog.query.parsing import parse
    >>> from remiss.catalog.query.printing import unparse
    >>> unparse(drilldown(parse("criterion:slow"), "month", "2013-06", timedelta(weeks=1)))
    'criterion:slow occurred:>=2013-06-01T00:00:00Z occurred:<2013-07-01T00:00:00Z'
    >>> unparse(drilldown(parse(""), "context.airport", None, timedelta(weeks=1)))
    '-has:context.airport'
    """
    if by is None:
        return query
    if by in PERIODS:
        start, end = bounds(by, str(key), width)
        return both(query, within(start, end))
    known = find(by)
    level = Level.CRITERION if by == CRITERION else known.level if known else Level.EVENT
    if key is None:
        return both(query, Not(Term(by, Operator.PRESENT, None, level)))
    return both(query, Term(by, Operator.EQUAL, key, level))


def bounds(by: str, name: str, width: timedelta) -> tuple[datetime, datetime]:
    """Return the half-open interval of a period by its name (see `period_of`).

    >>> [end.isoformat() for end in bounds("week", "2013-06-03", timedelta(weeks=1))]
    ['2013-06-03T00:00:00+00:00', '2013-06-10T00:00:00+00:00']
    """
    if by == "month":
        first = date.fromisoformat(f"{name}-01")
        last = (first + timedelta(days=31)).replace(day=1)
        return _midnight(first), _midnight(last)
    start = parse_time(name)
    return start, start + {WINDOW: width, "week": timedelta(weeks=1), "day": timedelta(days=1)}[by]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
