"""Trends: one sentence to repeat, a chart and a table, each figure leading to the cases behind it, and the question in chips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remiss import capture, understand
from remiss.catalog.query.expression import both, either
from remiss.catalog.query.fields import having
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import in_days, unparse
from remiss.errors import FigureRefused, InputError, NotFound
from remiss.faces.serving import Cached, Ws, status_of
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.list_address import ListLink, teams_of_query
from remiss.faces.web.rendering import address, render, shell
from remiss.faces.web.trend_files import exported, file_name, sentence_of
from remiss.faces.web.trend_question import (
    CRITERION,
    PAGE,
    Chip,
    TrendQuestion,
    chips_of,
    fields_of,
    fitting,
    latest_of,
    names_of,
    ready_of,
    size,
)
from remiss.present import chart_words, estimate_facts
from remiss.present.chart import Drawing, chart
from remiss.present.chart_scale import ordered, over_time
from remiss.present.chart_words import PLAIN, ChartNames
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
from remiss.understand.periods import drilldown

router = APIRouter()
# At most so many rows of a table, and notes on single ones, are on a page.
ROWS, NOTES = 40, 12
# In bytes: what chart, table and links to other questions may take together of a page, and what of that the chart may.
ROOM, CHART = 43_000, 25_000
# In bytes, beside what is different in each: a row of the table, and a link to another question.
LINE, OFFERED = 260, 70
READ_AS = ": read as "
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
    among: str
    flagged: str
    precision: str

    @property
    def words(self) -> tuple[str, ...]:
        """All that is different in it."""
        return (self.key, self.href, self.value, self.interval, self.judged, self.bounds, self.remarks, self.among, self.flagged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The figures of one question, and of its rows those of one page of the table; the chart stands on the first.

    `told` are the columns that some row of the page has something in, and `file` is what files of it are called.
    """

    found: Estimate
    heading: str
    sentence: str
    first: str
    lines: tuple[EstimateLine, ...]
    start: int
    before: int | None
    following: int | None
    notes: tuple[str, ...]
    details: tuple[str, ...]
    told: frozenset[str]
    file: str
    intervals: str
    varies: bool
    chart: Drawing | None
    svg: Markup
    legend: Markup
    categories: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendsPage:
    """trends/page.html: the question in chips and as a form, its answer or what is wrong with it, and ready questions."""

    template: ClassVar[str] = "trends/page.html"
    asked: TrendQuestion
    question: TrendQuestion
    chips: tuple[Chip, ...]
    fields: Mapping[str, str]
    ready: tuple[ListLink, ...]
    read_as: tuple[str, ...]
    result: Result | None
    problem: InputError | None
    instead: tuple[ListLink, ...]
    empty: bool
    teams: tuple[ListLink, ...]


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
    teams = {each.team for each in protocols}
    latest = latest_of(captured, {each.name for each in protocols if asked.team in {"", each.team}})
    if latest and not (question.source or question.protocol):
        question = question.model_copy(update={"source": latest[0], "protocol": latest[1]})
    result, empty, of, names = None, False, protocols[:1], PLAIN
    problem: InputError | None = None
    try:
        found = answers.ask(ws, understand.estimate, position, **question.arguments())
        of = (protocol_cache.protocol(ws, found.protocol),)
        names = names_of(of[0])
        if question.format:
            return exported(found, question, names)
        # With its keys written out, so that what is linked to means the same.
        question = question.model_copy(update={"query": found.query, "by": found.by or question.by})
        sentence = sentence_of(
            found, names, lambda: answers.ask(ws, understand.estimate, position, **question.arguments() | {"by": None})
        )
        offered = (len(fields_of(of)) + sum(len(each.criteria) for each in of) + len(captured)) * size(OFFERED, question.link())
        width = of[0].sampling.window
        result = result_of(found, width, sentence, question, names, several=len(captured) > 1, room=ROOM - offered)
        if len(captured) > 1:
            which = found.protocol if "@" in question.protocol else found.protocol.rpartition("@")[0]
            question = question.model_copy(update={"source": found.source, "protocol": which})
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
            fields=protocol_cache.answerable(
                fields_of(of),
                lambda call, **given: answers.ask(ws, call, position, standing=captured, **given),
                question.ground(),
            ),
            grounds=[(str(each["protocol"]), str(each["source"])) for each in captured],
            judged=result is not None and chart_words.judged(result.found),
            names=names,
            answered="" if result is None else chart_words.versions_of(result.found),
        ),
        fields={name: said.get(name, "") for said in (protocol_cache.heads(protocols),) for name in fields_of(protocols)},
        ready=ready_of(protocols),
        read_as=() if result is None else tuple(note for note in result.found.notes if READ_AS in note),
        result=result,
        problem=problem,
        instead=instead_of(question) if isinstance(problem, FigureRefused) and problem.field == "by" else (),
        empty=empty,
        teams=teams_of_query(teams, question.read(), lambda query: question.asking(query=query, source="", protocol="")),
    )
    twin = () if result is None else ((question.twin(), "Estimate"),)
    status = 200 if problem is None or isinstance(problem, FigureRefused) else status_of(problem)
    return render(page, shell(ws, "Trends", "trends", *twin, position=position), status=status)


