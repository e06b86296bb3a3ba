"""The machine as `remiss doctor` looks at it: programs, folders and room, and the catalog that is open."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from remiss.edges.stores.dialect.on_disk import open_to_others
from remiss.edges.stores.logs.sealing import name_of
from remiss.errors import RemissError
from remiss.govern.ports.machine import Check
from remiss.govern.ports.vault import Keys, Vault, VaultState
from remiss.records.catalog import CatalogFacts
from remiss.settings import Settings

# https://sqlite.org/wal.html#walresetbug: before this, two connections that checkpoint at once can corrupt a WAL database.
SQLITE_SAFE = (3, 51, 3)
LITTLE_DISK = 1 << 30
# A capture that runs may have a folder of spill files that nothing touches for hours.
STALE_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An open catalog as it is looked at.

    Its file where it is one, its position, what it is, key, vault, whether it was changed, how many events and files it keeps,
    the addresses of evidence that it refers to, and how many events it stored without redaction.
    """

    file: Path | None
    position: Callable[[], int]
    facts: Callable[[], CatalogFacts]
    keys: Callable[[], Keys]
    acted: Callable[[], bool]
    vault: Callable[[], Vault]
    kept: Callable[[], int]
    needed: Callable[[], frozenset[str]]
    unredacted: Callable[[], int]


class MachineHealth:
    """The machine and perhaps a catalog: fulfils `govern.ports.Health`."""

    def __init__(self, settings: Settings, opened: Opened | None = None) -> None:
        self._settings = settings
        self._opened = opened

    @property
    def position(self) -> int | None:
        """The position of the catalog that is open, if one is and it can be read."""
        try:
            return None if self._opened is None else self._opened.position()
        except RemissError:
            return None

    def checks(self) -> Iterator[Check]:
        """Yield what was looked at: the programs below remiss, the catalog, its key, its vault, room on disk."""
        settings = self._settings
        yield from _programs()
        if self._opened is not None:
            yield from _catalog(settings, self._opened)
        yield _spill(settings)
        yield from _left(settings, datetime.now(UTC))


def _programs() -> Iterator[Check]:
    yield Check("Python", "ok", platform.python_version())
    for name in ("duckdb", "sqlalchemy", "pyarrow"):
        yield Check(name, "ok", str(import_module(name).__version__))
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SQLITE_SAFE:
        yield Check(
            "SQLite",
            "note",
            f"{version} can corrupt a database when two connections checkpoint at once; remiss lets one process checkpoint at "
            "a time, under a lock file, and nothing else may write to the catalog's file",
            "open the catalog with remiss alone, or use a Python with SQLite 3.51.3 or newer",
        )
    else:
        yield Check("SQLite", "ok", version)


def _catalog(settings: Settings, opened: Opened) -> Iterator[Check]:
    try:
        facts, acted = opened.facts(), opened.acted()
    except RemissError as error:
        yield Check("catalog", "bad", error.what, error.do)
        return
    yield Check("catalog", "ok", f"{facts.address}, {facts.database}, position {facts.position}")
    if opened.file is not None and (found := open_to_others(opened.file)):
        names = ", ".join(each.name for each in found)
        advice = f"close them, unless a group shares them on purpose: chmod 600 {shlex.join(map(str, found))}"
        yield Check("files", "note", f"people other than the owner may read {names}", advice)
    yield _of_folder("key", settings, opened, lambda folder: _key(folder, opened, acted=acted))
    yield _of_folder("vault", settings, opened, lambda folder: _vault(folder, opened))
    yield _room(settings, opened)
    if count := opened.unredacted():
        what = f"{count:,} events were stored without redaction, by protocols that said nothing of it"
        yield Check("texts", "bad", what, "have the jobs that the upgrade posted do it: remiss job run")


def _of_folder(name: str, settings: Settings, opened: Opened, look: Callable[[Path], Check]) -> Check:
    try:
        return look(settings.folder("keys" if name == "key" else name, opened.file))
    except RemissError as error:
        return Check(name, "bad", error.what, error.do)


def _key(folder: Path, opened: Opened, *, acted: bool) -> Check:
    if not acted and not folder.exists():
        return Check("key", "ok", "made by the first change")
    return Check("key", "ok", f"{name_of(opened.keys())} is there, and only its owner may read it")


def _vault(place: Path, opened: Opened) -> Check:
    if place.is_dir():
        needed = opened.needed()
        if lacking := len(opened.vault().lacking(needed)):
            what = f"{lacking:,} of {len(needed):,} pieces of raw evidence are not in {place}, or no key that is there opens them"
            return Check("vault", "bad", what, "bring back a copy of vault and keys that is not older than the catalog")
        return _state(place, opened.vault().state())
    if kept := opened.kept():
        what = f"{place} is missing, and with it raw evidence (events and files: {kept:,})"
        return Check("vault", "bad", what, "bring it back, or name it in REMISS_VAULT")
    return Check("vault", "ok", "made by the first capture")


def _state(place: Path, state: VaultState) -> Check:
    if state.rotating:
        says = f"{place} is partly under a former key: a rotation was interrupted"
        return Check("vault", "note", says, "finish it with `remiss catalog rotate`")
    if state.plain:
        says = f"{place} has raw evidence of {state.plain} captures that is not encrypted: an older remiss kept it"
        return Check("vault", "note", says, "encrypt it with `remiss catalog rotate`")
    if state.left:
        says = f"{place} has raw evidence of {state.left} captures that were killed"
        return Check("vault", "note", says, "nothing refers to it unless its run was filed: the next capture sorts it out")
    return Check("vault", "ok", f"{place}, encrypted")


def _room(settings: Settings, opened: Opened) -> Check:
    place = opened.file.parent if opened.file is not None else Path(settings.vault or ".")
    free = shutil.disk_usage(place if place.exists() else ".").free
    if free < LITTLE_DISK:
        return Check("disk", "bad", f"{free / 2**20:.0f} MB free at {place}", "make room: a capture that runs out files nothing")
    return Check("disk", "ok", f"{free / 2**30:.1f} GB free at {place}")


def _spill(settings: Settings) -> Check:
    place = Path(settings.temporary or tempfile.gettempdir())
    if not os.access(place, os.W_OK):
        return Check("temporary folder", "bad", f"{place} may not be written", "set REMISS_TEMPORARY to a folder that may")
    return Check("temporary folder", "ok", f"{place}, {shutil.disk_usage(place).free / 2**30:.1f} GB free")


def _left(settings: Settings, now: datetime) -> Iterator[Check]:
    """What captures left in the temporary folder when they were killed: nobody else would ever remove it."""
    place = Path(settings.temporary or tempfile.gettempdir())
    stale = sorted(str(path) for path in place.glob("remiss-*") if _stale(path, now))
    if stale:
        says = f"{place} has {len(stale)} of remiss's spill folders older than a day, left by work that was killed"
        yield Check("spill", "note", says, f"if none of that work still runs: rm -r {shlex.join(stale)}")


def _stale(path: Path, now: datetime) -> bool:
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and now.timestamp() - found.st_mtime > STALE_SECONDS
