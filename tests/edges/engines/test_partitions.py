"""Columns that stand in the names of folders, and columns that only some files have."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss.edges.engines.partitions import partitions
from remiss.protocol.terms import Type
from tests.edges.engines.test_bad_input import describe, read

WRITERS = {
    "parquet": lambda file, rows: pq.write_table(pa.Table.from_pylist(rows), file),
    "csv": lambda file, rows: file.write_text(
        "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)])
    ),
    "jsonl": lambda file, rows: file.write_text("\n".join(map(json.dumps, rows))),
}


def write(folder, format, parts):
    """Write a file of rows into each folder named."""
    for at, (name, rows) in enumerate(parts.items()):
        (folder / name).mkdir(parents=True, exist_ok=True)
        WRITERS[format](folder / name / f"part-{at}.{format}", rows)


@pytest.mark.parametrize("format", WRITERS)
def test_folders_are_columns_of_what_they_are_spelled_like(tmp_path, format):
    write(
        tmp_path / "log",
        format,
        {
            "dt=2026-11-29/hour=7/region=eu": [{"id": "a"}],
            "dt=2026-11-30/hour=12/region=a%2Fb": [{"id": "b"}, {"id": "c"}],
            "dt=__HIVE_DEFAULT_PARTITION__/hour=0/region=": [{"id": "d"}],
        },
    )
    found = describe(tmp_path, "log", format)
    assert {name: each.type for name, each in found.columns.items()} == {
        "id": Type.TEXT,
        "dt": Type.DATE,
        "hour": Type.INTEGER,
        "region": Type.TEXT,
    }
    rows, _ = read(tmp_path, "log", format, "SELECT id, dt::VARCHAR AS dt, hour, region FROM events ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("a", "2026-11-29", 7, "eu"),
        ("b", "2026-11-30", 12, "a/b"),
        ("c", "2026-11-30", 12, "a/b"),
        ("d", None, 0, None),
    ]


@pytest.mark.parametrize("format", WRITERS)
def test_a_column_of_the_files_goes_before_a_folder_of_its_name(tmp_path, format):
    write(tmp_path, format, {"log/ID=z": [{"id": "a"}]})
    assert [row["id"] for row in read(tmp_path, "log", format)[0]] == ["a"]


def test_folders_above_the_protocol_are_no_columns(tmp_path):
    write(tmp_path, "csv", {"team=a/log": [{"id": "x"}]})
    assert list(describe(tmp_path / "team=a", "log", "csv").columns) == ["id"]
    assert list(describe(tmp_path, "team=a/log", "csv").columns) == ["id", "team"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "20", "0"], "BIGINT"),
        (["01", "02"], "VARCHAR"),
        (["2026-1-3"], "VARCHAR"),
        (["2026-01-03", "2026-02-30"], "VARCHAR"),
        (["2026-01-03", "7"], "VARCHAR"),
        (["99999999999999999999"], "VARCHAR"),
        ([""], "VARCHAR"),
    ],
)
def test_no_two_folders_become_one_value(values, kind):
    assert partitions([f"/log/x={value}/a.csv" for value in values], "/log", ())["x"].type == kind


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_column_that_not_all_files_have_is_told_and_null_in_the_others(tmp_path, format):
    write(tmp_path / "log", format, {"a": [{"id": "a"}], "b": [{"id": "b", "Score": 0.5}], "c": [{"id": "c", "score": 1.5}]})
    assert describe(tmp_path, "log", format).in_files == {"Score": 2}
    rows, (unreadable, _) = read(tmp_path, "log", format)
    assert [(row["id"], row["Score"]) for row in rows] == [("a", None), ("b", 0.5), ("c", 1.5)]
    assert unreadable == 0
