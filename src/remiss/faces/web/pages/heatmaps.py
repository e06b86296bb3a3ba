"""The map of failures: how often they happen by two things at once, each cell leading to the cases behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from fastapi import APIRouter, Query
from pydantic import Field, NonNegativeInt
from starlette.responses import Response

from remiss import capture, understand
from remiss.catalog.query import expression
from remiss.catalog.query.fields import having
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import in_days, unparse
from remiss.errors import FigureRefused, InputError, NotFound
from remiss.faces.serving import AsOf, Cached, Ws, status_of
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.list_address import ListLink
from remiss.faces.web.pages.trends import INTERVALS, THIS_LOG
from remiss.faces.web.rendering import address, render, sheet, shell
from remiss.faces.web.trend_question import PERIODS, VARIANCES, fields_of, fitting, latest_of, size
from remiss.present import estimate_facts
from remiss.present import heatmap as heatmaps
from remiss.present.legible import cut, one_line, without_namespace
from remiss.records.catalog import reached
from remiss.records.estimate import OF_SAMPLE
from remiss.records.heatmap import EMPTY, NONE, HeatCell, Heatmap

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol

router = APIRouter()
PATH = "/heatmap"
# At most so many rows and columns are asked for, and lines of the table stand on a page.
MOST, ROWS = 20, 40
# In bytes: what the map, the table and what is offered may take together, and what of that the table may.
ROOM, TABLE = 46_500, 13_000
# In bytes, beside what is different in each: a cell, a line of the table, and an axis or a question that is offered.
CELL, LINE, OFFERED = 50, 175, 40
WORDS = {"criterion": "Rule", "mode": "Failure mode that rules suggest", "severity": "Severity that rules suggest"}
OF_RULES = {*WORDS}
WORDS |= {"model_version": "Model version", "output": "Output", "label": "Label", "confidence": "Confidence"}
SAID = INTERVALS | {OF_SAMPLE: THIS_LOG}
WORDS |= {name: name.capitalize() for name in PERIODS}


class HeatmapQuestion(AsOf):
    """What the form of the page sends; texts may be empty. `after` is how many lines of the table stand on the pages before."""

    rows: str = "mode"
    columns: str = "model_version"
    rule: str = ""
    version: str = ""
    since: str = ""
    until: str = ""
    query: str = ""
    measure: Literal["rate", "total"] = "rate"
    variance: Literal["", "sample", "process"] = ""
    bins: Annotated[int, Field(ge=2, le=10)] = 4
    source: str = ""
    protocol: str = ""
    after: NonNegativeInt = 0
    format: Literal["", "csv", "markdown"] = ""

    def arguments(self) -> dict[str, Any]:
        """Return the same as the library takes it.

        Raises
        ------
        QueryError
        """
        parts = [parse(self.query)]
        for name, value in (("criterion", self.rule), ("model_version", self.version)):
            parts += [having(name, value)] if value else []
        for sign, day in ((">=", self.since), ("<=", self.until)):
            parts += [parse(f'occurred:{sign}"{day}"')] if day else []
        named = {name: getattr(self, name) for name in ("source", "protocol", "variance") if getattr(self, name)}
        asked = {"rows": self.rows, "columns": self.columns, "query": unparse(expression.both(*parts))}
        return asked | {"measure": self.measure, "bins": self.bins, "most": MOST} | named

    def link(self, **changed: str | int) -> str:
        """Return the address of the same question on this page, but for what is changed; its table from the first line on."""
        usual = {name: field.default for name, field in type(self).model_fields.items()}
        asked = self.model_dump() | {"after": 0} | changed
        return address(PATH, **{name: value for name, value in asked.items() if value != usual[name]})


@dataclass(frozen=True, slots=True, kw_only=True)
class MapCell:
    """One cell in texts: where it leads, its row and column, and the class of its shade."""

    row: str
    column: str
    value: str
    interval: str
    title: str
    href: str
    shade: str
    support: int
    remarks: str

    @property
    def words(self) -> tuple[str, ...]:
        """All that is different in its line of the table."""
        return self.row, self.column, self.href, self.interval, self.remarks


MapLine: TypeAlias = tuple[str, tuple[MapCell, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatmapPage:
    """heatmap/page.html: the question, the map, and the same as a list, of which some lines."""

    template: ClassVar[str] = "heatmap/page.html"
    asked: HeatmapQuestion
    axes: tuple[tuple[str, str], ...]
    once: bool
    rules: tuple[str, ...]
    variances: Mapping[str, str]
    ready: tuple[ListLink, ...]
    found: Heatmap | None
    among: str
    heads: tuple[str, str]
    columns: tuple[str, ...]
    lines: tuple[MapLine, ...]
    cells: tuple[MapCell, ...]
    total: int
    title: str
    key: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    problem: InputError | None
    empty: bool


@router.get(PATH)
def show_heatmap(ws: Ws, answers: Cached, asked: Annotated[HeatmapQuestion, Query()]) -> Response:
    """Show the map, with the question that it answers as a form."""
    head = ws.position()
    earlier = reached(asked.as_of, head)
    position = head if earlier is None else earlier
    protocols = protocol_cache.newest(ws)
    heads = protocol_cache.heads(protocols)
    captured = tuple(answers.ask(ws, capture.coverage, position))
    if not (asked.source or asked.protocol) and (latest := latest_of(captured, {each.name for each in protocols})):
        asked = asked.model_copy(update={"source": latest[0], "protocol": latest[1]})
    found, empty = None, False
    problem: InputError | None = None
    try:
        asked = _with_a_rule(asked, protocols)
        found = answers.ask(ws, understand.heatmap, position, **asked.arguments())
    except NotFound as error:
        empty = not captured
        problem = None if empty else error
    except InputError as error:
        problem = error
    if found is not None and asked.format:
        return sheet(heatmaps.LINES, heatmaps.sheet(found), form=asked.format, name="heatmap")
    lines = () if found is None else tuple(_lines(found, several=len(captured) > 1))
    cells = tuple(cell for _, each in lines for cell in each)
    axes = tuple((name, cut(_called(name, heads))) for name in fields_of(protocols))
    ready, offered = tuple(_ready(protocols)), sum(size(OFFERED, *each) for each in axes)
    once = 2 * offered > ROOM / 3
    shown = fitting([size(LINE, *each.words) for each in cells[asked.after : asked.after + ROWS]], TABLE)
    room = ROOM - TABLE - offered * (1 if once else 2) - sum(size(OFFERED, each.words, each.href) for each in ready)
    page = HeatmapPage(
        asked=asked,
        axes=axes,
        once=once,
        rules=tuple(dict.fromkeys(each.name for one in protocols for each in one.criteria)),
        variances=VARIANCES,
        ready=ready,
        found=found,
        among="" if found is None else in_days(found.query),
        heads=("", "") if found is None else (_called(found.rows.by, heads), _called(found.columns.by, heads)),
        columns=() if found is None else tuple(_label(found.columns.by, each) for each in found.columns.labels),
        lines=() if asked.after or found is None else _drawn(found, lines, room),
        cells=cells[asked.after : asked.after + shown],
        total=len(cells),
        title="" if found is None else heatmaps.headline(found, _label),
        key=() if found is None else tuple(heatmaps.key(found)),
        notes=() if found is None else tuple(SAID.get(each, each).rstrip(".") for each in heatmaps.notes(found)),
        problem=problem,
        empty=empty,
    )
    twins = () if found is None else ((address("/api/v1/heatmap", **asked.arguments(), as_of=asked.as_of), "Heatmap"),)
    status = 200 if problem is None or isinstance(problem, FigureRefused) else status_of(problem)
    return render(page, shell(ws, "Heatmap", "slices", *twins, position=position), status=status)


def _with_a_rule(asked: HeatmapQuestion, protocols: Sequence[Protocol]) -> HeatmapQuestion:
    """Return a question that has an answer: a share needs a rule, which is the first one where none was chosen."""
    of = [each for each in protocols if each.name == asked.protocol.partition("@")[0]] or protocols
    if asked.measure == "total" or asked.rule or {asked.rows, asked.columns} & OF_RULES or not of or not of[0].criteria:
        return asked
    return asked if expression.criteria(parse(asked.query)) else asked.model_copy(update={"rule": of[0].criteria[0].name})


def _called(name: str, heads: Mapping[str, str]) -> str:
    """Return what people call an axis: a field by the words of the protocols, else as the filter language does."""
    return heads.get(name) or WORDS.get(name, name)


def _label(by: str, label: str) -> str:
    """Return what people call a row or a column."""
    return without_namespace(label) if by == "mode" else one_line(label)


def _drawn(found: Heatmap, lines: Sequence[MapLine], room: int) -> tuple[MapLine, ...]:
    """Return the rows that a map has room for: those with the cells that are surest to be high, in their own order."""
    order = heatmaps.by_interest(found)
    sizes = [sum(size(CELL, each.href, each.title, each.value) for each in lines[at][1]) for at in order]
    return tuple(lines[at] for at in sorted(order[: fitting(sizes, room)]))


def _lines(found: Heatmap, *, several: bool) -> Iterator[MapLine]:
    """Yield what each row is called and its cells, each with the cases that match its query.

    Parameters
    ----------
    several : whether the catalog has other sources or protocols, whose cases are in no figure
    """
    grounds = (having("source", found.source), having("protocol", found.protocol)) if several else ()
    columns = [_label(found.columns.by, each) for each in found.columns.labels]
    top = heatmaps.top_of(found)
    for label, cells in found.lines():
        row = _label(found.rows.by, label)
        yield row, tuple(_cell(found, each, (row, columns[each.column]), grounds, top) for each in cells)


def _cell(found: Heatmap, cell: HeatCell, names: tuple[str, str], grounds: Sequence[expression.Query], top: float) -> MapCell:
    value, interval = heatmaps.figure_of(cell, rate=found.rate)
    query = in_days(unparse(expression.both(parse(cell.query), *grounds)))
    return MapCell(
        row=names[0],
        column=names[1],
        value=value,
        interval=interval,
        title=heatmaps.told(cell, rate=found.rate),
        href="" if cell.state == EMPTY else address("/cases", query=query, as_of=found.position),
        shade=heatmaps.shade_of(cell, top),
        support=cell.support,
        remarks="" if cell.state in {EMPTY, NONE} else estimate_facts.remarks(cell.figure),
    )


def _ready(protocols: Sequence[Protocol]) -> Iterator[ListLink]:
    """Yield the questions that are asked most: what fails in which version and when, and each rule by what it is sampled by."""
    for each in protocols:
        which = {"protocol": each.name} if len(protocols) > 1 else {}
        prefix = f"{each.name}: " if which else ""
        yield ListLink(words=f"{prefix}Failure modes by model version", href=address(PATH, **which))
        yield ListLink(words=f"{prefix}Rules by month", href=address(PATH, rows="criterion", columns="month", **which))
        for field in each.sampling.strata[:1]:
            for rule in each.criteria:
                asked = HeatmapQuestion(rows=field, columns="month", rule=rule.name, **which)
                yield ListLink(words=f"{prefix}{rule.name} by {field.partition('.')[2]} and month", href=asked.link())
