"""Where the profiles of two derivations part: floating-point extremes to 1e-9, everything else exactly."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from remiss.capture.profile import unlike
from remiss.records.run import Profile

MONDAY = datetime(2013, 6, 3, tzinfo=UTC)
PROFILE = Profile(window=MONDAY, field="inputs.wind_speed", count=100, nulls=2, minimum=0.1, maximum=1.5e6)


@pytest.mark.parametrize("other", [{}, {"maximum": 1.5e6 * (1 + 1e-12)}, {"minimum": 0.1 + 1e-14}])
def test_what_the_last_bits_of_a_number_say_is_no_difference(other):
    assert unlike([PROFILE], [replace(PROFILE, **other)]) == ()


@pytest.mark.parametrize(
    "other", [{"count": 101}, {"nulls": 3}, {"maximum": 1.5e6 * (1 + 1e-8)}, {"minimum": None}, {"maximum": "1500000.0"}]
)
def test_any_other_difference_is_named_by_window_and_field(other):
    [said] = unlike([PROFILE], [replace(PROFILE, **other)])
    assert said == "the profile of inputs.wind_speed in the window of 2013-06-03T00:00:00Z differs"


@pytest.mark.parametrize("value", [math.nan, math.inf, "EWR", True, None, 2**60])
def test_every_kind_of_value_is_like_itself(value):
    assert unlike([replace(PROFILE, minimum=value)], [replace(PROFILE, minimum=value)]) == ()


def test_a_profile_that_one_side_lacks_is_a_difference():
    assert len(unlike([PROFILE], [])) == len(unlike([], [PROFILE])) == 1


def test_of_many_differences_the_first_are_named_and_all_are_counted():
    many = [replace(PROFILE, field=f"inputs.f{number:03}") for number in range(40)]
    said = unlike(many, [])
    assert len(said) == 6
    assert said[-1] == "35 more profiles differ"
