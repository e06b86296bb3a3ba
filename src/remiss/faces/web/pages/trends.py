"""Trends: one sentence to repeat, a chart and a table, each figure leading to the cases behind it, and the question in chips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from remiss import capture, understand
from remiss.catalog.query.expression import both, criteria
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import FigureRefused, InputError, NotFound
from remiss.faces.serving import Cached, Ws, status_of
from remiss.faces.spreadsheet import sheet_of
from remiss.faces.web import protocol_cache
from remiss.faces.web.rendering import address, render, shell
from remiss.faces.web.trend_question import CRITERION, CSV, PAGE, PERIODS, Chip, TrendQuestion, chips_of
from remiss.faces.web.vega_lite import specification
from remiss.present import chart_words, estimate_facts
from remiss.present.chart import Drawing, chart
from remiss.present.chart_marks import mark_of
from remiss.present.chart_scale import ordered, over_time
from remiss.present.legible import share
from remiss.records.catalog import reached
from remiss.records.estimate import (
    CONFIRMED,
    MOST_OF_SAMPLE,
    OF_PROCESS,
    OF_SAMPLE,
    PROCESS,
    SOME_OF_SAMPLE,
    Estimate,
    EstimateRow,
)
from remiss.records.rows import as_csv
from remiss.understand.periods import drilldown

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol

router = APIRouter()
VARYING = "Intervals include week-to-week variation, so rows can be compared."
SOME_VARYING = f"{VARYING} Rows marked as of this log only have too little history for it."
TOO_SHORT = "Intervals are for this log only: most rows have too little history to compare them."
THIS_LOG = "Intervals are for this log only, so they do not say how rows compare in other weeks."
# What the page says in its own words, with a link to the other kind of interval.
INTERVALS = {OF_SAMPLE: "", OF_PROCESS: VARYING, SOME_OF_SAMPLE: SOME_VARYING, MOST_OF_SAMPLE: TOO_SHORT}
# Where the cases stand that a confirmed figure is made of; a wrong label is one of the reasons to reject.
BEHIND_VERDICT = {"failure": "status:verified OR status:resolved OR status:regressed", "wrong-label": "status:rejected"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateLine:
    """One row of the table: its name, its texts, and the cases behind it."""

    key: str
    href: str
    value: str
    interval: str
    sampled: int
    judged: str
    bounds: str
    remarks: str
    flagged: str
    precision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The figures of one question."""

    found: Estimate
    heading: str
    sentence: str
    first: str
    lines: tuple[EstimateLine, ...]
    notes: tuple[str, ...]
    details: tuple[str, ...]
    judged: bool
    intervals: str
    varies: bool
    remarks: bool
    chart: Drawing | None
    svg: Markup
    legend: Markup
    categories: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyQuestion:
    """A question that is asked often, as a link."""

    words: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendsPage:
    """trends/page.html: the question in chips and as a form, its answer or what is wrong with it, and ready questions."""

    template: ClassVar[str] = "trends/page.html"
    asked: TrendQuestion
    question: TrendQuestion
    chips: tuple[Chip, ...]
    fields: tuple[str, ...]
    ready: tuple[ReadyQuestion, ...]
    result: Result | None
    problem: InputError | None
    empty: bool


