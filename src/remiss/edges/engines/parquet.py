"""Parquet: many files as one relation, columns by name, and only where that changes no value.

Log writers add columns in the middle of a month and change their types. The engine unites what it can: whole numbers and
fractions as fractions, anything and text as text. It would also read a time without a zone as one of UTC where another file has
zones, and true as 1 where another has numbers: such files are refused with both named.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from remiss.edges.engines.quoting import pattern
from remiss.errors import Location, SourceError

KINDS = (
    (r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)", "numbers"),
    (r"VARCHAR|UUID|ENUM\(.*\)", "text"),
    (r"BOOLEAN", "true and false"),
    (r"TIMESTAMP WITH TIME ZONE|TIMESTAMPTZ(_NS)?", "times with a zone"),
    (r"DATE|TIMESTAMP(_S|_MS|_NS)?", "times without a zone"),
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


def check_columns(connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> Mapping[str, int]:
    """Check that each column is one in every file, whatever its case, and holds the same kind of values in all.

    Returns in how many files each column is, by its name in small letters.

    Raises
    ------
    SourceError : names of one file that differ at most in case, of which the reader would show the first under all; or
        values that would become others beside those of another file
    """
    known: dict[str, _Column] = {}
    names: dict[tuple[str, str], str] = {}
    for column in _columns(connection, files):
        former = names.setdefault((column.file, column.name.lower()), "")
        if former:
            same = former == column.name
            both = f"the column {column.name!r} twice" if same else f"columns {former!r} and {column.name!r}"
            raise SourceError(
                f"the file has {both}", where=Location(column.file), do="give each column a name of its own, whatever its case"
            )
        names[column.file, column.name.lower()] = column.name
        _check_kind(known, column)
    return Counter(name for _, name in names)


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
