"""Cases counted by field: each value a link that narrows the list to it, or widens it again, and one that leaves it out.

A number beside a value is that of the list which its link leads to; with a plus, by so many that list is longer than this one.
So what a list asks of a field, or excludes, has to be counted again without it: `further_counts` are these questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from remiss.catalog.listing import INPUTS, VALUE_LIMIT, countable, inputs_to_count, with_inputs
from remiss.catalog.query import fields
from remiss.catalog.query.expression import Not, Query, Term, both, conjuncts, either
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.list_address import ListAddress, leading, lengthy, link, with_or_without
from remiss.faces.web.pages.list_columns import WORDS
from remiss.faces.web.trend_question import fitting, size
from remiss.present.columns import severity
from remiss.records.event import EMPTY, NONE_OF, Scalar
from remiss.records.rows import Rows

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol

FIRST = 8
# So many of each field on a page that is counted by field, which only those ask for who have no script; of inputs none.
FIRST_OF_PAGE = 3
# In bytes, beside what is different in each: a value with its two links, and a field with its sentence and the links to the rest.
VALUE, FACET = 330, 330
# In bytes: what all of it may take where it comes by itself.
ROOM = 55_000
# What lines and counts by field may take together of a page, and a line beside the address of the list.
OF_PAGE, LINE = 40_000, 480
# What of it the links of a page with a lengthy question leave free, and how many of them there are still.
SPARED, FEWEST_LINKS = 3_000, 5
# In which order fields are counted, what narrows most first; context fields follow.
COUNTED = ("criterion", "severity", "status", "mode", "suggested_mode", "model", "model_version", "label", "source")
# Of a case that has several values of it one may already be in the list by another.
SEVERAL = frozenset({"criterion"})
# Of a field the values beside those that were chosen (None), or one that is excluded.
Question: TypeAlias = tuple[str, Query | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of a facet: how many of the cases have it, and the links that add the term or take it away, and that exclude it.

    Where a question is too long for that, there is the `term` instead, by which buttons do the same.
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
    term: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesPage:
    """Another page of the values of a field: its link, none where a question is too long for one, and where it begins."""

    href: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """The values of one field among the cases that match; those that are chosen, excluded or frequent come first.

    `left` is how many more there are, to which `href` leads; `rarer` where there may be others that nobody counted. Of a field
    whose values fill pages, `start` of all `count` stand on those before, and `before` and `following` lead to the next ones.
    """

    field: str
    first: tuple[Value, ...]
    count: int
    more: tuple[Value, ...] = ()
    left: int = 0
    href: str = ""
    rarer: bool = False
    opened: bool = False
    start: int = 0
    before: ValuesPage | None = None
    following: ValuesPage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetsPart:
    """cases/facets.html: the cases counted by field; in `same` fields all are alike, and `crowded` are those without room."""

    template: ClassVar[str] = "cases/facets.html"
    facets: tuple[Facet, ...]
    same: tuple[tuple[str, str], ...]
    labels: Mapping[str, str]
    crowded: tuple[str, ...] = ()


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
    # What somebody opened stands where they look first.
    opened = asked.more if room is not None else ""
    counted, same = [], []
    for name in sorted(order, key=lambda name: name != opened):
        values = _values(found, asked, query, name, further or {})
        if len(values) > 1 or any(each.chosen or each.excluded for each in values):
            counted.append((name, tuple(sorted(values, key=lambda value: (not value.chosen, not value.excluded)))))
        elif values and not values[0].missing:
            same.append((name, values[0].words))
    left = ROOM if room is None else room
    heads = [size(FACET, name, _turned(asked, name).href) for name, _ in counted]
    headed = counted[: fitting(heads, left)]
    left -= sum(heads[: len(headed)])
    facets = []
    for name, values in headed:
        facet = _opened(asked, name, values, left) if name == opened else _few(asked, name, values, left, beside=room is not None)
        facets.append(replace(facet, rarer=len(_counts(found, name)) >= VALUE_LIMIT))
        left -= sum(_sizes(facet.first))
    if room is None:
        facets = [*_folded(facets, dict(headed), left)]
    crowded = tuple(name for name, _ in counted[len(headed) :])
    return FacetsPart(facets=tuple(facets), same=tuple(same), labels=labels, crowded=crowded)


def _opened(asked: ListAddress, name: str, values: tuple[Value, ...], room: int) -> Facet:
    """Return a page of all values of a field; half the room is left to other fields, as far as these have values to fill it."""
    start = asked.values if asked.values < len(values) else 0
    there = values[start : start + fitting(_sizes(values[start:]), room // 2)]
    before, end = max(0, start - len(there)), start + len(there)
    return Facet(
        field=name,
        first=there,
        count=len(values),
        opened=True,
        start=start,
        before=_turned(asked, name, before) if start else None,
        following=_turned(asked, name, end) if end < len(values) else None,
    )


def _turned(asked: ListAddress, name: str, start: int = 0) -> ValuesPage:
    """Return the way to a page of all values of a field."""
    href = "" if lengthy(asked) else f"{link(asked, facets='true', more=name, values=start or None)}#facets"
    return ValuesPage(href=href, start=start)


def _few(asked: ListAddress, name: str, values: tuple[Value, ...], room: int, *, beside: bool) -> Facet:
    """Return the first values of a field that have room, and all that were chosen or excluded before others."""
    most = (0 if name.startswith(INPUTS) else FIRST_OF_PAGE) if beside else FIRST
    own = sum(value.chosen or value.excluded for value in values)
    shown = min(sum(upto <= room for upto in accumulate(_sizes(values))), max(most, own))
    return Facet(field=name, first=values[:shown], count=len(values), left=len(values) - shown, href=_turned(asked, name).href)


def _folded(facets: Iterable[Facet], values: Mapping[str, tuple[Value, ...]], room: int) -> Iterator[Facet]:
    """Yield fields with the rest of their values folded in, where it has room; to that of others a link leads."""
    for facet in facets:
        rest = values[facet.field][len(facet.first) :]
        if rest and sum(_sizes(rest)) <= room:
            room -= sum(_sizes(rest))
            yield replace(facet, more=rest, left=0)
        else:
            yield facet


def _sizes(values: Iterable[Value]) -> Iterator[int]:
    return (size(VALUE, each.href, each.less, each.term, each.term, each.words, each.words) for each in values)


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
    long = lengthy(asked)
    return tuple(_value(asked, query, name, value, count, long=long) for value, count in counts.items())


def _counts(rows: Rows, name: str) -> dict[Scalar, int]:
    return {value: int(str(count)) for field, value, count in rows.rows if field == name}


def _value_of(term: Query) -> Scalar:
    return term.value if isinstance(term, Term) else None


def _words(field: str, value: Scalar) -> str:
    """Return a value as people read it: a grade with its word, a state as everywhere else.

    >>> _words("severity", 2), _words("status", "verified"), _words("mode", None)
    ('2 Severe', 'Verified', 'none')
    """
    if value is None:
        return NONE_OF.get(field, "none")
    if field == "severity" and isinstance(value, int):
        return (severity(value) or "").title()
    text = str(value).capitalize() if field == "status" else str(value)
    return text if text.strip() else EMPTY


def _value(asked: ListAddress, query: Query, field: str, value: Scalar, count: int | None, *, long: bool) -> Value:
    term, chosen = fields.having(field, value), fields.chosen_of(query, field)
    excluded, alone = term in fields.excluded_of(query, field), fields.narrowed(query, term)
    wanted, less = with_or_without(query, term), fields.with_exclusion(query, field, term)
    return Value(
        words=_words(field, value),
        count=count,
        href="" if long else link(asked, query=unparse(wanted)),
        less="" if long else link(asked, query=unparse(less)),
        chosen=alone or term in chosen,
        missing=value is None,
        more=excluded or (bool(chosen) and not alone and term not in chosen),
        excluded=excluded,
        term=unparse(term) if long else "",
    )


def counts_of(
    counted: Rows,
    asked: ListAddress,
    ask: Callable[..., Rows | None],
    protocols: Sequence[Protocol],
    lines: int | None = None,
) -> FacetsPart | None:
    """Return the counts of a list, beside so many lines of it, and further ones of its fields; None when one is not there yet."""
    query = parse(asked.query)
    if inputs := inputs_to_count(counted, chain.from_iterable(map(protocol_cache.fields, protocols))):
        if (found := ask(query=asked.query, fields=inputs)) is None:
            return None
        counted = with_inputs(counted, found)
    further = {of: ask(query=text, fields=of[:1]) for of, text in further_counts(counted, query).items()}
    known = {of: rows for of, rows in further.items() if rows is not None}
    if len(known) != len(further):
        return None
    room = None if lines is None else OF_PAGE - lines * size(LINE, leading(asked)(""))
    if room is not None and lengthy(asked):
        room += SPARED - FEWEST_LINKS * len(link(asked))
    return facets_of(counted, asked, query, {**WORDS, **protocol_cache.heads(protocols)}, known, room=room)
