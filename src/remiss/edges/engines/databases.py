"""Databases of DuckDB in memory, closed to everything but the files that they are started for.

To start one takes 15 ms or more, which is longer than to look into a file. What asks of the same sources several times, as a
capture does that describes events and labels and then reads both, shares one.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import duckdb

from remiss.edges.engines.quoting import literal, pattern
from remiss.errors import Location, SettingError, StorageError
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
