"""Databases, and statements while they run in them: what stops a long one, and what their errors mean to who wrote the protocol.

Databases of DuckDB in memory are closed to everything but the files that they are started for. To start one takes 15 ms or more,
which is longer than to look into a file. What asks of the same sources several times, as a capture does that describes events and
labels and then reads both, shares one.

What the errors of DuckDB mean to a user, and what to do about each.

What has no meaning here is a mistake of this program, and keeps its traceback.

Ctrl-C ends a long statement at once.

In the main thread the engine looks for signals between its tasks alone, and one task of a join may take half a minute. So what
runs statements runs in a thread of its own, while the caller waits and tells the engine to stop.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import duckdb

from remiss.edges.engines.quoting import literal, pattern
from remiss.errors import Location, SettingError, SourceError, StorageError
from remiss.protocol.terms import Address
from remiss.settings import Settings

# With more files than these a database is started for what is read and no more: each of them is named to it twice.
MOST_SHARED = 200


@dataclass
class _Shared:
    """A database of a block, once it is started, and the files that it may read; `beside` are those that may be asked for."""

    beside: Callable[[], Collection[str]]
    block: ExitStack
    database: duckdb.DuckDBPyConnection | None = None
    files: frozenset[str] = field(default_factory=frozenset)


class Databases:
    """What starts databases by the settings, and has a block share one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Each thread has its own, as it has its own action.
        self._here = threading.local()

    @contextmanager
    def shared(self, beside: Callable[[], Collection[str]]) -> Iterator[None]:
        """Have what is asked in this block share a database, which is started for `beside` and for what is asked first."""
        if getattr(self._here, "shared", None) is not None:
            yield
            return
        with ExitStack() as block:
            self._here.shared = _Shared(beside, block)
            try:
                yield
            finally:
                self._here.shared = None

    @contextmanager
    def reading(self, files: Collection[str]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection that has no tables yet, to a database that may read these files."""
        shared: _Shared | None = getattr(self._here, "shared", None)
        if shared is None:
            with self._started(files) as database:
                yield database
            return
        if shared.database is None or not shared.files.issuperset(files):
            beside = frozenset(shared.beside())
            shared.files = frozenset(files) | (beside if len(beside) <= MOST_SHARED else frozenset())
            # One that is there already may be read from at this moment; it ends with the block.
            shared.database = shared.block.enter_context(self._started(sorted(shared.files)))
        connection = shared.database.cursor()
        try:
            yield connection
        finally:
            connection.close()

    def renew(self) -> None:
        """Have whoever asks next start another database, where this block shares one: an error of its own ended that."""
        shared: _Shared | None = getattr(self._here, "shared", None)
        if shared is not None:
            shared.database = None

    @contextmanager
    def _started(self, files: Collection[str]) -> Iterator[duckdb.DuckDBPyConnection]:
        place = self._settings.temporary or tempfile.gettempdir()
        with tempfile.TemporaryDirectory(prefix="remiss-", dir=_writable(place)) as spill:
            connection = duckdb.connect(config=self._configuration(spill))
            try:
                # Each as itself and as its reader is given it: both are checked.
                allowed = ", ".join(spell(file) for file in files for spell in (literal, pattern))
                connection.execute(f"SET allowed_paths = [{allowed}]")
                # Of all connections to it, those that are made later too.
                connection.execute("SET GLOBAL TimeZone = 'UTC'")
                connection.execute("SET enable_external_access = false")
                connection.execute("SET lock_configuration = true")
                yield connection
            finally:
                connection.close()

    def _configuration(self, spill: str) -> dict[str, str | bool | int | float | list[str]]:
        given = {
            "memory_limit": self._settings.memory_limit,
            "threads": self._settings.threads,
            "max_temp_directory_size": self._settings.temporary_limit,
        }
        for name, value in given.items():
            if value and not re.fullmatch(r"\d+(\.\d+)? ?([KMGT]i?B)?", value, re.IGNORECASE):
                raise SettingError(
                    f"{name.replace('max_temp_directory_size', 'temporary_limit')} is {value!r}", do="give a size such as 700MB"
                )
        return {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": spill,
            **{name: value for name, value in given.items() if value},
        }


def _writable(place: str) -> str:
    if not (os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK)):
        raise StorageError(
            "the folder for spill files is not there or not writable",
            where=Location(place),
            do="set REMISS_TEMPORARY to a folder that is",
        )
    return place


@contextmanager
def explained(address: Address, files: Sequence[str]) -> Iterator[None]:
    """Turn what DuckDB raises into what happened, where, and what to do."""
    try:
        yield
    except duckdb.OutOfMemoryException as problem:
        text = str(problem)
        if "max_temp_directory_size" in text or "failed to offload" in text:
            raise StorageError(
                "the engine's spill files would need more disk than they may use",
                do="raise temporary_limit, or free disk in the folder that temporary names, or capture fewer windows at a time",
            ) from problem
        raise StorageError(
            "the engine ran out of memory", do="raise memory_limit, or capture fewer windows at a time"
        ) from problem
    except duckdb.IOException as problem:
        text = str(problem)
        if "No space left" in text or "Could not write" in text:
            raise StorageError("the disk is full", do="free space in the folder that temporary names") from problem
        raise SourceError(
            f"source {address.name} cannot be read: {_sentence(text)}",
            where=_named(text, files),
            do="check the file; copy it again if it is broken",
        ) from problem
    except duckdb.BinderException as problem:
        text = str(problem)
        if "remiss_file" not in text:
            raise
        raise taken(address, "remiss_file", _named(text, files)) from problem
    except duckdb.Error as problem:
        # What a reader finds broken inside a file has one of these classes, or none but the base of all (Thrift's errors).
        broken = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.SerializationException)
        if not isinstance(problem, broken) and type(problem) is not duckdb.Error:
            raise
        text = str(problem)
        raise SourceError(
            f"source {address.name} has content that cannot be read: {_sentence(text)}",
            where=_named(text, files),
            do="check the file and the format that the protocol names for the source",
        ) from problem


def taken(address: Address, column: str, where: Location | None) -> SourceError:
    """Return the error for a source that has a column of a name that is remiss's own."""
    return SourceError(
        f"source {address.name} has a column named {column}, which remiss uses itself",
        where=where,
        do="rename the column where the log is written, or read the log through a renamed copy",
    )


def _sentence(text: str) -> str:
    r"""Return the first sentence of an engine's message, without its class and without advice on settings of the engine.

    >>> _sentence("Invalid Input Error: File 'x' too small to be a Parquet file.\nLINE 1")
    "File 'x' too small to be a Parquet file"
    """
    first = text.partition("\n")[0]
    return re.sub(r"^[A-Z][A-Za-z ]+ Error: ", "", first).strip().rstrip(".")


def _named(text: str, files: Sequence[str]) -> Location | None:
    named = [file for file in files if file in text]
    return Location(named[0]) if named else Location(files[0]) if len(files) == 1 else None


T = TypeVar("T")
# A signal that only sets a flag, as on Windows, is seen between two looks.
LOOK_SECONDS = 0.1


def interruptible(connection: duckdb.DuckDBPyConnection, work: Callable[[], T]) -> T:
    """Return what `work` returns, or raise what it raises; all that it asks of the engine it asks by this connection.

    Raises
    ------
    KeyboardInterrupt, or whatever else a signal raises here : while waiting; by then the work has ended
    """
    outcome: Future[T] = Future()
    threading.Thread(target=_settle, args=(outcome, work), name="remiss-statements").start()
    try:
        # Not by joining the thread: Python 3.11 takes one for ended whose join was interrupted.
        while not outcome.done():
            wait([outcome], LOOK_SECONDS)
    except BaseException:
        _stop(connection, outcome)
        raise
    return outcome.result()


def _settle(outcome: Future[T], work: Callable[[], T]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as problem:  # noqa: BLE001 - it is raised again where the caller waits
        outcome.set_exception(problem)


def _stop(connection: duckdb.DuckDBPyConnection, outcome: Future[Any]) -> None:
    """Interrupt until the work has ended: one interruption is lost where it comes between two statements."""
    while not outcome.done():
        try:
            connection.interrupt()
            wait([outcome], LOOK_SECONDS)
        except KeyboardInterrupt:
            # An impatient second one: a connection that still works must not be closed.
            continue
