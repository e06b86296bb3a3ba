"""The criteria of everything captured: how often each is met, and how that went over the last windows.

Asking takes a question for each criterion, and one more for its trend: a server asks once for what was captured (`ResultCache`).

What two people confirmed of each criterion, as it stands beside what machines flagged: with its interval, or what is missing.

A confirmed rate is of the windows that people have begun with, a flagged one of all: what tells the two apart is in the notes.
Asking reads every sampled event, where most flagged figures are sums of counts: a page has it loaded by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from markupsafe import Markup

from remiss import capture
from remiss.catalog.query.expression import Level, Operator, Query, Term, both
from remiss.catalog.query.fields import having
from remiss.catalog.query.printing import unparse
from remiss.contract.table import permission_of
from remiss.errors import InputError
from remiss.faces.web import protocol_cache
from remiss.faces.web.rendering import address
from remiss.present import estimate_facts
from remiss.present.legible import share
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedRate:
    """The confirmed rate of a criterion, as texts; without a value `missing` says why there is none yet.

    `marks` are `few`, `provisional` and `preliminary`; `flagged` is how many events machines flagged in the same windows, and
    `precision` the share of them that is confirmed.
    """

    value: str = ""
    interval: str = ""
    marks: str = ""
    flagged: str = ""
    precision: str = ""
    notes: tuple[str, ...] = ()
    missing: str = ""


def estimating() -> Any:
    """Return the module that estimates; numpy comes with it, which a server loads when it is first asked."""
    return import_module("remiss.understand.actions")


OfCriteria: TypeAlias = Mapping[str, ConfirmedRate]
Ask: TypeAlias = Callable[[str, bool], Estimate]


def confirmed(ws: Workspace, *, source: str, protocol: str, criteria: Sequence[str], as_of: int) -> OfCriteria:
    """Return what people confirmed of each criterion of a protocol version on one source."""
    ws.allow(permission_of("estimate"))
    facts_of = estimating().sharing()

    def ask(criterion: str, rate: bool) -> Estimate:
        query = unparse(having("criterion", criterion)) if criterion else ""
        wording = Wording(query=query, rate=rate, of=None, by=None if criterion else "criterion", variance=None)
        of = {"source": source, "protocol": protocol, "position": as_of, "facts_of": facts_of}
        return cast("Estimate", estimating().figure(ws, wording, confirmed=True, **of))

    try:
        rates, totals = ({str(row.key): row for row in ask("", rate).rows} for rate in (True, False))
    except InputError:
        # One that cannot be answered would take the others with it.
        return {name: _alone(name, ask) for name in criteria}
    return {name: of_rows(rates[name], totals[name]) for name in criteria}


def of_rows(rate: EstimateRow, total: EstimateRow) -> ConfirmedRate:
    """Return what was confirmed of a criterion, from its rate and its number."""
    # That the number came out above what was flagged is said of the number alone, and the reader of the rate wonders too.
    notes = tuple(note for note in dict.fromkeys((*rate.notes, *total.notes)) if not note.startswith("among "))
    value, interval = estimate_facts.figure_of(rate, rate=True)
    if value == estimate_facts.UNDEFINED:
        return ConfirmedRate(missing=notes[0] if notes else value)
    return ConfirmedRate(
        value=value,
        interval=interval or ("exact" if rate.exact else "interval unknown"),
        marks=estimate_facts.remarks(rate),
        flagged=estimate_facts.flagged_of(total),
        precision=estimate_facts.precision_of(total),
        notes=notes,
    )


def _alone(name: str, ask: Ask) -> ConfirmedRate:
    try:
        [rate], [total] = ask(name, True).rows, ask(name, False).rows
    except InputError as error:
        return ConfirmedRate(missing=error.what)
    return of_rows(rate, total)


# A year of weeks and some more; finer windows show their latest.
TREND = 60
# Protocol versions whose criteria stand on one page.
MOST_FRAMES = 12
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
        """Return the criterion's name in words: `no-weather` is No weather."""
        words = self.name.replace("-", " ").replace("_", " ")
        return words[:1].upper() + words[1:]


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
    captured = sorted(capture.coverage(ws, as_of=as_of), key=lambda line: str(line["at"]), reverse=True)
    return tuple(criteria_of(ws, line, as_of) for line in captured[:MOST_FRAMES])


def criteria_of(ws: Workspace, captured: dict[str, Any], as_of: int) -> CriteriaOf:
    """Return the criteria of one line of the coverage."""
    source, label = str(captured["source"]), str(captured["protocol"])
    try:
        document = protocol_cache.protocol(ws, label)
    except InputError as error:
        return CriteriaOf(source=source, protocol=label, problem=error.what)
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

    def href(self, query: Query, **also: str) -> str:
        """Return the address of the page that shows the same."""
        return address("/trends", query=unparse(query), what="rate", **also, source=self.source, protocol=self.label)


def line_of(ask: RatesAsked, document: Protocol, criterion: Criterion, since: datetime) -> CriterionLine:
    """Return one criterion with its rate and its trend; what cannot be estimated says why."""
    query = having("criterion", criterion.name)
    own = both(query, having("source", ask.source), having("protocol", document.name))
    line = CriterionLine(
        name=criterion.name,
        why=criterion.why,
        severity=criterion.severity,
        cases=address("/cases", query=unparse(own), sort="severity"),
        estimate=ask.href(query, by="window"),
        by_people=ask.href(query, found="failure"),
    )
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
    partly = row.judged is not None and row.judged < 1
    return Rate(
        value=value,
        interval=interval or ("" if value == estimate_facts.UNDEFINED else "exact" if row.exact else "interval unknown"),
        bounds=f"{share(row.bounds[0])} to {share(row.bounds[1])}" if partly and row.bounds is not None else "",
        judged=share(row.judged) if partly and row.judged is not None else "",
        remarks=estimate_facts.remarks(row),
        sampled=row.sampled,
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
            provisional=row.provisional,
            href=address("/cases", query=unparse(drilldown(own, trend.by, row.key, width)), as_of=trend.position),
            says=", ".join(filter(None, (says, estimate_facts.remarks(row)))),
        )
