"""Files of a folder that may come from a stranger: none of it is followed, unpacked without bounds or run.

A Parquet file has one schema, which is known before, and as many rows as a document beside it says. What a log decides stands in
it as JSON, so that 1, 1.0 and "1" stay what they are.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from remiss.errors import InputError, Location
from remiss.records.identity import format_time, from_micros, parse_time, plain, untagged

T = TypeVar("T")
# What a file may be in the folder, and what its rows may come to once they are unpacked.
# A document names some criteria and the families that are sealed, 32 letters each.
MOST_BYTES = 64 << 20
MOST_FILE, MOST_UNPACKED = 4 << 30, 8 << 30
BATCH = 8_192
TIME = pa.timestamp("us", tz="UTC")
# A time among values of a log; no value of a log is a mapping.
_MOMENT = "$time"


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def cell(value: object) -> str:
    """Return values of a log as JSON in which times stay times."""
    return _encode(plain(_marked(value)))


def _marked(value: object) -> object:
    match value:
        case datetime():
            return {_MOMENT: format_time(value)}
        case dict():
            return {name: _marked(each) for name, each in value.items()}
        case _:
            return value


# Without one of these, or a letter in disguise that could be part of one, a cell is what its JSON says.
_MARKS = re.compile(r"\$time|int:|float:|\\")
_read = json.JSONDecoder().decode


def read_cell(text: str) -> object:
    """Return what stands in a cell of JSON.

    Raises
    ------
    ValueError, RecursionError : it is no JSON
    """
    value = _read(text)
    return value if _MARKS.search(text) is None else _unmarked(value)


def is_marked(text: str) -> bool:
    """Return whether a cell may hold a time, or a number that JSON cannot."""
    return _MARKS.search(text) is not None


def read_cells(line: Mapping[str, Any], those: AbstractSet[str]) -> dict[str, Any]:
    """Return a line of a file with what is JSON in it read."""
    return {name: read_cell(value) if name in those and value is not None else value for name, value in line.items()}


def _unmarked(value: object) -> object:
    match value:
        case {"$time": str() as moment, **others} if not others:
            return parse_time(moment)
        case dict():
            return {name: _unmarked(each) for name, each in value.items()}
        case list():
            return [_unmarked(each) for each in value]
        case str():
            number = untagged(value)
            return value if number is None else number
        case _:
            return value


def read_text(path: Path) -> str:
    """Return a document of a folder.

    Raises
    ------
    InputError : it cannot be read
    """
    try:
        with opened(path, MOST_BYTES) as file:
            return file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise refused(path, "is not UTF-8") from error


def read_lines(path: Path, schema: pa.Schema, rows: int, made: Callable[[dict[str, Any]], T]) -> list[T]:
    """Return what is made of each line of a Parquet file of a folder, without unpacking more than it may.

    Raises
    ------
    InputError : it cannot be read, has other columns, or not so many rows
    """
    with _batches_of(path, schema, rows) as batches:
        return [made(line) for batch in batches for line in _lines_in(batch)]


def read_table(path: Path, schema: pa.Schema, rows: int, made: Callable[[pa.Table], T]) -> T:
    """Return what is made of a Parquet file of a folder. Takes and raises like `read_lines`."""
    with _batches_of(path, schema, rows) as batches:
        return made(pa.Table.from_batches(batches, schema))


@contextmanager
def _batches_of(path: Path, schema: pa.Schema, rows: int) -> Iterator[Iterator[pa.RecordBatch]]:
    """Give the batches of a file, and refuse it where they, or what the block makes of them, are not sound."""
    with opened(path, MOST_FILE) as file:
        try:
            parquet = pq.ParquetFile(file)
            _check_footer(path, parquet, schema, rows)
            yield _bounded(path, parquet)
        except (pa.ArrowException, OSError, ValueError, RecursionError, OverflowError) as error:
            first = str(error).partition("\n")[0]
            raise refused(path, f"cannot be read: {first}") from error


def _check_footer(path: Path, file: pq.ParquetFile, schema: pa.Schema, rows: int) -> None:
    metadata = file.metadata
    if metadata.num_rows != rows:
        raise refused(path, f"has {metadata.num_rows:,} rows and not {rows:,}")
    if not file.schema_arrow.equals(schema):
        raise refused(path, "has other columns than a suite's")
    unpacked = sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    if unpacked > MOST_UNPACKED:
        raise refused(path, f"would be {unpacked >> 20:,} MB once it is unpacked, and at most {MOST_UNPACKED >> 20:,} may be")


def _bounded(path: Path, file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    unpacked = 0
    for batch in file.iter_batches(BATCH):
        # The footer may lie of it.
        unpacked += batch.nbytes
        if unpacked > MOST_UNPACKED:
            raise refused(path, "is larger once it is unpacked than it says")
        yield batch


def _lines_in(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    columns = [_values(column) for column in batch.columns]
    yield from (dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True))


def _values(column: pa.Array) -> list[Any]:
    """Return the values of a column; times by their microseconds, of which Arrow alone would load pandas."""
    if column.type != TIME:
        return column.to_pylist()  # type: ignore[no-any-return]
    return [None if each is None else from_micros(each) for each in column.cast(pa.int64()).to_pylist()]


@contextmanager
def opened(path: Path, most: int) -> Iterator[IO[bytes]]:
    """Open a file of the folder itself: no link, no pipe, nothing larger than it may be."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        link = path.is_symlink()
        raise refused(path, "is a link" if link else f"cannot be opened: {error.strerror}") from error
    with os.fdopen(number, "rb") as file:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            raise refused(path, "is no file")
        if found.st_size > most:
            raise refused(path, f"is larger than {most >> 20:,} MB")
        yield file


def refused(path: Path, why: str) -> InputError:
    """Return why a file of a folder is not taken."""
    return InputError(f"{path} {why}", where=Location(str(path)), do="take the folder from where it was built, or build it anew")
