"""A suite as a folder: `suite.yaml`, `cases.parquet`, `controls.parquet` and `production.parquet`.

It is written from the catalog, and read anywhere. What is read may come from a stranger: nothing of it is followed, unpacked
without bounds or run, and all of it has to have the digest that `suite.yaml` says before any of it is used.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from remiss.errors import InputError, Location, StorageError
from remiss.records.identity import format_time, parse_time, plain, untagged
from remiss.records.result import SuiteResult
from remiss.records.suite import Suite, SuiteFile, SuitePart, SuiteRow
from remiss.safeguard.suite_actions import list_suite_rows
from remiss.safeguard.suite_document import MOST_BYTES, as_yaml, from_yaml, row_of
from remiss.safeguard.suite_rows import as_plain, content_digest
from remiss.safeguard.suite_running import checked_repeats, run_suite

if TYPE_CHECKING:
    from remiss.offline import Offline
    from remiss.safeguard.ports import SuiteWorkspace

DOCUMENT = "suite.yaml"
# What a file may be in the folder, and what its rows may come to once they are unpacked.
MOST_FILE, MOST_UNPACKED = 4 << 30, 8 << 30
BATCH = 8_192
_TEXT, _TIME = pa.string(), pa.timestamp("us", tz="UTC")
# In the order of a row. What a log decides is JSON, so that 1, 1.0 and "1" stay what they are.
COLUMNS: dict[str, pa.DataType] = {
    "id": _TEXT,
    "part": _TEXT,
    "event": _TEXT,
    "occurred": _TIME,
    "window": _TIME,
    "role": _TEXT,
    "weight": pa.float64(),
    "family": _TEXT,
    "stratum": _TEXT,
    "model": _TEXT,
    "model_version": _TEXT,
    "inputs": _TEXT,
    "context": _TEXT,
    "text": _TEXT,
    "output": _TEXT,
    "label": _TEXT,
    "status": _TEXT,
    "mode": _TEXT,
    "severity": pa.int64(),
    "criteria": _TEXT,
    "audited": pa.bool_(),
    "met_by_log": _TEXT,
    "expectations": _TEXT,
}
JSON = frozenset({"inputs", "context", "output", "label", "criteria", "met_by_log", "expectations"})
SCHEMA = pa.schema([pa.field(name, kind) for name, kind in COLUMNS.items()])
# A time among values of a log; no value of a log is a mapping.
_MOMENT = "$time"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFolder:
    """A suite and the rows that its folder holds, sorted by id."""

    suite: Suite
    rows: tuple[SuiteRow, ...]


def file_of(part: SuitePart) -> str:
    """Return the name of the file of a part."""
    return f"{part.value}.parquet"


def write(ws: SuiteWorkspace, suite: Suite, out: str | os.PathLike[str]) -> SuiteFolder:
    """Write a suite of the catalog to a new folder, which is there once it is whole.

    Raises
    ------
    InputError : the folder is there already; StorageError : it cannot be written
    Conflict, Denied, NotFound : as `suite.rows`
    """
    check_free(Path(out))
    return write_rows(suite, tuple(_taken(ws, suite)), out)


def write_rows(suite: Suite, rows: tuple[SuiteRow, ...], out: str | os.PathLike[str]) -> SuiteFolder:
    """Write a suite and its rows to a new folder. Raises like `write`."""
    target = Path(out)
    check_free(target)
    try:
        making = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
        try:
            for part in SuitePart:
                _write_rows(making / file_of(part), [row for row in rows if row.part is part])
            (making / DOCUMENT).write_text(as_yaml(suite), "utf-8")
            for each in making.iterdir():
                with each.open("rb") as file:
                    os.fsync(file.fileno())
            making.chmod(0o755)
            making.rename(target)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except OSError as error:
        do = "make room, or name another folder"
        raise StorageError(f"{target} cannot be written: {error.strerror}", where=Location(str(target)), do=do) from error
    return SuiteFolder(suite=suite, rows=rows)


def check_free(target: Path) -> None:
    """Go on only if nothing is there.

    Raises
    ------
    InputError
    """
    if target.exists() or target.is_symlink():
        raise InputError(f"{target} is there already", where=Location(str(target)), do="name another folder, or remove it")


def _taken(ws: SuiteWorkspace, suite: Suite) -> Iterator[SuiteRow]:
    name, after = f"{suite.name}@{suite.digest.removeprefix('sha256:')}", None
    while True:
        page = list_suite_rows(ws, name, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def _write_rows(file: Path, rows: Sequence[SuiteRow]) -> None:
    with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        for begins in range(0, len(rows), BATCH):
            writer.write_batch(_batch(rows[begins : begins + BATCH]))


def _batch(rows: Sequence[SuiteRow]) -> pa.RecordBatch:
    lines = [as_plain(row) for row in rows]
    columns = [
        pa.array([_cell(line[name]) if name in JSON else line[name] for line in lines], kind) for name, kind in COLUMNS.items()
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def _cell(value: object) -> str:
    return _encode(plain(_marked(value)))


def _marked(value: object) -> object:
    match value:
        case datetime():
            return {_MOMENT: format_time(value)}
        case dict():
            return {name: _marked(each) for name, each in value.items()}
        case _:
            return value


def _read_cell(text: str) -> object:
    return _unmarked(json.loads(text))


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


def read(folder: str | os.PathLike[str]) -> SuiteFolder:
    """Return the suite of a folder, once all of it is what `suite.yaml` says.

    Raises
    ------
    InputError : it is no suite, or not what it was when it was built; says which file and why
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"{place} is no folder", where=Location(str(place)), do="name the folder of a suite")
    with _opened(place / DOCUMENT, MOST_BYTES) as file:
        try:
            text = file.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise _refused(place / DOCUMENT, "is not UTF-8") from error
    suite = from_yaml(text, str(place / DOCUMENT))
    said = {each.part: each for each in suite.files}
    if set(said) != set(SuitePart):
        raise _refused(place / DOCUMENT, "does not name each file of a suite once")
    rows: list[SuiteRow] = []
    for part in SuitePart:
        rows += _read_rows(place / file_of(part), said[part])
    return SuiteFolder(suite=suite, rows=tuple(sorted(rows, key=lambda row: row.id)))


