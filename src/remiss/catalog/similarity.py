"""Likeness: how much two events have in common, by what is known of them.

Each field counts alike: numbers by how far apart they are among all that are compared, everything else by being the same or
not. Of controls, which were drawn with a case and have its fields, those that both know count. For a duplicate that would say
too much: of two events that know one field in common nearly nothing is the same, so there what only one knows counts as
unlike. Source: Gower, A general coefficient of similarity and some of its properties, Biometrics 27 (1971).

When a case is so like others that the person who files it is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, cast

from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.comparison import Control
from remiss.records.event import Event, Scalar
from remiss.records.rows import Rows

# A list of cases that one is like; columns are only added.
COLUMNS = ("id", "likeness", "fields", "occurred", "same")
# From this likeness on, in two fields or more, somebody who files a case is told that it may be a duplicate; but when it is so
# like more than a few, that sets none of them apart.
LIKE = 0.8
FEW = 3
# How many to ask for, so that more than a few are known to be.
ASKED = FEW + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicate:
    """A case that another may be a duplicate of: how like in [0, 1], in how many fields, and which are wholly the same."""

    id: str
    likeness: float
    fields: int
    occurred: datetime
    same: str


def possible_duplicates(found: Rows) -> tuple[PossibleDuplicate, ...]:
    """Return the cases worth telling of, of the first `ASKED` that a case is like; none when it is as like many.

    >>> row = lambda id, likeness, fields: (id, likeness, fields, datetime(2013, 6, 3), "output")
    >>> rows = lambda *found: Rows("similar", COLUMNS, found, 1)
    >>> [each.id for each in possible_duplicates(rows(row("a", 1.0, 2), row("b", 0.8, 9), row("c", 0.79, 9), row("d", 1.0, 1)))]
    ['a', 'b']
    >>> possible_duplicates(rows(*(row(id, 1.0, 2) for id in "abcd")))
    ()
    """
    every = (PossibleDuplicate(**cast("dict[str, Any]", line)) for line in found)
    told = tuple(each for each in every if each.likeness >= LIKE and each.fields > 1)
    return told if len(told) <= FEW else ()


# A value, or the words of a text.
Known: TypeAlias = Scalar | frozenset[str]


def most_similar(event: Event, others: Sequence[Event], count: int) -> tuple[Control, ...]:
    """Return the `count` events most like another, the likest first; among equals by id."""
    own = dict(values(event))
    fields = [dict(values(other)) for other in others]
    ranges = {name: spread(name, [own, *fields]) for name, value in own.items() if is_number(value)}
    found = [Control(event=other, likeness=similarity(own, theirs, ranges)) for other, theirs in zip(others, fields, strict=True)]
    return tuple(sorted(found, key=lambda control: (-control.likeness, control.event.id))[:count])


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A case that another may be a duplicate of: its event, by the id of the case; in how many fields they were compared.

    `same` names those of the fields that are wholly the same, sorted.
    """

    event: Event
    likeness: float
    fields: int
    same: tuple[str, ...]


def duplicates(event: Event, others: Sequence[Event], count: int) -> tuple[Peer, ...]:
    """Return the `count` events most like another in all that is known of either, the likest first; among equals by id.

    Besides inputs and context that is what the model said and the words of the text. What would have been right comes to be
    known later, and has no part in it.
    """
    own, fields = dict(everything(event)), [dict(everything(other)) for other in others]
    ranges = {name: spread(name, [own, *fields]) for name in own}
    found = [(common(own, theirs, ranges), other, theirs) for other, theirs in zip(others, fields, strict=True)]
    likest = sorted(found, key=lambda each: (-each[0], each[1].id))[:count]
    return tuple(
        Peer(event=other, likeness=much, fields=len(own.keys() | theirs.keys()), same=same(own, theirs, ranges))
        for much, other, theirs in likest
    )


def same(own: Mapping[str, Known], theirs: Mapping[str, Known], ranges: Mapping[str, float]) -> tuple[str, ...]:
    """Return the names of the fields that two events have wholly the same, sorted.

    >>> same({"a": 1, "b": "x", "c": 2}, {"a": 1, "b": "y", "c": "2"}, {"a": 9.0})
    ('a', 'c')
    """
    return tuple(
        sorted(name for name in own if name in theirs and closeness(own[name], theirs[name], ranges.get(name, 0.0)) == 1)
    )


def everything(event: Event) -> Iterator[tuple[str, Known]]:
    """Yield what is known of an event; of its text the words."""
    yield from values(event)
    if event.output is not None:
        yield "output", event.output
    if event.text:
        yield "text", frozenset(event.text.casefold().split())


def common(own: Mapping[str, Known], theirs: Mapping[str, Known], ranges: Mapping[str, float]) -> float:
    """Return how much of what is known of either of two events is the same, in [0, 1].

    >>> common({"a": 1, "b": "x"}, {"a": 1}, {}), common({"a": "7"}, {"a": 7}, {}), common({}, {}, {})
    (0.5, 1.0, 0.0)
    """
    every = own.keys() | theirs.keys()
    shared = (closeness(own[name], theirs[name], ranges.get(name, 0.0)) for name in own if name in theirs)
    return sum(shared) / len(every) if every else 0.0


def values(event: Event) -> Iterator[tuple[str, Scalar]]:
    """Yield what is known of what went into an event: inputs and context."""
    for prefix, family in ((INPUTS, event.inputs), (CONTEXT, event.context)):
        yield from ((prefix + name, value) for name, value in family.items() if value is not None)


def similarity(own: Mapping[str, Known], theirs: Mapping[str, Known], ranges: Mapping[str, float]) -> float:
    """Return the likeness of two events in [0, 1]; 0 when they know no field in common.

    >>> similarity({"a": 1, "b": "x"}, {"a": 3, "b": "x"}, {"a": 4.0})
    0.75
    """
    shared = [closeness(own[name], theirs[name], ranges.get(name, 0.0)) for name in own if name in theirs]
    return sum(shared) / len(shared) if shared else 0.0


def closeness(one: Known, other: Known, span: float) -> float:
    """Return how alike two values of one field are, in [0, 1]; of words the share of all that both have.

    What a person typed is text: it is a number where the other is one.

    >>> closeness("7", 7, 0.0), closeness("7", 9, 8.0), closeness(frozenset({"a", "b"}), frozenset({"b"}), 0.0)
    (1.0, 0.75, 0.5)
    """
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return len(one & other) / len(one | other)
    if is_number(one) or is_number(other):
        numbers = number_of(one), number_of(other)
        if numbers[0] is not None and numbers[1] is not None:
            apart = abs(numbers[0] - numbers[1])
            return max(0.0, 1 - apart / span) if span > 0 else float(apart == 0)
    return float(one == other)


def spread(name: str, events: Sequence[Mapping[str, Known]]) -> float:
    """Return the distance between the least and the greatest number of a field."""
    numbers = [float(str(event[name])) for event in events if is_number(event.get(name))]
    return max(numbers) - min(numbers) if numbers else 0.0


def is_number(value: Known) -> bool:
    """Return whether a value is compared as a number: truths are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_of(value: Known) -> float | None:
    """Return a number, or the one that a text says; None when it says none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
