"""Columns of the list of cases on its page: which are shown, what heads them, and by which link each sorts the list.

What a column is the catalog says (`catalog/listing.py`): those of a line, inputs and context. A page has the same by the same
names, puts title and id together, and shows a few of them where nobody chose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from remiss.catalog.listing import COLUMNS, Order
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.list_address import SORTS, ListAddress, lengthy, link
from remiss.faces.web.rendering import segment
from remiss.present.columns import severity
from remiss.present.legible import printable
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.event import NONE_OF

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol

# The column that leads to the case: its title, and its id for copying.
CASE = "title"
USUAL_WORDS: Mapping[str, str] = {
    "severity": "Severity",
    CASE: "Case",
    "occurred": "Occurred",
    "criteria": "Criteria",
    "output": "Predicted",
    "label": "Actual",
    "mode": "Mode",
    "status": "Status",
}
USUAL = tuple(USUAL_WORDS)
WORDS: Mapping[str, str] = {
    **USUAL_WORDS,
    "confidence": "Confidence",
    "model": "Model",
    "model_version": "Version",
    "latency_ms": "Latency, ms",
    "suggested_mode": "Suggested mode",
    "source": "Source",
    "event": "Event",
}
# What a head says of all that stands below it.
SAYS = {CASE: "In the order of filing", "severity": "Of 4 grades, 1 is critical", "mode": "Slanted: suggested, decided by nobody"}
# What the page shows within another column.
WITHIN = {"id": CASE, "hidden": "severity"}
# By what the column of titles sorts: most are made from a template when they are shown, and stand in no order.
ORDER_OF = {CASE: Order.FILED.value}
UNSORTED = frozenset({"event"})
# What is newest or most is looked for first.
DESCENDING_FIRST = frozenset({Order.OCCURRED.value, Order.CONFIDENCE.value, Order.LATENCY.value})
# Of more fields nobody chooses from a list; the address takes any.
MOST_OFFERED = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHead:
    """The head of a column: its words, and the link that sorts by it, or turns the order around where it does already.

    `sorted` is the direction, `ascending` or `descending`, of the column that the list is sorted by; else empty. `numeric` when
    all that stands below it are numbers. Where a question is too long for a link, `sorts` is the order that a button asks for.
    """

    name: str
    words: str
    href: str = ""
    sorts: str = ""
    sorted: str = ""
    says: str = ""
    numeric: bool = False

    @property
    def label(self) -> str:
        """What stands before a value where there is no room for heads."""
        words = printable(self.words)
        return words.lower() if self.name in NONE_OF else words


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedColumn:
    """A column that one may choose."""

    name: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChooser:
    """cases/_columns.html: which columns there are, those of fields apart; what the form keeps; the list with the usual ones."""

    own: tuple[OfferedColumn, ...] = ()
    fields: tuple[OfferedColumn, ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)
    usual: str = ""


# Where a list is no address, nothing sorts it.
PLAIN = tuple(ListHead(name=name, words=USUAL_WORDS[name]) for name in USUAL)


def shown_columns(asked: ListAddress) -> tuple[str, ...]:
    """Return the columns that a page shows: the usual ones, or those that were chosen and the one that leads to the case.

    Behind that one come those that are not usual: whoever chose them looks for them, and a form names them last.
    """
    chosen = dict.fromkeys(WITHIN.get(name, name) for name in asked.chosen)
    first = (*(("severity",) if "severity" in chosen else ()), CASE)
    return tuple(dict.fromkeys((*first, *(name for name in chosen if name not in USUAL), *chosen))) if chosen else USUAL


def asked_columns(asked: ListAddress) -> str | None:
    """Return the columns that the list is asked for, for a page that shows what was chosen; None is all but fields."""
    fields = [name for name in shown_columns(asked) if name not in COLUMNS]
    return ",".join((*COLUMNS, *fields)) if fields else None


def heads(
    asked: ListAddress, names: Iterable[str], known: Sequence[Protocol] = (), lines: Sequence[Mapping[str, object]] = ()
) -> tuple[ListHead, ...]:
    """Return the heads of the columns of a list, in the words of the protocols that name their fields."""
    called = protocol_cache.heads(known)
    return tuple(_head(asked, name, called.get(name) or WORDS.get(name, name), lines) for name in names)


def _head(asked: ListAddress, name: str, words: str, lines: Sequence[Mapping[str, object]]) -> ListHead:
    order = ORDER_OF.get(name, name)
    up, down = order, f"-{order}"
    first, other = (down, up) if order in DESCENDING_FIRST else (up, down)
    values = [line.get(name) for line in lines]
    sort, long = other if asked.sort == first else first, lengthy(asked)
    return ListHead(
        name=name,
        words=words,
        href="" if long or name in UNSORTED else link(asked, sort=sort),
        sorts=sort if long and name not in UNSORTED else "",
        sorted={up: "ascending", down: "descending"}.get(asked.sort, ""),
        says=SAYS.get(name, name if words != WORDS.get(name) else ""),
        numeric=name != "severity" and any(value is not None for value in values) and all(map(_is_number, values)),
    )


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def chooser(asked: ListAddress, known: Sequence[Protocol]) -> ColumnChooser:
    """Return what one may choose columns from: those of every list, and the fields that protocols name."""
    shown, called = shown_columns(asked), protocol_cache.heads(known)
    declared = dict.fromkeys(name for each in known for name in protocol_cache.fields(each) if name.startswith((INPUTS, CONTEXT)))
    fields = [
        *(name for name in shown if name not in WORDS),
        *sorted(declared, key=lambda name: (called.get(name) or name).lower()),
    ]

    def offered(names: Iterable[str]) -> tuple[OfferedColumn, ...]:
        words = ((name, called.get(name) or WORDS.get(name, name)) for name in dict.fromkeys(names))
        return tuple(OfferedColumn(name=name, words=said, chosen=name in shown) for name, said in words)

    return ColumnChooser(
        own=offered(WORDS),
        fields=offered(fields[:MOST_OFFERED]),
        kept={"query": asked.query, "sort": asked.sort, "as_of": asked.as_of},
        usual=link(asked, columns=None) if asked.chosen else "",
    )


def copied(columns: Sequence[ListHead], lines: Iterable[Mapping[str, Any]], server: str) -> Iterator[tuple[object, ...]]:
    """Yield the lines of a list as they are copied elsewhere: titles as links to the cases on a server."""
    for line in lines:
        yield tuple(_copied(column.name, line, server) for column in columns)


def _copied(name: str, line: Mapping[str, Any], server: str) -> object:
    if line["hidden"] and name in {"severity", "criteria", "mode", "suggested_mode"}:
        return "hidden"
    match name:
        case "title":
            return (line["title"] or line["id"], f"{server}/cases/{segment(line['id'])}")
        case "severity":
            return severity(line["severity"])
        case "mode":
            return line["mode"] or (f"{line['suggested_mode']} (suggested)" if line["suggested_mode"] else None)
        case _:
            return line[name]


def sorts(asked: ListAddress) -> tuple[tuple[str, str], ...]:
    """Return the orders that a form offers, that of the list among them."""
    if any(asked.sort == value for value, _ in SORTS):
        return SORTS
    name = asked.sort.removeprefix("-")
    words = WORDS.get(name, name)
    return (*SORTS, (asked.sort, f"{words}, {'descending' if asked.sort.startswith('-') else 'ascending'}"))
