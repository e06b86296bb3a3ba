"""What actions take and return is published, and read back the same: every argument and every result, and no other JSON."""

from __future__ import annotations

import json
import typing
from dataclasses import make_dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.codec import from_json, to_json
from remiss.codec.forms import form_of
from remiss.errors import RequestError
from remiss.records.event import Event, Scalar, Values
from remiss.records.labelling import Labelling
from remiss.records.published import Several
from remiss.records.rows import Rows
from remiss.records.run import Cell, Group
from tests.codec.values import TEXTS, TYPES, few_or_many, generated, values


def through(declared: typing.Any, value: object) -> typing.Any:
    """Return a value as it comes out of JSON that it was put into."""
    return from_json(declared, json.loads(json.dumps(to_json(value, declared), allow_nan=False)))


@pytest.mark.parametrize("name", TYPES)
@few_or_many
def test_what_is_published_is_read_back_the_same(name, examples):
    @generated(examples)
    @given(value=values(TYPES[name]))
    def read_back(value):
        back = through(TYPES[name], value)
        assert back == value
        assert type(back) is type(value)

    read_back()


@pytest.mark.parametrize("part", [Group, Cell, Event, Labelling])
@generated(15)
@given(data=st.data())
def test_many_parts_are_written_as_each_by_itself_is(part, data):
    parts = data.draw(st.lists(values(part), max_size=4).map(tuple))
    assert from_json(tuple[part, ...], to_json(parts, tuple[part, ...])) == parts
    assert [to_json(each, part) for each in parts] == form_of(tuple[part, ...]).write(parts)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.sampled_from(["schema", "of", "items"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("name", TYPES)
@few_or_many
def test_any_other_json_is_read_or_refused_and_never_a_fault(name, examples):
    @generated(examples)
    @given(sent=JSON)
    def read_or_refused(sent):
        refused = None
        try:
            from_json(TYPES[name], sent)
        except RequestError as error:
            refused = error
        assert refused is None or refused.do

    read_or_refused()


@given(value=values(Scalar))
def test_a_value_of_an_open_type_keeps_its_own(value):
    back = through(Scalar, value)
    assert (back, type(back)) == (value, type(value))


@pytest.mark.parametrize(
    "text", ["UA", "int:5", "time:soon", "text:UA", "float:1", "int:09007199254740993", "2013-06-03T00:00:00Z"]
)
def test_text_of_an_event_is_published_as_it_is(text):
    assert to_json({"carrier": text}, Values) == {"carrier": text}


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), 2**53, -(2**53), 2**63, 1e308, -0.0, 5e-324])
def test_numbers_at_the_edge_are_kept(number):
    assert through(Scalar, number) == number


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (bytes, bytearray(b"bytes")),
        (Scalar, object()),
        (Values, {1: 2}),
        (Values, {"a": b"x"}),
        (str, print),
        (int, "1"),
        (tuple[str, ...], "text"),
        (Several, None),
        (Rows, ()),
    ],
)
def test_a_value_of_another_type_than_declared_is_not_written(declared, value):
    with pytest.raises(TypeError):
        to_json(value, declared)


def test_bytes_are_text_in_base64_and_nothing_else_is_taken_for_them():
    assert through(bytes, bytes(range(256))) == bytes(range(256))
    for value in ("no base64!", "YQ", 1, None):
        with pytest.raises(RequestError):
            from_json(bytes, value)


Sample = make_dataclass("Sample", [("a", int), ("b", str, "x")], frozen=True)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "a missing"),
        ({"a": 1, "c": 2}, "unknown c"),
        ({"a": "1"}, "a: expected a whole number, got text"),
        ({"a": True}, "a: expected a whole number, got a boolean"),
        ({"a": 1.5}, "a: expected a whole number"),
        ({"a": "int:1e9"}, "a: expected a whole number"),
        ({"a": "int:" + "9" * 500}, "a: expected a whole number"),
        ({"a": "int:\u0663"}, "a: expected a whole number"),
        ({"a": "int:--1"}, "a: expected a whole number"),
        ({"a": "int:5"}, "a: expected a whole number"),
        ([], "expected an object, got a list"),
        (None, "expected an object, got null"),
    ],
)
def test_a_record_of_another_form_is_refused_by_its_place(sent, says):
    with pytest.raises(RequestError, match=says):
        from_json(Sample, sent)


def test_a_deep_nest_is_refused():
    sent: object = 1
    for _ in range(100_000):
        sent = [sent]
    for declared in (Scalar, Sample, tuple[str, ...], Rows):
        with pytest.raises(RequestError):
            from_json(declared, sent)
