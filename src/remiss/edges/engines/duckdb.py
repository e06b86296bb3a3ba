"""DuckDB: runs scans over Parquet, CSV and JSON Lines on this machine.

The engine only runs and fetches; what is run is written by `capture/sql/scan.py`. It opens the database in memory, closed to
everything but the files of the sources: what a protocol says becomes SQL, and SQL must not reach any other file, load an
extension, or change a setting.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import duckdb

from remiss.edges.engines import delimited, json_lines, parquet, spelling
from remiss.edges.engines import files as source_files
from remiss.edges.engines.partitions import partitions
from remiss.edges.engines.quoting import identifier
from remiss.edges.engines.statements import Databases, explained, interruptible, taken
from remiss.edges.engines.structures import structure_of
from remiss.errors import Location, ProtocolError, RemissError, SourceError
from remiss.protocol.ports import Description, UnreadableRows
from remiss.protocol.terms import Address
from remiss.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

RESERVED = frozenset({"remiss_file", "remiss_row", "remiss_line"})
# Of a piece of an answer: some megabytes.
BATCH_ROWS = 500_000
# Events and labels of a few protocols; what they are like is not looked up again as long as their files are what they were.
MOST_DESCRIBED = 16


class DuckDB:
    """The engine of one machine (see `protocol/ports.Engine`).

    `within` is where it reads and nowhere else; None where who calls may read any file themselves.
    """

    name = f"duckdb {duckdb.__version__}"
    dialect = "duckdb"

    def __init__(self, settings: Settings, within: source_files.Reach | None = None) -> None:
        self._databases = Databases(settings)
        self._within = within
        self._described: dict[tuple[object, ...], Description] = {}

    def describe(self, address: Address, folder: str, alike: Mapping[str, str] | None = None) -> Description:
        """Return columns and files of a source; of files that are `alike`, which Parquet files may be, one is opened.

        Raises
        ------
        SourceError : nothing there, not readable, not of that format, or a column with a name that is taken
        """
        kind = source_files.format_of(address)
        alike = (alike or {}) if kind == "parquet" else {}
        files = source_files.resolve(address, folder, self._within, alike)
        # What a capture plans, checks and reads are the same files, and to open the engine takes longer than to look into one.
        read_as = frozenset(address.taken_for.items()) if kind == "csv" else frozenset(alike.items())
        known = (address.name, kind, folder, files, read_as, tuple(source_files.states(files).values()))
        found = self._described.get(known)
        if found is None:
            if len(self._described) >= MOST_DESCRIBED:
                self._described.clear()
            found = self._described[known] = self._described_anew(address, folder, kind, files, alike)
        return found

    def _described_anew(
        self, address: Address, folder: str, kind: str, files: tuple[str, ...], alike: Mapping[str, str]
    ) -> Description:
        spellings: Mapping[str, str] = {}
        there: Mapping[str, int] = {}
        layouts: Mapping[str, str] = {}
        with self._databases.reading(parquet.opened(files, alike)) as connection, explained(address, files):
            if kind == "parquet":
                found = parquet.columns(connection, files, alike)
                if found is None:
                    return self.describe(address, folder)
                types, there, layouts = dict(found.types), found.there, found.layouts
            elif kind == "csv":
                spellings, there = interruptible(connection, partial(delimited.describe, connection, address, files))
                types = {name: spelling.type_of(one) for name, one in spellings.items()}
            else:
                types = self._types_of_lines(connection, address, files)
        if not types:
            raise SourceError(
                f"source {address.name} has no columns", where=Location(files[0]), do="check the file and its format"
            )
        folders = partitions(files, folder, types)
        types = {**types, **{name: one.type for name, one in folders.items()}}
        for column in types:
            if column.lower() in RESERVED:
                raise taken(address, column, Location(files[0]))
        return Description(
            columns={name: structure_of(kind) for name, kind in types.items()},
            types=types,
            files=files,
            spellings=spellings,
            in_files={name: count for name in types if 0 < (count := there.get(name.lower(), 0)) < len(files)},
            in_folders={name: one.sql for name, one in folders.items()},
            layouts=layouts,
            of_lines=kind == "jsonl",
        )

    def _types_of_lines(self, connection: duckdb.DuckDBPyConnection, address: Address, files: tuple[str, ...]) -> dict[str, str]:
        look = partial(json_lines.describe, address=address, files=files)
        try:
            return interruptible(connection, partial(look, connection))
        except duckdb.InternalException:
            # A line that is nested deeper than its look at types goes; after that a database is of no use any more.
            self._databases.renew()
            with self._databases.reading(files) as another:
                return interruptible(another, partial(look, another, but_deep=True))

    @contextmanager
    def open(self, relations: Mapping[str, tuple[Address, Description]]) -> Iterator[DuckDBSession]:
        """Open a session in which each name is a relation over that source's rows.

        Text formats are parsed once, into tables that spill to disk: a scan takes several passes and needs row numbers.
        """
        every = sorted({file for _, description in relations.values() for file in description.files})
        before = source_files.states(every)
        with self._databases.reading(every) as connection:
            unreadable = {}
            for name, (address, description) in relations.items():
                with explained(address, description.files):
                    unreadable[name] = interruptible(connection, partial(_bind, connection, name, address, description))
            source_files.unchanged(before)
            yield DuckDBSession(connection, relations, unreadable, before)

    def shared(self, addresses: Sequence[Address], folder: str) -> AbstractContextManager[None]:
        """Have what the block asks of these sources share one database, which takes longer to start than it takes to answer."""

        def beside() -> list[str]:
            found: list[str] = []
            for address in addresses:
                # What cannot be read is told by whoever reads it.
                with suppress(SourceError):
                    found += source_files.resolve(address, folder, self._within)
            return found

        return self._databases.shared(beside)

    @contextmanager
    def over(self, tables: Mapping[str, pa.Table]) -> Iterator[Callable[[str], pa.Table]]:
        """Give what runs a SELECT over tables in memory (see `protocol/ports.Engine`)."""
        with self._databases.reading(()) as connection:
            for name, table in tables.items():
                connection.register(name, table)

            def run(sql: str) -> pa.Table:
                try:
                    return interruptible(connection, lambda: connection.sql(sql).to_arrow_table())
                except (duckdb.BinderException, duckdb.ConversionException, duckdb.InvalidInputException) as error:
                    first = str(error).partition("\n")[0]
                    raise ProtocolError(f"the values do not fit: {first}", do="look at the types of its fields") from error

            yield run

    def present(self, files: Sequence[str]) -> frozenset[str]:
        """Return which of the files are there."""
        return frozenset(file for file in files if os.path.isfile(file))

    def listing(self, address: Address, folder: str) -> Mapping[str, tuple[int, int]]:
        """Return the files of a source with the size and time of change of each (see `files.listing`)."""
        return source_files.listing(address, folder, self._within)

    def beginnings(self, files: Mapping[str, int]) -> Mapping[str, tuple[str, bool]]:
        """Return the SHA-256 of the first so many bytes of each file (see `files.beginnings`)."""
        return source_files.beginnings(files)

    def unchanged(self, states: Mapping[str, tuple[int, int]]) -> None:
        """Check that files are still what a session read (see `files.unchanged`)."""
        source_files.unchanged(states)

    def digesting(self, files: Collection[str]) -> AbstractContextManager[Callable[[], Mapping[str, str]]]:
        """Hash files beside whatever the block does (see `files.digesting`)."""
        return source_files.digesting(files)


class DuckDBSession:
    """An open engine on bound sources (see `protocol/ports.Session`)."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        relations: Mapping[str, tuple[Address, Description]],
        unreadable: Mapping[str, Mapping[str, UnreadableRows]],
        before: Mapping[str, tuple[int, int]],
    ) -> None:
        self._connection = connection
        self._relations = relations
        self._unreadable = unreadable
        self._before = before

    @property
    def states(self) -> Mapping[str, tuple[int, int]]:
        """Size and time of change of each file that is read, as they were when the session was opened."""
        return self._before

    def run(self, sql: str) -> pa.Table:
        """Run one SELECT and return all of its rows.

        Raises
        ------
        SourceError : a file is broken, or was changed or removed since the session was opened
        StorageError : memory or spill space ran out
        """
        with self._watched():
            return interruptible(self._connection, lambda: self._connection.sql(sql).to_arrow_table())

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run one SELECT and give its rows piece by piece; raises like `run`."""
        # Whether files are what they were is looked at once, at the end: there may be ten thousand of them.
        with self._watched():
            reader = interruptible(self._connection, lambda: self._connection.sql(sql).to_arrow_reader(BATCH_ROWS))
            while (batch := interruptible(self._connection, partial(_next, reader))) is not None:
                yield batch

    def keep(self, name: str, sql: str) -> None:
        """Materialise one SELECT as a relation of that name."""
        with self._watched():
            statement = f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {sql}"
            interruptible(self._connection, lambda: self._connection.execute(statement))

    def keep_bounds(self, name: str, relation: str, column: str) -> bool:
        """Keep what the footers of Parquet files say of the values of a column; False where they say nothing of it."""
        address, description = self._relations[relation]
        asked = parquet.bounds(description, column) if source_files.format_of(address) == "parquet" else None
        if asked is not None:
            self.keep(name, asked)
        return asked is not None

    def lines(self, files: Collection[str], marks: Collection[int]) -> Mapping[int, str]:
        """Return the lines of files whose `remiss_line` is one of these, letter by letter as they were logged (see the port)."""
        with self._watched():
            return interruptible(self._connection, partial(json_lines.lines, self._connection, files, marks))

    def unreadable(self, relation: str) -> Mapping[str, UnreadableRows]:
        """Return the rows of a bound relation that the reader refused, by file; files without any are left out."""
        return self._unreadable[relation]

    @contextmanager
    def _watched(self) -> Iterator[None]:
        address, _ = next(iter(self._relations.values()))
        try:
            with explained(address, tuple(self._before)):
                yield
        except (RemissError, duckdb.Error):
            # A file that was changed explains whatever went wrong better than the reader's words do.
            source_files.unchanged(self._before)
            raise
        source_files.unchanged(self._before)


def _next(reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
    """Return the next piece of an answer, None after the last; raises what the engine would have raised.

    What goes wrong after the first piece comes through Arrow's stream, which keeps the engine's words and not their class.
    """
    try:
        return next(reader, None)
    except (OSError, ValueError, MemoryError) as error:
        kinds = {"IO Error": duckdb.IOException, "Out of Memory Error": duckdb.OutOfMemoryException}
        raise kinds.get(str(error).partition(":")[0], duckdb.Error)(str(error)) from error


def _bind(
    connection: duckdb.DuckDBPyConnection, name: str, address: Address, description: Description
) -> Mapping[str, UnreadableRows]:
    kind = source_files.format_of(address)
    if kind == "csv":
        return delimited.load(connection, name, description)
    if kind == "jsonl":
        return json_lines.load(connection, name, description)
    parquet.bind(connection, name, description)
    return {}
