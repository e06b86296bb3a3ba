"""What people find in the folders of their logs: each is said plainly, and nothing is lost without a word."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss.edges.engines import structures
from remiss.edges.engines.duckdb import DuckDB
from remiss.errors import SettingError, SourceError, StorageError
from remiss.protocol.terms import Address, Type
from remiss.settings import Settings
from tests.edges.engines.worlds import MONDAY, settings, write

ROWS = [{"id": f"e{at}", "at": MONDAY, "said": "yes"} for at in range(200)]


def address(uri: str, format: str = "parquet") -> Address:
    return Address(name="log", format=format, uri=uri)


def describe(folder: Path, uri: str, format: str = "parquet"):
    return DuckDB(settings(folder)).describe(address(uri, format), str(folder))


def read(folder: Path, uri: str, format: str, sql: str = "SELECT * FROM events ORDER BY remiss_file, remiss_row", **changes: str):
    engine = DuckDB(settings(folder, **changes))
    where = address(uri, format)
    with engine.open({"events": (where, engine.describe(where, str(folder)))}) as session:
        unreadable = session.unreadable("events").values()
        listed = [row for one in unreadable for row in one.rows]
        return session.run(sql).to_pylist(), (sum(one.count for one in unreadable), listed)


def refusal(folder: Path, uri: str, format: str = "parquet") -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(folder, uri, format)
    assert caught.value.do
    return caught.value


@pytest.mark.parametrize("uri", ["**/" * 3 + "*.csv", "*/" * 1000, "x" * 5000, "[" * 2500 + "*" * 2500])
def test_an_address_that_would_be_looked_for_without_an_end_is_refused(tmp_path, uri):
    # A thousand ** were a fault, and five thousand stars took three seconds.
    error = refusal(tmp_path, uri, "csv")
    assert "has an address of more than" in error.what
    assert len(error.what) < 200


@pytest.mark.parametrize("format", ["parquet", "csv", "jsonl"])
def test_an_empty_file_is_named(tmp_path, format):
    (tmp_path / "log").touch()
    error = refusal(tmp_path, "log", format)
    assert error.what == "the file is empty"
    assert error.where.file == str(tmp_path / "log")


def test_a_csv_of_nothing_but_a_header_is_refused(tmp_path):
    (tmp_path / "log.csv").write_text("id,at,said\n")
    assert "a header and no rows" in refusal(tmp_path, "log.csv", "csv").what


def test_a_file_of_nothing_but_a_header_among_others_is_read(tmp_path):
    (tmp_path / "a.csv").write_text("id,at,said\n")
    (tmp_path / "b.csv").write_text("id,at,said\n1,2013-06-03,yes\n")
    rows, _ = read(tmp_path, "*.csv", "csv")
    assert [row["remiss_row"] for row in rows] == [1]


@pytest.mark.parametrize("content", ["naïve,at\n1,2\n".encode("latin1"), "id,at\n1,2\n".encode("utf-16")])
def test_a_csv_of_another_encoding_says_how_to_convert_it(tmp_path, content):
    (tmp_path / "log.csv").write_bytes(content)
    error = refusal(tmp_path, "log.csv", "csv")
    assert error.what == "the file is not UTF-8 text"
    assert "iconv" in error.do


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_large_csv_of_another_encoding_is_not_read_with_letters_left_out(tmp_path, mark):
    # Of a file larger than what is read of it for its header, the letters of another encoding were dropped without a word.
    (tmp_path / "log.csv").write_bytes(mark + b"naive,at\n" + b"1,2\n" * 300_000 + "naïf,2\n".encode("latin1"))
    assert list(describe(tmp_path, "log.csv", "csv").types) == ["naive", "at"]
    (tmp_path / "log.csv").write_bytes(mark + "naïve,at\n".encode("latin1") + b"1,2\n" * 300_000)
    assert refusal(tmp_path, "log.csv", "csv").what == "the file is not UTF-8 text"


def test_a_letter_that_is_cut_where_reading_for_the_header_ends_is_no_other_encoding(tmp_path):
    (tmp_path / "log.csv").write_bytes(("naïve,at\n" + "ï,2\n" * 300_000).encode())
    assert list(describe(tmp_path, "log.csv", "csv").types) == ["naïve", "at"]


@pytest.mark.parametrize(
    ("format", "lines"),
    [("csv", ["id,said", "1,yes", "2,na\xefve", "3,no"]), ("jsonl", ['{"id":1}', '{"id":"\xef"}', '{"id":3}'])],
)
def test_a_line_of_another_encoding_is_counted_with_its_number(tmp_path, format, lines):
    (tmp_path / "log").write_bytes("\n".join(lines).encode("latin1"))
    rows, (count, listed) = read(tmp_path, "log", format)
    assert count == 1
    assert [(one.row, one.detail) for one in listed] == [(2, "the line is not UTF-8")]
    assert [(str(row["id"]), row["remiss_row"]) for row in rows] == [("1", 1), ("3", 3)]


def test_half_a_parquet_file_is_named(tmp_path):
    whole = write(tmp_path / "a.parquet", ROWS).read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[: len(whole) // 2])
    error = refusal(tmp_path, "*.parquet")
    assert "only a part of a Parquet file" in error.what
    assert error.where.file.endswith("b.parquet")


def test_a_parquet_file_that_is_broken_inside_is_named(tmp_path):
    whole = bytearray(write(tmp_path / "a.parquet", ROWS).read_bytes())
    whole[4:400] = os.urandom(396)
    (tmp_path / "a.parquet").write_bytes(whole)
    assert refusal(tmp_path, "a.parquet").where.file.endswith("a.parquet")
    engine, where = DuckDB(settings(tmp_path)), address("a.parquet")
    opened = engine.open({"events": (where, engine.describe(where, str(tmp_path)))})
    with opened as session, pytest.raises(SourceError) as piece_by_piece:
        list(session.batches("SELECT * FROM events"))
    assert piece_by_piece.value.where.file.endswith("a.parquet")


def test_an_answer_comes_in_pieces_with_all_rows_and_a_file_that_changes_meanwhile_is_told(tmp_path):
    path = write(tmp_path / "a.parquet", ROWS * 10)
    engine, where = DuckDB(settings(tmp_path)), address("a.parquet")
    with engine.open({"events": (where, engine.describe(where, str(tmp_path)))}) as session:
        assert sum(piece.num_rows for piece in session.batches("SELECT id FROM events")) == len(ROWS) * 10
        pieces = session.batches("SELECT id FROM events")
        next(pieces)
        path.write_bytes(path.read_bytes() + b" ")
        with pytest.raises(SourceError, match="was changed while"):
            list(pieces)


@pytest.mark.parametrize("format", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize("how", ["appended", "replaced", "cut"])
def test_a_log_that_is_appended_replaced_or_cut_while_it_is_read_is_said_to_have_changed(tmp_path, format, how):
    path = tmp_path / f"a.{format}"
    if format == "parquet":
        write(path, ROWS)
    elif format == "csv":
        path.write_text("id,said\n" + "".join(f"{row['id']},yes\n" for row in ROWS))
    else:
        path.write_text("".join(json.dumps({"id": row["id"], "said": "yes"}) + "\n" for row in ROWS))
    whole = path.read_bytes()
    engine, where = DuckDB(settings(tmp_path)), address(path.name, format)
    with engine.open({"events": (where, engine.describe(where, str(tmp_path)))}) as session:
        assert session.run("SELECT COUNT(*) AS n FROM events").to_pylist() == [{"n": len(ROWS)}]
        if how == "appended":
            with path.open("ab") as file:
                file.write(whole[-40:])
        elif how == "replaced":
            other = path.with_name("other")
            other.write_bytes(whole)
            other.rename(path)
        else:
            path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(SourceError, match="was changed while"):
            session.run("SELECT MAX(id) FROM events")


@pytest.mark.parametrize("format", ["parquet", "csv", "jsonl"])
def test_a_log_of_more_columns_than_can_be_asked_about_is_refused_at_once(tmp_path, format, monkeypatch):
    # A hundred thousand took a check some five minutes and gigabytes.
    monkeypatch.setattr(structures, "MOST_COLUMNS", 50)
    names = [f"f{number}" for number in range(51)]
    path = tmp_path / f"wide.{format}"
    if format == "parquet":
        ones = pa.array([1])
        pq.write_table(pa.table(dict.fromkeys(names, ones)), path)
    elif format == "csv":
        path.write_text(",".join(names) + "\n" + ",".join(["1"] * len(names)) + "\n")
    else:
        path.write_text(json.dumps(dict.fromkeys(names, 1)) + "\n")
    error = refusal(tmp_path, path.name, format)
    assert error.what == "there are 51 columns, and at most 50 can be read"


def test_a_file_that_is_cut_off_while_an_answer_comes_in_pieces_is_told(tmp_path):
    # It was an error of Arrow's, with a traceback.
    path = write(tmp_path / "a.parquet", [row | {"id": f"{number}-{row['id']}"} for number in range(1_500) for row in ROWS])
    engine, where = DuckDB(settings(tmp_path)), address("a.parquet")
    with engine.open({"events": (where, engine.describe(where, str(tmp_path)))}) as session:
        pieces = session.batches("SELECT id FROM events")
        next(pieces)
        with path.open("r+b") as file:
            file.truncate(200)
        with pytest.raises(SourceError, match="was changed while"):
            list(pieces)


def test_a_file_of_another_format_is_named(tmp_path):
    (tmp_path / "log.parquet").write_text("id,at\n1,2\n")
    assert refusal(tmp_path, "log.parquet").what == "the file is not Parquet"


def test_half_a_gzip_file_is_named(tmp_path):
    whole = gzip.compress(b"id,said\n" + os.urandom(20_000).hex().encode())
    (tmp_path / "log.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert "not complete gzip" in refusal(tmp_path, "log.csv.gz", "csv").what


@pytest.mark.parametrize("format", ["csv", "jsonl"])
@pytest.mark.parametrize("left", [0.1, 0.9])
def test_a_part_of_a_zstandard_file_is_named_and_not_taken_for_all_of_it(tmp_path, format, left):
    rows = [os.urandom(30).hex() for _ in range(40_000)]
    lines = [f'{{"id": "{row}"}}' for row in rows] if format == "jsonl" else ["id", *rows]
    whole = pa.compress("".join(f"{line}\n" for line in lines).encode(), "zstd", asbytes=True)
    file = tmp_path / f"log.{format}.zst"
    file.write_bytes(whole + whole)
    # Of two that were put together, as some writers append, both are read.
    assert read(tmp_path, file.name, format, "SELECT COUNT(id) AS n FROM events")[0] == [
        {"n": 2 * len(lines) - (format == "csv")}
    ]
    file.write_bytes(whole[: int(len(whole) * left)])
    assert refusal(tmp_path, file.name, format).what == "the file is not complete Zstandard"


def test_csv_rows_that_do_not_fit_are_counted_and_numbered_and_the_rest_is_read(tmp_path):
    (tmp_path / "log.csv").write_text('id,size\n1,1.5\n2,2.5,extra\n"3\n",3\n4\n5,5.5\n')
    rows, (count, listed) = read(tmp_path, "log.csv", "csv")
    assert [(row["id"], row["size"], row["remiss_row"]) for row in rows] == [("1", 1.5, 1), ("3\n", 3.0, 3), ("5", 5.5, 5)]
    assert count == 2
    assert [(one.row, one.detail) for one in listed] == [(2, "columns expected: 2 found: 3"), (4, "columns expected: 2 found: 1")]


def test_a_value_of_another_type_late_in_a_csv_is_counted_without_its_content(tmp_path):
    lines = [f"e{at},{at}.5" for at in range(30_000)]
    lines[25_000] = "e25000,secret"
    (tmp_path / "log.csv").write_text("id,size\n" + "\n".join(lines))
    rows, (count, listed) = read(tmp_path, "log.csv", "csv", "SELECT MAX(remiss_row) AS last, COUNT(*) AS n FROM events")
    assert rows == [{"last": 30_000, "n": 29_999}]
    assert count == 1
    assert (listed[0].row, listed[0].detail) == (25_001, "size cannot be read as DOUBLE")


def test_numbers_with_leading_zeros_and_times_stay_text_in_csv(tmp_path):
    (tmp_path / "log.csv").write_text("id,at,size,ok\n007,2013-06-03T10:00:00+02:00,1,true\n")
    columns = describe(tmp_path, "log.csv", "csv").columns
    assert {name: column.type for name, column in columns.items()} == {
        "id": Type.TEXT,
        "at": Type.TEXT,
        "size": Type.INTEGER,
        "ok": Type.BOOLEAN,
    }


def test_lines_that_are_no_objects_are_counted_and_blank_ones_are_not(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"id": 1}\n{"id": \n\n[1]\n{"id": 5}\n')
    rows, (count, listed) = read(tmp_path, "log.jsonl", "jsonl")
    assert [(row["id"], row["remiss_row"]) for row in rows] == [(1, 1), (5, 5)]
    assert count == 2
    assert [(one.row, one.detail) for one in listed] == [(2, "the line is not JSON"), (4, "the line is not an object")]


@pytest.mark.parametrize("bad", [b"\0\0\0\0", b'\0{"id": 2}', b'{"id": 2, "text": "a\0b"}', b'{"id": 2, "text": "a\x01b"}'])
def test_a_line_with_zero_bytes_as_a_crash_leaves_them_is_counted(tmp_path, bad):
    (tmp_path / "log.jsonl").write_bytes(b'{"id": 1}\n' + bad + b'\n{"id": 3}\n' + bad)
    rows, (count, listed) = read(tmp_path, "log.jsonl", "jsonl")
    assert [(row["id"], row["remiss_row"]) for row in rows] == [(1, 1), (3, 3)]
    assert count == 2
    assert [(one.row, one.detail) for one in listed] == [(2, "the line is not JSON"), (4, "the line is not JSON")]


def test_a_value_of_another_type_late_in_json_is_counted_and_not_turned_into_null(tmp_path):
    lines = [json.dumps({"id": f"e{at}", "size": at}) for at in range(30_000)]
    lines[25_000] = '{"id": "e25000", "size": "secret"}'
    lines[26_000] = '{"id": "e26000", "size": null}'
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    rows, (count, listed) = read(tmp_path, "log.jsonl", "jsonl", "SELECT COUNT(*) AS n, COUNT(size) AS sizes FROM events")
    assert rows == [{"n": 29_999, "sizes": 29_998}]
    assert count == 1
    assert (listed[0].row, listed[0].detail) == (25_001, "size cannot be read as BIGINT")


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_line_of_50_megabytes_is_counted_and_the_rest_is_read(tmp_path, format):
    long = "x" * 50_000_000
    lines = ["id", "1", long, "3"] if format == "csv" else ['{"id":1}', f'{{"id":"{long}"}}', '{"id":3}']
    (tmp_path / "log").write_text("\n".join(lines) + "\n")
    rows, (count, listed) = read(tmp_path, "log", format)
    assert [str(row["id"]) for row in rows] == ["1", "3"]
    assert count == 1
    assert listed[0].row == 2
    assert listed[0].detail == (
        "the line is longer than 4,000,000 bytes, the most that is read of text: leave its large field out of the log, or write "
        "the log as Parquet"
    )


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_log_of_nothing_but_a_line_that_is_too_long_says_so(tmp_path, format):
    long = "x" * 5_000_000
    (tmp_path / "log").write_text(f"id\n{long}\n" if format == "csv" else f'{{"id":"{long}"}}\n')
    error = refusal(tmp_path, "log", format)
    assert "longer than 4,000,000 bytes" in error.what
    assert error.where.line == (2 if format == "csv" else 1)
    assert "Parquet" in error.do


def test_a_header_that_is_too_long_is_refused(tmp_path):
    (tmp_path / "log.csv").write_text(f"id,{'x' * 2_000_000}\n1,2\n")
    error = refusal(tmp_path, "log.csv", "csv")
    assert "the header is longer than 1,000,000 bytes" in error.what
    (tmp_path / "log.csv").write_text(f"id,{'x' * 200_000}\n1,2\n")
    assert "a name of over 131,072 characters" in refusal(tmp_path, "log.csv", "csv").what


NAIVE, ZONED = pa.timestamp("us"), pa.timestamp("ns", "UTC")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pa.array([MONDAY], NAIVE), pa.array([MONDAY], ZONED)),
        (pa.array([MONDAY.date()]), pa.array([MONDAY], pa.timestamp("us", "UTC"))),
        (pa.array([True]), pa.array([1])),
        (pa.array([1.5]), pa.array([MONDAY], NAIVE)),
        (pa.array(["a"]), pa.array([{"a": 1}])),
        (pa.array([[1]]), pa.array([1])),
    ],
)
@pytest.mark.parametrize("between", [False, True])
def test_a_column_of_unlike_values_in_two_files_is_refused_with_both_named(tmp_path, first, second, between):
    for one, other in ((first, second), (second, first)):
        write(tmp_path / "a.parquet", pa.table({"id": ["1"], "x": one}))
        write(tmp_path / "c.parquet", pa.table({"id": ["2"], "X": other}))
        if between:
            write(tmp_path / "b.parquet", pa.table({"id": ["3"], "x": pa.nulls(1)}))
        error = refusal(tmp_path, "*.parquet")
        assert error.where.file.endswith("c.parquet")
        assert "the column 'X' holds" in error.what
        assert "a.parquet" in error.what


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (pa.array([1], pa.int32()), pa.array([2], pa.uint64()), [1, 2]),
        (pa.array([1]), pa.array([2.5]), [1.0, 2.5]),
        (pa.array([7]), pa.array(["b"]), ["7", "b"]),
        (pa.nulls(1), pa.array(["b"]), [None, "b"]),
        (pa.array([MONDAY], pa.timestamp("us", "UTC")), pa.array([MONDAY], ZONED), [MONDAY, MONDAY]),
    ],
)
def test_a_column_of_like_values_is_one_whatever_its_case_and_width(tmp_path, first, second, together):
    write(tmp_path / "a.parquet", pa.table({"id": ["1"], "Carrier": first}))
    write(tmp_path / "b.parquet", pa.table({"carrier": second, "id": ["2"]}))
    rows, _ = read(tmp_path, "*.parquet", "parquet")
    assert [row["Carrier"] for row in rows] == together


def test_columns_of_csv_files_are_one_whatever_their_case(tmp_path):
    (tmp_path / "a.csv").write_text("id,Carrier\n1,UA\n")
    (tmp_path / "b.csv").write_text("carrier,ID\nDL,2\n")
    rows, _ = read(tmp_path, "*.csv", "csv")
    assert [(row["id"], row["Carrier"]) for row in rows] == [(1, "UA"), (2, "DL")]


@pytest.mark.parametrize("second", ['{"id": 2, "carrier": "DL"}', '{"id": 2, "x": {"a": 1, "A": 2}}'])
def test_json_keys_that_differ_only_in_case_are_refused(tmp_path, second):
    (tmp_path / "a.jsonl").write_text('{"id": 1, "Carrier": "UA"}\n')
    (tmp_path / "b.jsonl").write_text(second)
    error = refusal(tmp_path, "*.jsonl", "jsonl")
    assert "differ only in case" in error.what
    assert error.where.file.endswith("b.jsonl")


def test_a_number_of_json_is_a_number_and_not_how_it_is_written(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"version": 1.10, "name": "1.10"}\n{"version": 1.1, "name": "1.1"}\n')
    rows, _ = read(tmp_path, "log.jsonl", "jsonl")
    assert [(row["version"], row["name"]) for row in rows] == [(1.1, "1.10"), (1.1, "1.1")]


def test_a_pattern_that_matches_nothing_says_what_it_was_relative_to(tmp_path):
    error = refusal(tmp_path, "logs/*.parquet")
    assert "the pattern matches no file" in error.what
    assert str(tmp_path) in error.do


def test_a_missing_file_and_a_folder_without_logs_are_named(tmp_path):
    assert "no such file or folder" in refusal(tmp_path, "log.parquet").what
    (tmp_path / "logs").mkdir()
    assert "no file that ends in .parquet" in refusal(tmp_path, "logs").what


def test_a_folder_is_read_with_those_below_and_without_the_marks_of_writers(tmp_path):
    write(tmp_path / "logs" / "june" / "a.parquet", ROWS)
    write(tmp_path / "logs" / "b.parquet", ROWS)
    write(tmp_path / "logs" / "_temporary" / "c.parquet", ROWS)
    (tmp_path / "logs" / "_SUCCESS").touch()
    names = [Path(file).name for file in describe(tmp_path, "logs").files]
    assert names == ["b.parquet", "a.parquet"]


def test_an_address_on_another_machine_is_refused(tmp_path):
    assert "not on this machine" in refusal(tmp_path, "s3://bucket/log.parquet").what


def test_an_unknown_format_is_refused_with_those_there_are(tmp_path):
    assert "parquet, csv, jsonl" in refusal(tmp_path, "log", "avro").do


@pytest.mark.parametrize("column", ["remiss_file", "REMISS_ROW"])
@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_column_with_a_name_that_remiss_uses_is_refused(tmp_path, column, format):
    if format == "csv":
        (tmp_path / "log").write_text(f"id,{column}\n1,2\n")
    else:
        write(tmp_path / "log", [{"id": "1", column: "2"}])
    assert "which remiss uses itself" in refusal(tmp_path, "log", format).what


def test_a_header_that_names_a_column_twice_is_refused(tmp_path):
    (tmp_path / "log.csv").write_text("id,ID\n1,2\n")
    assert "'ID' twice" in refusal(tmp_path, "log.csv", "csv").what


@pytest.mark.parametrize(("names", "said"), [(["id", "id"], "the column 'id' twice"), (["id", "ID"], "columns 'id' and 'ID'")])
def test_a_parquet_file_whose_columns_cannot_be_told_apart_is_refused(tmp_path, names, said):
    nested = pa.array([{"id": 1, "x": [{"id": 2}]}])
    write(tmp_path / "a.parquet", pa.table([nested, pa.array([1])], names=["deep", "id"]))
    assert set(describe(tmp_path, "a.parquet").columns) == {"deep", "id"}
    write(tmp_path / "b.parquet", pa.table([nested, pa.array([1]), pa.array([2])], names=["deep", *names]))
    error = refusal(tmp_path, "*.parquet")
    assert said in error.what
    assert error.where.file.endswith("b.parquet")


def test_a_source_that_is_no_regular_file_is_refused_by_name(tmp_path):
    os.mkfifo(tmp_path / "log.csv")
    error = refusal(tmp_path, "log.csv", "csv")
    assert "source log names what is not a regular file" in error.what
    assert error.where.file == str(tmp_path / "log.csv")


@pytest.mark.parametrize("name", ["part[1]", "a*", "d?", "[!x]", "f[", "**", "h[[]", "x{1,2}", "back\\slash"])
@pytest.mark.parametrize("format", ["parquet", "csv", "jsonl"])
def test_a_file_whose_name_is_a_pattern_is_read_as_itself(tmp_path, name, format):
    """Beside files that the pattern would match: they would be read twice, and the file itself never."""
    names = [name, "part1", "ab", "dd", "y", "h["]
    for each in names:
        file, row = tmp_path / f"{each}.{format}", {"id": each, "at": MONDAY, "said": "yes"}
        if format == "parquet":
            write(file, [row])
        elif format == "csv":
            file.write_text(f"id,said\n{each},yes\n" if "," not in each else f'id,said\n"{each}",yes\n')
        else:
            file.write_text(json.dumps({"id": each, "said": "yes"}) + "\n")
    rows, _ = read(tmp_path, ".", format)
    assert {Path(row["remiss_file"]).stem: row["id"] for row in rows} == {each: each for each in names}
    alone, _ = read(tmp_path, f"{name}.{format}", format)
    assert [row["id"] for row in alone] == [name]


def test_a_path_that_readers_would_mistake_is_refused_by_name(tmp_path):
    write(tmp_path / "a\\[1].parquet", ROWS)
    error = refusal(tmp_path, ".")
    assert "a backslash and one of" in error.what
    assert error.where.file == str(tmp_path / "a\\[1].parquet")


def test_a_file_that_only_looks_regular_is_refused_by_name(tmp_path):
    error = refusal(tmp_path, "/proc/self/mem")
    assert "source log cannot be read" in error.what
    assert error.where.file == "/proc/self/mem"


@pytest.mark.parametrize("closed", ["logs", "logs/a.parquet"])
def test_what_the_user_may_not_read_is_named(tmp_path, closed):
    """Root may read everything, so a child that drops its rights looks."""
    file = write(tmp_path / "logs" / "a.parquet", ROWS)
    file.chmod(0o644)
    for folder in file.parents:
        if folder.stat().st_uid == os.getuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(0o755)
    (tmp_path / closed).chmod(0)
    program = (
        "import os, pwd, sys\n"
        "from remiss.edges.engines.duckdb import DuckDB\n"
        "from remiss.errors import SourceError\n"
        "from remiss.protocol.terms import Address\n"
        "from remiss.settings import Settings\n"
        "if os.getuid() == 0:\n"
        "    os.setgroups([]); os.setuid(pwd.getpwnam('nobody').pw_uid)\n"
        "try:\n"
        "    DuckDB(Settings()).describe(Address(name='log', format='parquet', uri=sys.argv[2]), sys.argv[1])\n"
        "except SourceError as error:\n"
        "    print(error.what, error.where, error.do, sep='|')\n"
    )
    for uri in ("logs", "logs/*.parquet", "logs/a.parquet"):
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path), uri], capture_output=True, text=True, timeout=60)
        what, where, do = done.stdout.strip().split("|")
        assert what == "source log cannot be read: permission denied", done.stderr
        assert where == str(tmp_path / closed)
        assert "right to read" in do


def test_spill_files_that_would_outgrow_their_limit_are_an_error_of_storage(tmp_path):
    write(tmp_path / "log.parquet", pa.table({"id": [f"{at:050}" for at in range(400_000)]}))
    sql = "SELECT id, row_number() OVER (ORDER BY md5(id)) AS n FROM events ORDER BY md5(id || 'x') DESC"
    with pytest.raises(StorageError) as caught:
        read(tmp_path, "log.parquet", "parquet", sql, memory_limit="40MB", temporary_limit="1MB")
    assert "temporary_limit" in caught.value.do or "memory_limit" in caught.value.do


def test_spill_files_are_gone_afterwards(tmp_path):
    write(tmp_path / "logs" / "log.parquet", ROWS)
    (tmp_path / "spill").mkdir()
    read(tmp_path, "logs", "parquet", temporary=str(tmp_path / "spill"))
    assert not list((tmp_path / "spill").iterdir())


def test_a_folder_for_spill_files_that_is_not_there_is_named(tmp_path):
    write(tmp_path / "log.parquet", ROWS)
    with pytest.raises(StorageError) as caught:
        read(tmp_path, "log.parquet", "parquet", temporary=str(tmp_path / "nowhere"))
    assert caught.value.where.file == str(tmp_path / "nowhere")


def test_a_size_that_is_none_is_an_error_of_the_setting(tmp_path):
    with pytest.raises(SettingError, match="memory_limit"):
        DuckDB(Settings(memory_limit="plenty")).describe(
            address("log.parquet"), str(write(tmp_path / "log.parquet", ROWS).parent)
        )


@pytest.mark.parametrize(("how", "what"), [("changed", "was changed while"), ("removed", "was removed while")])
@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_file_that_is_not_what_it_was_ends_the_read(tmp_path, how, what, format):
    path = tmp_path / "log"
    if format == "csv":
        path.write_text("id\n1\n2\n")
    else:
        write(path, ROWS)
    engine = DuckDB(settings(tmp_path))
    where = address("log", format)
    with engine.open({"events": (where, engine.describe(where, str(tmp_path)))}) as session:
        assert session.run("SELECT COUNT(*) AS n FROM events").num_rows == 1
        if how == "removed":
            path.unlink()
        else:
            write(path, ROWS[:50])
        with pytest.raises(SourceError, match=what):
            session.run("SELECT MIN(id) AS least FROM events")


def test_a_session_reaches_no_file_but_those_of_its_sources(tmp_path):
    write(tmp_path / "log.parquet", ROWS)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    engine = DuckDB(settings(tmp_path))
    where = address("log.parquet")
    with engine.open({"events": (where, engine.describe(where, str(tmp_path)))}) as session:
        for sql in (
            f"SELECT * FROM read_csv('{tmp_path}/secret.csv')",
            f"SELECT * FROM '{tmp_path}/secret.csv'",
            f"SELECT * FROM glob('{tmp_path}/*')",
            "SELECT * FROM read_text('/etc/passwd')",
        ):
            with pytest.raises(Exception, match="disabled by configuration"):
                session.run(sql)
        with pytest.raises(Exception, match="locked"):
            session._connection.execute("SET enable_external_access = true")


def test_columns_that_some_files_lack_are_null_there(tmp_path):
    write(tmp_path / "a.parquet", [{"id": "1"}])
    write(tmp_path / "b.parquet", [{"id": "2", "said": "no"}])
    rows, _ = read(tmp_path, "*.parquet", "parquet")
    assert [(row["id"], row["said"], row["remiss_row"]) for row in rows] == [("1", None, 1), ("2", "no", 1)]
    (tmp_path / "a.csv").write_text("id\n1\n")
    (tmp_path / "b.csv").write_text("said;id\nno;2\n")
    rows, _ = read(tmp_path, "*.csv", "csv")
    assert [(row["id"], row["said"], row["remiss_row"]) for row in rows] == [(1, None, 1), (2, "no", 1)]


def test_rows_keep_their_numbers_whatever_the_threads(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("n\n" + "\n".join(str(at) for at in range(1, 300_001)))
    (tmp_path / "log.jsonl").write_text("\n".join(f'{{"n": {at}}}' for at in range(1, 300_001)))
    write(tmp_path / "log.parquet", pa.table({"n": list(range(1, 1_001))}))
    for uri, kind in (("*.csv", "csv"), ("log.jsonl", "jsonl"), ("log.parquet", "parquet")):
        rows, _ = read(tmp_path, uri, kind, "SELECT COUNT(*) FILTER (WHERE n <> remiss_row) AS wrong FROM events")
        assert rows == [{"wrong": 0}]


def test_engine_names_itself_with_its_version():
    assert DuckDB(Settings()).name.startswith("duckdb 2.")
    assert DuckDB(Settings()).dialect == "duckdb"


def test_digests_are_of_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    engine = DuckDB(Settings())
    with engine.digesting([str(tmp_path / "a")]) as digests:
        assert digests() == {str(tmp_path / "a"): "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
    with engine.digesting([str(tmp_path / "b")]) as digests, pytest.raises(SourceError, match="cannot be read any more"):
        digests()


def test_ctrl_c_in_the_middle_of_a_statement_stops_it_within_seconds_and_is_no_fault(tmp_path):
    write(tmp_path / "log.parquet", ROWS)
    program = (
        "import _thread, signal, sys, threading, time\n"
        "from remiss.edges.engines.duckdb import DuckDB\n"
        "from remiss.protocol.terms import Address\n"
        "from remiss.settings import Settings\n"
        # Whoever runs tests in the background may have it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "engine, where = DuckDB(Settings()), Address(name='log', format='parquet', uri='log.parquet')\n"
        "with engine.open({'events': (where, engine.describe(where, sys.argv[1]))}) as session:\n"
        "    threading.Timer(0.5, _thread.interrupt_main).start()\n"
        "    began = time.monotonic()\n"
        "    try:\n"
        "        session.run('SELECT COUNT(*) AS n FROM events a, events b, events c, events d, events e WHERE a.id < b.id')\n"
        "    except KeyboardInterrupt:\n"
        "        print('stopped', time.monotonic() - began < 5)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.stdout == "stopped True\n", done.stderr
