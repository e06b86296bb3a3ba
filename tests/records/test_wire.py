"""What travels to a server comes home the same: every argument and every result of every action, and no other JSON."""

from __future__ import annotations

import json
import typing
from dataclasses import fields, is_dataclass, make_dataclass
from datetime import UTC, datetime
from enum import Enum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remiss.errors import RequestError
from remiss.records.rows import Rows
from remiss.records.wire import from_wire, to_wire
from scripts.reference.faces import load_actions

ACTIONS = load_actions()
TYPES = {
    **{f"{name}({argument})": declared for name, action in ACTIONS.items() for argument, declared in action.parameters.items()},
    **{f"{name} ->": action.returns for name, action in ACTIONS.items()},
}
# The first name under which a type is sent: to read it does not depend on where it stands.
EACH_ONCE = {declared: name for name, declared in reversed(TYPES.items())}.values()
TEXTS = st.text(max_size=12)
TIMES = st.datetimes(timezones=st.just(UTC))
NUMBERS = st.floats(allow_nan=False)
WHOLES = st.integers(-(2**70), 2**70)
PLAIN = {
    bytes: st.binary(max_size=50),
    str: TEXTS,
    int: WHOLES,
    float: NUMBERS,
    bool: st.booleans(),
    datetime: TIMES,
    type(None): st.none(),
}


def values(declared: typing.Any, depth: int = 0) -> st.SearchStrategy[typing.Any]:
    """Return what makes values of a type as annotations name it."""
    origin, inner = typing.get_origin(declared), typing.get_args(declared)
    if declared in PLAIN:
        return PLAIN[declared]
    if declared in {typing.Any, object}:
        return st.one_of(TEXTS, WHOLES, NUMBERS, st.booleans(), TIMES, st.none())
    if origin is typing.Literal:
        return st.sampled_from(inner)
    if isinstance(origin, type) and issubclass(origin, tuple | typing.Sequence | typing.AbstractSet | typing.Mapping):
        return collections(origin, inner, depth)
    if inner:
        return st.one_of([values(each, depth) for each in inner])
    if issubclass(declared, Enum):
        return st.sampled_from(declared)
    if declared is Rows:
        return rows()
    if is_dataclass(declared):
        hints = typing.get_type_hints(declared)
        return st.builds(declared, **{each.name: values(hints[each.name], depth + 1) for each in fields(declared) if each.init})
    if issubclass(declared, tuple):
        return st.builds(declared, **{name: values(each, depth + 1) for name, each in typing.get_type_hints(declared).items()})
    raise TypeError(declared)


def collections(origin: type, inner: tuple[typing.Any, ...], depth: int) -> st.SearchStrategy[typing.Any]:
    """Return what makes lists, sets and mappings of a type."""
    size = 3 if depth < 2 else 1
    if origin is tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
        return st.tuples(*(values(each, depth + 1) for each in inner))
    if issubclass(origin, typing.AbstractSet):
        return st.frozensets(values(inner[0], depth + 1), max_size=size)
    if issubclass(origin, typing.Mapping):
        return st.dictionaries(TEXTS, values(inner[1], depth + 1), max_size=size)
    return st.lists(values(inner[0], depth + 1), max_size=size).map(tuple)


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    """Return lists whose lines have as many values as there are columns."""
    columns = tuple(draw(st.lists(TEXTS, max_size=3, unique=True)))
    line = st.tuples(*(values(typing.Any) for _ in columns))
    lines = tuple(draw(st.lists(line, max_size=3)))
    return Rows(draw(TEXTS), columns, lines, draw(WHOLES), total=draw(st.none() | WHOLES), next=draw(st.none() | TEXTS))


@pytest.mark.parametrize("name", EACH_ONCE)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_what_is_sent_arrives_the_same(name, data):
    value = data.draw(values(TYPES[name]))
    arrived = from_wire(TYPES[name], json.loads(json.dumps(to_wire(value))))
    assert arrived == value
    assert type(arrived) is type(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.sampled_from([{"$int": "1"}, {"$time": "x"}, {"$float": 1}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.sampled_from(["$int", "$time"]), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", EACH_ONCE)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sent=JSON)
def test_any_other_json_is_read_or_refused_and_never_a_fault(name, sent):
    refused = None
    try:
        from_wire(TYPES[name], sent)
    except RequestError as error:
        refused = error
    assert refused is None or refused.do


@given(value=values(typing.Any))
def test_a_value_of_an_open_type_keeps_its_own(value):
    arrived = from_wire(typing.Any, json.loads(json.dumps(to_wire(value))))
    assert (arrived, type(arrived)) == (value, type(value))


@pytest.mark.parametrize("tag", ["$time", "$int", "$float"])
def test_a_mapping_that_looks_like_a_tag_comes_home_as_a_mapping(tag):
    value = {tag: "x"}
    assert from_wire(dict[str, str], json.loads(json.dumps(to_wire(value)))) == value


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), 2**53, -(2**53), 2**63, 1e308, -0.0, 5e-324])
def test_numbers_at_the_edge_are_kept(number):
    assert from_wire(typing.Any, json.loads(json.dumps(to_wire(number), allow_nan=False))) == number


def test_nothing_that_is_no_record_is_sent():
    for value in (bytearray(b"bytes"), object(), {1: 2}, {"a": bytearray(b"x")}, print):
        with pytest.raises(TypeError):
            to_wire(value)


def test_bytes_are_text_in_base64_and_nothing_else_is_taken_for_them():
    assert from_wire(bytes, json.loads(json.dumps(to_wire(bytes(range(256)))))) == bytes(range(256))
    for value in ("no base64!", "YQ", 1, None):
        with pytest.raises(RequestError):
            from_wire(bytes, value)


Sample = make_dataclass("Sample", [("a", int), ("b", str, "x")], frozen=True)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "a missing"),
        ({"a": 1, "c": 2}, "unknown c"),
        ({"a": "1"}, "a: expected a whole number, got text"),
        ({"a": True}, "a: expected a whole number, got a boolean"),
        ({"a": 1.5}, "a: expected a whole number"),
        ({"a": {"$int": "1e9"}}, "a: expected a whole number"),
        ({"a": {"$int": "9" * 500}}, "a: expected a whole number"),
        ({"a": {"$int": "\u0663"}}, "a: expected a whole number"),
        ({"a": {"$int": "--1"}}, "a: expected a whole number"),
        ([], "expected an object, got a list"),
        (None, "expected an object, got null"),
    ],
)
def test_a_record_of_another_form_is_refused_by_its_place(sent, says):
    with pytest.raises(RequestError, match=says):
        from_wire(Sample, sent)


def test_a_deep_nest_is_refused_or_read_and_ends_nothing():
    sent: object = 1
    for _ in range(100_000):
        sent = [sent]
    with pytest.raises((RequestError, RecursionError)):
        from_wire(typing.Any, sent)
