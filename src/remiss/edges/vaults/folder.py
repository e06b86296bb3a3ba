"""A vault that is a folder: raw evidence, one file each, that only its owner may read.

Where a file lies is the HMAC of its content under a secret of the catalog: nothing of the content can be told or guessed
from its address, the same content is stored once, and what was altered is recognised. No part of a path comes from a user.
The contents themselves are not encrypted yet; until they are, the folder is as private as the disk that it is on.

Durability. A file is written aside, flushed, and renamed into place, so that a crash leaves the whole of it or nothing.
With `durable`, the default, it is on the disk when `put` or `put_many` returns: catalogs refer to evidence, so evidence
must not be lost after them. Without, the system writes it when it likes: for evidence that can be made again, as in demos.
`put_many` flushes each file as well, but only after a batch is written and many at a time, so that the disk can sweep.
"""

from __future__ import annotations

import collections
import contextlib
import hashlib
import hmac
import itertools
import os
import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from remiss.edges.guarded import private_folder, refused
from remiss.errors import Location, NotFound, StorageError

ADDRESS = re.compile(r"[0-9a-f]{64}")
INCOMING = "incoming"
BATCH = 1000
FLUSHES = 16
# A file that has waited aside for so long was left by a process that died; nobody will come for it.
ABANDONED_SECONDS = 24 * 60 * 60


class FolderVault:
    """Evidence under `folder`, addressed by HMAC-SHA256 with `key` (`Keys.secret("vault")`).

    Raises
    ------
    StorageError : the folder is somebody else's, open to others, or cannot be made
    """

    def __init__(self, folder: Path, key: bytes, *, durable: bool = True) -> None:
        private_folder(folder, create=True)
        private_folder(folder / INCOMING, create=True)
        self._folder = folder
        self._key = key
        self._durable = durable
        self._sweep()

    def put(self, content: bytes) -> str:
        """Store and return the address; putting the same content again is no change, and mends a damaged copy."""
        return self.put_many([content])[0]

    def put_many(self, contents: Iterable[bytes]) -> tuple[str, ...]:
        """Store many at once and return their addresses in the same order.

        Raises
        ------
        StorageError : disk full, or the folder cannot be written; some may be stored then, none of them in part
        """
        addresses: list[str] = []
        rest = iter(contents)
        while batch := list(itertools.islice(rest, BATCH)):
            addresses += self._put_batch(batch)
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

    def _put_batch(self, contents: list[bytes]) -> list[str]:
        addresses = [self._address(content) for content in contents]
        missing = {
            address: content for address, content in zip(addresses, contents, strict=True) if not self._holds(address, content)
        }
        with self._staged(missing.values()) as staged:
            try:
                self._flush(staged)
                folders = set()
                for address, path in zip(missing, staged, strict=True):
                    final = self._path(address)
                    if not final.parent.exists():
                        final.parent.mkdir(mode=0o700, exist_ok=True)
                        folders.add(self._folder)
                    path.replace(final)
                    folders.add(final.parent)
                self._flush(folders)
            except OSError as error:
                raise self._refused(error) from error
        return addresses

    def _flush(self, paths: Collection[Path]) -> None:
        """Wait until these are on the disk; many at a time, since what takes long is each one's turn."""
        if not self._durable or not paths:
            return
        if len(paths) == 1:
            _wait_for_disk(*paths)
            return
        with ThreadPoolExecutor(FLUSHES) as pool:
            collections.deque(pool.map(_wait_for_disk, paths), maxlen=0)

    @contextlib.contextmanager
    def _staged(self, contents: Iterable[bytes]) -> Iterator[list[Path]]:
        """Write each content to a file aside; whatever is still there at the end is removed."""
        staged: list[Path] = []
        try:
            for content in contents:
                path = self._folder / INCOMING / secrets.token_hex(16)
                staged.append(path)
                try:
                    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                    with os.fdopen(handle, "wb") as file:
                        file.write(content)
                except OSError as error:
                    raise self._refused(error) from error
            yield staged
        finally:
            for path in staged:
                path.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what died processes left aside: it is raw evidence that nothing refers to."""
        with self._staged([b""]) as (probe,):
            # the disk's own idea of now, which is also what the others' times were taken from
            before = probe.stat().st_mtime - ABANDONED_SECONDS
        for path in (self._folder / INCOMING).iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _holds(self, address: str, content: bytes) -> bool:
        try:
            return self._path(address).read_bytes() == content
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._refused(error) from error

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


def _wait_for_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
