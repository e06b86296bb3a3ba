"""A vault that is a folder: raw evidence, one file each, that only its owner may read.

Where a file lies is the HMAC of its content under a secret of the catalog: nothing of the content can be told or guessed
from its address, the same content is stored once, and what was altered is recognised. No part of a path comes from a user.
The contents themselves are not encrypted yet; until they are, the folder is as private as the disk that it is on.

Durability. With `durable`, the default, evidence is on the disk when `put` or `put_many` returns: catalogs refer to it, so
it must not be lost after them. Without, the system writes it when it likes: for evidence that can be made again, as in
demos. A process that dies leaves at most a torn file that no catalog refers to; who puts that content again mends it.
A capture puts tens of thousands of small files, and waiting for each costs more than reading the log: beyond a few the
whole system's buffers are flushed once instead (`sync`).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Collection, Iterable
from pathlib import Path

from remiss.edges.guarded import private_folder, refused
from remiss.errors import Location, NotFound, StorageError

ADDRESS = re.compile(r"[0-9a-f]{64}")
# From here on one flush of everything is sooner done than one for each file.
MANY = 32


class FolderVault:
    """Evidence under `folder`, addressed by HMAC-SHA256 with `key` (`Keys.secret("vault")`).

    Raises
    ------
    StorageError : the folder is somebody else's, open to others, or cannot be made
    """

    def __init__(self, folder: Path, key: bytes, *, durable: bool = True) -> None:
        private_folder(folder, create=True)
        self._folder = folder
        self._key = key
        self._durable = durable

    def put(self, content: bytes) -> str:
        """Store and return the address; putting the same content again is no change, and mends a damaged copy."""
        return self.put_many([content])[0]

    def put_many(self, contents: Iterable[bytes]) -> tuple[str, ...]:
        """Store many at once and return their addresses in the same order.

        Raises
        ------
        StorageError : disk full, or the folder cannot be written; some may be stored then
        """
        addresses: list[str] = []
        written: list[Path] = []
        folders: set[Path] = set()
        try:
            for content in contents:
                address = self._address(content)
                path = self._path(address)
                addresses.append(address)
                if self._write(path, content):
                    written.append(path)
                    folders |= {path.parent, self._folder}
            self._flush([*written, *folders])
        except OSError as error:
            raise self._refused(error) from error
        return tuple(addresses)

    def get(self, address: str) -> bytes:
        """Return the content, checked against its address.

        Raises
        ------
        NotFound : no such evidence
        StorageError : it was altered, or cannot be read
        """
        path = self._path(address)
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise self._unknown(address) from error
        except OSError as error:
            raise self._refused(error) from error
        if not hmac.compare_digest(self._address(content), address):
            raise StorageError(
                f"the evidence {address[:12]} was altered: its content does not fit its address",
                where=Location(str(path)),
                do="bring back the file from where it was saved, and ask who can write in the vault",
            )
        return content

    def discard(self, address: str) -> None:
        """Remove the content if it is there.

        Raises
        ------
        StorageError : it cannot be removed
        """
        if not ADDRESS.fullmatch(address):
            return
        path = self._path(address)
        try:
            path.unlink(missing_ok=True)
            if path.parent.exists():
                self._flush([path.parent])
        except OSError as error:
            raise self._refused(error) from error

    def _write(self, path: Path, content: bytes) -> bool:
        """Write a file unless it is there; return whether it was written."""
        try:
            _create(path, content)
        except FileNotFoundError:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            # From the start: another capture may write the same evidence at this moment.
            return self._write(path, content)
        except FileExistsError:
            if path.read_bytes() == content:
                return False
            # Torn by a crash, or altered: replaced whole, since somebody may be reading it.
            aside = path.with_name(secrets.token_hex(16))
            _create(aside, content)
            aside.replace(path)
        return True

    def _flush(self, paths: Collection[Path]) -> None:
        """Wait until these are on the disk."""
        if not self._durable:
            return
        if len(paths) > MANY:
            os.sync()
            return
        for path in paths:
            _wait_for_disk(path)

    def _address(self, content: bytes) -> str:
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()

    def _path(self, address: str) -> Path:
        if not ADDRESS.fullmatch(address):
            raise self._unknown(address)
        return self._folder / address[:2] / address[2:]

    def _unknown(self, address: str) -> NotFound:
        return NotFound(
            f"the vault holds no evidence {address[:12]!r}",
            where=Location(str(self._folder)),
            do="it may have been erased or be past its retention; if not, see that REMISS_VAULT names the catalog's own vault",
        )

    def _refused(self, error: OSError) -> StorageError:
        return refused(error, self._folder, setting="REMISS_VAULT")


def _create(path: Path, content: bytes) -> None:
    """Write a new file, whole or not at all as far as this process lives to see to it.

    Raises
    ------
    FileExistsError, FileNotFoundError : the file is there, its folder is not
    OSError : disk full and the like; the file is removed again
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _wait_for_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
