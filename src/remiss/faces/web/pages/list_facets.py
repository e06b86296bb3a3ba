"""Cases counted by field: each value a link that narrows the list to it, or widens it again, and one that leaves it out.

A number beside a value is that of the list which its link leads to; with a plus, by so many that list is longer than this one.
So what a list asks of a field, or excludes, has to be counted again without it: `further_counts` are these questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import ClassVar, TypeAlias

from remiss.catalog.listing import INPUTS, countable
from remiss.catalog.query import fields
from remiss.catalog.query.expression import Not, Query, Term, both, conjuncts, either
from remiss.catalog.query.printing import unparse
from remiss.faces.web.pages.list_address import ListAddress, link
from remiss.faces.web.trend_question import size
from remiss.records.event import EMPTY, NONE_OF, Scalar
from remiss.records.rows import Rows

FIRST = 8
# So many of each field on a page that is counted by field, which only those ask for who have no script; of inputs none.
FIRST_OF_PAGE = 3
# In bytes, beside what is different in each: a value with its two links, and a field.
VALUE, FACET = 330, 180
# In which order fields are counted, what narrows most first; context fields follow.
COUNTED = ("criterion", "severity", "status", "mode", "suggested_mode", "model", "model_version", "label", "source")
# Of a case that has several values of it one may already be in the list by another.
SEVERAL = frozenset({"criterion"})
# Of a field the values beside those that were chosen (None), or one that is excluded.
Question: TypeAlias = tuple[str, Query | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of a facet: how many of the cases have it, and the links that add the term or take it away, and that exclude it.

    `more` is one that is not in the list, where others of its field are chosen or it is `excluded`: its cases come to theirs.
    `count` is None of one that nobody counted.
    """

    words: str
    count: int | None
    href: str
    less: str
    chosen: bool
    missing: bool
    more: bool
    excluded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """The values of one field among the cases that match; those that are chosen, excluded or frequent come first.

    `left` is how many more there are, to which `href` leads.
    """

    field: str
    first: tuple[Value, ...]
    more: tuple[Value, ...] = ()
    left: int = 0
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetsPart:
    """cases/facets.html: the cases counted by field; `same` are the fields in which all are alike."""

    template: ClassVar[str] = "cases/facets.html"
    facets: tuple[Facet, ...]
    same: tuple[tuple[str, str], ...]
    labels: Mapping[str, str]


def further_counts(found: Rows, query: Query) -> dict[Question, str]:
    """Return what else has to be counted of a list whose fields were counted, as queries; each for the field that it is of."""
    return dict(_further(found, query))


def _further(found: Rows, query: Query) -> Iterator[tuple[Question, str]]:
    for name in _named(found, query):
        if chosen := fields.chosen_of(query, name):
            rest = fields.without_chosen(query, name)
            others = both(rest, Not(either(*chosen))) if name in SEVERAL else rest
            yield (name, None), unparse(others)
        for term in fields.excluded_of(query, name):
            yield (name, term), unparse(fields.with_exclusion(query, name, term))


def _named(found: Rows, query: Query) -> tuple[str, ...]:
    """Return the fields that were counted, and those of which a query excludes so much that none of the cases has one."""
    inner = (fields.negated(part) for part in conjuncts(query))
    excluded = (each.key for term in inner if isinstance(each := term.part if isinstance(term, Not) else term, Term))
    asked = (name for name in excluded if countable(name) and fields.excluded_of(query, name))
    return tuple(dict.fromkeys((*(str(field) for field, _, _ in found.rows), *asked)))


def facets_of(
    found: Rows,
    asked: ListAddress,
    query: Query,
    labels: Mapping[str, str],
    further: Mapping[Question, Rows] | None = None,
    *,
    room: int | None = None,
) -> FacetsPart:
    """Return the counts of a list as links that narrow it or widen it again.

    Parameters
    ----------
    labels : what people call fields
    further : the answers to `further_counts`
    room : how many bytes they may take where they come with the list, with few values each; None by themselves
    """
    names = _named(found, query)
    order = [*(name for name in COUNTED if name in names), *(name for name in names if name not in COUNTED)]
    facets, same = [], []
    for name in order:
        values = _values(found, asked, query, name, further or {})
        if len(values) > 1 or any(each.chosen or each.excluded for each in values):
            values = tuple(sorted(values, key=lambda value: (not value.chosen, not value.excluded)))
            facets.append(_facet(asked, name, values, room))
            room = None if room is None else room - _size(facets[-1])
        elif values and not values[0].missing:
            same.append((name, values[0].words))
    return FacetsPart(facets=tuple(facets), same=tuple(same), labels=labels)


def _facet(asked: ListAddress, name: str, values: tuple[Value, ...], room: int | None) -> Facet:
    if room is None:
        return Facet(field=name, first=values[:FIRST], more=values[FIRST:])
    sizes = accumulate(size(VALUE, each.href, each.less, each.words, each.words) for each in values[:FIRST_OF_PAGE])
    first = 0 if name.startswith(INPUTS) else sum(upto <= room for upto in sizes)
    shown = len(values) if name == asked.more else max(first, sum(value.chosen or value.excluded for value in values))
    href = f"{link(asked, facets='true', more=name)}#facets"
    # What was chosen can be taken away, and is excluded elsewhere where there is no room.
    bare = room <= 0 and name != asked.more
    return Facet(
        field=name,
        first=tuple(replace(each, less="") if bare else each for each in values[:shown]),
        left=len(values[shown:]),
        href=href,
    )


def _size(facet: Facet) -> int:
    """Return how many bytes a field takes beside a list."""
    return size(FACET, facet.href) + sum(size(VALUE, each.href, each.less, each.words, each.words) for each in facet.first)


def _values(found: Rows, asked: ListAddress, query: Query, name: str, further: Mapping[Question, Rows]) -> tuple[Value, ...]:
    chosen, excluded = fields.chosen_of(query, name), fields.excluded_of(query, name)
    here = _counts(found, name)
    beside = _counts(further[name, None], name) if (name, None) in further else {}
    counts: dict[Scalar, int | None] = {**here}
    if chosen:
        own = [_value_of(term) for term in chosen]
        others = {**dict.fromkeys(here, 0), **beside}
        counts = {**{value: here.get(value, 0) for value in own}, **{value: n for value, n in others.items() if value not in own}}
    for term in excluded:
        counts[_value_of(term)] = _counts(further[name, term], name).get(_value_of(term)) if (name, term) in further else None
    return tuple(_value(asked, query, name, value, count) for value, count in counts.items())


def _counts(rows: Rows, name: str) -> dict[Scalar, int]:
    return {value: int(str(count)) for field, value, count in rows.rows if field == name}


def _value_of(term: Query) -> Scalar:
    return term.value if isinstance(term, Term) else None


def _value(asked: ListAddress, query: Query, field: str, value: Scalar, count: int | None) -> Value:
    term, chosen = fields.having(field, value), fields.chosen_of(query, field)
    excluded, alone = term in fields.excluded_of(query, field), fields.narrowed(query, term)
    less = fields.with_exclusion(query, field, term)
    wanted = less if excluded else fields.toggled(query, term) if alone else fields.with_choice(query, field, term)
    return Value(
        words=NONE_OF.get(field, "none") if value is None else str(value) if str(value).strip() else EMPTY,
        count=count,
        href=link(asked, query=unparse(wanted)),
        less=link(asked, query=unparse(less)),
        chosen=alone or term in chosen,
        missing=value is None,
        more=excluded or (bool(chosen) and not alone and term not in chosen),
        excluded=excluded,
    )
