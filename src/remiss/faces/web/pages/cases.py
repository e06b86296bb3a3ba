"""Cases: what matches a query, narrowed by facets, in an order, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remiss.catalog import actions as catalog
from remiss.catalog.field_names import columns_of, sort_of
from remiss.catalog.identifying import WHOLE_ID, prefix_of
from remiss.catalog.listing import Order
from remiss.catalog.query.fields import asks_for_controls, asks_for_suggestions
from remiss.catalog.query.parsing import parse
from remiss.errors import InputError, RemissError
from remiss.faces.serving import Cached, Ws
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages import saved_views
from remiss.faces.web.pages.list_address import (
    LIMIT,
    PATH,
    ListAddress,
    ListLink,
    changed,
    leading,
    lengthy,
    link,
    ready,
    teams_of_query,
    unusual,
)
from remiss.faces.web.pages.list_columns import (
    ColumnChooser,
    ListHead,
    asked_columns,
    chooser,
    copied,
    heads,
    shown_columns,
    sorts,
)
from remiss.faces.web.pages.list_facets import FacetsPart, counts_of, facets_of
from remiss.faces.web.pages.search_box import KeyHelp, language
from remiss.faces.web.rendering import MARKDOWN, address, part, render, segment, sheet, shell
from remiss.present.legible import printable

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol
    from remiss.records.rows import Rows
    from remiss.result_cache import ResultCache
    from remiss.workspace import Workspace

router = APIRouter()
SEEING = "case:read"
COUNT, FACETS, LANGUAGE = "/parts/cases/count", "/parts/cases/facets", "/parts/cases/language"

# Where those that are no cases are listed.
CONTROLS = address("/api/v1/sample", query="group:control")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with what was asked."""

    what: str
    do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesPage:
    """cases/page.html: the search box, the list, and links to every other view of it. `total` is None until it is counted."""

    template: ClassVar[str] = "cases/page.html"
    query: str
    sort: str
    sorts: tuple[tuple[str, str], ...]
    as_of: int | None
    limit: int
    lines: tuple[dict[str, Any], ...]
    total: int | None
    problem: Problem | None
    views: tuple[ListLink, ...]
    columns: tuple[ListHead, ...]
    chooser: ColumnChooser
    kept_columns: str
    counted: ListLink | FacetsPart
    count_part: str
    facets_part: str
    first: str | None
    following: str | None
    pinned: str
    unpinned: str
    empty: bool
    id_href: str | None
    controls: str | None
    save: str = ""
    markdown: str = ""
    teams: tuple[ListLink, ...] = ()
    lengthy: bool = False
    opened: str = ""
    position: int | None = None
    fewer: bool = False
    fewer_filed: bool = False
    read_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePart:
    """cases/language.html: the keys of the filter language."""

    template: ClassVar[str] = "cases/language.html"
    keys: tuple[KeyHelp, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountPart:
    """cases/count.html: how many cases match."""

    template: ClassVar[str] = "cases/count.html"
    total: int


@router.get(PATH)
def cases(ws: Ws, answers: Cached, request: Request, asked: Annotated[ListAddress, Query()]) -> Response:
    """Show a list of cases, or a page of it as Markdown."""
    found: Rows | None = None
    problem = total = counts = None
    # First, so that all else is read from the same snapshot.
    kept = saved_views.kept(ws, PATH)
    try:
        if (href := changed(asked)) is not None:
            return RedirectResponse(href, 303)
        asked, found = listed(ws, asked)
        if asked.format == MARKDOWN:
            return as_text(ws, answers, asked, found, str(request.base_url).rstrip("/"))
        # Counting all that match takes a hundred times as long as finding a page of them: what nobody counted yet follows.
        look = answers.ask if asked.facets or asked.more else answers.ready
        all_of_it = found if found.total is not None else look(ws, catalog.search, found.position, query=asked.query, limit=1)
        total = None if all_of_it is None else all_of_it.total
        counted = look(ws, catalog.facets, found.position, query=asked.query)
        ask = partial(look, ws, catalog.facets, found.position)
        counts = None if counted is None else counts_of(counted, asked, ask, _known(ws, answers, counted.position), len(found))
    except InputError as error:
        if not shown_at_the_box(error):
            raise
        problem = Problem(what=error.what, do=error.do)
    if found is not None and not len(found) and (case := as_id(asked)) is not None and len(prefix_of(asked.query)) == WHOLE_ID:
        return RedirectResponse(case, 303)
    known = () if found is None else _known(ws, answers, found.position)
    page = page_of(asked, found, problem, total, counts, known)
    here, query = link(asked, as_of=None), None if found is None else parse(asked.query)
    fewer = query is not None and not ws.viewer.operator and ws.viewer.verifies != frozenset()
    page = replace(
        page,
        views=(*page.views, *saved_views.links(kept, here)),
        save=saved_views.saving(here),
        markdown=link(asked, format=MARKDOWN),
        fewer=fewer and query is not None and asks_for_suggestions(query),
        fewer_filed=fewer and asked.sort.removeprefix("-") == Order.FILED,
        teams=() if query is None else teams_of_query(_teams(ws, known), query, lambda other: link(asked, query=other)),
    )
    same = {"query": asked.query, "sort": asked.sort, "columns": ",".join(asked.chosen), "as_of": asked.as_of}
    twins = [(address("/api/v1/cases", **same), "Cases")]
    twins.append((address("/api/v1/cases/facets", query=asked.query, as_of=asked.as_of), "Facets"))
    twins = [] if page.lengthy else twins
    around = shell(ws, title_of(asked.query), "cases", *twins, position=None if found is None else found.position)
    return render(page, around, status=200 if problem is None else 422)


@router.get(LANGUAGE)
def keys(ws: Ws) -> Response:
    """List the keys of the filter language, as a piece of the page that is read once somebody opens it."""
    return part(LanguagePart(keys=language()))


@router.get(COUNT)
def count(ws: Ws, answers: Cached, asked: Annotated[ListAddress, Query()]) -> Response:
    """Count the cases of a list, as a piece of the page."""
    total = answers.ask(ws, catalog.search, _position(ws, asked), query=asked.query, limit=1).total
    return part(CountPart(total=total or 0))


@router.get(FACETS)
def facets(ws: Ws, answers: Cached, asked: Annotated[ListAddress, Query()]) -> Response:
    """Count the cases of a list by field, as a piece of the page."""
    ask = partial(answers.ask, ws, catalog.facets, _position(ws, asked))
    counted = ask(query=asked.query)
    known = _known(ws, answers, counted.position)
    return part(counts_of(counted, asked, ask, known) or facets_of(counted, asked, parse(asked.query), {}))


def _known(ws: Workspace, answers: ResultCache, position: int) -> tuple[Protocol, ...]:
    return protocol_cache.newest(ws, lambda call, **given: answers.ask(ws, call, position, **given))


def listed(ws: Workspace, asked: ListAddress) -> tuple[ListAddress, Rows]:
    """Return a page of a list, and its address as it was meant, with keys written out: that is counted and linked to."""
    columns = columns_of(ws, ",".join(asked.chosen)) or []
    asked = asked.model_copy(update={"columns": columns, "sort": sort_of(ws, asked.sort)})
    found = catalog.search(
        ws,
        asked.query,
        as_of=asked.as_of,
        sort=asked.sort,
        limit=LIMIT,
        after=asked.after,
        total=False,
        columns=asked_columns(asked),
    )
    return asked if found.query is None else asked.model_copy(update={"query": found.query}), found


def as_text(ws: Workspace, answers: ResultCache, asked: ListAddress, found: Rows, server: str) -> Response:
    """Return a page of a list as Markdown, and what it was asked for."""
    columns = heads(asked, shown_columns(asked), _known(ws, answers, found.position))
    return sheet([each.words for each in columns], copied(columns, found, server), form=MARKDOWN, name="cases")


def _teams(ws: Workspace, known: Iterable[Protocol]) -> Iterable[str]:
    """Return the teams whose cases the reader sees: those in which they were granted it, else those of the protocols."""
    granted = ws.authority.teams(ws.actor, SEEING)
    if granted is not None:
        return granted
    return {each.team for each in known}


def _position(ws: Workspace, asked: ListAddress) -> int:
    return ws.position() if asked.as_of is None else asked.as_of


def shown_at_the_box(error: RemissError) -> bool:
    """Return whether an error is about what was asked, rather than about the catalog or who asks."""
    return error.code in {"query", "input"}


def title_of(query: str) -> str:
    """Return what the browser calls a list."""
    return f"Cases: {printable(query[:80])}" if query.strip() else "Cases"


def page_of(
    asked: ListAddress,
    found: Rows | None,
    problem: Problem | None,
    total: int | None,
    counted: FacetsPart | None,
    known: tuple[Protocol, ...],
) -> CasesPage:
    """Return the context of a list; `known` are the newest protocols, which name what its columns are called."""
    same, columns = {"query": asked.query, "as_of": asked.as_of}, ",".join(asked.chosen)
    leads = leading(asked)
    lines = () if found is None else tuple(each | {"href": leads(str(each["id"]))} for each in found)
    return CasesPage(
        query=asked.query,
        sort=asked.sort,
        sorts=sorts(asked),
        as_of=asked.as_of,
        limit=LIMIT,
        lines=lines,
        total=total,
        problem=problem,
        views=ready(asked),
        columns=heads(asked, shown_columns(asked), known, lines),
        chooser=chooser(asked, known),
        kept_columns=columns,
        counted=counted or ListLink(words="Count them by field", href=link(asked, facets="true")),
        count_part=address(COUNT, **same),
        facets_part=address(FACETS, **same, sort=unusual(asked.sort), columns=columns),
        first=link(asked) if asked.after else None,
        following=None if found is None or found.next is None else link(asked, after=found.next, start=asked.start + LIMIT),
        pinned=link(asked, as_of=asked.as_of if found is None else found.position),
        unpinned=link(asked, as_of=None),
        lengthy=lengthy(asked),
        opened=asked.more if lengthy(asked) else "",
        position=None if found is None else found.position,
        read_as=() if found is None else found.read_as,
        empty=found is not None and not len(found) and not asked.query.strip(),
        id_href=None if found is None or len(found) else as_id(asked),
        controls=CONTROLS if found is not None and not len(found) and asks_for_controls(parse(asked.query)) else None,
    )


def as_id(asked: ListAddress) -> str | None:
    """Return the address of the case whose id somebody may have written instead of a query."""
    try:
        begun = prefix_of(asked.query)
    except InputError:
        return None
    return address(f"/cases/{segment(begun)}", as_of=asked.as_of)
