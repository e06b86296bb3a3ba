"""Guarded files and folders: what nobody but their owner may read, checked each time they are opened."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from remiss.errors import Location, StorageError


def private_folder(folder: Path, *, create: bool) -> None:
    """Make sure that a folder is there, on the disk, is ours and is closed to others.

    Raises
    ------
    StorageError : not there, not a folder, somebody else's, open to others, or it cannot be made
    """
    where = Location(str(folder))
    try:
        if create:
            for each in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
                each.mkdir(mode=0o700 if each == folder else 0o777, exist_ok=True)
                # Else it may be gone when the power is, with the key in it under which everything else was written.
                wait_for_disk(each.parent)
        found = folder.lstat()
    except FileExistsError as error:
        raise StorageError(f"{folder} is not a folder", where=where, do="name another folder") from error
    except OSError as error:
        raise StorageError(
            f"the folder {folder} cannot be used: {error.strerror}", where=where, do="name a folder that you can write"
        ) from error
    if not stat.S_ISDIR(found.st_mode):
        raise StorageError(f"{folder} is not a folder", where=where, do="name the folder itself, not a file or a link to it")
    _closed(found, folder, "700")


def private_file(path: Path) -> bytes:
    """Return the content of a file that is ours and closed to others.

    Raises
    ------
    StorageError : not readable, not a plain file, somebody else's, or open to others
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise StorageError(f"{path} is not a plain file", where=Location(str(path)), do="put the file itself there")
            _closed(found, path, "600")
            return file.read()
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read: {error.strerror}", where=Location(str(path)), do="make it a plain file that you can read"
        ) from error


def refused(error: OSError, folder: Path, *, setting: str) -> StorageError:
    """Return what the operating system refused in words that help; `setting` is what names another folder."""
    where = Location(str(folder))
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageError(
            f"the disk that holds {folder} is full", where=where, do=f"make room, or move the folder and name it in {setting}"
        )
    return StorageError(
        f"{folder} cannot be used: {error.strerror}",
        where=where,
        do=f"see that it is yours and its disk is there; {setting} names it",
    )


@contextmanager
def explained(folder: Path, *, setting: str) -> Iterator[None]:
    """Say in our words what the operating system refuses in this block."""
    try:
        yield
    except OSError as error:
        raise refused(error, folder, setting=setting) from error


def only_owners(name: str, flags: int) -> int:
    """Open a file as `open` asks for it, and make it so that its owner alone may read it: what `open` takes as its opener."""
    return os.open(name, flags, 0o600)


def wait_for_disk(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _closed(found: os.stat_result, path: Path, mode: str) -> None:
    """Refuse what others own or may enter; the superuser may use what belongs to others."""
    where = Location(str(path))
    if os.geteuid() not in {0, found.st_uid}:
        raise StorageError(f"{path} belongs to another user", where=where, do="run as its owner, or name a folder of your own")
    if found.st_mode & 0o077:
        shown = f"{stat.S_IMODE(found.st_mode):04o}"
        raise StorageError(
            f"{path} is open to others (mode {shown})", where=where, do=f"close it with: chmod {mode} {path}; and ask who read it"
        )