def run(ws: Offline, folder: str | os.PathLike[str], model: str, *, repeat: int = 1, seed: int = 0) -> SuiteResult:
    """Run the suite of a folder on a version of a model; nothing is kept. Raises like `read` and `suite.run`."""
    repeats = checked_repeats(repeat)
    found, specification = read(folder), ws.models.find(model)
    return run_suite(
        found.suite,
        found.rows,
        specification,
        engine=ws.engine,
        models=ws.models,
        progress=ws.progress,
        repeats=repeats,
        seed=seed,
        redact=None,
    ).result


def _read_rows(path: Path, said: SuiteFile) -> list[SuiteRow]:
    with _opened(path, MOST_FILE) as file:
        try:
            parquet = pq.ParquetFile(file)
            _check_footer(path, parquet, said)
            rows = [*_rows_in(path, parquet, said.part)]
        except (pa.ArrowException, OSError, ValueError, RecursionError, OverflowError) as error:
            first = str(error).partition("\n")[0]
            raise _refused(path, f"cannot be read: {first}") from error
    if content_digest(rows) != said.digest:
        raise _refused(path, "is not the file that the suite was built with: its content has another digest")
    return rows


def _check_footer(path: Path, file: pq.ParquetFile, said: SuiteFile) -> None:
    metadata = file.metadata
    if metadata.num_rows != said.rows:
        raise _refused(path, f"has {metadata.num_rows:,} rows and not {said.rows:,}")
    if not file.schema_arrow.equals(SCHEMA):
        raise _refused(path, "has other columns than a suite's")
    unpacked = sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    if unpacked > MOST_UNPACKED:
        raise _refused(path, f"would be {unpacked >> 20:,} MB once it is unpacked, and at most {MOST_UNPACKED >> 20:,} may be")


def _rows_in(path: Path, file: pq.ParquetFile, part: SuitePart) -> Iterator[SuiteRow]:
    unpacked = 0
    for batch in file.iter_batches(BATCH):
        # The footer may lie of it.
        unpacked += batch.nbytes
        if unpacked > MOST_UNPACKED:
            raise _refused(path, "is larger once it is unpacked than it says")
        for line in batch.to_pylist():
            row = row_of({name: _value(name, value) for name, value in line.items()}, str(path))
            if row.part is not part:
                raise _refused(path, f"has the row {row.id}, which belongs into {file_of(row.part)}")
            yield row


def _value(name: str, value: Any) -> object:
    return _read_cell(value) if name in JSON and value is not None else value


@contextmanager
def _opened(path: Path, most: int) -> Iterator[IO[bytes]]:
    """Open a file of the folder itself: no link, no pipe, nothing larger than it may be."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        link = path.is_symlink()
        raise _refused(path, "is a link" if link else f"cannot be opened: {error.strerror}") from error
    with os.fdopen(number, "rb") as file:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            raise _refused(path, "is no file")
        if found.st_size > most:
            raise _refused(path, f"is larger than {most >> 20:,} MB")
        yield file


def _refused(path: Path, why: str) -> InputError:
    return InputError(f"{path} {why}", where=Location(str(path)), do="take the folder from where it was built, or build it anew")
