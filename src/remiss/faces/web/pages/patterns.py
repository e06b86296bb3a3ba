"""Patterns that people named: which there are, and of one what it stands for, how often it happens and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Form, Query
from markupsafe import Markup
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss import understand
from remiss.catalog.query.expression import criteria
from remiss.catalog.query.parsing import parse
from remiss.errors import InputError, NotFound, RemissError
from remiss.faces.serving import AsOf, Cached, Ws, status_of
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.trends import cases_of
from remiss.faces.web.rendering import Refusal, address, render, segment, shell
from remiss.present.chart import Drawing, chart
from remiss.present.facts import change_words, link_words
from remiss.present.legible import figure
from remiss.records.pattern import Pattern, PatternChange, PatternLink, PatternState

if TYPE_CHECKING:
    from remiss.workspace import Workspace

router = APIRouter()
PATH = "/patterns"
KEEP = "pattern:keep"
STATES = tuple(each.value for each in PatternState)


class PatternFilter(AsOf):
    """Which patterns to show; texts may be empty."""

    state: str = ""
    owner: str = ""
    subscribed: bool = False
    # What the form to name one begins with, where another page leads to it.
    query: str = ""


class Naming(BaseModel):
    """What the form that names a pattern sends."""

    name: str = ""
    query: str = ""
    about: str = ""


class PatternTyped(BaseModel):
    """What the forms of a pattern send: what to do, at which revision, and the fields of that form."""

    act: str = ""
    revision: int = 1
    name: str = ""
    about: str = ""
    owner: str = ""
    state: str = ""
    note: str = ""
    query: str = ""
    other: str = ""
    case: str = ""
    ticket: str = ""
    hypothesis: str = ""
    experiment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternsPage:
    """patterns/list.html: the patterns that are asked for, and the form that names one."""

    template: ClassVar[str] = "patterns/list.html"
    asked: PatternFilter
    states: tuple[str, ...]
    found: tuple[Pattern, ...]
    names: bool
    refused: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternPage:
    """patterns/page.html: one pattern, its figures, its links and its history; a link with its words and its address.

    `said` are its figures in words, and `untold` says why none can be told by window; of each change, of the newest first,
    `history` has the words.
    """

    template: ClassVar[str] = "patterns/page.html"
    pattern: Pattern
    states: tuple[str, ...]
    said: tuple[str, ...]
    series: Drawing | None
    series_svg: Markup
    untold: str
    trend: str
    cases: str
    links: tuple[tuple[PatternLink, str, str], ...]
    named: tuple[tuple[str, str], ...]
    history: tuple[tuple[PatternChange, str], ...]
    keeps: bool
    follows: bool
    refused: Refusal | None


@router.get(PATH)
def patterns(ws: Ws, asked: Annotated[PatternFilter, Query()]) -> Response:
    """Show the patterns that people named."""
    return _listed(ws, asked)


def _listed(ws: Workspace, asked: PatternFilter, refused: Refusal | None = None, status: int = 200) -> Response:
    state = PatternState(asked.state) if asked.state in STATES else None
    found = understand.list_patterns(ws, state=state, owner=asked.owner or None, subscribed=asked.subscribed, as_of=asked.as_of)
    page = PatternsPage(asked=asked, states=STATES, found=found.items, names=ws.may(KEEP, None), refused=refused)
    twin = address(
        "/api/v1/patterns",
        state=state,
        owner=asked.owner or None,
        subscribed="true" if asked.subscribed else None,
        as_of=asked.as_of,
    )
    return render(page, shell(ws, "Patterns", "slices", (twin, "Patterns"), position=found.position), status=status)


@router.post(PATH)
def name(ws: Ws, typed: Annotated[Naming, Form()]) -> Response:
    """Name a pattern, and lead to its page."""
    try:
        made = understand.name_pattern(ws, typed.name, typed.query, about=typed.about)
    except RemissError as error:
        wrong = getattr(error, "field", None) or "query"
        refused = Refusal(form="name", problem=(error.what, error.do), wrong=wrong, typed=typed.model_dump())
        return _listed(ws, PatternFilter(), refused, status_of(error))
    return RedirectResponse(f"{PATH}/{segment(made.id)}", 303)


@router.get(PATH + "/{pattern}")
def pattern(ws: Ws, answers: Cached, pattern: str, asked: Annotated[AsOf, Query()]) -> Response:
    """Show one pattern."""
    return _shown(ws, answers, understand.show_pattern(ws, pattern, as_of=asked.as_of))


def _link(ws: Workspace, pattern: str, typed: PatternTyped, *, remove: bool = False) -> Pattern:
    return understand.link_pattern(
        ws,
        pattern,
        case=typed.case or None,
        hypothesis=_number(typed.hypothesis),
        experiment=_number(typed.experiment),
        ticket=typed.ticket or None,
        remove=remove,
    )


def _number(text: str) -> int | None:
    """Return a number that somebody typed; None where they typed nothing.

    Raises
    ------
    InputError
    """
    if not text.strip():
        return None
    if not text.strip().isdecimal():
        raise InputError(f"{text[:80]!r} is no number", do="give the number that it has on the page of its case")
    return int(text)


# What each form does, by what it says that it does.
ACTS: Mapping[str, Callable[[Any, str, PatternTyped], Pattern]] = {
    "describe": lambda ws, of, typed: understand.describe_pattern(ws, of, typed.revision, name=typed.name, about=typed.about),
    "own": lambda ws, of, typed: understand.own_pattern(ws, of, typed.revision, owner=typed.owner or None),
    "mark": lambda ws, of, typed: understand.mark_pattern(
        ws, of, typed.revision, PatternState(typed.state), note=typed.note or None
    ),
    "link": _link,
    "unlink": partial(_link, remove=True),
    "merge": lambda ws, of, typed: understand.merge_patterns(ws, of, typed.revision, typed.other),
    "split": lambda ws, of, typed: understand.split_pattern(ws, of, typed.revision, typed.query, name=typed.name),
    "subscribe": lambda ws, of, _: understand.subscribe_to_pattern(ws, of),
    "leave": lambda ws, of, _: understand.subscribe_to_pattern(ws, of, stop=True),
}
# Which of them are sent where: one that is undone is undone there, too.
UNDOES: Mapping[str, tuple[str, ...]] = {"link": ("link", "unlink"), "subscribe": ("subscribe", "leave")}


def _form_of(verb: str) -> Callable[..., Response]:
    """Return what does to a pattern what a form says, and shows what became of it."""
    acts = UNDOES.get(verb, (verb,))

    def change(ws: Ws, answers: Cached, pattern: str, typed: Annotated[PatternTyped, Form()]) -> Response:
        if typed.act not in acts or (typed.act == "mark" and typed.state not in STATES):
            raise InputError("the form does not say what to do", do="go back, and use one of its buttons")
        try:
            made = ACTS[typed.act](ws, pattern, typed)
        except NotFound as error:
            if error.field == "pattern":
                raise
            return _refused(ws, answers, pattern, typed, error)
        except InputError as error:
            return _refused(ws, answers, pattern, typed, error)
        return RedirectResponse(f"{PATH}/{segment(made.id)}", 303)

    return change


for _verb in ("describe", "own", "mark", "link", "merge", "split", "subscribe"):
    router.add_api_route(f"{PATH}/{{pattern}}/{_verb}", _form_of(_verb), methods=["POST"], name=_verb)


def _refused(ws: Workspace, answers: Cached, pattern: str, typed: PatternTyped, error: InputError) -> Response:
    first = {"describe": "name", "own": "owner", "link": "case", "merge": "other", "split": "query"}
    wrong = error.field or first.get(typed.act, "")
    refused = Refusal(form=typed.act, problem=(error.what, error.do), wrong=wrong, typed=typed.model_dump())
    return _shown(ws, answers, understand.show_pattern(ws, pattern), refused, status_of(error))


def _shown(ws: Workspace, answers: Cached, found: Pattern, refused: Refusal | None = None, status: int = 200) -> Response:
    query = found.query
    rate = bool(criteria(parse(query)))
    series, untold = _series(ws, answers, found, rate=rate)
    page = PatternPage(
        pattern=found,
        states=STATES,
        said=_said(ws, answers, found, rate=rate),
        series=series,
        series_svg=Markup(series.svg if series else ""),  # noqa: S704 - it escapes what it writes
        untold=untold,
        trend=address("/trends", query=query, what="rate" if rate else None, by="window"),
        cases=address("/cases", query=query),
        links=tuple((each, link_words(each), _leads(each)) for each in found.links),
        named=tuple((each, f"/{each.replace(':', 's/', 1)}") for each in found.named),
        history=tuple((each, change_words(each)) for each in reversed(found.history)),
        keeps=ws.authority.may(ws.actor, KEEP, found.team),
        follows=ws.may("pattern:follow", None),
        refused=refused,
    )
    twin = (f"/api/v1/patterns/{segment(found.id)}", "Pattern")
    return render(page, shell(ws, found.name, "slices", twin, position=found.read_position), status=status)


def _leads(link: PatternLink) -> str:
    """Return where a link leads; nowhere, where a ticket is a name and no address."""
    if link.kind == "ticket":
        return link.address if link.address.startswith(("https://", "http://")) else ""
    return f"/cases/{segment(link.address)}"


def _series(ws: Workspace, answers: Cached, found: Pattern, *, rate: bool) -> tuple[Drawing | None, str]:
    """Return the chart of how often it happens, by window; or why that cannot be told."""
    at = found.position if found.read_position is None else found.read_position
    try:
        told = answers.ask(ws, understand.estimate, at, query=found.query, rate=rate, by="window")
    except (InputError, NotFound) as error:
        return None, error.what
    width = protocol_cache.protocol(ws, told.protocol).sampling.window
    behind = partial(cases_of, told, parse(told.query), width)
    return (chart(told, href=behind, width=None), "") if told.rows else (None, "no window has any event of it")


def _said(ws: Workspace, answers: Cached, found: Pattern, *, rate: bool) -> tuple[str, ...]:
    """Return how many events of the log it stands for and what share of those at risk, weighted and with intervals."""
    at = found.position if found.read_position is None else found.read_position
    words = []
    for share in (False, True) if rate else (False,):
        try:
            [row] = answers.ask(ws, understand.estimate, at, query=found.query, rate=share).rows
        except (InputError, NotFound, ValueError):
            continue
        if row.value is None:
            continue
        value, interval = figure(row.value, row.low, row.high, rate=share)
        of = "of those that its rule could judge" if share else "events of the log"
        words.append(f"{value} {of}" + (f" ({interval})" if interval else ""))
    return tuple(words)
