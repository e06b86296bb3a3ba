"""A list of cases as it was asked for, and the links to every other one: a list is its address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import Field

from remiss.catalog.place_in_list import Neighbours
from remiss.catalog.query import fields
from remiss.catalog.query.expression import EVERYTHING, Not, Operator, Query, Term, both
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.faces.serving import AsOf
from remiss.faces.web.rendering import address, segment
from remiss.parameters import MOST_POSITION
from remiss.records.rows import split_columns

PATH = "/cases"
# How many cases stand on a page of the list.
LIMIT = 50
# So many letters of a line's address may be those of its list; of a longer one the browser tells the case where it comes from.
LONGEST = 220
LISTED = "listed"
# Of a longer address a page has no room for many: what changes the list is then a button of its search form, which has the query.
LENGTHY = 450
# What a list is, whatever else its address says of the page.
WHERE = ("query", "sort", "after", "start", "columns", "as_of")
NEWEST = "-occurred"
SORTS = (
    (NEWEST, "newest first"),
    ("occurred", "oldest first"),
    ("severity", "most severe first"),
    ("-severity", "mildest first"),
    ("-filed", "last filed first"),
    ("filed", "first filed first"),
)
# Lists that most people want: words, query, order.
READY = (
    ("Everything", "", NEWEST),
    ("Severe, newest first", "severity:<=2", NEWEST),
    ("Most severe first", "", "severity"),
    ("Filed by people", "origin:filed", NEWEST),
    ("Without a label", "-has:label", NEWEST),
)


class ListAddress(AsOf):
    """A list: which cases, in which order, from where on, and whether counted by field."""

    query: str = ""
    sort: str = NEWEST
    after: str | None = None
    start: Annotated[int, Field(ge=0, le=MOST_POSITION, description="How many stand on the pages before.")] = 0
    facets: bool = False
    more: str = Field("", description="Of which field all values are shown on a page that is counted by field.")
    values: Annotated[int, Field(ge=0, le=MOST_POSITION, description="How many of them stand on the pages before.")] = 0
    toggle: str = Field(
        "", description="A term of a value, such as `severity:2`, that is asked for from now on, or not any more."
    )
    exclude: str = Field("", description="A term of a value that is excluded from now on, or not any more.")
    columns: list[str] = Field([], description="Which columns, in this order; several names may be set apart by commas.")

    format: Literal["", "markdown"] = ""

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of the columns that were chosen, each once; none are the usual ones."""
        return tuple(dict.fromkeys(split_columns(",".join(self.columns))))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLink:
    """A link to a list: a saved view, an order, a term more or less."""

    words: str
    href: str
    current: bool = False


def link(asked: ListAddress, **other: object) -> str:
    """Return the address of the first page of a list, but for what is to be otherwise."""
    wanted = {"query": asked.query, "sort": asked.sort, "columns": ",".join(asked.chosen), "as_of": asked.as_of} | other
    return address(PATH, **wanted | {"sort": unusual(wanted["sort"])})


def lengthy(asked: ListAddress) -> bool:
    """Return whether the address of a list is too long to stand in every link of its page."""
    return len(link(asked)) > LENGTHY


def changed(asked: ListAddress) -> str | None:
    """Return the address of the list that a button leads to, by which a value is asked for or excluded; None without one."""
    if not (asked.toggle or asked.exclude):
        return None
    query, toggle, exclude = parse(asked.query), parse(asked.toggle), parse(asked.exclude)
    if toggle != EVERYTHING:
        query = with_or_without(query, toggle)
    if exclude != EVERYTHING:
        query = fields.with_exclusion(query, compared_in(exclude), exclude)
    return link(asked, query=unparse(query))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInList:
    """Where a case stands in the list that it was opened from, and the cases before and behind it on the same page of the list.

    `href` leads to that page; `number` counts from 1, None when the case is not there any more; `total` is None while nobody
    counted.
    """

    href: str
    number: int | None = None
    total: int | None = None
    before: str = ""
    behind: str = ""


def inside(asked: ListAddress) -> Callable[[str], str]:
    """Return what gives the address of a case as one of a list, so that its page knows what stands beside it there."""
    where = {"query": asked.query, "sort": asked.sort, "after": asked.after, "start": asked.start or None}
    same = address("", **where, columns=",".join(asked.chosen), as_of=asked.as_of)
    return lambda case: f"{PATH}/{segment(case)}{same}"


