"""A query's shape: what is left of it when its values are taken out.

People ask the same few questions about ever other values. What has to be made for a question (a statement, above all) is made
for its shape, once, and the values are put in when it is asked. Two queries have one shape when they compare the same keys in
the same way with values of the same kinds; whole numbers and others are of one kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from remiss.catalog.query.expression import And, Not, Operator, Or, Query, Term, Text
from remiss.records.event import Scalar


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