# Called like the action, so that a former name in a bookmark is told as it is over HTTP.
@router.get(PAGE, operation_id="estimate")
def trends(ws: Ws, answers: Cached, asked: Annotated[TrendQuestion, Query()]) -> Response:
    """Show the question, and the answer to it; without a question, how often each rule fires."""
    question = asked
    if asked == TrendQuestion():
        # An answer to begin with; the form stays open for a question of one's own.
        asked, question = TrendQuestion(what="rate"), TrendQuestion(what="rate", by=CRITERION)
    head = ws.position()
    earlier = reached(asked.as_of, head)
    position = head if earlier is None else earlier
    protocols = protocol_cache.newest(ws)
    captured = tuple(answers.ask(ws, capture.coverage, position))
    if captured and not (question.source or question.protocol) and len({(each["source"], _name(each)) for each in captured}) > 1:
        last = max(captured, key=lambda each: str(each["at"]))
        question = question.model_copy(update={"source": last["source"], "protocol": _name(last)})
    result, empty, of = None, False, protocols[:1]
    problem: InputError | None = None
    try:
        found = answers.ask(ws, understand.estimate, position, **question.arguments())
        if question.format:
            return exported(found, question)
        # With its keys written out, so that what is linked to means the same.
        question = question.model_copy(update={"query": found.query, "by": found.by or question.by})
        of = (protocol_cache.protocol(ws, found.protocol),)
        sentence = sentence_of(
            found, lambda: answers.ask(ws, understand.estimate, position, **question.arguments() | {"by": None})
        )
        result = result_of(found, of[0].sampling.window, sentence, by_name=question.order == "name")
        if len(captured) > 1:
            question = question.model_copy(update={"source": found.source, "protocol": found.protocol})
    except NotFound as error:
        empty = not asked.protocol and not asked.source
        problem = None if empty else error
    except InputError as error:
        problem = error
    page = TrendsPage(
        asked=asked,
        question=question,
        chips=chips_of(
            question,
            rules=[each.name for one in of for each in one.criteria],
            fields=fields_of(of),
            grounds=[(str(each["protocol"]), str(each["source"])) for each in captured],
            judged=result is not None and chart_words.judged(result.found),
        ),
        fields=fields_of(protocols),
        ready=ready_of(protocols),
        result=result,
        problem=problem,
        empty=empty,
    )
    twin = () if result is None else ((question.twin(), "Estimate"),)
    status = 200 if problem is None or isinstance(problem, FigureRefused) else status_of(problem)
    return render(page, shell(ws, "Trends", "trends", *twin, position=position), status=status)


@router.get("/estimates")
def estimates(request: Request) -> Response:
    """Lead to where the page is now, with the same question."""
    return RedirectResponse(f"{PAGE}?{request.url.query}" if request.url.query else PAGE, 308)


def sentence_of(found: Estimate, total: Callable[[], Estimate]) -> str:
    """Return what somebody can repeat: of the whole where there is one figure for it, else of the rule that is met most often.

    Parameters
    ----------
    total : asks for the figure that is not broken down
    """
    named = criteria(parse(found.query))
    if found.by is None:
        return chart_words.headline_of(found)
    if found.rate and not named:
        rows = ordered(found)
        most = rows[0] if rows else None
        alone = replace(found, rows=(most,), by=None, query=unparse(parse(f'criterion:"{most.key}"'))) if most else None
        return chart_words.headline_of(alone) if alone else ""
    try:
        return chart_words.headline_of(total())
    except InputError:
        return ""


def _name(line: dict[str, Any]) -> str:
    return str(line["protocol"]).rpartition("@")[0]


def exported(found: Estimate, asked: TrendQuestion) -> Response:
    """Return the figures as a file: CSV, or a chart for other tools."""
    rows = ordered(found, by_name=asked.order == "name")
    if asked.format == CSV:
        content = as_csv(*sheet_of(replace(found, rows=rows), {}, Estimate)).encode("utf-8", "backslashreplace")
        named = {"content-disposition": 'attachment; filename="estimate.csv"'}
        return Response(content, media_type="text/csv", headers=named)
    marks = [mark_of(row, found) for row in rows]
    return JSONResponse(specification(found, marks, chart_words.heading_of(found)))


