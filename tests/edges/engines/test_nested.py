"""Fields of nested columns, read from files as logs have them."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss.edges.engines.structures import structure_of
from remiss.protocol.predicate import check_field
from remiss.protocol.structure import Nesting, leaves
from remiss.protocol.terms import Type
from tests.edges.engines.test_bad_input import describe, read

ROWS = [
    {
        "meta": {"request_id": "r1", "user": {"age": 40}},
        "prediction": {"label": "late", "scores": [0.1, 0.9]},
        "tags": ["a", "b"],
        "payload": '{"model": {"name": "m-1"}, "n": 3}',
    },
    {
        "meta": {"request_id": "r2", "user": {"age": None}},
        "prediction": {"label": "on-time", "scores": []},
        "tags": [],
        "payload": "not JSON",
    },
    {"meta": None, "prediction": None, "tags": None, "payload": None},
]
FIELDS = {
    "meta.request_id": ["r1", "r2", None],
    "meta.user.age": [40, None, None],
    "prediction['label']": ["late", "on-time", None],
    "prediction.scores[2]": [0.9, None, None],
    "prediction.scores[-1]": [0.9, None, None],
    "tags[1]": ["a", None, None],
    "payload->>'$.model.name'": ["m-1", None, None],
    "TRY_CAST(payload->>'$.n' AS BIGINT)": [3, None, None],
    "upper(meta.request_id) || '!'": ["R1!", "R2!", None],
}


@pytest.fixture(params=["parquet", "jsonl"])
def log(request, tmp_path):
    """Write the rows in a format that nests; return the folder and the format."""
    file = tmp_path / f"log.{request.param}"
    if request.param == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), file)
    else:
        file.write_text("\n".join(map(json.dumps, ROWS)))
    return tmp_path, request.param


@pytest.mark.parametrize("text", FIELDS)
def test_a_field_names_a_part(log, text):
    folder, kind = log
    checked = check_field(text, describe(folder, f"log.{kind}", kind).columns)
    rows, _ = read(folder, f"log.{kind}", kind, f"SELECT {checked.sql} AS it FROM events ORDER BY remiss_row")
    assert [row["it"] for row in rows] == FIELDS[text]


def test_parts_of_columns_are_listed_as_they_are_written(log):
    folder, kind = log
    columns = describe(folder, f"log.{kind}", kind).columns
    listed = [part for name, structure in columns.items() for part, _ in leaves(name, structure)]
    assert listed == ["meta.request_id", "meta.user.age", "prediction.label", "prediction.scores[1]", "tags[1]", "payload"]


def test_a_map_of_parquet_gives_the_value_of_a_key(tmp_path):
    pairs = pa.array([[("a", 1.5)], [], None], pa.map_(pa.string(), pa.float64()))
    times = pa.array([{"at": datetime(2026, 11, 30, tzinfo=UTC)}, {"at": None}, None])
    pq.write_table(pa.table({"id": [1, 2, 3], "scores": pairs, "meta": times}), tmp_path / "log.parquet")
    columns = describe(tmp_path, "log.parquet").columns
    assert check_field("meta.at", columns).zoned
    sql = check_field("scores['a']", columns).sql
    rows, _ = read(tmp_path, "log.parquet", "parquet", f"SELECT {sql} AS it FROM events ORDER BY id")
    assert [row["it"] for row in rows] == [1.5, None, None]


def test_what_a_type_holds_is_known_to_its_leaves():
    found = structure_of("STRUCT(\"a b\" BIGINT, m MAP(VARCHAR, STRUCT(t TIMESTAMP WITH TIME ZONE)[]), j JSON, e ENUM('x'))")
    assert found.form is Nesting.STRUCT
    assert found.fields["a b"].type is Type.INTEGER
    inner = found.fields["m"].item
    assert inner is not None
    assert inner.item is not None
    assert inner.item.fields["t"].zoned
    assert found.fields["j"].form is Nesting.JSON
    assert found.fields["e"].type is Type.TEXT
    assert [name for name, _ in leaves("it", found)] == ['it."a b"', "it.m", "it.j", "it.e"]
