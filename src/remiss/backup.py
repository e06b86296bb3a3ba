"""Backup and restore: a whole catalog as it is at one position, in a folder, and from there elsewhere.

    with remiss.open("failures.db") as ws:
        back_up(ws, "backups/monday")
    restore("backups/monday", "copy.db")

Both are for who runs the machine that has database, vault and keys: a backup has all of them, whatever a person may see. Who
makes one stands in the log of views before anything is copied. Nothing is written to the catalog, so that the position at which
a backup was made is that of the restored one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from remiss import settings as settings_table
from remiss.edges.backups import (
    DATABASE,
    KEYS,
    VAULT,
    BackupManifest,
    FileFacts,
    check_files,
    digests,
    read_manifest,
    staged,
    write_manifest,
)
from remiss.edges.keys import FolderKeys
from remiss.edges.restoring import Placement, check_folder, check_free, place_folder, placing
from remiss.edges.stores.case_evidence import RawEventStore
from remiss.edges.stores.dialect.snapshots import CATALOG, VIEWS
from remiss.edges.stores.dumping import check_empty, dumping, file_at, load_tables
from remiss.edges.stores.logs.sealing import name_of
from remiss.edges.stores.version import LATEST
from remiss.edges.vaults.inventory import CopiedEvidence, Inventory
from remiss.errors import CatalogNewer, Conflict, Denied, InputError, SettingError, StorageError
from remiss.govern.authority import LocalOwner
from remiss.govern.ports.machine import Progress
from remiss.opening import HERE, which
from remiss.records.identity import format_time
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.settings import is_server
from remiss.version import __version__
from remiss.workspace import Workspace

BACKUP = "catalog.backup"
WHERE_IT_LIES = "say it on the machine that has the database, the vault and the keys, and name the database itself"


def back_up(ws: Workspace, folder: str | os.PathLike[str], *, with_keys: bool = False) -> BackupManifest:
    """Write the catalog as it is at one position to a new folder, while others go on writing.

    Parameters
    ----------
    folder : a folder that is not there yet; it appears when everything is in it and on the disk
    with_keys : whether the keys are copied too: then whoever has the backup reads everything in it

    Returns
    -------
    What it is of. `missing` names evidence that the vault did not have whole, which is no reason not to save the rest.

    Raises
    ------
    Denied, SettingError : it is not for this caller, or not of this machine; Conflict : there is something at that place
    StorageError : the disk is full, the catalog is damaged, its key is missing; nothing is left then
    """
    if is_server(ws.address):
        raise SettingError(f"{ws.address} is a server: its catalog is copied where it lies", do=WHERE_IT_LIES)
    if not isinstance(ws.authority, LocalOwner):
        raise Denied("a backup has everything, whoever may see it, and is made by who runs the machine", do=WHERE_IT_LIES)
    store = ws._store  # noqa: SLF001 - a workspace is composed of it; no action gives a whole database away
    with staged(Path(folder)) as staging:
        purpose = f"backup {'with' if with_keys else 'without'} keys"
        ws.record_views([ViewEntry(kind=ViewKind.LIST, purpose=purpose)], BACKUP)
        for each in (DATABASE, KEYS) if with_keys else (DATABASE,):
            (staging / each).mkdir(mode=0o700)
        with dumping(store) as dump:
            facts = dump.facts
            tables = dump.write(staging / DATABASE, lambda done: ws.progress("copying the database", done))
        keys = FolderKeys(ws.settings.folder("keys", store.file))
        if facts.key not in {None, name_of(keys)}:
            raise Conflict(f"the catalog's key is {facts.key}, and another one lies in its place", do="run: remiss doctor")
        ws.progress("copying evidence", 0.0)
        with _evidence(ws, staging / VAULT, facts.needed, facts.other) as copied:
            for path in keys.files(facts.catalog, copied.wrapping) if with_keys else ():
                shutil.copyfile(path, staging / KEYS / path.name)
                (staging / KEYS / path.name).chmod(0o600)
        gone = copied.lacking - (RawEventStore(ws._reader).needed() if copied.lacking else frozenset())  # noqa: SLF001
        manifest = BackupManifest(
            catalog=facts.catalog,
            position=facts.position,
            made_at=format_time(datetime.now(UTC)),
            made_by=ws.actor.name,
            server=facts.server,
            schema=facts.schema,
            remiss=__version__,
            key=name_of(keys),
            wrapping_keys=copied.wrapping,
            keys_included=with_keys,
            pieces=copied.pieces,
            erased=tuple(sorted(gone)),
            missing=tuple(sorted(copied.lacking - gone)),
            tables=tables,
        )
        manifest = replace(manifest, files=digests(staging))
        write_manifest(staging, manifest, keys)
    return manifest


@contextmanager
def _evidence(ws: Workspace, to: Path, needed: frozenset[str], other: frozenset[str]) -> Iterator[CopiedEvidence]:
    """Copy the evidence that a snapshot refers to; keys that it needs are not destroyed while the block lasts."""
    if not needed | other:
        yield CopiedEvidence(pieces=0, wrapping=(), lacking=frozenset())
        return
    vault = ws.settings.folder("vault", ws._store.file)  # noqa: SLF001
    if not vault.is_dir():
        yield CopiedEvidence(pieces=0, wrapping=(), lacking=needed)
        return
    with Inventory(vault, ws.keys).copying(to, needed, other) as copied:
        yield copied


def check(folder: str | os.PathLike[str], progress: Progress = lambda _, __: None) -> BackupManifest:
    """Read all of a backup and return what it is of.

    Raises
    ------
    InputError : it is no backup; StorageError : a file of it was changed or is missing, which is named
    """
    place = Path(folder)
    manifest, _ = read_manifest(place)
    check_files(place, manifest, lambda done: progress("reading the backup", done))
    return manifest


def restore(
    folder: str | os.PathLike[str],
    address: str | os.PathLike[str] | None = None,
    *,
    database_only: bool = False,
    only_check: bool = False,
    environment: Mapping[str, str] | None = None,
    progress: Progress = lambda _, __: None,
) -> BackupManifest:
    """Make the catalog of a backup at an address where there is none; all of it, or nothing.

    Parameters
    ----------
    address : where the catalog is made; else REMISS_CATALOG, else ./remiss.db
    only_check : read all of the backup and restore nothing
    database_only : leave keys and vault as they are, which are those of the catalog, of the same moment or later
    environment : where settings are read, such as the folders of keys and vault; default: the process's

    Raises
    ------
    InputError : it is no backup, or one of another kind of database; Conflict : there is something at the place
    StorageError : the backup was changed, the disk is full, or the key that the catalog needs is not there
    CatalogNewer : a newer remiss made it
    """
    if only_check:
        return check(folder, progress)
    given = None if address is None else os.fspath(address)
    settings = settings_table.read(os.environ if environment is None else environment, catalog=given)
    where, place = which(settings, HERE), Path(folder)
    if is_server(where):
        raise SettingError(f"{where} is a server: a catalog is restored where it is to lie", do=WHERE_IT_LIES)
    manifest, check_seal = read_manifest(place)
    file = file_at(where)
    _check_kind(manifest, file)
    if file is None:
        check_empty(where)
    else:
        check_free(file, _views(file), manifest.files.get(f"{DATABASE}/{VIEWS}"))
    evidence = {} if database_only else _within(manifest, VAULT)
    if evidence:
        check_folder(settings.folder("vault", file), evidence)
    check_files(place, manifest, lambda done: progress("reading the backup", done))
    included = manifest.keys_included and not database_only
    check_seal(_keys(manifest, place / KEYS if included else settings.folder("keys", file), included=included))
    with placing() as placed:
        if included:
            place_folder(placed, place / KEYS, settings.folder("keys", file), _within(manifest, KEYS), _silent)
        if evidence:
            done, total = 0, sum(each.bytes for each in evidence.values())

            def count(size: int) -> None:
                nonlocal done
                done += size
                progress("restoring evidence", done / max(total, 1))

            place_folder(placed, place / VAULT, settings.folder("vault", file), evidence, count)
        _place_database(placed, place / DATABASE, manifest, where, file, progress)
    return manifest


def _place_database(
    placed: Placement, source: Path, manifest: BackupManifest, where: str, file: Path | None, progress: Progress
) -> None:
    """Put the database in its place, last of all: without it there is no catalog."""
    if file is None:
        tick = lambda done: progress("restoring the database", done)  # noqa: E731
        load_tables(where, source, manifest.tables, manifest.schema, manifest.position, tick)
        return
    facts = _within(manifest, DATABASE)
    if VIEWS in facts:
        placed.file(source / VIEWS, _views(file), facts[VIEWS])
    placed.file(source / CATALOG, file, facts[CATALOG])


def _check_kind(manifest: BackupManifest, file: Path | None) -> None:
    if bool(manifest.tables) is (file is not None):
        kind = "an empty database on a server" if manifest.tables else "a file"
        raise InputError(f"the backup is of a catalog on {manifest.server}", do=f"restore it to {kind}")
    if manifest.schema > LATEST:
        raise CatalogNewer(
            f"the backup is of a newer catalog (version {manifest.schema}, this remiss knows {LATEST})",
            do=f"restore it with remiss {manifest.remiss} or newer",
        )


def _keys(manifest: BackupManifest, folder: Path, *, included: bool) -> FolderKeys:
    """Return the catalog's keys, all that the backup needs.

    Raises
    ------
    StorageError : they are not there, or others are
    """
    if not included and not (folder / "catalog.key").exists():
        wrapping = "".join(f", wrapping-{name}.key" for name in manifest.wrapping_keys)
        raise StorageError(
            f"the backup needs the key {manifest.key}, which is not in {folder}",
            do=f"bring the folder of keys there from where it was saved (catalog.key{wrapping}), or name it in REMISS_KEYS",
        )
    keys = FolderKeys(folder)
    if name_of(keys) != manifest.key:
        raise StorageError(
            f"the backup needs the key {manifest.key}, and the key in {folder} is {name_of(keys)}",
            do="name the folder that has the catalog's own key in REMISS_KEYS",
        )
    for name in manifest.wrapping_keys:
        keys.wrapping_key(name)
    return keys


def _within(manifest: BackupManifest, folder: str) -> dict[str, FileFacts]:
    """Return the files of a folder of the backup, by their path in it."""
    return {name.removeprefix(f"{folder}/"): each for name, each in manifest.files.items() if name.startswith(f"{folder}/")}


def _views(file: Path) -> Path:
    return file.with_name(file.name + ".views")


def _silent(_: int) -> None:
    """Say nothing of how far it is."""
