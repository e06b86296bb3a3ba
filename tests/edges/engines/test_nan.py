"""NaN is missing wherever an expression over the log decides by it, and how rows are split into files changes nothing."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from remiss.capture import row_checks
from remiss.capture.sql.plan import ScanPlan
from tests.edges.engines.worlds import LATER, MONDAY, WEEK, captured, opened, protocol, write

NAMES = ("low", "nan", "high", "none")
SCORES = (1.0, math.nan, 9.0, None)
SPLITS = ([NAMES], [("low", "nan"), ("high", "none")], [("low", "none"), ("high", "nan")], [(name,) for name in NAMES])
SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "at": pa.timestamp("us", "UTC"),
        "said": pa.string(),
        "score": pa.float64(),
        "meta": pa.struct({"score": pa.float64()}),
        "scores": pa.list_(pa.float64()),
        "single": pa.float32(),
        "named": pa.map_(pa.string(), pa.float64()),
    }
)


def logs(tmp_path, **more):
    """Yield what is drawn of the same rows, split otherwise each time."""
    for at, split in enumerate(SPLITS):
        folder = tmp_path / str(at)
        for number, names in enumerate(split):
            rows = [
                {
                    "id": name,
                    "at": MONDAY,
                    "said": "yes",
                    "score": score,
                    "meta": {"score": score},
                    "scores": [score],
                    "single": score,
                    "named": [("k", score)],
                }
                for name, score in zip(NAMES, SCORES, strict=True)
                if name in names
            ]
            table = pa.Table.from_pylist(rows, schema=SCHEMA)
            write(folder / "log" / f"{number}.parquet", table)
        yield captured(folder, protocol(uri="log/*.parquet", **more))


COLUMNS = ("score", "meta.score", "scores[1]", "CAST(single AS DOUBLE) + 0", "named['k']")
CONDITIONS = {
    "{} < 5": {"low"},
    "{} > 5": {"high"},
    "NOT {} < 5": {"high"},
    "{} BETWEEN 0 AND 5": {"low"},
    "{} IS NULL": {"nan", "none"},
}


def each_column_and_each_condition():
    """Yield all pairs; `make soak` has those of which both are in others too."""
    for column in COLUMNS:
        for condition, admitted in CONDITIONS.items():
            long = column != COLUMNS[0] and condition != "NOT {} < 5"
            yield pytest.param(column, condition, admitted, marks=[pytest.mark.soak] * long, id=condition.format(column))


@pytest.mark.parametrize(("column", "condition", "admitted"), [*each_column_and_each_condition()])
def test_a_row_whose_number_is_nan_is_left_out_whatever_file_it_stands_in(tmp_path, column, condition, admitted):
    for found in logs(tmp_path, rows=f"admit: {condition.format(column)}"):
        assert {one.member.event.id for one in found.sampled} == admitted


def test_a_field_that_is_made_by_comparing_a_number_is_the_same_in_every_split(tmp_path):
    field = "inputs: {range: \"CASE WHEN score < 5 THEN 'low' WHEN score >= 5 THEN 'high' END\"}"
    for found in logs(tmp_path, fields=[field]):
        ranges = {one.member.event.id: one.member.event.inputs["range"] for one in found.sampled}
        assert ranges == {"low": "low", "high": "high", "nan": None, "none": None}


def test_where_no_fraction_is_compared_nothing_is_guarded(tmp_path):
    rows = [{"id": "a", "at": MONDAY, "said": "yes", "traffic": "live", "count": 3, "score": 1.0}]
    write(tmp_path / "log.parquet", rows)
    text = protocol(rows="admit: traffic = 'live' AND count > 2", fields=["confidence: score"])
    with opened(tmp_path, text) as (session, checked, source):
        plan = ScanPlan(checked=checked, columns=tuple(source.types), since=MONDAY, until=MONDAY + WEEK, as_of=LATER)
        assert row_checks.prepared(session, plan).floats == frozenset()
