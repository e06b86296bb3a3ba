"""Where the bins of a number end, which categories are named, and what the catalog may hold of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.capture.bins import (
    FEW_VALUES,
    MOST_NAMED,
    _of_categories,
    _with_later,
    edges_of,
    number_of,
    opened,
    sealed,
    text_of,
)
from remiss.records.histogram import Bins, FieldBins, named
from remiss.records.identity import from_micros

KEY, OTHER = bytes(32), bytes([1]) * 32
BINS = Bins(
    {
        "inputs.pay": FieldBins(expression="a", edges=(1.5, 20.0), size=4),
        "context.ward": FieldBins(expression="b", kind="category", values=("7A", "7B"), size=4),
        "output": FieldBins(expression="c", kind="category", values=("yes",), size=3),
    }
)


def anything(_value: object) -> bool:
    return True


@given(st.lists(st.floats(-1e6, 1e6).map(lambda one: round(one, 3)), min_size=FEW_VALUES + 1, max_size=300, unique=True))
def test_a_number_of_many_values_ends_its_bins_at_deciles(values):
    values.sort()
    edges = edges_of([(one, 1.0) for one in values])
    at = np.quantile(values, np.arange(1, 10) / 10, method="inverted_cdf")
    assert edges == tuple(dict.fromkeys(float(one) for one in at if one > values[0]))


@given(st.lists(st.integers(0, FEW_VALUES - 1), min_size=1, max_size=80))
def test_a_number_of_few_values_has_a_bin_for_each(values):
    edges = edges_of(sorted((float(one), 1.0) for one in values))
    assert edges == tuple(sorted({float(one) for one in values})[1:])


def test_a_window_of_which_little_was_sampled_counts_for_all_its_events():
    few = [(float(one), 1.0) for one in range(100)]
    many = [(float(one), 100.0) for one in range(100, 200)]
    assert all(edge >= 100 for edge in edges_of(few + many))
    assert edges_of([]) == edges_of([(3.0, 1.0)]) == ()


def test_the_commonest_categories_are_named_and_none_that_a_single_event_had():
    values = [(f"c{at:02}", 1.0) for at in range(80) for _ in range(at % 60 + 1)]
    found = _of_categories(values, "x", anything)
    assert found.values is not None
    assert found.values[0] == "c59"
    assert len(found.values) == MOST_NAMED
    assert "c00" not in found.values
    assert found.size == MOST_NAMED + 2


def test_a_category_that_looks_like_a_person_is_not_named():
    values = [(one, 1.0) for one in ("ana@example.com", "EWR") for _ in range(5)]
    assert _of_categories(values, "x", lambda value: "@" not in str(value)).values == ("EWR",)


def test_a_category_that_comes_up_later_gets_a_bin_of_its_own_behind_those_there_are():
    known = _of_categories([("DL", 1.0), ("DL", 1.0), ("AA", 1.0), ("AA", 1.0)], "x", anything)
    later = _with_later(known, ["ZZ", "DL", "ZZ", "BB", None], anything)
    assert later.values == ("AA", "DL", "ZZ")
    assert _with_later(later, ["ZZ", "DL"], anything) is later


def test_no_more_categories_are_named_than_there_is_room_for():
    known = _of_categories([(f"c{at}", 1.0) for at in range(MOST_NAMED) for _ in "ab"], "x", anything)
    assert _with_later(known, ["ZZ", "ZZ"], anything).values == known.values


@pytest.mark.parametrize(("value", "number"), [(3, 3.0), (float("inf"), None), ("epoch+1us", None), (from_micros(5), 5.0)])
def test_what_has_no_place_among_numbers_decides_no_edge(value, number):
    assert number_of(value) == number


def test_booleans_are_called_as_engines_write_them():
    assert (text_of(True), text_of("True")) == ("true", "True")


def test_bins_of_restricted_fields_are_read_under_the_key_alone_and_the_same_each_time():
    kept = sealed(BINS, {"inputs.pay", "context.ward"}, KEY)
    assert kept.fields["inputs.pay"].edges is kept.fields["context.ward"].values is None
    assert "7A" not in str(kept.to_json())
    assert named(kept.fields["inputs.pay"]) == ("missing", "bin 1", "bin 2", "bin 3")
    assert sealed(BINS, {"inputs.pay", "context.ward"}, KEY).digest == kept.digest
    assert opened(Bins.from_json(kept.to_json()), KEY) == BINS


def test_bins_that_another_key_sealed_begin_anew():
    kept = sealed(BINS, {"inputs.pay"}, KEY)
    assert set(opened(kept, OTHER).fields) == {"context.ward", "output"}
