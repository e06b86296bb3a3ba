"""Axes of a heatmap: what has no place on one is counted, however many values the field has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from remiss.records.event import Scalar
from remiss.understand.heatmaps.axes import sampled_axis
from remiss.understand.sampling_facts import FieldColumn, SampledColumns

ERASED = float("nan")


def columns_of(values: list[Scalar]) -> SampledColumns:
    """Return an event with each value, all of one window and of weight 1."""
    count = len(values)
    yes, no, nothing = np.ones(count, dtype=bool), np.zeros(count, dtype=bool), np.zeros(count, dtype=np.intp)
    return SampledColumns(
        windows=(datetime(2026, 6, 1, tzinfo=UTC),),
        window=nothing,
        probability=np.ones(count),
        inside=yes,
        of=yes,
        undecided=no,
        outside=no,
        uniform=yes,
        standing=nothing,
        unit=None,
        standings=(),
        fields=(FieldColumn("inputs.customer", values, np.arange(count)),),
    )


@pytest.mark.parametrize(
    ("values", "left_out"),
    [
        ([f"c{number:03}" for number in range(7)], 2),
        ([f"c{number:03}" for number in range(300)], 295),
        ([*(f"c{number:03}" for number in range(299)), None], 295),
        ([*range(40), ERASED], 0),
    ],
    ids=["few", "many", "many and none", "numbers in bins and one erased"],
)
def test_all_values_without_a_place_are_counted(values, left_out):
    asked = np.ones(len(values), dtype=bool)
    axis = sampled_axis("inputs.customer", columns_of(values), asked, timedelta(weeks=1), bins=4, most=5)
    assert axis.left_out == left_out


def test_of_what_is_not_asked_about_no_value_is_counted():
    asked = np.arange(300) < 100
    values: list[Scalar] = [f"c{number:03}" for number in range(300)]
    axis = sampled_axis("inputs.customer", columns_of(values), asked, timedelta(weeks=1), bins=4, most=5)
    assert axis.left_out == 95
