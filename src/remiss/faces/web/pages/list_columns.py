"""Columns of the list of cases on its page: what heads them, and by which link each sorts the list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from remiss.catalog.listing import Order
from remiss.faces.web.pages.list_address import SORTS, ListAddress, link

# The column that leads to the case: its title, and its id for copying.
CASE = "title"
WORDS: Mapping[str, str] = {
    "severity": "Severity",
    CASE: "Case",
    "occurred": "Occurred",
    "criteria": "Criteria",
    "output": "Predicted",
    "label": "Actual",
    "mode": "Mode",
    "status": "Status",
}
USUAL = tuple(WORDS)
# By what the column of titles sorts: most are made from a template when they are shown, and stand in no order.
ORDER_OF = {CASE: Order.FILED.value}
# What is newest or most is looked for first.
DESCENDING_FIRST = frozenset({Order.OCCURRED.value, Order.CONFIDENCE.value, Order.LATENCY.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHead:
    """The head of a column: its words, and the link that sorts by it, or turns the order around where it does already.

    `sorted` is the direction, `ascending` or `descending`, of the column that the list is sorted by; else empty.
    """

    name: str
    words: str
    href: str = ""
    sorted: str = ""
    says: str = ""


# Where a list is no address, nothing sorts it.
PLAIN = tuple(ListHead(name=name, words=words) for name, words in WORDS.items())


def heads(asked: ListAddress, names: Iterable[str] = USUAL) -> tuple[ListHead, ...]:
    """Return the heads of the columns of a list."""
    return tuple(_head(asked, name) for name in names)


def _head(asked: ListAddress, name: str) -> ListHead:
    order = ORDER_OF.get(name, name)
    up, down = order, f"-{order}"
    first, other = (down, up) if order in DESCENDING_FIRST else (up, down)
    return ListHead(
        name=name,
        words=WORDS[name],
        href=link(asked, sort=other if asked.sort == first else first),
        sorted={up: "ascending", down: "descending"}.get(asked.sort, ""),
        says="In the order of filing" if name == CASE else "",
    )


def sorts(asked: ListAddress) -> tuple[tuple[str, str], ...]:
    """Return the orders that a form offers, that of the list among them."""
    if any(asked.sort == value for value, _ in SORTS):
        return SORTS
    name = asked.sort.removeprefix("-")
    words = WORDS.get(name, name)
    return (*SORTS, (asked.sort, f"{words}, {'descending' if asked.sort.startswith('-') else 'ascending'}"))
