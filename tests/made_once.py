"""Catalogs that are captured and labelled once a run and copied from then on: to capture costs ten times what a copy does.

A new catalog on SQLite or PostgreSQL, or an empty database, is made into one that a function makes of it: by that function the
first time, by a copy of what came of it in every later test of any worker. Whatever else a test needs, such as the log that was
captured, it makes itself; the catalog knows the log of the test that was first, which stays where it is while the tests run.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from remiss.edges.stores.dialect import on_disk
from tests.databases import copy_database, drop_database

# Settings that name the folders of a catalog outside its database.
FOLDERS = ("REMISS_KEYS", "REMISS_VAULT")


@dataclass(frozen=True)
class Shelf:
    """Where what was made is kept: a folder, and on PostgreSQL a database beside."""

    folder: Path
    address: str
    environment: Mapping[str, str]

    def holds(self) -> bool:
        return (self.folder / "said").exists()

    def keep(self, said: str) -> str:
        """Keep a catalog to which nobody is connected, and a word to find something in it by."""
        self.folder.mkdir(exist_ok=True)  # one that could not be kept left it
        for name in FOLDERS:
            if (folder := Path(self.environment[name])).exists():
                shutil.copytree(folder, self.folder / name)
        for file in self._files:
            if file.exists():
                _copy(file, self.folder / file.name)
        if self._on_a_server:
            server, _, name = self.address.rpartition("/")
            copy_database(server, name, self._database)
        (self.folder / "said").write_text(said)
        return said

    def give(self) -> str:
        """Make a new catalog, or an empty database, into a copy of the one that was kept; nobody is connected to it."""
        for name in FOLDERS:
            if (self.folder / name).exists():
                shutil.copytree(self.folder / name, self.environment[name], dirs_exist_ok=True)
        for file in self._files:
            if (self.folder / file.name).exists():
                _copy(self.folder / file.name, file)
        if self._on_a_server:
            server, _, name = self.address.rpartition("/")
            drop_database(server, name)
            copy_database(server, self._database, name)
        return (self.folder / "said").read_text()

    @property
    def _files(self) -> tuple[Path, ...]:
        """Return the files of a catalog on SQLite: its own, and the log of views beside."""
        if self._on_a_server:
            return ()
        address = on_disk.parse_address(self.address)
        return tuple(Path(str(each.database)) for each in (address, on_disk.views_address(address)))

    @property
    def _on_a_server(self) -> bool:
        return not self.address.startswith("sqlite:")

    @property
    def _database(self) -> str:
        return f"made_{self.folder.name}"


def _copy(source: Path, target: Path) -> None:
    """Copy a database that may be open, into one that may be open."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)
