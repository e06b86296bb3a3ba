"""A bundle: many pieces of raw evidence in one file, each found by its address without reading the others.

A capture puts thousands of small pieces, and a file for each costs more than the rest of its filing (docs/adr/0009). The
file is the contents one after another; then the index, sorted by address, of 32 bytes of address, 8 of offset and 8 of
length each; then how many there are, the HMAC of the index, and the mark that the file also begins with.

What was altered is recognised: a content by its address, the index by its HMAC. A bundle is never changed in place: to take
a piece out, the rest is written anew and put in its stead. Whoever writes a bundle holds a lock on the file until it is
finished, which the system lets go of when the process dies: so others can tell what is left from what is under way.
"""

from __future__ import annotations

import bisect
import fcntl
import hashlib
import hmac
import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from remiss.edges.guarded import refused, said

MARK = b"remiss bundle 1\n"
ENTRY = struct.Struct(">32sQQ")
TAIL = struct.Struct(">Q32s16s")
STAGED = ".staged"
FINISHED = ".bundle"
BUFFER = 1 << 20
SETTING = "REMISS_VAULT"


class Damaged(Exception):
    """A bundle that has no whole index: torn, or altered."""


def address_of(key: bytes, content: bytes) -> str:
    """Return where a content lies: its HMAC-SHA256, in hex."""
    return hmac.digest(key, content, "sha256").hex()


class StagedBundle:
    """A bundle that is being written in `folder`; no file is made before the first content.

    It is nobody's until `belong`, and staged until `finish`: what is left staged by a process that died can be told apart by
    `whose`.

    Raises
    ------
    StorageError : from every method: disk full, or the folder cannot be written
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._owner: str | None = None
        self._entries: dict[bytes, tuple[int, int]] = {}
        self._end = len(MARK)

    def add(self, content: bytes) -> str:
        """Store a content and return its address; the same content again is no change."""
        address = hmac.digest(self._key, content, "sha256")
        if address not in self._entries:
            try:
                if self._file is None:
                    self._path, self._file = _created(self._folder)
                    self._file.write(MARK)
                self._file.write(content)
            except OSError as error:
                raise refused(error, self._folder, setting=SETTING) from error
            self._entries[address] = (self._end, len(content))
            self._end += len(content)
        return address.hex()

    def seal(self) -> None:
        """Write the index and wait until everything is on the disk; nothing can be added any more."""
        if self._file is None:
            return
        index = b"".join(ENTRY.pack(address, *place) for address, place in sorted(self._entries.items()))
        with said(self._folder, setting=SETTING):
            self._file.write(index + TAIL.pack(len(self._entries), _seal(self._key, index), MARK))
            self._file.flush()
            os.fsync(self._file.fileno())

    def belong(self, owner: str) -> None:
        """Write down on the disk whose the bundle is: the run whose filing decides whether it stays."""
        self._owner = owner
        self._rename(f"{owner}{STAGED}")

    def finish(self) -> None:
        """Make it final, as what it belongs to is filed; a bundle that is nobody's is removed."""
        if self._owner is None:
            self.drop()
        else:
            self._rename(f"{self._owner}{FINISHED}")

    def replace(self, path: Path) -> None:
        """Put the bundle in the place of another, or remove that one where nothing is left."""
        with said(self._folder, setting=SETTING):
            if self._path is None:
                path.unlink()
            else:
                self._path.replace(path)
            wait_for_disk(self._folder)
        self._path = None

    def drop(self) -> None:
        """Remove the bundle unless it belongs to something: whether that was filed is then for others to find out."""
        if self._path is not None and self._owner is None:
            with said(self._folder, setting=SETTING):
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
            with said(self._folder, setting=SETTING):
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


def locked(path: Path, *, wait: bool) -> BinaryIO | None:
    """Return the file at `path`, locked, or None: it is gone or was replaced, or another has the lock and `wait` is not set."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
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


def content_at(file: BinaryIO, address: str) -> bytes | None:
    """Return the content that the index of a bundle has under an address, unchecked; None where it has none.

    Raises
    ------
    Damaged : the end of the file is missing, or its index points outside
    """
    handle = file.fileno()
    start, count, _ = _tail(handle)
    wanted = bytes.fromhex(address)

    def entry(at: int) -> tuple[bytes, int, int]:
        return ENTRY.unpack(os.pread(handle, ENTRY.size, start + at * ENTRY.size))

    at = bisect.bisect_left(range(count), wanted, key=lambda at: entry(at)[0])
    if at == count:
        return None
    there, offset, length = entry(at)
    if there != wanted:
        return None
    if offset + length > start:
        raise Damaged
    return os.pread(handle, length, offset)


def check(file: BinaryIO, key: bytes) -> None:
    """Check the index of a bundle against its HMAC.

    Raises
    ------
    Damaged : it is not what was written
    """
    start, count, seal = _tail(file.fileno())
    if not hmac.compare_digest(seal, _seal(key, os.pread(file.fileno(), count * ENTRY.size, start))):
        raise Damaged


def rest(file: BinaryIO, without: str) -> Iterator[bytes]:
    """Return the contents of a bundle, all but one."""
    handle = file.fileno()
    start, count, _ = _tail(handle)
    index = os.pread(handle, count * ENTRY.size, start)
    for address, offset, length in sorted(ENTRY.iter_unpack(index), key=lambda entry: entry[1]):
        if address.hex() != without:
            yield os.pread(handle, length, offset)


def wait_for_disk(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _seal(key: bytes, index: bytes) -> bytes:
    return hmac.new(key, MARK + index, hashlib.sha256).digest()


def _tail(handle: int) -> tuple[int, int, bytes]:
    """Return where the index of a bundle begins, how many entries it has, and its HMAC."""
    size = os.fstat(handle).st_size
    if size < len(MARK) + TAIL.size:
        raise Damaged
    count, seal, mark = TAIL.unpack(os.pread(handle, TAIL.size, size - TAIL.size))
    start = size - TAIL.size - count * ENTRY.size
    if mark != MARK or start < len(MARK):
        raise Damaged
    return start, count, seal
