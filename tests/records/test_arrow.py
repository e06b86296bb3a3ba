"""Lists and figures as Arrow and pandas: types that do not depend on what happens to be there."""

import sys
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.errors import InputError
from remiss.records.estimate import Estimate, EstimateRow
from remiss.records.rows import Rows

MONDAY = datetime(2013, 6, 3, tzinfo=UTC)
TIME = pa.timestamp("us", tz="UTC")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(), max_size=5),
    st.datetimes(timezones=st.just(UTC)),
)
CASES = ("id", "occurred", "severity", "confidence")


def test_times_are_timestamps_in_utc_and_stay_so_without_rows():
    full = Rows("case", CASES, (("k7m4", MONDAY, 2, 0.5), ("k7m5", MONDAY, None, None)), 1).to_arrow()
    assert full.schema.types == [pa.string(), TIME, pa.int64(), pa.float64()]
    assert full["occurred"].to_pylist() == [MONDAY, MONDAY]
    assert Rows("case", CASES, (), 1).to_arrow().schema == full.schema


@given(values=st.lists(SCALARS, max_size=8))
def test_whatever_values_a_column_mixes_become_one_type(values):
    found = Rows("mine", ("value",), tuple((value,) for value in values), 1).to_arrow()
    assert found["value"].null_count == sum(value is None for value in values)
    assert len(found) == len(values)


def test_mixed_values_become_text_as_json_spells_them():
    found = Rows("facet", ("field", "value", "count"), (("a", 1, 3), ("b", True, 2), ("c", None, 1)), 1).to_arrow()
    assert found["value"].to_pylist() == ["1", "true", None]
    assert found["count"].type == pa.int64()


def test_numbers_lose_nothing():
    found = Rows("mine", ("whole", "both", "huge"), ((1, 1, 2**70), (None, 2.5, 1)), 1).to_arrow()
    assert found.schema.types == [pa.int64(), pa.float64(), pa.string()]


def estimate(*rows):
    return Estimate(query="", of=None, by="k", position=1, rows=rows)


def test_figures_have_the_same_types_whether_counted_weighted_or_none():
    counted = estimate(EstimateRow(key="a", value=3, method="counted")).to_arrow()
    weighted = estimate(
        EstimateRow(key="a", value=3.5, low=1.0, high=9.0, effective=2.0, bounds=(0.1, 0.9), method="weighted", notes=("n",))
    ).to_arrow()
    assert counted.schema == weighted.schema
    assert weighted["bounds_high"].to_pylist() == [0.9]
    none = estimate().to_arrow()
    assert none.schema.remove(0) == counted.schema.remove(0)


def test_a_frame_keeps_whole_numbers_whole_and_times_in_utc():
    frame = Rows("case", CASES, (("k7m4", MONDAY, 2, 0.5), ("k7m5", MONDAY, None, None)), 1).to_pandas()
    assert [str(kind) for kind in frame.dtypes] == ["str", "datetime64[us, UTC]", "Int64", "float64"]
    assert frame["severity"].sum() == 2


def test_without_pandas_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pandas is not installed") as refused:
        Rows("case", CASES, (), 1).to_pandas()
    assert "pip install --python" in refused.value.do and refused.value.do.endswith(" pandas\n  or use to_arrow()")
    with pytest.raises(InputError):
        estimate().to_pandas()
