"""Parquet: many files as one relation, columns by name, and only where that changes no value; and what its footers say.

Log writers add columns in the middle of a month and change their types. The engine unites what it can: whole numbers and
fractions as fractions, anything and text as text. It would also read a time without a zone as one of UTC where another file has
zones, and true as 1 where another has numbers: such files are refused with both named.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from remiss.edges.engines.quoting import identifier, literal, pattern
from remiss.edges.engines.structures import NANOSECONDS, check_number, columns_of
from remiss.errors import Location, SourceError
from remiss.protocol.ports import Description

KINDS = (
    (r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)", "numbers"),
    (r"VARCHAR|UUID|ENUM\(.*\)", "text"),
    (r"BOOLEAN", "true and false"),
    (r"TIMESTAMP WITH TIME ZONE|TIMESTAMPTZ(_NS)?", "times with a zone"),
    (r"DATE|TIMESTAMP(_S|_MS|_NS)?", "times without a zone"),
)
BOUNDED = frozenset(
    {"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE"}
    | {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)
NONE, TEXT, NESTED = "nothing", "text", "nested values"


def kind_of(type_name: str) -> str:
    """Return what values of an engine's type are, as far as files of one source may differ.

    >>> kind_of("DECIMAL(3,2)"), kind_of("STRUCT(a INTEGER)[]"), kind_of("TIMESTAMPTZ_NS")
    ('numbers', 'nested values', 'times with a zone')
    """
    if type_name.strip('"') == "NULL":
        return NONE
    return next((kind for pattern, kind in KINDS if re.fullmatch(pattern, type_name, re.DOTALL)), NESTED)


def reading(files: Sequence[str]) -> str:
    """Return the call of the reader that unites files."""
    listed = ", ".join(pattern(file) for file in files)
    # By name: log writers add columns in the middle of a month. Folder names are not columns: they may contradict the rows.
    return f"read_parquet([{listed}], filename = 'remiss_file', union_by_name = true, hive_partitioning = false)"


def bind(connection: duckdb.DuckDBPyConnection, name: str, description: Description) -> None:
    """Bind the relation over the rows of files."""
    check_files(description.files)
    # Without effect but for times of nanoseconds, which records and most of the engine's functions do not know.
    columns = ", ".join(
        f"CAST({identifier(column)} AS {kind}) AS {identifier(column)}" if kind in NANOSECONDS.values() else identifier(column)
        for column, kind in description.stored.items()
    )
    folders = "".join(f", {sql} AS {identifier(column)}" for column, sql in description.in_folders.items())
    connection.execute(
        f"CREATE TEMP VIEW {identifier(name)} AS "
        f"SELECT {columns}{folders}, remiss_file, file_row_number + 1 AS remiss_row FROM {reading(description.files)}"
    )


def bounds(description: Description, column: str) -> str | None:
    """Return the query for what the footers say of a column (`protocol/ports.Session.keep_bounds`).

    None for columns of other types than times and whole numbers: of texts statistics may be cut off, and of fractions they
    leave NaN out.
    """
    kind = description.stored.get(column)
    # Parts of nested columns are named with a comma.
    if kind not in BOUNDED or ", " in column:
        return None
    listed = ", ".join(pattern(file) for file in description.files)
    # Of nanoseconds the cast of a text cuts off digits, and that of a time rounds towards 1970.
    least, greatest = (
        f"CASE WHEN NOT regexp_matches({value}, '[.][0-9]{{7}}') THEN TRY_CAST({value} AS {kind}) END"
        for value in ("stats_min_value", "stats_max_value")
    )
    return (
        "SELECT file_name AS remiss_file, row_group_num_rows AS remiss_rows, stats_null_count AS remiss_nulls, "
        f"{least} AS remiss_least, {greatest} AS remiss_greatest "
        f"FROM parquet_metadata([{listed}]) WHERE lower(path_in_schema) = {literal(column.lower())}"
    )


def check_files(files: Sequence[str]) -> None:
    """Say which file is no Parquet before a scan of many fails with the words of a reader."""
    for file in files:
        with open(file, "rb") as content:
            head = content.read(4)
            size = content.seek(0, os.SEEK_END)
            content.seek(max(0, size - 4))
            tail = content.read(4)
        if size == 0:
            raise SourceError("the file is empty", where=Location(file), do="remove it, or wait until its writer is done")
        if head != b"PAR1":
            raise SourceError(
                "the file is not Parquet", where=Location(file), do="check the format that the protocol names for the source"
            )
        if tail != b"PAR1" or size < 12:
            raise SourceError(
                "the file is only a part of a Parquet file: its end is missing",
                where=Location(file),
                do="wait until its writer is done, or copy it again",
            )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as one file has it."""

    file: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of files: the engine's types in order, in how many files each is by its name in small letters, and layouts."""

    types: Mapping[str, str]
    there: Mapping[str, int]
    layouts: Mapping[str, str]


