"""Narrowing: a query with one term more, or without it, as one does by clicking on a facet's value."""

from __future__ import annotations

from remiss.catalog.query.expression import Not, Operator, Query, Term, both, conjuncts
from remiss.catalog.query.fields import find
from remiss.errors import InputError
from remiss.records.event import Scalar


def having(field: str, value: Scalar) -> Query:
    """Return the query for the cases that have a value in a field; None is not having any.

    Raises
    ------
    InputError : no key of the filter language

    >>> having("severity", 2)
    Term(key='severity', operator=<Operator.EQUAL: '='>, value=2, level=<Level.PEOPLE: 'people'>)
    """
    key = find(field)
    if key is None:
        raise InputError(f"cases have no field {field!r}", do="use a key of the filter language")
    if value is None:
        return Not(Term(field, Operator.PRESENT, None, key.level))
    return Term(field, Operator.EQUAL, value, key.level)


def narrowed(query: Query, by: Query) -> bool:
    """Return whether all that matches `query` must match `by`, which stands in it as a part."""
    return all(part in conjuncts(query) for part in conjuncts(by))


def toggled(query: Query, by: Query) -> Query:
    """Return `query` without `by` where it is a part, and with it where it is not.

    >>> from remiss.catalog.query.parsing import parse
    >>> toggled(parse("severity:2 model:x"), parse("severity:2")) == parse("model:x")
    True
    """
    if narrowed(query, by):
        return both(*(part for part in conjuncts(query) if part not in conjuncts(by)))
    return both(query, by)
