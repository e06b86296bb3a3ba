"""Likeness: how much two events have in common, by what went into them.

Each field that both know counts alike: numbers by how far apart they are among all that are compared, everything else by being
the same or not. Source: Gower, A general coefficient of similarity and some of its properties, Biometrics 27 (1971).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.comparison import Control
from remiss.records.event import Event, Scalar


def likest(event: Event, others: Sequence[Event], count: int) -> tuple[Control, ...]:
    """Return the `count` events most like another, the likest first; among equals by id."""
    own = dict(values(event))
    fields = [dict(values(other)) for other in others]
    ranges = {name: spread(name, [own, *fields]) for name, value in own.items() if is_number(value)}
    found = [Control(event=other, likeness=likeness(own, theirs, ranges)) for other, theirs in zip(others, fields, strict=True)]
    return tuple(sorted(found, key=lambda control: (-control.likeness, control.event.id))[:count])


def values(event: Event) -> Iterator[tuple[str, Scalar]]:
    """Yield what is known of what went into an event: inputs and context."""
    for prefix, family in ((INPUTS, event.inputs), (CONTEXT, event.context)):
        yield from ((prefix + name, value) for name, value in family.items() if value is not None)


def likeness(own: Mapping[str, Scalar], theirs: Mapping[str, Scalar], ranges: Mapping[str, float]) -> float:
    """Return the likeness of two events in [0, 1]; 0 when they know no field in common.

    >>> likeness({"a": 1, "b": "x"}, {"a": 3, "b": "x"}, {"a": 4.0})
    0.75
    """
    shared = [alike(own[name], theirs[name], ranges.get(name, 0.0)) for name in own if name in theirs]
    return sum(shared) / len(shared) if shared else 0.0


def alike(one: Scalar, other: Scalar, span: float) -> float:
    """Return how alike two values of one field are, in [0, 1]."""
    if span > 0 and is_number(one) and is_number(other):
        return 1 - abs(float(str(one)) - float(str(other))) / span
    return float(one == other)


def spread(name: str, events: Sequence[Mapping[str, Scalar]]) -> float:
    """Return the distance between the least and the greatest number of a field."""
    numbers = [float(str(event[name])) for event in events if is_number(event.get(name))]
    return max(numbers) - min(numbers) if numbers else 0.0


def is_number(value: Scalar) -> bool:
    """Return whether a value is compared as a number: truths are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
