"""Values of the types that actions take and return, as hypothesis makes them, also those that look like others in JSON."""

from __future__ import annotations

import math
import typing
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from remiss.parameters import OneOf, Range
from remiss.records.event import Scalar
from remiss.records.published import published_as
from remiss.records.rows import Rows
from scripts.declared import load

# How many examples of each of some hundred kinds a test is asked: few by `make test`, many by `make soak`.
few_or_many = pytest.mark.parametrize("examples", [5, pytest.param(60, marks=pytest.mark.soak)], ids=["few", "many"])


def generated(examples: int) -> settings:
    """Return how so many examples are made: none is too large or too slow to make."""
    too_much = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=too_much)


ACTIONS = load()
# Each type once, by the first argument or result that has it.
TYPES: dict[str, typing.Any] = {}
for name, action in ACTIONS.items():
    for place, declared in [*((f"{name}({each})", of) for each, of in action.types.items()), (f"{name} ->", action.returns)]:
        if declared not in TYPES.values():
            TYPES[place] = declared
RETURNED = {name: declared for name, declared in TYPES.items() if name.endswith("->")}
# Texts that look like what the codec writes of other values must come back as text.
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["int:9007199254740992", "int:5", "float:nan", "time:2013-06-03T00:00:00Z", "text:", "text:float:nan", "2013-06-03T00:00:00Z"]
)
Strategy = st.SearchStrategy[typing.Any]


def values(declared: typing.Any, *, ordinary: bool = False) -> Strategy:
    """Return what makes values of a type as annotations name it; `ordinary` ones have no number that JSON cannot hold."""
    return _Making(2**53 - 1 if ordinary else 2**70, ordinary).of(declared, 0)


class _Making:
    """Makes values with whole numbers up to `most`, and finite ones alone if they are to be `ordinary`."""

    def __init__(self, most: int, ordinary: bool) -> None:
        self._most = most
        self._plain: dict[typing.Any, Strategy] = {
            bytes: st.binary(max_size=50),
            str: TEXTS,
            int: st.integers(-most, most),
            float: st.floats(allow_nan=False, allow_infinity=not ordinary),
            bool: st.booleans(),
            datetime: st.datetimes(timezones=st.just(UTC)),
            type(None): st.none(),
            # JSON as it is.
            object: st.recursive(
                st.none() | st.booleans() | st.integers(-most, most) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
                lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
                max_leaves=4,
            ),
        }

    def of(self, declared: typing.Any, depth: int) -> Strategy:
        origin, inner = typing.get_origin(declared), typing.get_args(declared)
        if declared in self._plain:
            return self._plain[declared]
        if origin is typing.Annotated:
            return self._annotated(inner[0], inner[1], depth)
        if origin is typing.Literal:
            return st.sampled_from(inner)
        if isinstance(origin, type) and issubclass(origin, tuple | typing.Sequence | typing.Mapping):
            return self._collections(origin, inner, depth)
        if inner:
            return st.one_of([self.of(each, depth) for each in inner])
        if issubclass(declared, Enum):
            return st.sampled_from(declared)
        if declared is Rows:
            return self._rows()
        hints = typing.get_type_hints(declared, include_extras=True)
        names = [each.name for each in fields(declared) if each.init] if is_dataclass(declared) else declared._fields
        made = {name: self.of(hints[name], depth + 1) for name in names}
        if hints.get("position") is int:
            made["position"] = st.integers(0, self._most)
        if (read := published_as(declared).read) is not None:
            # An answer always says where it was read.
            made[read] = st.integers(0, self._most)
        return st.builds(declared, **made)

    def _annotated(self, declared: typing.Any, said: object, depth: int) -> Strategy:
        match said:
            case OneOf(chosen):
                one = st.sampled_from(chosen)
                return one if typing.get_origin(declared) is None else st.lists(one, max_size=3).map(tuple)
            case Range(low, high) if declared is int:
                return st.integers(math.ceil(low or 0), self._most if high is None else math.floor(high))
            case Range(low, high):
                return st.floats(low, high, allow_nan=False, allow_infinity=False)
            case _:
                return self.of(declared, depth)

    def _collections(self, origin: type, inner: tuple[typing.Any, ...], depth: int) -> Strategy:
        size = 3 if depth < 2 else 1
        if origin is tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
            return st.tuples(*(self.of(each, depth + 1) for each in inner))
        if issubclass(origin, typing.Mapping):
            return st.dictionaries(TEXTS, self.of(inner[1], depth + 1), max_size=size)
        return st.lists(self.of(inner[0], depth + 1), max_size=size).map(tuple)

    def _rows(self) -> Strategy:
        """Return what makes lists whose lines have as many values as there are columns."""
        total = st.none() | st.integers(0, self._most)
        following = st.none() | TEXTS

        def page(columns: list[str]) -> Strategy:
            lines = st.lists(st.tuples(*(self.of(Scalar, 0) for _ in columns)), max_size=3).map(tuple)
            position = st.integers(0, self._most)
            return st.builds(Rows, TEXTS, st.just(tuple(columns)), lines, position, total=total, next=following)

        return st.lists(TEXTS, max_size=3, unique=True).flatmap(page)
