"""The criteria of everything captured: how often each is met, and how that went over the last windows.

Asking takes a question for each criterion, and one more for its trend: a server asks once for what was captured (`ResultCache`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup

from remiss import capture
from remiss.catalog.query.expression import Level, Operator, Query, Term, both
from remiss.catalog.query.fields import having
from remiss.catalog.query.printing import unparse
from remiss.contract.table import permission_of
from remiss.errors import InputError
from remiss.faces.web import protocol_cache
from remiss.faces.web.confirmed_rates import estimating
from remiss.faces.web.rendering import address
from remiss.present import estimate_facts
from remiss.present.legible import spoken
from remiss.present.sampling import window_in_words
from remiss.present.sparkline import MOST_LINKED, Point, sparkline
from remiss.records.estimate import Estimate, EstimateRow
from remiss.records.identity import parse_time
from remiss.understand.periods import drilldown
from remiss.understand.question import Wording
from remiss.understand.rise import LatestWindow, latest_of

if TYPE_CHECKING:
    from remiss.protocol.terms import Criterion, Protocol
    from remiss.understand.actions import FactsOf
    from remiss.workspace import Workspace


# A year of weeks and some more; finer windows show their latest.
TREND = 60
# Protocol versions whose criteria stand on one page.
MOST_FRAMES = 12
# What is below these is below the fold.
MOST_NAMED = 3
# A criterion of this severity or a graver one warns on the first page.
WATCHED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often a criterion was met, as texts; `bounds` and `judged` are empty where all events could be judged."""

    value: str
    interval: str
    bounds: str
    judged: str
    remarks: str
    sampled: int
    covers: str = ""
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How that went, as a picture and in words; `linked` is whether its marks lead to the cases of their windows."""

    svg: Markup
    says: str
    linked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionLine:
    """One criterion: what it is, where its cases and its estimates are, its rate and its trend, or why there are none.

    `rate` and `trend` are of what machines flagged; `by_people` is where the figure of what people confirmed is.
    """

    name: str
    why: str
    severity: int
    cases: str
    estimate: str
    by_people: str
    rate: Rate | None = None
    trend: Trend | None = None
    latest: LatestWindow | None = None
    latest_cases: str = ""
    width: timedelta = timedelta(weeks=1)
    problem: str = ""

    @property
    def when(self) -> str:
        """Return the latest window in words."""
        return "" if self.latest is None else window_in_words(parse_time(str(self.latest.key)), self.width)

    @property
    def called(self) -> str:
        """Return the criterion's name in words."""
        return spoken(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaOf:
    """The criteria of one protocol version on one source; `problem` says why there are none."""

    source: str
    protocol: str
    lines: tuple[CriterionLine, ...] = ()
    problem: str = ""

    @property
    def left_out(self) -> int:
        """How many rows of the log are in none of the rates, since the protocol does not admit them."""
        return max((line.rate.left_out for line in self.lines if line.rate is not None), default=0)


def criteria(ws: Workspace, *, as_of: int) -> tuple[CriteriaOf, ...]:
    """Return the criteria of everything captured, what was captured last first."""
    ws.allow(permission_of("estimate"))
    return tuple(criteria_of(ws, line, as_of) for line in _last_first(ws, as_of)[:MOST_FRAMES])


def criteria_named(ws: Workspace, *, as_of: int) -> tuple[CriteriaOf, ...]:
    """Return the first of the same without figures: a page has their room before they are estimated."""
    return tuple(criteria_of(ws, line, as_of, named=True) for line in _last_first(ws, as_of)[:MOST_NAMED])


def _last_first(ws: Workspace, as_of: int) -> list[dict[str, Any]]:
    return sorted(capture.coverage(ws, as_of=as_of), key=lambda line: str(line["at"]), reverse=True)


def criteria_of(ws: Workspace, captured: dict[str, Any], as_of: int, *, named: bool = False) -> CriteriaOf:
    """Return the criteria of one line of the coverage; those that are just named have no figures yet."""
    source, label = str(captured["source"]), str(captured["protocol"])
    try:
        document = protocol_cache.protocol(ws, label)
    except InputError as error:
        return CriteriaOf(source=source, protocol=label, problem=error.what)
    if named:
        every = sorted((line_named(source, document, each) for each in document.criteria), key=lambda line: line.severity)
        return CriteriaOf(source=source, protocol=label, lines=tuple(every))
    ask = RatesAsked(ws=ws, source=source, label=label, as_of=as_of, facts_of=estimating().sharing())
    since = max(captured["since"], captured["until"] - TREND * document.sampling.window)
    lines = sorted((line_of(ask, document, each, since) for each in document.criteria), key=lambda line: line.severity)
    return CriteriaOf(source=source, protocol=label, lines=tuple(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesAsked:
    """Who asks for rates, and of what."""

    ws: Workspace
    source: str
    label: str
    as_of: int
    facts_of: FactsOf

    def rate(self, query: Query, by: str | None = None) -> Estimate:
        """Return the rate of a query."""
        wording = Wording(query=unparse(query), rate=True, of=None, by=by, variance=None)
        of = {"source": self.source, "protocol": self.label, "position": self.as_of, "facts_of": self.facts_of}
        return cast("Estimate", estimating().figure(self.ws, wording, **of))


def _queries(source: str, document: Protocol, criterion: Criterion) -> tuple[Query, Query]:
    """Return what asks for a criterion, in an estimate and among all cases."""
    query = having("criterion", criterion.name)
    return query, both(query, having("source", source), having("protocol", f"{document.name}@{document.version}"))


def line_named(source: str, document: Protocol, criterion: Criterion) -> CriterionLine:
    """Return what a protocol says of one criterion, and where its cases and its estimates are."""
    query, own = _queries(source, document, criterion)
    asked = {"query": unparse(query), "what": "rate"}
    of = {"source": source, "protocol": f"{document.name}@{document.version}"}
    return CriterionLine(
        name=criterion.name,
        why=criterion.why,
        severity=criterion.severity,
        cases=address("/cases", query=unparse(own), sort="severity"),
        estimate=address("/trends", **asked, by="window", **of),
        by_people=address("/trends", **asked, found="failure", **of),
    )


def line_of(ask: RatesAsked, document: Protocol, criterion: Criterion, since: datetime) -> CriterionLine:
    """Return one criterion with its rate and its trend; what cannot be estimated says why."""
    query, own = _queries(ask.source, document, criterion)
    line = line_named(ask.source, document, criterion)
    try:
        [row] = ask.rate(query).rows
        found = ask.rate(both(query, Term("occurred", Operator.AT_LEAST, since, Level.EVENT)), by="window")
    except InputError as error:
        return replace(line, problem=error.what)
    watched = sum(each.severity <= WATCHED for each in document.criteria)
    width = document.sampling.window
    latest = latest_of(found.rows, watched if criterion.severity <= WATCHED else 0)
    if latest is not None:
        window = address("/cases", query=unparse(drilldown(own, found.by, latest.key, width)), sort="severity")
        line = replace(line, latest=latest, latest_cases=window)
    return replace(line, rate=rate_of(row), trend=trend_of(found, own, width), width=width)


def rate_of(row: EstimateRow) -> Rate:
    """Return a rate as texts."""
    value, interval = estimate_facts.figure_of(row, rate=True)
    return Rate(
        value=value,
        interval=interval or ("" if value == estimate_facts.UNDEFINED else "exact" if row.exact else "interval unknown"),
        bounds=estimate_facts.possible(row),
        judged=estimate_facts.judged_share(row),
        remarks=estimate_facts.remarks(row),
        sampled=row.sampled,
        covers=estimate_facts.covers(row),
        left_out=row.left_out,
    )


def trend_of(found: Estimate, own: Query, width: timedelta) -> Trend | None:
    """Return a rate over windows as a trend; of one window there is none."""
    if len(found.rows) < 2:
        return None
    points = tuple(points_of(found, own, width))
    svg = Markup(sparkline(points))  # noqa: S704 - it escapes what it writes
    linked = sum(point.value is not None for point in points) <= MOST_LINKED
    return Trend(svg=svg, says=estimate_facts.trend_in_words(found), linked=linked)


def points_of(trend: Estimate, own: Query, width: timedelta) -> Iterator[Point]:
    """Give the marks of a trend, each with the cases of its window."""
    starts = [parse_time(str(row.key)) for row in trend.rows]
    for row, start in zip(trend.rows, starts, strict=True):
        value, interval = estimate_facts.figure_of(row, rate=True)
        says = f"{start:%Y-%m-%d}: {value}" if not interval else f"{start:%Y-%m-%d}: {value} ({interval})"
        yield Point(
            place=(start - starts[0]) // width,
            value=row.value,
            low=row.low,
            high=row.high,
            provisional=row.incomplete,
            href=address("/cases", query=unparse(drilldown(own, trend.by, row.key, width)), as_of=trend.position),
            says=", ".join(filter(None, (says, estimate_facts.remarks(row)))),
        )
