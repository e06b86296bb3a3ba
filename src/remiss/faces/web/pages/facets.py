"""Cases counted by field: each value a link that narrows the list to it, or widens it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from remiss.catalog.query import fields
from remiss.catalog.query.expression import Query
from remiss.catalog.query.printing import unparse
from remiss.faces.web.pages.list_address import ListAddress, link
from remiss.records.event import Scalar
from remiss.records.rows import Rows

FIRST = 8
# In which order fields are counted, what narrows most first; context fields follow.
COUNTED = ("criterion", "severity", "status", "mode", "suggested_mode", "model", "model_version", "label", "source")


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


def facets_of(found: Rows, asked: ListAddress, query: Query) -> FacetsPart:
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


def _value(asked: ListAddress, query: Query, field: str, value: Scalar, count: int) -> Value:
    term = fields.having(field, value)
    href = link(asked, query=unparse(fields.toggled(query, term)))
    words = "none" if value is None else str(value)
    return Value(words=words, count=count, href=href, chosen=fields.narrowed(query, term), missing=value is None)
