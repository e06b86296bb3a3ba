"""Putting the files of a backup in their places: each whole, none over another, and all taken away again when it fails.

A process that is killed leaves files that are those of the backup, and no catalog beside them, which comes last: doing it again
goes on from there.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from remiss.edges.backups import ANOTHER, BUFFER, FileFacts, read_through
from remiss.edges.private_files import only_owners, private_folder, wait_for_disk
from remiss.errors import Conflict, Location, StorageError

ASIDE = ".restoring-"
# What SQLite keeps beside a database; with one of these there the new file would be read as another.
BESIDE = ("-wal", "-shm", "-journal")


class Placement:
    """What was placed so far, to be taken away again."""

    def __init__(self) -> None:
        self._files: list[Path] = []
        self._folders: list[Path] = []

    def folder(self, target: Path) -> None:
        """Make a folder that only its owner may enter, if it is not there; what a killed attempt left in it goes."""
        if not target.exists():
            self._folders.append(target)
        private_folder(target, create=True)
        for left in target.glob(f".*{ASIDE}*"):
            left.unlink()
        wait_for_disk(target.parent)

    def file(self, source: Path, target: Path, facts: FileFacts) -> None:
        """Put a copy of a file in its place, on the disk; one that is there already is left if it is the same.

        Raises
        ------
        Conflict : another one is there; StorageError : the source is not what was written
        """
        if not _same(target, facts):
            aside = target.with_name(f".{target.name}{ASIDE}{secrets.token_hex(8)}")
            try:
                with source.open("rb") as file, open(aside, "xb", opener=only_owners) as copy:
                    shutil.copyfileobj(file, copy, BUFFER)
                    copy.flush()
                    os.fsync(copy.fileno())
                if read_through(aside) != facts:
                    raise StorageError(f"{source.name} in the backup is not what was written", where=_at(source), do=ANOTHER)
                # A link, unlike a rename, never takes the place of a file that is already there.
                os.link(aside, target)
                self._files.append(target)
            except FileExistsError as error:
                raise _taken(target) from error
            finally:
                # What stays of it goes with the next attempt.
                with suppress(OSError):
                    aside.unlink(missing_ok=True)
        wait_for_disk(target.parent)

    def take_away(self) -> str:
        """Remove what was placed, as far as that can be done; return what there is to say of it."""
        left = None
        for path in reversed(self._files):
            try:
                path.unlink()
            except OSError:
                left = left or path
        for folder in reversed(self._folders):
            with suppress(OSError):
                folder.rmdir()
        return "nothing was left behind" if left is None else f"what was placed could not be taken away again, such as {left}"


@contextmanager
def placing() -> Iterator[Placement]:
    """Give what places files, and take them away again when the block fails.

    Raises
    ------
    StorageError : a disk is full, or a folder cannot be written
    """
    placed = Placement()
    try:
        yield placed
    except OSError as error:
        left = placed.take_away()
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            what = f"there is no room for what is restored; {left}"
            raise StorageError(what, do="make room, or name another place") from error
        where = f" at {error.filename}" if error.filename else ""
        what = f"the disk failed on what is restored{where}: {error.strerror}; {left}"
        raise StorageError(what, do="see that its disk is there and may be written, or name another place") from error
    except BaseException:
        placed.take_away()
        raise


def check_free(file: Path, views: Path, facts: FileFacts | None) -> None:
    """Refuse a place where a catalog is, or a part of one that is not of this backup; `facts` are those of its log of views.

    Raises
    ------
    Conflict, StorageError
    """
    if not file.parent.is_dir():
        raise StorageError(f"there is no folder {file.parent}", do=f"make it with: mkdir -p {file.parent}")
    for path in (file, *(each.with_name(each.name + ending) for each in (file, views) for ending in BESIDE)):
        if path.exists():
            raise _taken(path)
    if views.exists() and not (facts and _same(views, facts)):
        raise _taken(views)


def check_folder(target: Path, facts: Mapping[str, FileFacts]) -> None:
    """Refuse a folder in which there is anything that is not of the backup.

    Raises
    ------
    Conflict
    """
    for path in target.rglob("*") if target.exists() else ():
        if not path.is_dir() and path.relative_to(target).as_posix() not in facts and ASIDE not in path.name:
            raise Conflict(
                f"the folder {target} is not empty: {path.relative_to(target)} is not of this backup",
                where=_at(target),
                do="name another one in REMISS_VAULT; or, where it is the catalog's own vault and newer, use --database-only",
            )


def place_folder(
    placed: Placement, source: Path, target: Path, facts: Mapping[str, FileFacts], tick: Callable[[int], None]
) -> None:
    """Put the files of a folder in their places; `facts` are theirs by their path in it."""
    placed.folder(target)
    for name, each in facts.items():
        place = target / name
        if place.parent != target:
            placed.folder(place.parent)
        placed.file(source / name, place, each)
        tick(each.bytes)


def _same(path: Path, facts: FileFacts) -> bool:
    """Return whether a file is the one of the backup; False where there is none.

    Raises
    ------
    Conflict : another is there
    """
    try:
        if path.stat().st_size == facts.bytes and read_through(path) == facts:
            return True
    except FileNotFoundError:
        return False
    raise _taken(path)


def _taken(path: Path) -> Conflict:
    return Conflict(f"{path} is there already, and is not of this backup", where=_at(path), do="restore to another place")


def _at(path: Path) -> Location:
    return Location(str(path))
