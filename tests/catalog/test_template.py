"""A query's shape is the query without its values, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from remiss.catalog.query.expression import And, Blank, BlankText, Not, Operator, Or, Query, Term, Text, split_values
from remiss.catalog.query.parsing import parse
from tests.catalog.strategies import queries


def filled(shape: Query, values: tuple[Any, ...]) -> Query:
    match shape:
        case Blank(key, operator, _, level, _, at):
            return Term(key, operator, values[at], level)
        case BlankText(_, at):
            return Text(values[at])
        case And(parts):
            return And(tuple(filled(part, values) for part in parts))
        case Or(parts):
            return Or(tuple(filled(part, values) for part in parts))
        case Not(part):
            return Not(filled(part, values))
        case _:
            return shape


@given(query=queries())
def test_a_shape_with_its_values_is_the_query_again(query):
    shape, values = split_values(query)
    again = filled(shape, values)
    assert repr(again) == repr(query)  # to Python 1, 1.0 and True are equal


@given(query=queries(), other=queries())
def test_two_queries_of_one_shape_differ_in_values_alone(query, other):
    (shape, _), (another, values) = split_values(query), split_values(other)
    if shape == another:
        assert repr(filled(shape, values)) == repr(other)
    assert hash(shape) == hash(split_values(query)[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("severity:2", "severity:3"),
        ("output:7", "output:7.5"),
        ("model:a*", "model:*b*c"),
        ("late -context.airport:EWR", '"missed connection" -context.airport:JFK'),
        ("occurred:2013-06..2013-07", "occurred:2014-01..2014-02"),
        ("has:label", "has:label"),
    ],
)
def test_other_values_are_of_the_same_shape(one, other):
    assert split_values(parse(one))[0] == split_values(parse(other))[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("severity:2", "severity:<=2"),
        ("output:7", 'output:"7"'),
        ("output:true", 'output:"true"'),
        ("output:1", "output:true"),
        ("model:a*", 'model:"a*"'),
        ("context.airport:EWR", "context.origin:EWR"),
        ("context.airport:EWR", "inputs.airport:EWR"),
        ("late", "-late"),
        ("late early", "late OR early"),
    ],
)
def test_another_key_operator_or_kind_of_value_is_another_shape(one, other):
    assert split_values(parse(one))[0] != split_values(parse(other))[0]


def test_a_comparison_that_is_left_blank_has_no_value_to_be_used_by_mistake():
    shape, values = split_values(Term("severity", Operator.EQUAL, 2, parse("severity:2").level))
    assert isinstance(shape, Blank)
    assert shape.value is None
    assert values == (2,)
    assert replace(shape, at=1) != shape
