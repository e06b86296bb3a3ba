"""Files of a folder that may come from a stranger: none of it is followed, unpacked without bounds or run.

A Parquet file has one schema, which is known before, and as many rows as a document beside it says. What a log decides stands in
it as JSON, so that 1, 1.0 and "1" stay what they are.

The rows of a suite are read by columns. What stands in a cell of JSON is what their digest is over, letter by letter, unless it
has a mark of a time or of a number that JSON cannot hold: then it is written anew. Each cell is read by itself and is one whole
value, so that a line of the canonical content cannot be cut into other cells than those that it was made of.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError

from remiss.errors import InputError, Location
from remiss.records.event import Scalar, Values
from remiss.records.expectation import Expectation
from remiss.records.identity import format_time, from_micros, parse_time, plain, untagged
from remiss.records.suite import CaptureRole, SuitePart
from remiss.safeguard.suite_columns import TIMES, WORDS, Coded, SuiteColumns, binary
from remiss.safeguard.suite_columns import cell as as_logged
from remiss.safeguard.suite_content import feed

T = TypeVar("T")
# What a file may be in the folder, and what its rows may come to once they are unpacked.
# A document names some criteria and the families that are sealed, 32 letters each.
MOST_BYTES = 64 << 20
MOST_FILE, MOST_UNPACKED = 4 << 30, 8 << 30
BATCH = 8_192
TIME = pa.timestamp("us", tz="UTC")
# A time among values of a log; no value of a log is a mapping.
_MOMENT = "$time"
# What each distinct cell of JSON in a column has to be.
_REPEATED: Mapping[str, Any] = {
    "output": Scalar,
    "label": Scalar,
    "criteria": tuple[str, ...],
    "met_by_log": Mapping[str, bool | None],
    "expectations": tuple[Expectation, ...],
}
_KINDS: Mapping[str, Any] = {**_REPEATED, "inputs": Values, "context": Values}
# Other columns of which few values are distinct, and those that have a value in each row.
_PLAIN = ("part", "role", "stratum", "model", "model_version", "status", "mode", "severity", "audited")
_ALWAYS = ("id", "part", "event", *TIMES, "role", "weight", "family", "stratum", "model", "audited", "inputs", "context")


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


def columns_of_table(table: pa.Table) -> SuiteColumns:
    """Return the rows of a table that has the columns of a file, as they stand there.

    Raises
    ------
    ValueError : a cell is not what it has to be; says of which column
    """
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    for name in _ALWAYS:
        if columns[name].null_count:
            raise ValueError(f"{name}: a row has none")
    repeated = {name: _coded(columns[name]) for name in (*_REPEATED, *_PLAIN, "context")}
    contexts = repeated.pop("context")
    cells = {"inputs": columns["inputs"].to_pylist(), "context": contexts.values}
    values = {name: _checked(name, repeated[name].values) for name in _REPEATED}
    values |= {"part": [*map(SuitePart, repeated["part"].values)], "role": [*map(CaptureRole, repeated["role"].values)]}
    return SuiteColumns(
        repeated={name: Coded(values.get(name, each.values), each.codes) for name, each in repeated.items()},
        single={
            **{name: _array(columns[name].to_pylist()) for name in WORDS},
            **{name: columns[name].cast(pa.int64()).to_numpy() for name in TIMES},
            "weight": columns["weight"].to_numpy(),
            "inputs": _array(_checked("inputs", cells["inputs"])),
            "context": _array(_checked("context", cells["context"]))[contexts.codes],
        },
        cells={"inputs": binary([*map(_written, cells["inputs"])]), "context": contexts.texts(_written)},
    )


def digest_of(rows: SuiteColumns) -> str:
    """Return the digest of the canonical content of rows, whatever their order."""
    found = hashlib.sha256()
    feed(sorted_by_id(rows), found.update)
    return f"sha256:{found.hexdigest()}"


def sorted_by_id(rows: SuiteColumns) -> SuiteColumns:
    """Return rows in the order of their ids."""
    ids = rows.single["id"].tolist()
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return rows if order == [*range(len(ids))] else rows.take(np.array(order, dtype=np.intp))


def _coded(column: pa.Array) -> Coded:
    found = column.dictionary_encode(null_encoding="encode")
    return Coded(found.dictionary.to_pylist(), found.indices.to_numpy().astype(np.intp))


def _array(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    return np.fromiter(values, dtype=object, count=len(values))


def _written(text: str) -> str:
    """Return a cell as the digest has it."""
    return as_logged(read_cell(text)) if _MARKS.search(text) else text


def _checked(name: str, cells: Sequence[str | None]) -> Sequence[Any]:
    """Return what stands in cells of JSON.

    Raises
    ------
    ValueError : it is no JSON, or not of the kind of that column
    """
    read = [None if text is None else read_cell(text) for text in cells]
    try:
        return _adapter(name).validate_python(read)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{'.'.join((name, *map(str, first['loc'][1:])))}: {first['msg']}") from error


@cache
def _adapter(name: str) -> TypeAdapter[list[Any]]:
    kind: Any = list.__class_getitem__(_KINDS[name])
    return TypeAdapter(kind)
