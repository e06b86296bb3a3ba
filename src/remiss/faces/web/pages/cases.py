"""Cases: what matches a query, narrowed by facets, in an order, page by page. A view is its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Query
from starlette.responses import Response

from remiss.catalog import actions as catalog
from remiss.catalog import narrowing
from remiss.catalog.completing import Completion, Known, completions, key_of
from remiss.catalog.counting import FIELDS
from remiss.catalog.identifying import prefix_of
from remiss.catalog.keys import TABLE, Form, Key
from remiss.catalog.parsing import parse
from remiss.catalog.printing import unparse
from remiss.catalog.query import Query as Filter
from remiss.errors import InputError, RemissError
from remiss.faces.api.cases import AsOf
from remiss.faces.api.serving import Remembered, Ws
from remiss.faces.web import shelf
from remiss.faces.web.pages.shell import shell
from remiss.faces.web.rendering import address, part, render, segment
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.event import Scalar
from remiss.records.legible import printable

if TYPE_CHECKING:
    from remiss.faces.remembered import Answers
    from remiss.records.rows import Rows
    from remiss.workspace import Workspace

router = APIRouter()
PATH, COUNT, FACETS, COMPLETIONS = "/cases", "/parts/cases/count", "/parts/cases/facets", "/parts/cases/completions"
LIMIT = 50
FIRST = 8
NEWEST = "-occurred"
SORTS = (
    (NEWEST, "newest first"),
    ("occurred", "oldest first"),
    ("severity", "gravest first"),
    ("-severity", "mildest first"),
    ("-filed", "last filed first"),
    ("filed", "first filed first"),
)
# Views that most people want: words, query, order.
READY = (
    ("Everything", "", NEWEST),
    ("Severe, newest first", "severity:<=2", NEWEST),
    ("Gravest first", "", "severity"),
    ("Filed by people", "origin:filed", NEWEST),
    ("Without a label", "-has:label", NEWEST),
)
# In which order fields are counted, what narrows most first; context fields follow.
COUNTED = ("criterion", "severity", "status", "mode", "suggested_mode", "model", "model_version", "label", "source")
FORMS = {
    Form.TEXT: "text, or a glob with *",
    Form.GRADE: "1 to 4; < <= > >= and ranges",
    Form.INTEGER: "a whole number; < <= > >= and ranges",
    Form.NUMBER: "a number; < <= > >= and ranges",
    Form.TIME: "a day, a month or a time with its zone; < <= > >= and ranges",
    Form.VALUE: "text, number, true or false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A link to a list: a saved view, an order, a term more or less."""

    words: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of a facet: how many of the cases have it, and the link that adds the term or takes it away."""

    words: str
    count: int
    href: str
    chosen: bool
    missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """The values of one field among the cases that match; those that are chosen or frequent come first."""

    field: str
    first: tuple[Value, ...]
    more: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetsPart:
    """cases/facets.html: the cases counted by field; `same` are the fields in which all are alike."""

    template: ClassVar[str] = "cases/facets.html"
    facets: tuple[Facet, ...]
    same: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """A key of the filter language, for the help."""

    name: str
    says: str
    takes: str
    example: str
    href: str


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
    views: tuple[View, ...]
    by_occurred: View
    by_severity: View
    counted: View | FacetsPart
    count_part: str
    facets_part: str
    first: str | None
    following: str | None
    pinned: str
    unpinned: str
    help: tuple[Help, ...]
    empty: bool
    id_href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountPart:
    """cases/count.html: how many cases match."""

    template: ClassVar[str] = "cases/count.html"
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionsPart:
    """cases/completions.html: what may follow the word that is being written."""

    template: ClassVar[str] = "cases/completions.html"
    offers: tuple[Completion, ...]


class Asked(AsOf):
    """A view: which cases, in which order, from where on, and whether counted by field."""

    query: str = ""
    sort: str = NEWEST
    after: str | None = None
    facets: bool = False


@router.get(PATH)
def cases(ws: Ws, answers: Remembered, asked: Annotated[Asked, Query()]) -> Response:
    """Show a list of cases."""
    found: Rows | None = None
    problem = total = counted = None
    try:
        # Counting all that match takes a hundred times as long as finding a page of them: what nobody counted yet follows.
        found = catalog.search(ws, asked.query, as_of=asked.as_of, sort=asked.sort, limit=LIMIT, after=asked.after, total=False)
        look = answers.ask if asked.facets else answers.ready
        all_of_it = found if found.total is not None else look(ws, catalog.search, found.position, query=asked.query, limit=1)
        total = None if all_of_it is None else all_of_it.total
        counted = look(ws, catalog.facets, found.position, query=asked.query)
    except InputError as error:
        if not shown_at_the_box(error):
            raise
        problem = Problem(what=error.what, do=error.do)
    page = page_of(asked, found, problem, total, None if counted is None else facets_of(counted, asked, parse(asked.query)))
    twins = [(address("/api/v1/cases", query=asked.query, sort=asked.sort, as_of=asked.as_of), "Cases")]
    twins.append((address("/api/v1/cases/facets", query=asked.query, as_of=asked.as_of), "Facets"))
    around = shell(ws, title_of(asked.query), "cases", *twins, position=None if found is None else found.position)
    return render(page, around, status=200 if problem is None else 422)


@router.get(COUNT)
def count(ws: Ws, answers: Remembered, asked: Annotated[Asked, Query()]) -> Response:
    """Count the cases of a list, as a piece of the page."""
    total = answers.ask(ws, catalog.search, _position(ws, asked), query=asked.query, limit=1).total
    return part(CountPart(total=total or 0))


@router.get(FACETS)
def facets(ws: Ws, answers: Remembered, asked: Annotated[Asked, Query()]) -> Response:
    """Count the cases of a list by field, as a piece of the page."""
    found = answers.ask(ws, catalog.facets, _position(ws, asked), query=asked.query)
    return part(facets_of(found, asked, parse(asked.query)))


@router.get(COMPLETIONS)
def completed(ws: Ws, answers: Remembered, word: Annotated[str, Query(max_length=500)] = "") -> Response:
    """Offer what may follow a word of the search box, as a piece of the page."""
    return part(CompletionsPart(offers=completions(word, known(ws, answers, word))))


def _position(ws: Workspace, asked: Asked) -> int:
    return ws.position() if asked.as_of is None else asked.as_of


def shown_at_the_box(error: RemissError) -> bool:
    """Return whether an error is about what was asked, rather than about the catalog or who asks."""
    return error.code in {"query", "input"}


def title_of(query: str) -> str:
    """Return what the browser calls a list."""
    return f"Cases: {printable(query[:80])}" if query.strip() else "Cases"


def page_of(
    asked: Asked, found: Rows | None, problem: Problem | None, total: int | None, counted: FacetsPart | None
) -> CasesPage:
    """Return the context of a list."""
    same = {"query": asked.query, "as_of": asked.as_of}
    at = asked.as_of if found is None else found.position
    return CasesPage(
        query=asked.query,
        sort=asked.sort,
        sorts=SORTS,
        as_of=asked.as_of,
        limit=LIMIT,
        lines=() if found is None else tuple(found),
        total=total,
        problem=problem,
        views=tuple(_ready(asked, *each) for each in READY),
        by_occurred=_sorted(asked, "occurred", NEWEST, "occurred"),
        by_severity=_sorted(asked, "severity", "severity", "-severity"),
        counted=counted or View(words="Count them by field", href=_link(asked, facets="true")),
        count_part=address(COUNT, **same),
        facets_part=address(FACETS, **same, sort=_unusual(asked.sort)),
        first=_link(asked) if asked.after else None,
        following=None if found is None or found.next is None else _link(asked, after=found.next),
        pinned=address(PATH, query=asked.query, sort=_unusual(asked.sort), as_of=at),
        unpinned=address(PATH, query=asked.query, sort=_unusual(asked.sort)),
        help=tuple(_help(key) for key in TABLE),
        empty=found is not None and not len(found) and not asked.query.strip(),
        id_href=None if found is None or len(found) else as_id(asked),
    )


def as_id(asked: Asked) -> str | None:
    """Return the address of the case whose id somebody may have written instead of a query."""
    try:
        begun = prefix_of(asked.query)
    except InputError:
        return None
    return address(f"/cases/{segment(begun)}", as_of=asked.as_of)


def _unusual(sort: str) -> str | None:
    """Return an order where it is not the usual one: what goes without saying stands in no address."""
    return None if sort == NEWEST else sort


def _link(asked: Asked, **more: str) -> str:
    return address(PATH, query=asked.query, sort=_unusual(asked.sort), as_of=asked.as_of, **more)


def _ready(asked: Asked, words: str, query: str, sort: str) -> View:
    href = address(PATH, query=query, sort=_unusual(sort), as_of=asked.as_of)
    return View(words=words, href=href, current=(asked.query.strip(), asked.sort) == (query, sort))


def _sorted(asked: Asked, words: str, first: str, other: str) -> View:
    """Return the link in a column's head: to its usual order, and from there to the other one."""
    wanted = other if asked.sort == first else first
    direction = {"occurred": "ascending", "severity": "ascending"}.get(asked.sort, "descending")
    href = address(PATH, query=asked.query, sort=_unusual(wanted), as_of=asked.as_of)
    return View(words=direction, href=href, current=asked.sort in {first, other})


