"""Axes: round numbers that hold every value."""

import math

from hypothesis import given
from hypothesis import strategies as st

from remiss.present.svg import axis

TOTALS = st.lists(st.floats(0, 1e300) | st.integers(0, 10**9), max_size=8)
RATES = st.lists(st.floats(0, 1), max_size=8)


@given(values=TOTALS, most=st.integers(2, 8))
def test_an_axis_of_totals_holds_every_value(values, most):
    held(values, axis(values, most=most))


@given(values=RATES, most=st.integers(2, 8))
def test_an_axis_of_rates_holds_every_value_and_ends_at_one(values, most):
    found = axis(values, most=most, rate=True)
    held(values, found)
    assert found.end <= 1


def held(values, found):
    assert found.start < found.end < math.inf
    assert 1 <= len(found.ticks) <= 12
    assert list(found.ticks) == sorted(set(found.ticks))
    for value in values:
        assert found.start <= value * (1 + 1e-9)
        assert value <= found.end
        assert 0 <= found.at(value) <= 1


@given(values=TOTALS, most=st.integers(2, 8))
def test_ticks_of_totals_have_different_names(values, most):
    found = axis(values, most=most)
    names = [found.label(tick, rate=False) for tick in found.ticks]
    assert len(set(names)) == len(names)


@given(values=RATES, most=st.integers(2, 8))
def test_ticks_of_rates_have_different_names_down_to_a_millionth(values, most):
    found = axis(values, most=most, rate=True)
    names = [found.label(tick, rate=True) for tick in found.ticks]
    assert len(set(names)) == len(names) or found.step < 1e-8


def test_an_axis_begins_at_zero_unless_the_values_are_far_from_it():
    assert axis([3, 9]).start == 0
    assert axis([980, 1020]).start > 900
    assert axis([7]).start == 0
    assert axis([]).ticks == (0, 1)
