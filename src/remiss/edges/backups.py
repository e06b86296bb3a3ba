"""A backup: a folder with a manifest, which names every file of it by its digest and says of which moment it is.

    manifest.json       written last: what has none is no backup
    database/           a SQLite catalog and its log of views, or a file for each table of a server's
    vault/              the evidence that the database refers to, encrypted as it was
    keys/               only where they were asked for

It is written beside its place, under a name that nobody takes for a backup, and put there whole when all of it is on the disk.
What a backup left that was killed is removed by the next one that goes to the same place.

The manifest has a digest of itself, and a seal under the catalog's key, so that nobody without it can make one up.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from remiss.edges.private_files import refused, wait_for_disk
from remiss.edges.stores.dialect.snapshots import TableFacts
from remiss.errors import Conflict, InputError, Location, StorageError
from remiss.govern.ports.vault import Keys
from remiss.present.legible import counted
from remiss.records.identity import canonical

FORMAT = "remiss backup 1"
MANIFEST, DATABASE, VAULT, KEYS = "manifest.json", "database", "vault", "keys"
BUFFER = 1 << 20
ANOTHER = "use another backup; this one was changed since it was made, or its disk is failing"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """How long a file is, and its SHA-256 in hex."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupManifest:
    """What a backup is of.

    `key` is the name of the catalog's key, None where nothing was done with the catalog yet; `wrapping_keys` are those that its
    evidence needs. `pieces` of evidence were copied; `erased` are those that were erased while the backup was made, and `missing`
    those that the catalog refers to and the vault did not have whole.
    """

    catalog: str
    position: int
    made_at: str
    made_by: str
    server: str
    schema: int
    remiss: str
    key: str | None
    wrapping_keys: tuple[str, ...] = ()
    keys_included: bool = False
    pieces: int = 0
    erased: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    tables: Mapping[str, TableFacts] = field(default_factory=dict)
    files: Mapping[str, FileFacts] = field(default_factory=dict)

    def __str__(self) -> str:
        pieces = counted(self.pieces, "piece")
        return f"the catalog at position {self.position:,}: {pieces} of evidence, {self.bytes / 1e6:,.1f} MB, key {self.key}"

    @property
    def notes(self) -> Iterator[str]:
        """What who has made it should know, in sentences."""
        if self.keys_included:
            yield "the keys are in it: whoever has it reads everything, raw evidence too; keep it as you keep the keys"
        else:
            names = ", ".join(("catalog.key", *(f"wrapping-{name}.key" for name in self.wrapping_keys)))
            yield f"the keys are not in it: to restore it the key {self.key} is needed; save apart {names}"
        if self.erased:
            yield f"erased while it was made, and not in it: {counted(len(self.erased), 'piece')} of evidence"
        if self.missing:
            lost = counted(len(self.missing), "piece")
            yield f"missing in the vault or altered, and not in it: {lost} of evidence; see `remiss doctor`"

    @property
    def bytes(self) -> int:
        """How long all files are."""
        return sum(each.bytes for each in self.files.values())

    def to_json(self, keys: Keys | None) -> dict[str, Any]:
        """Return what the file holds; sealed with the key where there is one."""
        plain = json.loads(json.dumps({"format": FORMAT, **asdict(self)}))
        digest = hashlib.sha256(canonical(plain)).hexdigest()
        return {**plain, "digest": digest, "seal": None if keys is None else _seal(keys, digest)}


@contextmanager
def staged(place: Path) -> Iterator[Path]:
    """Give a new folder that becomes `place` when the block ends well, and is gone when not.

    Raises
    ------
    Conflict : there is something at `place`; StorageError : the folder cannot be written
    """
    parent = place.absolute().parent
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise Conflict(f"there is something at {place} already", where=Location(str(place)), do="name a folder that is not there")
    if not parent.is_dir():
        raise StorageError(f"there is no folder {parent}", do=f"make it with: mkdir -p {parent}")
    prefix = f".{place.name}.unfinished-"
    with _explained(place):
        _sweep(parent, prefix)
        folder = parent / f"{prefix}{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        handle = os.open(folder, os.O_RDONLY)
    try:
        # Held while this process lives, by which the next one knows.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with _explained(place):
            yield folder
            folder.replace(place)
        _keep(place)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(handle)


