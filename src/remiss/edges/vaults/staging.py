"""Staging: how a bundle is written so that others can tell what is left from what is under way.

The process that writes a bundle holds a lock on the file until it is finished, which the system lets go of when the process dies.
Data keys are wrapped last, when the file is there and locked: who rotates keys then sees every file that needs the former one.

What is being put alone while the transaction that will refer to it is not committed: known by a mark, so that a killed one is.

The mark is an empty file under the content's address, there before the content is and locked while its block lasts. A mark that
nobody has locked was left by a process that died: its content stays if the catalog refers to it, and goes if not.
"""

from __future__ import annotations

import fcntl
import hmac
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from remiss.edges.private_files import explained, private_folder, refused, wait_for_disk
from remiss.edges.vaults.bundle import MARK, ending
from remiss.edges.vaults.cipher import Wrapping, seal, wrap

STAGED = ".staged"
FINISHED = ".bundle"
BUFFER = 1 << 20
SETTING = "REMISS_VAULT"


class StagedBundle:
    """A bundle that is being written in `folder`; no file is made before the first content.

    It is nobody's until `belong`, and staged until `finish`: what is left staged by a process that died can be told apart by
    `whose`. `current` gives the key that data keys are wrapped under; `may_place` is asked before the file is given a name that
    means something, and raises when it must not be.

    Raises
    ------
    StorageError : from every method: disk full, or the folder cannot be written
    """

    def __init__(
        self,
        folder: Path,
        key: bytes,
        current: Callable[[], AbstractContextManager[Wrapping]],
        may_place: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = folder
        self._may_place = may_place
        self._key = key
        self._current = current
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._owner: str | None = None
        self._places: dict[bytes, tuple[int, int]] = {}
        self._data_keys: dict[bytes, bytes] = {}
        self._end = len(MARK)

    def add(self, content: bytes) -> str:
        """Store a content and return its address; the same content again is no change."""
        address = hmac.digest(self._key, content, "sha256")
        if address not in self._places:
            self.put(address, content)
        return address.hex()

    def put(self, address: bytes, content: bytes) -> None:
        """Store a content under an address, whether it is that of the content or not."""
        self.take(address, *seal(content, address))

    def take(self, address: bytes, data_key: bytes, sealed: bytes) -> None:
        """Store what is sealed already, under the address that it has."""
        try:
            if self._file is None:
                self._path, self._file = _created(self._folder)
                self._file.write(MARK)
            self._file.write(sealed)
        except OSError as error:
            raise refused(error, self._folder, setting=SETTING) from error
        self._places[address] = (self._end, len(sealed))
        self._data_keys[address] = data_key
        self._end += len(sealed)

    def seal(self) -> None:
        """Write keys and index and wait until everything is on the disk; nothing can be added any more."""
        if self._file is None:
            return
        places = dict(sorted(self._places.items()))
        with explained(self._folder, setting=SETTING), self._current() as wrapping:
            self._file.writelines(wrap(wrapping, self._data_keys[address], address) for address in places)
            self._file.write(ending(self._key, wrapping.name, places))
            self._file.flush()
            os.fsync(self._file.fileno())
        self._data_keys.clear()

    def belong(self, owner: str) -> None:
        """Write down on the disk whose the bundle is: the run whose filing decides whether it stays."""
        self._may_place()
        self._owner = owner
        self._rename(f"{owner}{STAGED}")

    def finish(self) -> None:
        """Make it final, as what it belongs to is filed; a bundle that is nobody's is removed."""
        if self._owner is None:
            self.drop()
        else:
            self._may_place()
            self._rename(f"{self._owner}{FINISHED}")

    def replace(self, path: Path) -> None:
        """Put the bundle in the place of another, or remove that one where nothing is left."""
        with explained(self._folder, setting=SETTING):
            if self._path is None:
                path.unlink()
            else:
                self._path.replace(path)
            wait_for_disk(self._folder)
        self._path = None

    def drop(self) -> None:
        """Remove the bundle unless it belongs to something: whether that was filed is then for others to find out."""
        if self._path is not None and self._owner is None:
            with explained(self._folder, setting=SETTING):
                self._path.unlink(missing_ok=True)
            self._path = None

    def close(self) -> None:
        """Let go of the file and of its lock."""
        if self._file is not None:
            # What a full disk kept from being written fails again here, and was said before.
            with suppress(OSError):
                self._file.close()

    def _rename(self, name: str) -> None:
        if self._path is not None:
            with explained(self._folder, setting=SETTING):
                self._path = self._path.replace(self._folder / name)
                wait_for_disk(self._folder)


def _created(folder: Path) -> tuple[Path, BinaryIO]:
    """Make a new file under a name of its own, and lock it."""
    while True:
        path = folder / f"{secrets.token_hex(16)}{STAGED}"
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=BUFFER)
        # Between two calls somebody may take it for what a dead process left.
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_nlink:
                return path, file
        file.close()
        path.unlink(missing_ok=True)


def locked(path: Path, *, wait: bool, shared: bool = False) -> BinaryIO | None:
    """Return the file at `path`, locked, or None: it is gone or was replaced, or another has the lock and `wait` is not set.

    `shared` is for who reads it and must not find it changed meanwhile.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    file.close()
    return None


def whose(path: Path) -> str | None:
    """Return what a staged bundle belongs to; None is nobody."""
    owner = path.name.removesuffix(STAGED)
    return owner if owner.startswith("run-") else None


FOLDER = "pending"


class Pending:
    """The marks of the vault in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    @contextmanager
    def marked(self, address: str) -> Iterator[None]:
        """Have an address marked in this block, and take the mark away when the block ends well."""
        if not self._folder.exists():
            private_folder(self._folder, create=True)
            wait_for_disk(self._folder.parent)
        path = self._folder / address
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            wait_for_disk(self._folder)
            yield
            # The catalog refers to it by now; a mark that stays is taken for one of a process that died, and sorted out.
            with suppress(OSError):
                path.unlink(missing_ok=True)
        finally:
            os.close(handle)

    def left(self) -> Iterator[str]:
        """Yield the addresses that processes left which died; the mark of each is taken away when the next is asked for."""
        for path in sorted(self._folder.glob("*")):
            file = locked(path, wait=False)
            if file is not None:
                with file:
                    yield path.name
                    path.unlink(missing_ok=True)