def leading(asked: ListAddress) -> Callable[[str], str]:
    """Return the same for the lines of a list, by `LISTED` alone where it is asked at such length that they were no page."""
    same = inside(asked)
    if len(same("")) <= LONGEST:
        return same
    return lambda case: address(f"{PATH}/{segment(case)}", **{LISTED: "true"}, as_of=asked.as_of)


def list_behind(referer: str) -> ListAddress | None:
    """Return the list whose page somebody came from, as their browser names it; None when it was no list.

    No more rests on it than on an address that somebody types: it is a question, which is answered to whoever asks.
    """
    try:
        came_from = urlsplit(referer)
        given = parse_qs(came_from.query)
        known = {name: given[name] if name == "columns" else given[name][0] for name in WHERE if name in given}
        return ListAddress.model_validate(known) if came_from.path == PATH else None
    except ValueError:
        return None


def list_of(asked: Mapping[str, Any], referer: str, *, listed: bool) -> ListAddress | None:
    """Return the list that a case was opened from: by its own address, or by the page before where that would be too long."""
    if asked["sort"] is None:
        return list_behind(referer) if listed else None
    return ListAddress.model_validate(asked)


def place_of(asked: ListAddress, found: Neighbours, total: int | None) -> PlaceInList:
    """Return where a case stands in a list, as links; `total` is how many the list has, where that is known already."""
    href = link(asked, after=asked.after, start=asked.start or None)
    if found.number is None:
        return PlaceInList(href=href)
    further = asked
    if found.following is not None:
        further = asked.model_copy(update={"after": found.following, "start": asked.start + LIMIT})
    return PlaceInList(
        href=href,
        number=asked.start + found.number + 1,
        total=total,
        before="" if found.before is None else inside(asked)(found.before),
        behind="" if found.behind is None else inside(further)(found.behind),
    )


def unusual(sort: object) -> object:
    """Return an order where it is not the usual one: what goes without saying stands in no address."""
    return None if sort == NEWEST else sort


def ready(asked: ListAddress) -> tuple[ListLink, ...]:
    """Return the links to lists that most people want, as the catalog stood at the same position."""
    return tuple(
        ListLink(
            words=words, href=link(asked, query=query, sort=sort), current=(asked.query.strip(), asked.sort) == (query, sort)
        )
        for words, query, sort in READY
    )


def team_choices(names: Iterable[str], chosen: str | None, href: Callable[[str | None], str]) -> tuple[ListLink, ...]:
    """Return the links from a list to that of one team, and to that of all; nothing where there is but one."""
    known = sorted(set(names))
    if len(known) < 2:
        return ()
    each = (ListLink(words=name, href=href(name), current=name == chosen) for name in known)
    return (ListLink(words="All teams", href=href(None), current=chosen is None), *each)


def teams_of_query(names: Iterable[str], query: Query, asking: Callable[[str], str]) -> tuple[ListLink, ...]:
    """Return the same of what has the team in its query, whose rest stays; `asking` is the address of another query."""
    rest, chosen = fields.without_chosen(query, "team"), fields.chosen_of(query, "team")
    [only] = chosen if len(chosen) == 1 else [None]
    one = str(only.value) if isinstance(only, Term) and only.operator is Operator.EQUAL else None if not chosen else ""

    def href(name: str | None) -> str:
        return asking(unparse(rest if name is None else both(rest, fields.having("team", name))))

    return team_choices(names, one, href)


def with_or_without(query: Query, term: Query) -> Query:
    """Return a query that asks for a value as well, whatever it asks of the same field already, or does not any more.

    >>> from remiss.catalog.query.parsing import parse
    >>> from remiss.catalog.query.printing import unparse
    >>> queries = ("model:x", "severity:1", "severity:2", "-severity:2")
    >>> [unparse(with_or_without(parse(each), parse("severity:2"))) for each in queries]
    ['model:x severity:2', 'severity:1 OR severity:2', '', '']
    """
    field = compared_in(term)
    if term in fields.excluded_of(query, field):
        return fields.with_exclusion(query, field, term)
    return fields.toggled(query, term) if fields.narrowed(query, term) else fields.with_choice(query, field, term)


def compared_in(term: Query) -> str:
    """Return the field that a term of one value is of."""
    inner = term.part if isinstance(term, Not) else term
    return inner.key if isinstance(inner, Term) else ""
