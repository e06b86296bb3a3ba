"""The cases behind a figure: for each row of an estimate, the query that finds the cases which it is made of.

Every mark on every chart leads to them, so that nobody has to believe a number.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from remiss.catalog.query.expression import Level, Not, Operator, Query, Term, both
from remiss.catalog.query.fields import find
from remiss.records.event import Scalar
from remiss.records.identity import parse_time
from remiss.understand.periods import PERIODS, WINDOW
from remiss.understand.scope import CRITERION

OCCURRED = "occurred"


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
        after = Term(OCCURRED, Operator.AT_LEAST, start, Level.EVENT)
        return both(query, after, Term(OCCURRED, Operator.LESS, end, Level.EVENT))
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
