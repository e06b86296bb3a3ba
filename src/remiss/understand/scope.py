"""Scope: what a query says about whole windows and cells, and which part of it speaks of events alone.

A cell is a set of events that agree on window, stratum and criteria, and on the model version where versions are told apart. Of
such a set a query is true (of every event), false (of none) or unknown (None): Kleene's three values. Where nothing is unknown,
exact counts answer the query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from remiss.catalog.query.expression import EVERYTHING, And, Level, Not, Operator, Or, Query, Term, Text, both, leaves
from remiss.catalog.query.values import fits, pieces
from remiss.errors import QueryError
from remiss.records.event import Scalar, Values
from remiss.records.window import Window

# True of all events of a set, false of all, or None: of some, or nobody knows.
Truth: TypeAlias = bool | None
# What all events of a set go by, by canonical key.
Constants: TypeAlias = Mapping[str, tuple[Scalar, ...]]

CRITERION = "criterion"
OCCURRED = "occurred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a set of events; None is not known.

    `constants` are keys with the same values for all events of the frame: `source`, `protocol`, `model`. `shared` are
    fields that the events have the same value of: those of the stratum, and the model version where it is told apart. `fulfilled`
    says of comparisons with fields whether the events fulfil them, where that was looked up of each.
    """

    window: Window
    shared: Values | None = None
    met: frozenset[str] | None = None
    constants: Constants = field(default_factory=dict)
    fulfilled: Mapping[Term, bool] = field(default_factory=dict)


def holds(query: Query, facts: Facts) -> Truth:
    """Return whether the query is true of all the events (True), of none (False), or neither can be said (None)."""
    match query:
        case And(parts):
            return conjunction([holds(part, facts) for part in parts])
        case Or(parts):
            return negation(conjunction([negation(holds(part, facts)) for part in parts]))
        case Not(part):
            return negation(holds(part, facts))
        case Text():
            return None
        case Term():
            return term_holds(query, facts)


def conjunction(truths: Sequence[Truth]) -> Truth:
    """Return Kleene's AND."""
    if False in truths:
        return False
    return None if None in truths else True


def negation(truth: Truth) -> Truth:
    """Return Kleene's NOT."""
    return None if truth is None else not truth


def term_holds(term: Term, facts: Facts) -> Truth:
    """Return `holds` for one comparison."""
    if term in facts.fulfilled:
        return facts.fulfilled[term]
    if term.key == CRITERION:
        return None if facts.met is None else any(value_holds(term, name) is True for name in facts.met)
    if term.key == OCCURRED:
        return time_holds(term, facts.window)
    if term.key in facts.constants:
        return negation(conjunction([negation(value_holds(term, value)) for value in facts.constants[term.key]]))
    if facts.shared is not None and term.key in facts.shared:
        return value_holds(term, facts.shared[term.key])
    return None


def value_holds(term: Term, value: Scalar) -> Truth:
    """Return whether a known value fulfils a comparison; None where only a database would know (order, mixed types)."""
    if term.operator is Operator.PRESENT:
        return value is not None
    if value is None:
        return False
    if isinstance(value, str) and isinstance(term.value, str):
        if term.operator is Operator.EQUAL:
            return value == term.value
        if term.operator is Operator.GLOB:
            return fits(pieces(term.value), value)
    numbers = isinstance(value, int | float) and isinstance(term.value, int | float)
    if term.operator is Operator.EQUAL and numbers and isinstance(value, bool) == isinstance(term.value, bool):
        return value == term.value
    return None


def time_holds(term: Term, window: Window) -> Truth:
    """Return whether all, none or some of a window's instants fulfil a comparison of `occurred`."""
    moment, start, end = term.value, window.start, window.end
    if term.operator is Operator.PRESENT:
        return True
    if not isinstance(moment, datetime):
        return None
    match term.operator:
        case Operator.AT_LEAST:
            return True if start >= moment else False if end <= moment else None
        case Operator.GREATER:
            return True if start > moment else False if end <= moment else None
        case Operator.LESS:
            return True if end <= moment else False if start >= moment else None
        case Operator.AT_MOST:
            return True if end <= moment else False if start > moment else None
    return None if start <= moment < end else False


def terms_of(query: Query) -> Iterator[Term]:
    """Return every comparison of a query, wherever it stands."""
    return (leaf for leaf in leaves(query) if isinstance(leaf, Term))


def event_part(query: Query) -> Query | None:
    """Return the part of a query that speaks of events alone, or None where criteria are tangled up in it.

    Terms stand side by side for AND, so whole parts can be taken away; below an OR or a NOT that also speaks of events
    they cannot. A phrase counts as of events: in an estimate it is looked for in the events' own text.
    """
    return part_without(query, lambda leaf: isinstance(leaf, Term) and leaf.level is not Level.EVENT)


def without_time(query: Query) -> Query | None:
    """Return a query without its limits in time, or None where they are tangled up in the rest."""
    return part_without(query, lambda leaf: isinstance(leaf, Term) and leaf.key == OCCURRED)


def cuts(query: Query, window: Window) -> bool:
    """Return whether a query's limits in time take a part of a window only; not where they are tangled up in the rest.

    >>> from datetime import timedelta
    >>> since = Term(OCCURRED, Operator.AT_LEAST, datetime(2013, 6, 5), Level.EVENT)
    >>> [cuts(since, Window(datetime(2013, 6, day), timedelta(weeks=1))) for day in (4, 5)]
    [True, False]
    """
    limits = part_without(query, lambda leaf: not (isinstance(leaf, Term) and leaf.key == OCCURRED))
    return limits is not None and holds(limits, Facts(window=window)) is None


def without_people(query: Query) -> Query:
    """Return the part of a query that says nothing of what people decide; everything where the two are tangled up."""
    found = part_without(query, lambda leaf: isinstance(leaf, Term) and leaf.level is Level.PEOPLE)
    return EVERYTHING if found is None else found


def part_without(query: Query, unwanted: Callable[[Term | Text], bool]) -> Query | None:
    """Return the conjunction of those parts that hold no unwanted leaf; None where a part holds both kinds."""
    found = {unwanted(leaf) for leaf in leaves(query)}
    if found <= {False}:
        return query
    if found == {True}:
        return EVERYTHING
    if not isinstance(query, And):
        return None
    kept = [part_without(part, unwanted) for part in query.parts]
    return None if None in kept else both(*(part for part in kept if part is not None))


def named_criteria(query: Query, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the criteria that a query names, globs spelled out, in the order of the protocol.

    Raises
    ------
    QueryError : a name that the protocol does not have
    """
    found = set()
    for term in terms_of(query):
        if term.key == CRITERION:
            fitting = {name for name in known if value_holds(term, name)}
            if not fitting:
                raise QueryError(
                    f"no criterion is named {term.value}", do=f"the protocol's criteria are {', '.join(known) or 'none'}"
                )
            found |= fitting
    return tuple(name for name in known if name in found)


def known_of(query: Query, known: Mapping[Query, bool]) -> Truth:
    """Return whether a query holds where some of its comparisons are known to hold or not, and nothing is known of the others.

    >>> slow, here = (Term(key, Operator.EQUAL, "x", Level.EVENT) for key in ("criterion", "output"))
    >>> known_of(And((slow, here)), {here: True}), known_of(And((slow, Not(here))), {here: True})
    (None, False)
    """
    match query:
        case And(parts):
            return conjunction([known_of(part, known) for part in parts])
        case Or(parts):
            return negation(conjunction([negation(known_of(part, known)) for part in parts]))
        case Not(part):
            return negation(known_of(part, known))
        case _:
            return known.get(query)
