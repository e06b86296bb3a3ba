"""Taking the sample out: every sampled event as an Arrow table, a pandas frame or a file, to train and to evaluate with.

It is fetched page by page, all at the position of the first, and never held whole but by `to_arrow` and `to_pandas`: of a million
events some thousands are in memory. Each page is an action like any other, and stands in the log of views.

Every line says at which position it was read, whatever the form, so that files that are put together still tell. Parquet says it
once more in its metadata, under the key `remiss`. A column of Parquet has the one type that holds all its values, which is known
at the end: until then the pages lie in a file that has no name.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from remiss.errors import InputError, Location, StorageError
from remiss.records import arrow
from remiss.records.identity import format_time
from remiss.records.rows import Rows, csv_lines
from remiss.understand.sample_actions import export_sample

if TYPE_CHECKING:
    from remiss.understand.ports import SampleWorkspace

METADATA = b"remiss"
PAGE = 10_000
COPIED = 1024 * 1024


class FileForm(StrEnum):
    """The form of a file, by the end of its name."""

    PARQUET = "parquet"
    CSV = "csv"
    JSON_LINES = "jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOut:
    """What was taken out: how many events at which position, and of how many it is blinded how they were drawn."""

    events: int
    blinded: int
    position: int


def pages(
    ws: SampleWorkspace, query: str = "", *, columns: str | None = None, as_of: int | None = None, lines: int = PAGE
) -> Iterator[Rows]:
    """Yield all sampled events that match, some thousands at a time; one page at least.

    All pages have the columns of the first. Raises like `understand.export_sample`.
    """
    after, first = None, None
    while True:
        page = export_sample(ws, query, columns=columns, as_of=as_of, limit=lines, after=after)
        first = first or page
        yield page if page.columns == first.columns else _with_columns(page, first.columns)
        after = page.next
        if after is None:
            return


def _with_columns(page: Rows, columns: tuple[str, ...]) -> Rows:
    return replace(page, columns=columns, rows=tuple(tuple(line.get(name) for name in columns) for line in page))


def to_arrow(ws: SampleWorkspace, query: str = "", *, columns: str | None = None, as_of: int | None = None) -> pa.Table:
    """Return all sampled events that match as an Arrow table. Raises like `understand.export_sample`."""
    with _Spool(query) as spool:
        for page in pages(ws, query, columns=columns, as_of=as_of):
            spool.add(page)
        return pa.Table.from_batches(spool.batches(), spool.schema())


def to_pandas(ws: SampleWorkspace, query: str = "", *, columns: str | None = None, as_of: int | None = None) -> Any:
    """Return the same as a pandas data frame; needs pandas."""
    return arrow.to_pandas(to_arrow(ws, query, columns=columns, as_of=as_of))


def write(
    ws: SampleWorkspace,
    query: str,
    out: str | os.PathLike[str],
    *,
    form: FileForm | None = None,
    columns: str | None = None,
    as_of: int | None = None,
) -> TakenOut:
    """Write all sampled events that match to a new file, which is there once it is whole.

    Parameters
    ----------
    out : what is there already is not replaced
    form : default: by the end of the name

    Raises
    ------
    InputError : a name that tells no form, or a file that is there; StorageError : it cannot be written
    QueryError, Denied : as `understand.export_sample` does
    """
    target = Path(out)
    wanted = form or form_of(target.name)
    if target.exists():
        raise InputError(f"{target} is there already", where=Location(str(target)), do="name another file, or remove it")
    counted = Counted(pages(ws, query, columns=columns, as_of=as_of))
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", delete=False) as file:
            try:
                for piece in pieces(counted, wanted, query):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
                _put(Path(file.name), target)
            finally:
                Path(file.name).unlink(missing_ok=True)
    except FileExistsError as error:
        raise InputError(f"{target} is there already", where=Location(str(target)), do="name another file") from error
    except OSError as error:
        do = "make room, or name another file"
        raise StorageError(f"{target} cannot be written: {error.strerror}", where=Location(str(target)), do=do) from error
    return counted.written


def _put(file: Path, target: Path) -> None:
    """Give a file its name, unless somebody has put another there meanwhile."""
    try:
        target.hardlink_to(file)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system has links.
        file.rename(target)


def form_of(name: str) -> FileForm:
    """Return the form that a file's name ends with.

    Raises
    ------
    InputError

    >>> form_of("sample.parquet"), form_of("sample.ndjson")
    (<FileForm.PARQUET: 'parquet'>, <FileForm.JSON_LINES: 'jsonl'>)
    """
    end = name.rpartition(".")[2].lower()
    known = {"parquet": FileForm.PARQUET, "csv": FileForm.CSV, "jsonl": FileForm.JSON_LINES, "ndjson": FileForm.JSON_LINES}
    if end not in known:
        raise InputError(f"{name!r} does not say in which form to write", do="let it end with .parquet, .csv or .jsonl")
    return known[end]


class Counted:
    """Pages, and what there was of them once all were taken."""

    def __init__(self, given: Iterable[Rows]) -> None:
        self._given = given
        self.written = TakenOut(events=0, blinded=0, position=0)

    def __iter__(self) -> Iterator[Rows]:
        for page in self._given:
            events = self.written.events + len(page)
            self.written = TakenOut(events=events, blinded=page.blinded or 0, position=page.position)
            yield page


def pieces(given: Iterable[Rows], form: FileForm, query: str) -> Iterator[bytes]:
    """Yield the bytes of a file of some pages, which are taken one by one."""
    match form:
        case FileForm.CSV:
            return _csv(given)
        case FileForm.JSON_LINES:
            return _json_lines(given)
        case FileForm.PARQUET:
            return _parquet(given, query)


def _csv(given: Iterable[Rows]) -> Iterator[bytes]:
    for number, page in enumerate(given):
        lines = ([_plain(value) for value in line] for line in page.rows)
        yield csv_lines(chain([page.columns] if number == 0 else [], lines)).encode("utf-8", "backslashreplace")


def _json_lines(given: Iterable[Rows]) -> Iterator[bytes]:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
    for page in given:
        lines = (encode({name: _finite(_plain(value)) for name, value in line.items()}) + "\n" for line in page)
        yield "".join(lines).encode("utf-8", "backslashreplace")


def _plain(value: object) -> object:
    return format_time(value) if isinstance(value, datetime) else value


def _finite(value: object) -> object:
    # JSON knows no other numbers, and readers of it no tags.
    return None if isinstance(value, float) and value - value != 0 else value


def _parquet(given: Iterable[Rows], query: str) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        with _Spool(query) as spool:
            for page in given:
                spool.add(page)
            with pq.ParquetWriter(file, spool.schema(), compression="zstd") as writer:
                for batch in spool.batches():
                    writer.write_batch(batch)
        file.seek(0)
        while piece := file.read(COPIED):
            yield piece


@dataclass(slots=True)
class _Spool:
    """Pages in a file without a name, until it is known of which type each column is."""

    query: str
    file: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    starts: list[int] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    last: TakenOut = field(default_factory=lambda: TakenOut(events=0, blinded=0, position=0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def add(self, page: Rows) -> None:
        """Keep a page; all have the same columns."""
        types = arrow.column_types(page.schema, page.columns)
        columns = {name: [row[at] for row in page.rows] for at, name in enumerate(page.columns)}
        kinds = {name: types.get(name) or arrow.kind_of(values) for name, values in columns.items()}
        table = arrow.table(columns, kinds)
        self.starts.append(self.file.tell())
        with pa.ipc.new_stream(self.file, table.schema) as stream:
            stream.write_table(table)
        self.kinds = {name: arrow.common(self.kinds.get(name, arrow.NOTHING), kind) for name, kind in kinds.items()}
        self.last = TakenOut(events=self.last.events + len(page), blinded=page.blinded or 0, position=page.position)

    def schema(self) -> pa.Schema:
        """Return the columns, each of the one type that holds all its values, and what the file says of itself."""
        # Of a column without a value nobody knows the type; text is read everywhere.
        kinds = {name: arrow.TEXT if kind == arrow.NOTHING else kind for name, kind in self.kinds.items()}
        said = {"blinded": self.last.blinded, "events": self.last.events, "position": self.last.position, "query": self.query}
        metadata = {METADATA: json.dumps(said, ensure_ascii=False).encode("utf-8", "backslashreplace")}
        found: pa.Schema = arrow.table(dict.fromkeys(kinds, ()), kinds).schema.with_metadata(metadata)
        return found

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield what was kept, in these types."""
        schema = self.schema()
        for start in self.starts:
            self.file.seek(start)
            with pa.ipc.open_stream(self.file) as stream:
                for batch in stream:
                    yield pa.RecordBatch.from_arrays([self._cast(batch, each) for each in schema], schema=schema)

    def _cast(self, batch: pa.RecordBatch, to: pa.Field) -> pa.Array:
        values = batch.column(to.name)
        if values.type == to.type:
            return values
        kind = arrow.TEXT if pa.types.is_string(to.type) else self.kinds[to.name]
        return arrow.table({to.name: values.to_pylist()}, {to.name: kind}).column(0).combine_chunks()