def _keep(place: Path) -> None:
    """Wait until what was put in its place is there for the next one too.

    Raises
    ------
    StorageError : the disk failed, and nobody knows
    """
    try:
        wait_for_disk(place.absolute().parent)
    except OSError as error:
        raise StorageError(
            f"the backup is in {place}; the disk was to keep it there, and whether it did is not known: {error.strerror}",
            do="check the disk, then the backup with: remiss catalog restore --check",
        ) from error


def digests(folder: Path) -> dict[str, FileFacts]:
    """Return what every file in a folder is, by its path in it, when all of them are on the disk."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            wait_for_disk(path)
        else:
            found[path.relative_to(folder).as_posix()] = read_through(path, sync=True)
    return found


def write_manifest(folder: Path, manifest: BackupManifest, keys: Keys | None) -> None:
    """Write the manifest, which makes a folder a backup."""
    text = json.dumps(manifest.to_json(keys), indent=1, ensure_ascii=False) + "\n"
    with os.fdopen(os.open(folder / MANIFEST, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    wait_for_disk(folder)


def read_manifest(folder: Path) -> tuple[BackupManifest, Callable[[Keys], None]]:
    """Return the manifest of a backup, and what checks its seal once the key is there.

    Raises
    ------
    InputError : that is no backup, or one of another form; StorageError : the manifest was altered
    """
    path = folder / MANIFEST
    where = Location(str(path))
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        do = "name the folder that `remiss catalog backup` made; one without manifest.json was not finished"
        raise InputError(f"{folder} is no backup: it has no {MANIFEST}", where=where, do=do) from error
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}", where=where, do="see that you may read it") from error
    try:
        held = json.loads(text)
        digest, seal = held.pop("digest"), held.pop("seal")
        sound = hmac.compare_digest(hashlib.sha256(canonical(held)).hexdigest(), digest)
        if sound and held.pop("format") != FORMAT:
            raise InputError("this backup was made by a newer remiss", where=where, do="restore it with that version")
        manifest = _manifest(held) if sound else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _altered(where) from error
    if manifest is None:
        raise _altered(where)

    def check(keys: Keys) -> None:
        if seal is None or not hmac.compare_digest(_seal(keys, digest), seal):
            raise StorageError(
                "the manifest is not sealed with the catalog's key: somebody else made or changed it", where=where, do=ANOTHER
            )

    return manifest, check


def check_files(folder: Path, manifest: BackupManifest, tick: Callable[[float], None]) -> None:
    """Read every file of a backup and hold it against the manifest.

    Raises
    ------
    StorageError : one is missing or not what was written; it is named
    """
    done = 0
    for name, facts in manifest.files.items():
        tick(done / max(manifest.bytes, 1))
        path = folder / name
        try:
            found = read_through(path)
        except FileNotFoundError as error:
            raise StorageError(f"the backup lacks {name}", where=Location(str(path)), do=ANOTHER) from error
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error.strerror}", where=Location(str(path)), do=ANOTHER) from error
        if found != facts:
            raise StorageError(f"{name} in the backup is not what was written", where=Location(str(path)), do=ANOTHER)
        done += facts.bytes
    tick(1.0)


def read_through(path: Path, *, sync: bool = False) -> FileFacts:
    """Return what a file is; `sync` waits until it is on the disk."""
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        if sync:
            os.fsync(file.fileno())
        while block := file.read(BUFFER):
            found.update(block)
            size += len(block)
    return FileFacts(size, found.hexdigest())


def _manifest(held: dict[str, Any]) -> BackupManifest:
    held["tables"] = {name: TableFacts(tuple(each["columns"]), each["sequences"]) for name, each in held["tables"].items()}
    held["files"] = {name: FileFacts(**each) for name, each in held["files"].items()}
    for name in held["files"]:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(name)
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in held.items()}
    return BackupManifest(**values)


def _altered(where: Location) -> StorageError:
    return StorageError("the manifest of the backup was altered or torn", where=where, do=ANOTHER)


def _seal(keys: Keys, digest: str) -> str:
    return hmac.new(keys.secret("backup"), digest.encode(), hashlib.sha256).hexdigest()


def _sweep(parent: Path, prefix: str) -> None:
    """Remove what backups to the same place left that were killed."""
    for left in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
            finally:
                os.close(handle)


@contextmanager
def _explained(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
            raise Conflict(f"there is something at {place} already", do="name a folder that is not there") from error
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            what = f"the disk that holds {place.absolute().parent} is full; nothing is left of the backup"
            raise StorageError(what, do="make room, or name a folder elsewhere") from error
        raise refused(error, place.absolute().parent, setting="the command") from error
