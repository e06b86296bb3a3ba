"""What could go wrong on this machine and with a catalog, asked before it does: `remiss doctor`."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Literal

from remiss.errors import RemissError
from remiss.settings import Settings, read
from remiss.workspace import Workspace, open_workspace

# https://sqlite.org/wal.html#walresetbug: before this, two connections that checkpoint at once can corrupt a WAL database.
SQLITE_SAFE = (3, 51, 3)
LITTLE_DISK = 1 << 30
# A capture that runs may have a folder of spill files that nothing touches for hours.
STALE_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `level` is `ok`, `note` (know it) or `bad` (do something)."""

    name: str
    level: Literal["ok", "note", "bad"]
    says: str
    do: str = ""


def examine(address: str | None, environment: Mapping[str, str] | None = None) -> tuple[Check, ...]:
    """Return what was looked at: the programs below remiss, the catalog, its key, its vault, room on disk."""
    settings = read(os.environ if environment is None else environment, catalog=address)
    return (*_programs(), *_catalog(settings, environment), _spill(settings), *_left(settings, datetime.now(UTC)))


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


def _catalog(settings: Settings, environment: Mapping[str, str] | None) -> Iterator[Check]:
    try:
        with open_workspace(settings.catalog or None, environment=environment) as ws:
            facts = ws.facts()
            yield Check("catalog", "ok", f"{facts['address']}, {facts['database']}, position {facts['position']}")
            yield _key(ws)
            yield _vault(settings, ws, events=int(str(facts["events"])))
            yield _room(settings, ws)
    except RemissError as error:
        yield Check("catalog", "bad", error.what, error.do)


def _key(ws: Workspace) -> Check:
    try:
        ws.keys.secret("doctor")
    except RemissError as error:
        return Check("key", "bad", error.what, error.do)
    return Check("key", "ok", "there, and only its owner may read it")


def _vault(settings: Settings, ws: Workspace, *, events: int) -> Check:
    place = settings.folder("vault", ws.file)
    if place.is_dir():
        return Check("vault", "ok", str(place))
    if events:
        what = f"{place} is missing, and with it the raw evidence of {events:,} events"
        return Check("vault", "bad", what, "bring it back, or name it in REMISS_VAULT")
    return Check("vault", "ok", "made by the first capture")


def _room(settings: Settings, ws: Workspace) -> Check:
    place = ws.file.parent if ws.file is not None else Path(settings.vault or ".")
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