def opened(files: Sequence[str], alike: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files to look into: those of unknown layout, and the first of each other one."""
    first: dict[str, str] = {}
    for file in files:
        if file in alike:
            first.setdefault(alike[file], file)
    return tuple(file for file in files if file not in alike or first[alike[file]] == file)


def columns(connection: duckdb.DuckDBPyConnection, files: Sequence[str], alike: Mapping[str, str]) -> Columns | None:
    """Return the columns of files; None where one has another layout than is known of it.

    Each column is one in every file, whatever its case, and holds the same kind of values in all.

    Raises
    ------
    SourceError : names of one file that differ at most in case, of which the reader would show the first under all; or
        values that would become others beside those of another file
    """
    read = opened(files, alike)
    check_files(read)
    by_file: dict[str, list[_Column]] = {file: [] for file in read}
    for column in _columns(connection, read):
        by_file[column.file].append(column)
    found = {file: _layout(its) for file, its in by_file.items()}
    if any(file in alike and alike[file] != layout for file, layout in found.items()):
        return None
    layouts = {file: alike.get(file) or found[file] for file in files}
    first = {layout: file for file, layout in reversed(found.items())}
    known: dict[str, _Column] = {}
    for file in sorted(first.values()):
        _check_names(by_file[file])
        for column in by_file[file]:
            _check_kind(known, column)
    check_number(len(known), files[0])
    there: Counter[str] = Counter()
    for layout, count in Counter(layouts.values()).items():
        there.update(dict.fromkeys((column.name.lower() for column in by_file[first[layout]]), count))
    types = columns_of(connection, f"SELECT * FROM {reading(sorted(first.values()))}")
    return Columns(types, there, layouts)


def _layout(its: Sequence[_Column]) -> str:
    # Of another engine the same words may mean another type.
    said = repr([duckdb.__version__, *((column.name, column.type) for column in its)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _check_names(its: Sequence[_Column]) -> None:
    names: dict[str, str] = {}
    for column in its:
        former = names.setdefault(column.name.lower(), "")
        if former:
            same = former == column.name
            both = f"the column {column.name!r} twice" if same else f"columns {former!r} and {column.name!r}"
            raise SourceError(
                f"the file has {both}", where=Location(column.file), do="give each column a name of its own, whatever its case"
            )
        names[column.name.lower()] = column.name


def _check_kind(known: dict[str, _Column], column: _Column) -> None:
    other = known.setdefault(column.name.lower(), column)
    kind, before = kind_of(column.type), kind_of(other.type)
    if before in {NONE, TEXT}:
        known[column.name.lower()] = column if kind != NONE else other
    if kind == before or NONE in {kind, before} or (TEXT in {kind, before} and NESTED not in {kind, before}):
        return
    raise SourceError(
        f"the column {column.name!r} holds {kind} ({column.type}) here and {before} ({other.type}) in {other.file}",
        where=Location(column.file),
        do="write it the same way in all files, or read the files as two sources with a name each",
    )


def _columns(connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> list[_Column]:
    listed = ", ".join(pattern(file) for file in files)
    rows = connection.execute(
        f"SELECT file_name, name, COALESCE(num_children, 0), duckdb_type FROM parquet_schema([{listed}])"
    ).fetchall()
    found: list[_Column] = []
    below: list[int] = []
    for file, name, children, type_name in rows:
        # A schema is listed from the root down; `below` says how many children each open node still waits for.
        if len(below) == 1:
            found.append(_Column(str(file), str(name), str(type_name)))
        if below:
            below[-1] -= 1
        if children:
            below.append(int(children))
        while below and not below[-1]:
            below.pop()
    return found
