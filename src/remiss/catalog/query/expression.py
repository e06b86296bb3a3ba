"""The filter language as a value: what `parse` gives and what stores compile to bound SQL.

mode:remiss:model/* severity:<=2 (model:arrival-delay@1.* OR context.airport:EWR) -status:rejected "missed connection"

Terms stand beside each other for AND; `OR`, `NOT` and a leading `-` are as elsewhere in the field. Text without a key is
full text.

A query has a shape: what is left of it when its values are taken out. People ask the same few questions about ever other
values. What has to be made for a question (a statement, above all) is made
for its shape, once, and the values are put in when it is asked. Two queries have one shape when they compare the same keys in
the same way with values of the same kinds; whole numbers and others are of one kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from remiss.records.event import Scalar


class Level(StrEnum):
    """What a key speaks of; estimates need to know (design, section 4)."""

    EVENT = "event"  # model, occurred, context, inputs, output, confidence, latency, label, text
    CRITERION = "criterion"  # which criteria the event met
    PEOPLE = "people"  # status, mode, severity, title, filed, team, sensitivity
    SET = "set"  # which set of sampled events that was found it is in: a cluster
    SAMPLE = "sample"  # how a sampled event was drawn; of cases and figures nobody asks so


class Operator(StrEnum):
    """How a value is compared. A range is two comparisons; a glob is text with `*`."""

    EQUAL = "="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    GLOB = "glob"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison. `key` is canonical, for example `context.airport` or `severity`; `value` is typed by the key."""

    key: str
    operator: Operator
    value: Scalar
    level: Level


@dataclass(frozen=True, slots=True)
class Text:
    """Words to be found in the redacted text, title and note, and in values of the event; several words are a phrase."""

    phrase: str


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Query


Query: TypeAlias = Term | Text | And | Or | Not
EVERYTHING = And(())


def both(*parts: Query) -> Query:
    """Return the conjunction of some queries, flat: an And within becomes its parts, and one part stands alone."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat)


def either(*parts: Query) -> Query:
    """Return the disjunction of some queries, flat likewise.

    Raises
    ------
    ValueError : of nothing
    """
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,)))
    if not flat:
        raise ValueError("nothing to choose from")
    return flat[0] if len(flat) == 1 else Or(flat)


def leaves(query: Query) -> Iterator[Term | Text]:
    """Yield every comparison and every phrase of a query, left to right."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield query


def conjuncts(query: Query) -> tuple[Query, ...]:
    """Return the parts that must all hold; a query that is no conjunction is its only part."""
    return query.parts if isinstance(query, And) else (query,)


def criteria(query: Query) -> tuple[str, ...]:
    """Return the names of the criteria that a query speaks of, in order, each once; globs as they are written."""
    named = (leaf.value for leaf in leaves(query) if isinstance(leaf, Term) and leaf.key == "criterion")
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str)))


def asks_for_set(query: Query) -> bool:
    """Return whether a query asks for a set of events that was found, which only its asker may know and which gets no more."""
    return any(isinstance(leaf, Term) and leaf.level is Level.SET for leaf in leaves(query))


@dataclass(frozen=True, slots=True)
class Blank(Term):
    """A comparison without its value: of which kind it is, and which of the query's values."""

    kind: type
    at: int


@dataclass(frozen=True, slots=True)
class BlankText(Text):
    """Words to be found, without the words: which of the query's values they are."""

    at: int


def kind_of(term: Term) -> type:
    """Return the kind of a comparison's value, also where it is left blank."""
    if isinstance(term, Blank):
        return term.kind
    kind = type(term.value)
    return float if kind is int else kind


def split_values(query: Query) -> tuple[Query, tuple[Scalar, ...]]:
    """Return the shape of a query and its values, left to right.

    >>> from remiss.catalog.query.parsing import parse
    >>> split_values(parse("severity:<=2"))[1]
    (2,)
    >>> split_values(parse("severity:<=2 late"))[0] == split_values(parse("severity:<=3 early"))[0]
    True
    """
    values: list[Scalar] = []
    return _blanked(query, values), tuple(values)


def _blanked(query: Query, values: list[Scalar]) -> Query:
    match query:
        case Term(key, operator, value, level):
            if operator is Operator.PRESENT:
                return query
            values.append(value)
            return Blank(key, operator, None, level, kind_of(query), len(values) - 1)
        case Text(phrase):
            values.append(phrase)
            return BlankText("", len(values) - 1)
        case And(parts):
            return And(tuple([_blanked(part, values) for part in parts]))
        case Or(parts):
            return Or(tuple([_blanked(part, values) for part in parts]))
        case Not(part):
            return Not(_blanked(part, values))
