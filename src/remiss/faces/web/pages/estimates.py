"""Estimates: a question in a form, its figures in a chart and in a table, each leading to the cases behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.responses import JSONResponse, Response

from remiss import capture, understand
from remiss.catalog.query.expression import both
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import FigureRefused, InputError, NotFound
from remiss.faces.serving import AsOf, Cached, Ws, status_of
from remiss.faces.spreadsheet import sheet_of
from remiss.faces.web import protocol_cache
from remiss.faces.web.rendering import address, render, shell
from remiss.faces.web.vega_lite import specification
from remiss.present import estimate_facts
from remiss.present.chart import Drawing, chart
from remiss.present.chart_marks import mark_of
from remiss.present.chart_scale import ordered, over_time
from remiss.present.legible import share
from remiss.records.catalog import reached
from remiss.records.estimate import CONFIRMED, Estimate, EstimateRow
from remiss.records.rows import as_csv

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol

router = APIRouter()
WINDOW = "window"
# Where the cases stand that a confirmed figure is made of; a wrong label is one of the reasons to reject.
BEHIND_VERDICT = {"failure": "status:verified OR status:resolved OR status:regressed", "wrong-label": "status:rejected"}
PERIODS = ("month", "week", "day", WINDOW)
CSV, VEGA_LITE = "csv", "vega-lite"


class EstimateForm(AsOf):
    """What the form of the page sends; texts may be empty."""

    query: str = ""
    what: Literal["count", "rate"] = "count"
    found: Literal["", "failure", "wrong-label"] = ""
    of: str = ""
    by: str = ""
    variance: Literal["", "sample", "process"] = ""
    source: str = ""
    protocol: str = ""
    order: Literal["", "name"] = ""
    format: Literal["", "csv", "vega-lite"] = ""

    def arguments(self) -> dict[str, Any]:
        """Return the same as the library takes it."""
        texts = {name: getattr(self, name) or None for name in ("of", "by", "variance", "source", "protocol")}
        by_people = {"confirmed": True, "verdict": self.found} if self.found else {}
        return {"query": self.query, "rate": self.what == "rate", **by_people, **texts}

    def twin(self) -> str:
        """Return the address of the API route that answers the same."""
        flags = {"rate": "true" if self.what == "rate" else None, "confirmed": "true" if self.found else None}
        return address("/api/v1/estimate", **self.arguments() | flags | {"as_of": self.as_of})

    def link(self, **changed: str) -> str:
        """Return the address of the same question on this page, but for what is changed."""
        return address("/estimates", **self.model_dump() | changed)


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
    among: str
    lines: tuple[EstimateLine, ...]
    notes: tuple[str, ...]
    details: tuple[str, ...]
    ground: str
    judged: bool
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
class EstimatesPage:
    """estimates/page.html: the form as it was sent, its answer or what is wrong with it, and ready questions."""

    template: ClassVar[str] = "estimates/page.html"
    asked: EstimateForm
    question: EstimateForm
    fields: tuple[str, ...]
    ready: tuple[ReadyQuestion, ...]
    result: Result | None
    problem: InputError | None
    empty: bool
    captured: tuple[dict[str, Any], ...]


# Called like the action, so that a former name in a bookmark is told as it is over HTTP.
@router.get("/estimates", operation_id="estimate")
def estimates(ws: Ws, answers: Cached, asked: Annotated[EstimateForm, Query()]) -> Response:
    """Show the form, and the answer to what it asked; without a question, how often each criterion is met."""
    question = asked
    if asked == EstimateForm():
        # An answer to begin with; the form stays open for a question of one's own.
        asked, question = EstimateForm(what="rate"), EstimateForm(what="rate", by="criterion")
    head = ws.position()
    earlier = reached(asked.as_of, head)
    position = head if earlier is None else earlier
    protocols = protocol_cache.newest(ws)
    captured = tuple(answers.ask(ws, capture.coverage, position))
    if captured and not (question.source or question.protocol) and len({(each["source"], _name(each)) for each in captured}) > 1:
        last = max(captured, key=lambda each: str(each["at"]))
        question = question.model_copy(update={"source": last["source"], "protocol": _name(last)})
    result, empty = None, False
    problem: InputError | None = None
    try:
        found = answers.ask(ws, understand.estimate, position, **question.arguments())
        width = protocol_cache.protocol(ws, found.protocol).sampling.window if found.by == WINDOW else timedelta(0)
        if question.format:
            return exported(found, question)
        result = result_of(found, width, by_name=question.order == "name")
    except NotFound as error:
        empty = not asked.protocol and not asked.source
        problem = None if empty else error
    except InputError as error:
        problem = error
    page = EstimatesPage(
        asked=asked,
        question=question,
        fields=fields_of(protocols),
        ready=ready_of(protocols),
        result=result,
        problem=problem,
        empty=empty,
        captured=captured,
    )
    twin = () if result is None else ((question.twin(), "Estimate"),)
    status = 200 if problem is None or isinstance(problem, FigureRefused) else status_of(problem)
    return render(page, shell(ws, "Estimates", "estimates", *twin, position=position), status=status)


def _name(line: dict[str, Any]) -> str:
    return str(line["protocol"]).rpartition("@")[0]


def exported(found: Estimate, asked: EstimateForm) -> Response:
    """Return the figures as a file: CSV, or a chart for other tools."""
    rows = ordered(found, by_name=asked.order == "name")
    if asked.format == CSV:
        content = as_csv(*sheet_of(replace(found, rows=rows), {}, Estimate)).encode("utf-8", "backslashreplace")
        named = {"content-disposition": 'attachment; filename="estimate.csv"'}
        return Response(content, media_type="text/csv", headers=named)
    marks = [mark_of(row, found) for row in rows]
    return JSONResponse(specification(found, marks, estimate_facts.heading(found)))


def result_of(found: Estimate, width: timedelta, *, by_name: bool = False) -> Result:
    """Return an estimate as the page shows it: chart and table in the same order."""
    query = parse(found.query)
    rows = ordered(found, by_name=by_name)
    hrefs = {id(row): cases_of(found, query, row, width) for row in rows}
    known = any(row.value is not None for row in rows) and (len(rows) > 1 or not rows[0].exact)
    drawn = chart(found, href=lambda row: hrefs[id(row)], by_name=by_name, width=None) if known else None
    lines = tuple(line_of(row, found, hrefs[id(row)]) for row in rows)
    return Result(
        found=found,
        heading=estimate_facts.heading(found),
        among=estimate_facts.among(found),
        lines=lines,
        notes=(*found.notes, *estimate_facts.shared_notes(found)),
        details=tuple(estimate_facts.rows_own(found, estimate_facts.shared_notes(found), judging=False)),
        ground=f"{found.source}, by protocol {found.protocol}",
        judged=any(line.judged for line in lines),
        remarks=any(line.remarks for line in lines),
        chart=drawn,
        svg=Markup(drawn.svg if drawn else ""),  # noqa: S704 - it escapes what it writes
        legend=Markup(drawn.legend if drawn else ""),  # noqa: S704 - it escapes what it writes
        categories=len(rows) > 1 and not over_time(found),
    )


def cases_of(found: Estimate, query: Any, row: EstimateRow, width: timedelta) -> str:
    """Return the address of the cases in one row, as the catalog stood where the figure was read."""
    from remiss.understand.periods import drilldown

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
        by_criterion = address("/estimates", what="rate", by="criterion", **which)
        found.append(ReadyQuestion(words=f"{prefix}how often is each criterion met?", href=by_criterion))
        for criterion in each.criteria:
            query = unparse(parse(f'criterion:"{criterion.name}"'))
            by_month = address("/estimates", query=query, what="rate", by="month", **which)
            found.append(ReadyQuestion(words=f"{prefix}{criterion.name} by month", href=by_month))
        confirmed = address("/estimates", what="count", found="failure", by="criterion", **which)
        found.append(ReadyQuestion(words=f"{prefix}how many of them did people confirm?", href=confirmed))
        found.append(ReadyQuestion(words=f"{prefix}what goes wrong?", href=confirmed.replace("by=criterion", "by=mode")))
    return tuple(found)