def result_of(found: Estimate, width: timedelta, sentence: str, *, by_name: bool = False) -> Result:
    """Return an estimate as the page shows it: chart and table in the same order."""
    query = parse(found.query)
    rows = ordered(found, by_name=by_name)
    hrefs = {id(row): cases_of(found, query, row, width) for row in rows}
    known = any(row.value is not None for row in rows) and (len(rows) > 1 or not rows[0].exact)
    drawn = chart(found, href=lambda row: hrefs[id(row)], by_name=by_name, width=None) if known else None
    lines = tuple(line_of(row, found, hrefs[id(row)]) for row in rows)
    return Result(
        found=found,
        heading=chart_words.heading_of(found),
        sentence=sentence,
        first=chart_words.column_of(found),
        lines=lines,
        notes=tuple(note for note in (*found.notes, *estimate_facts.shared_notes(found)) if note not in INTERVALS),
        details=tuple(estimate_facts.rows_own(found, estimate_facts.shared_notes(found), judging=False)),
        judged=any(line.judged for line in lines),
        intervals=intervals_of(found),
        varies=any(row.variance == PROCESS for row in rows),
        remarks=any(line.remarks for line in lines),
        chart=drawn,
        svg=Markup(drawn.svg if drawn else ""),  # noqa: S704 - it escapes what it writes
        legend=Markup(drawn.legend if drawn else ""),  # noqa: S704 - it escapes what it writes
        categories=len(rows) > 1 and not over_time(found),
    )


def intervals_of(found: Estimate) -> str:
    """Return what the intervals of several rows are of; nothing of exact figures and of one."""
    several = len(found.rows) > 1 and not all(row.exact for row in found.rows)
    return next((said for note in found.notes if (said := INTERVALS.get(note))), THIS_LOG) if several else ""


def cases_of(found: Estimate, query: Any, row: EstimateRow, width: timedelta) -> str:
    """Return the address of the cases in one row, as the catalog stood where the figure was read."""
    own = drilldown(query, found.by, row.key, width)
    if found.kind == CONFIRMED:
        own = both(own, parse(BEHIND_VERDICT[found.verdict or "failure"]))
    return address("/cases", query=unparse(own), as_of=found.position)


def line_of(row: EstimateRow, found: Estimate, href: str) -> EstimateLine:
    """Return one row of the table."""
    value, interval = estimate_facts.figure_of(row, rate=found.rate)
    partly = row.judged is not None and row.judged < 1
    bounds = "" if row.bounds is None or not partly else f"{share(row.bounds[0])} to {share(row.bounds[1])}"
    return EstimateLine(
        key=estimate_facts.key_of(row) if found.by else "all",
        href=href,
        value=value,
        interval=interval or estimate_facts.ended(row),
        sampled=row.sampled,
        judged=share(row.judged) if partly and row.judged is not None else "",
        bounds=bounds,
        remarks=estimate_facts.remarks(row),
        flagged=estimate_facts.flagged_of(row),
        precision=estimate_facts.precision_of(row),
    )


def fields_of(protocols: Sequence[Protocol]) -> tuple[str, ...]:
    """Return what a figure can be broken down by, for the form to offer."""
    named = [name for found in protocols for name in protocol_cache.fields(found) if name not in {"event_id", "occurred", "text"}]
    return (*PERIODS, "criterion", "mode", "severity", *dict.fromkeys(named))


def ready_of(protocols: Sequence[Protocol]) -> tuple[ReadyQuestion, ...]:
    """Return the questions that are asked most: all criteria side by side, then each over time."""
    several = len(protocols) > 1
    found = []
    for each in protocols:
        which = {"protocol": each.name} if several else {}
        prefix = f"{each.name}: " if several else ""
        by_criterion = address(PAGE, what="rate", by="criterion", **which)
        found.append(ReadyQuestion(words=f"{prefix}How often does each rule fire?", href=by_criterion))
        for criterion in each.criteria:
            query = unparse(parse(f'criterion:"{criterion.name}"'))
            by_month = address(PAGE, query=query, what="rate", by="month", **which)
            found.append(ReadyQuestion(words=f"{prefix}Share of {criterion.name} by month", href=by_month))
        confirmed = address(PAGE, what="count", found="failure", by="criterion", **which)
        found.append(ReadyQuestion(words=f"{prefix}How many of them did people confirm?", href=confirmed))
        found.append(ReadyQuestion(words=f"{prefix}What goes wrong?", href=confirmed.replace("by=criterion", "by=mode")))
    return tuple(found)