def _help(key: Key) -> Help:
    name = f"{key.name}NAME" if key.name.endswith(".") else key.name
    takes = ", ".join(key.choices) if key.form is Form.CHOICE else FORMS[key.form]
    return Help(name=name, says=key.help, takes=takes, example=key.example, href=address(PATH, query=key.example))


def facets_of(found: Rows, asked: Asked, query: Filter) -> FacetsPart:
    """Return the counts of a list as links that narrow it or widen it again."""
    fields: dict[str, list[tuple[Scalar, int]]] = {}
    for field, value, count in found.rows:
        fields.setdefault(str(field), []).append((value, int(str(count))))
    order = [*(name for name in COUNTED if name in fields), *(name for name in fields if name not in COUNTED)]
    facets, same = [], []
    for name in order:
        values = tuple(_value(asked, query, name, value, count) for value, count in fields[name])
        if len(values) > 1 or any(each.chosen for each in values):
            values = tuple(sorted(values, key=lambda value: not value.chosen))
            facets.append(Facet(field=name, first=values[:FIRST], more=values[FIRST:]))
        elif values and not values[0].missing:
            same.append((name, values[0].words))
    return FacetsPart(facets=tuple(facets), same=tuple(same))


def _value(asked: Asked, query: Filter, field: str, value: Scalar, count: int) -> Value:
    term = narrowing.having(field, value)
    href = address(PATH, query=unparse(narrowing.toggled(query, term)), sort=_unusual(asked.sort), as_of=asked.as_of)
    words = "none" if value is None else str(value)
    return Value(words=words, count=count, href=href, chosen=narrowing.narrowed(query, term), missing=value is None)


def known(ws: Workspace, answers: Answers, word: str) -> Known:
    """Return what the catalog knows that could complete a word: fields from its protocols, values by counting cases."""
    kept = shelf.newest(ws)
    named = (name for protocol in kept for name in shelf.fields(protocol))
    fields = tuple(dict.fromkeys(name for name in named if name.startswith((INPUTS, CONTEXT))))
    key = key_of(word)
    if key is None:
        return Known(fields=fields)
    values: list[tuple[Scalar, str]] = []
    if key in {"mode", "suggested_mode"}:
        values = list(shelf.modes(kept).items())
    elif key == "criterion":
        values = [(each.name, each.why) for protocol in kept for each in protocol.criteria]
    elif key == "protocol":
        values = [(protocol.name, protocol.about) for protocol in kept]
    elif key in FIELDS or key.startswith(CONTEXT):
        rows = answers.ask(ws, catalog.facets, ws.position(), fields=(key,)).rows
        values = [(value, f"{count:,} cases") for _, value, count in rows]
    return Known(fields=fields, values={key: values})