@router.get("/estimates")
def estimates(request: Request) -> Response:
    """Lead to where the page is now, with the same question."""
    return RedirectResponse(f"{PAGE}?{request.url.query}" if request.url.query else PAGE, 308)


def instead_of(asked: TrendQuestion) -> tuple[ListLink, ...]:
    """Return what is nearly a breakdown by a field of too many values: the map, which cuts these, and the time."""
    given = asked.ground() | {"query": asked.query, "measure": "rate" if asked.what == "rate" else "total"}
    cut = ListLink(
        words="Show bins or the commonest values on the map", href=address("/heatmap", rows=asked.by, columns="month", **given)
    )
    return (*([] if asked.found else [cut]), ListLink(words="Show by month instead", href=asked.asking(by="month")))


def result_of(
    found: Estimate, width: timedelta, sentence: str, asked: TrendQuestion, names: ChartNames, *, several: bool, room: int
) -> Result:
    """Return an estimate as the page shows it: chart and table in the same order, of a long table as many rows as have room."""
    query = parse(found.query)
    if several:  # cases of other versions, protocols and sources are in no figure
        name = found.protocol.rpartition("@")[0]
        labels = dict.fromkeys(f"{name}@{each.version}" for each in found.spans) or [found.protocol]
        query = both(query, having("source", found.source), either(*(having("protocol", label) for label in labels)))
    by_name = asked.order == "name"
    rows = ordered(found, by_name=by_name)
    start = asked.after if asked.after is not None and asked.after < len(rows) else 0
    href = partial(cases_of, found, query, width)
    known = any(row.value is not None for row in rows) and (len(rows) > 1 or not rows[0].exact)
    drawn = chart(found, href=href, by_name=by_name, width=None, room=CHART, names=names) if known and not start else None
    lines = tuple(line_of(row, found, href(row)) for row in rows[start : start + ROWS])
    lines = lines[: fitting([size(LINE, *each.words) for each in lines], room - (len(drawn.svg) if drawn else 0))]
    details = tuple(estimate_facts.rows_own(found, estimate_facts.shared_notes(found), judging=False))
    left = f"{len(details) - NOTES:,} more notes on single rows are in the answer as JSON"
    return Result(
        found=found,
        heading=chart_words.heading_of(found, names),
        sentence=sentence,
        first=chart_words.column_of(found, names),
        lines=lines,
        start=start,
        before=max(0, start - ROWS) if start else None,
        following=start + len(lines) if start + len(lines) < len(rows) else None,
        notes=tuple(
            note for note in (*found.notes, *estimate_facts.shared_notes(found)) if note not in INTERVALS and READ_AS not in note
        ),
        details=(*details[:NOTES], *([left] if len(details) > NOTES else [])),
        told=frozenset(name for name in EstimateLine.__slots__ if any(getattr(line, name) for line in lines)),
        file=file_name(asked),
        intervals=intervals_of(found),
        varies=any(row.variance == PROCESS for row in rows),
        chart=drawn,
        svg=Markup(drawn.svg if drawn else ""),  # noqa: S704 - it escapes what it writes
        legend=Markup(drawn.legend if drawn else ""),  # noqa: S704 - it escapes what it writes
        categories=len(rows) > 1 and not over_time(found),
    )


def intervals_of(found: Estimate) -> str:
    """Return what the intervals of several rows are of; nothing of exact figures and of one."""
    several = len(found.rows) > 1 and not all(row.exact for row in found.rows)
    return next((said for note in found.notes if (said := INTERVALS.get(note))), THIS_LOG) if several else ""


def cases_of(found: Estimate, query: Any, width: timedelta, row: EstimateRow) -> str:
    """Return the address of the cases in one row, as the catalog stood where the figure was read."""
    own = drilldown(query, found.by, row.key, width)
    if found.kind == CONFIRMED:
        own = both(own, parse(BEHIND_VERDICT[found.verdict or "failure"]))
    return address("/cases", query=in_days(unparse(own)), as_of=found.position)


def line_of(row: EstimateRow, found: Estimate, href: str) -> EstimateLine:
    """Return one row of the table."""
    value, interval = estimate_facts.figure_of(row, rate=found.rate)
    return EstimateLine(
        key=estimate_facts.key_of(row) if found.by else "all",
        href=href,
        value=value,
        interval=interval or estimate_facts.ended(row),
        sampled=row.sampled,
        judged=estimate_facts.judged_share(row),
        bounds=estimate_facts.possible(row),
        remarks=estimate_facts.remarks(row),
        among=estimate_facts.among_of(row),
        flagged=estimate_facts.flagged_of(row),
        precision=estimate_facts.precision_of(row),
    )
