"""A list of cases as it was asked for, and the links to every other one: a list is its address."""

from __future__ import annotations

from dataclasses import dataclass

from remiss.faces.serving import AsOf
from remiss.faces.web.rendering import address

PATH = "/cases"
NEWEST = "-occurred"
SORTS = (
    (NEWEST, "newest first"),
    ("occurred", "oldest first"),
    ("severity", "gravest first"),
    ("-severity", "mildest first"),
    ("-filed", "last filed first"),
    ("filed", "first filed first"),
)
# Lists that most people want: words, query, order.
READY = (
    ("Everything", "", NEWEST),
    ("Severe, newest first", "severity:<=2", NEWEST),
    ("Gravest first", "", "severity"),
    ("Filed by people", "origin:filed", NEWEST),
    ("Without a label", "-has:label", NEWEST),
)


class ListAddress(AsOf):
    """A list: which cases, in which order, from where on, and whether counted by field."""

    query: str = ""
    sort: str = NEWEST
    after: str | None = None
    facets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLink:
    """A link to a list: a saved view, an order, a term more or less."""

    words: str
    href: str
    current: bool = False


def link(asked: ListAddress, **other: object) -> str:
    """Return the address of the first page of a list, but for what is to be otherwise."""
    wanted = {"query": asked.query, "sort": asked.sort, "as_of": asked.as_of} | other
    return address(PATH, **wanted | {"sort": unusual(wanted["sort"])})


def unusual(sort: object) -> object:
    """Return an order where it is not the usual one: what goes without saying stands in no address."""
    return None if sort == NEWEST else sort


def ready(asked: ListAddress) -> tuple[ListLink, ...]:
    """Return the links to lists that most people want, as the catalog stood at the same position."""
    return tuple(
        ListLink(
            words=words,
            href=link(asked, query=query, sort=sort),
            current=(asked.query.strip(), asked.sort) == (query, sort),
        )
        for words, query, sort in READY
    )


def sorting(asked: ListAddress, first: str, other: str) -> ListLink:
    """Return the link in a column's head: to its usual order, and from there to the other one."""
    direction = {"occurred": "ascending", "severity": "ascending"}.get(asked.sort, "descending")
    wanted = other if asked.sort == first else first
    return ListLink(words=direction, href=link(asked, sort=wanted), current=asked.sort in {first, other})
