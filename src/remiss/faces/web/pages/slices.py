"""Slices: where failures are commoner, which of them are kept, and what later windows said of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Form, Query
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from remiss import understand
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import FigureRefused, InputError, NotFound, RemissError
from remiss.faces.serving import AsOf, Cached, Ws, status_of
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.list_address import ListLink
from remiss.faces.web.pages.trends import cases_of
from remiss.faces.web.rendering import Refusal, address, render, segment, shell
from remiss.present.chart import Drawing, chart
from remiss.present.chart_marks import ChartMark
from remiss.present.facts import attempt_words, points
from remiss.present.forest import difference, differences
from remiss.present.legible import between, figure, share
from remiss.protocol.titles import labels_of
from remiss.records.slice import KeptSlice, SliceFigure, SliceReport
from remiss.understand.scope import without_time

if TYPE_CHECKING:
    from remiss.workspace import Workspace

router = APIRouter()
PATH = "/slices"
KEEP = "slice:keep"
TOLD = 20
FIELD = re.compile(r"\b(inputs|context)\.([\w-]+)")  # with its family, in words


class SliceQuestion(AsOf):
    """What the form of the page sends; texts may be empty."""

    query: str = ""
    fields: str = ""
    source: str = ""
    protocol: str = ""


class Keeping(SliceQuestion):
    """A slice that is to be kept, with the question that it was found by."""

    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceLine:
    """One slice that was found, in texts, and where it leads; `name` is that by which it is kept, if it is."""

    query: str
    words: str
    trend: str
    cases: str
    rate: tuple[str, str]
    rest: str
    excess: tuple[str, str]
    q: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicesPage:
    """slices/list.html: the question, what was found, and the slices that are kept."""

    template: ClassVar[str] = "slices/list.html"
    asked: SliceQuestion
    ready: tuple[ListLink, ...]
    found: SliceReport | None
    lines: tuple[SliceLine, ...]
    title: str
    svg: Markup
    kept: tuple[tuple[KeptSlice, str, str, str, str], ...]
    problem: InputError | None
    refused: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePage:
    """slices/page.html: one kept slice: its effects side by side, its attempts, and its rate by window."""

    template: ClassVar[str] = "slices/page.html"
    kept: KeptSlice
    words: str
    says: str
    title: str
    svg: Markup
    attempts: tuple[tuple[str, str, str, str, str], ...]
    series: Drawing | None
    series_svg: Markup
    trend: str
    versions: str
    rest: str
    cases: str
    confirms: bool
    problem: tuple[str, str] | None


@router.get(PATH)
def slices(ws: Ws, answers: Cached, asked: Annotated[SliceQuestion, Query()]) -> Response:
    """Show where failures are commoner, and the slices that are kept."""
    return _listed(ws, answers, asked)


def _listed(ws: Workspace, answers: Cached, asked: SliceQuestion, refused: Refusal | None = None, status: int = 200) -> Response:
    position = ws.position() if asked.as_of is None else asked.as_of
    found, problem = None, None
    try:
        if asked.query:
            found = answers.ask(ws, understand.find_slices, position, **_arguments(asked))
    except (InputError, NotFound) as error:
        problem = error
        status = status if isinstance(error, FigureRefused) else status_of(error)
    kept = understand.list_slices(ws, as_of=asked.as_of)
    lines = () if found is None else tuple(_lines(ws, found, asked, _names(found, kept)))
    title, svg = ("", "") if not lines or found is None else _drawn(found, lines)
    page = SlicesPage(
        asked=asked,
        ready=tuple(_ready(ws)),
        found=found,
        lines=lines,
        title=title,
        svg=Markup(svg),  # noqa: S704 - it escapes what it writes
        kept=tuple((each, *_told(ws, each)) for each in kept),
        problem=problem,
        refused=refused,
    )
    twins = [("/api/v1/slices", "Kept slices")]
    if found is not None:
        twins.append((address("/api/v1/slice-search", **_arguments(asked)), "Slices"))
    return render(page, shell(ws, "Slices", "slices", *twins, position=kept.position), status=status)


def _arguments(asked: SliceQuestion) -> dict[str, Any]:
    named = {name: getattr(asked, name) for name in ("query", "fields", "source", "protocol")}
    return {name: value for name, value in named.items() if value} | {"limit": TOLD}


def _ready(ws: Workspace) -> Iterator[ListLink]:
    """Yield a question for each rule of the newest protocols."""
    protocols = protocol_cache.newest(ws)
    words = labels_of(protocols)
    for each in protocols:
        for rule in each.criteria:
            href = address(PATH, query=f"criterion:{rule.name}", protocol=each.name if len(protocols) > 1 else "")
            yield ListLink(words=words.get(rule.name, rule.name), href=href, current=False)


def _names(found: SliceReport, kept: Sequence[KeptSlice]) -> dict[str, str]:
    """Return by their queries the names of those that are kept of the same question, whatever time it is asked of."""
    failure = without_time(parse(found.query))
    asked = ("" if failure is None else unparse(failure), found.source, found.protocol)
    return {each.query: each.name for each in kept if (each.failure, each.source, each.protocol) == asked}


def _lines(ws: Workspace, found: SliceReport, asked: SliceQuestion, names: dict[str, str]) -> Iterator[SliceLine]:
    for each in found.slices:
        own = f"{found.query} {each.query}"
        yield SliceLine(
            query=each.query,
            words=_named(ws, each.words),
            trend=address("/trends", query=own, what="rate", by="window", protocol=asked.protocol, source=asked.source),
            cases=address("/cases", query=own),
            rate=figure(each.rate, each.rate_low, each.rate_high, rate=True),
            rest=share(each.rest),
            excess=figure(each.excess, each.excess_low, each.excess_high),
            q=f"{each.q:.3f}" if each.q >= 0.001 else "<0.001",
            name=names.get(each.query),
        )


def _named(ws: Workspace, words: str) -> str:
    """Return what a slice asks for in words, with fields called as people call them, and else without their family."""
    heads = protocol_cache.heads(protocol_cache.newest(ws))
    return FIELD.sub(lambda found: heads.get(found[0]) or found[2], words)


def _drawn(found: SliceReport, lines: Sequence[SliceLine]) -> tuple[str, str]:
    """Return the title and the picture of how much more often each slice fails than the rest."""
    title = f"Fails most beyond the rest: {lines[0].words}, by {points(found.slices[0].difference)}"
    marks = [_mark(line.words, each, line.cases) for each, line in zip(found.slices, lines, strict=True)]
    return title, differences(marks, title)[0]


def _mark(label: str, each: SliceFigure, href: str) -> ChartMark:
    return difference(label, each.difference, (each.difference_low, each.difference_high), each.sampled, href)


def _told(ws: Workspace, kept: KeptSlice) -> tuple[str, str, str, str]:
    """Return a kept slice in words, what fails by the name that people gave the rule, and its effects, found and later."""
    failure = labels_of(protocol_cache.newest(ws)).get(kept.failure.removeprefix("criterion:"), kept.failure)
    later = points(kept.attempts[-1].told) if kept.attempts else ""
    return _named(ws, kept.words), failure, points(kept.found.difference), later


@router.post(PATH)
def keep(ws: Ws, answers: Cached, typed: Annotated[Keeping, Form()]) -> Response:
    """Keep a slice that was found, and lead to its page."""
    try:
        [one] = understand.keep_slices(ws, only=typed.only, **_arguments(typed))
    except RemissError as error:
        refused = Refusal(form="keep", problem=(error.what, error.do), typed=typed.model_dump())
        return _listed(ws, answers, typed, refused, status_of(error))
    return RedirectResponse(f"{PATH}/{segment(one.name)}", 303)


@router.get(PATH + "/{name}")
def kept_slice(ws: Ws, answers: Cached, name: str, asked: Annotated[AsOf, Query()]) -> Response:
    """Show one kept slice."""
    return _shown(ws, answers, understand.show_slice(ws, name, as_of=asked.as_of))


@router.post(PATH + "/{name}/confirm")
def confirm(ws: Ws, answers: Cached, name: str) -> Response:
    """Put a slice to confirmation on all windows that it has never used."""
    try:
        understand.confirm_slice(ws, name)
    except RemissError as error:
        return _shown(ws, answers, understand.show_slice(ws, name), (error.what, error.do), status_of(error))
    return RedirectResponse(f"{PATH}/{segment(name)}", 303)


def _shown(
    ws: Workspace, answers: Cached, kept: KeptSlice, problem: tuple[str, str] | None = None, status: int = 200
) -> Response:
    query, here = f"{kept.failure} {kept.query}", _among(kept, kept.query)
    own = {"what": "rate", "source": kept.source, "protocol": kept.protocol}
    series, beside = _series(ws, answers, kept, query), f"-({kept.query})"
    title, svg = _effects(kept)
    page = SlicePage(
        kept=kept,
        words=_named(ws, kept.words),
        says=attempt_words(kept.attempts[-1]) if kept.attempts else "a hypothesis: no later windows were asked yet",
        title=title,
        svg=Markup(svg),  # noqa: S704 - it escapes what it writes
        attempts=tuple(_attempts(kept)),
        series=series,
        series_svg=Markup(series.svg if series else ""),  # noqa: S704 - it escapes what it writes
        trend=address("/trends", query=query, of=here, by="window", **own),
        versions=address("/trends", query=query, of=here, by="model_version", **own),
        rest=address("/trends", query=f"{kept.failure} {beside}", of=_among(kept, beside), by="window", **own),
        cases=address("/cases", query=query),
        confirms=ws.authority.may(ws.actor, KEEP, kept.team),
        problem=problem,
    )
    twin = (f"/api/v1/slices/{segment(kept.name)}", "Slice")
    return render(page, shell(ws, kept.name, "slices", twin, position=kept.read_position), status=status)


def _among(kept: KeptSlice, part: str) -> str | None:
    """Return among what a rate is in a part of the events; None where the failure says it."""
    return None if kept.among is None else f"{kept.among} {part}"


def _series(ws: Workspace, answers: Cached, kept: KeptSlice, query: str) -> Drawing | None:
    """Return the chart of its rate by window; None where that cannot be told."""
    given: dict[str, Any] = {"rate": True, "by": "window", "source": kept.source, "protocol": kept.protocol}
    given["of"] = _among(kept, kept.query)
    at = kept.position if kept.read_position is None else kept.read_position
    try:
        found = answers.ask(ws, understand.estimate, at, query=query, **given)
    except (InputError, NotFound):
        return None
    width = protocol_cache.protocol(ws, found.protocol).sampling.window
    behind = partial(cases_of, found, parse(found.query), width)
    return chart(found, href=behind, width=None) if found.rows else None


def _effects(kept: KeptSlice) -> tuple[str, str]:
    """Return the title and the picture of its effects: where it was found, in later windows, and the best guess."""
    where = address("/cases", query=f"{kept.failure} {kept.query}")
    marks = [_mark("Found", kept.found, where)]
    for each in kept.attempts:
        marks.append(difference(f"Attempt {each.number}", each.difference, (each.low, each.high), each.sampled, where))
        marks.append(difference(f"Best guess {each.number}", each.told, None, each.sampled, where))
    by = "the best guess" if kept.attempts else "the windows that it was chosen in"
    title = f"How much more often it fails than the rest: {marks[-1].value} by {by}"
    return title, differences(marks, title)[0]


def _attempts(kept: KeptSlice) -> Iterator[tuple[str, str, str, str, str]]:
    for each in kept.attempts:
        yield (
            f"{each.number}, over the log" if each.exact else str(each.number),
            between(each.since, each.until),
            f"{share(each.rate)} against {share(each.rest)}",
            f"{each.adjusted:.3f}" if each.adjusted >= 0.001 else "<0.001",
            "Yes" if each.confirmed else "No",
        )
