"""A bundle: many pieces of raw evidence in one file, each found by its address without reading the others.

A capture puts thousands of small pieces, and a file for each costs more than the rest of its filing (docs/adr/0009). The
file is the sealed pieces one after another; then their wrapped data keys; then the index, sorted by address as the keys are,
of 32 bytes of address, 8 of offset and 8 of length each; then how many there are, the name of the wrapping key, the HMAC of
both index and name, and the mark that the file also begins with. Bundles of the first version have neither keys nor the name
of one, and their pieces lie there as they are: they are read, and written anew when keys are rotated.

What was altered is recognised: a piece by its seal and its address, the index by its HMAC. A bundle is never changed in place
but for one thing, a data key that is destroyed (`destroy`): to take a piece out or to wrap keys anew, the rest is written anew
and put in its stead (`staging.py`).
"""

from __future__ import annotations

import bisect
import hashlib
import hmac
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from remiss.edges.vaults.cipher import DESTROYED, WRAPPED_BYTES

PLAIN_MARK = b"remiss bundle 1\n"
MARK = b"remiss bundle 2\n"
ENTRY = struct.Struct(">32sQQ")
PLAIN_TAIL = struct.Struct(">Q32s16s")
TAIL = struct.Struct(">Q8s32s16s")


class Damaged(Exception):
    """A bundle that has no whole index: torn, or altered."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One content as it lies in a file: sealed, with its wrapped key and the name of the key that wraps it.

    Both are empty where the content lies there as it is, in a bundle of the first version.
    """

    address: bytes
    body: bytes
    wrapped: bytes
    wrapping: str

    @property
    def plain(self) -> bool:
        return not self.wrapping

    @property
    def destroyed(self) -> bool:
        """Whether its key was destroyed: erasing it was cut short."""
        return self.wrapped == DESTROYED


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a bundle are, as its end tells."""

    count: int
    keys: int
    index: int
    wrapping: str
    seal: bytes


def address_of(key: bytes, content: bytes) -> str:
    """Return where a content lies: its HMAC-SHA256, in hex."""
    return hmac.digest(key, content, "sha256").hex()


def ending(key: bytes, wrapping: str, places: dict[bytes, tuple[int, int]]) -> bytes:
    """Return what follows the keys at the end of a bundle: its index and its tail.

    Parameters
    ----------
    places : offset and length of each piece by address, sorted by address
    """
    index = b"".join(ENTRY.pack(address, *place) for address, place in places.items())
    return index + TAIL.pack(len(places), bytes.fromhex(wrapping), _seal(key, wrapping, index), MARK)


def layout(file: BinaryIO) -> Layout:
    """Return where the parts of a bundle are.

    Raises
    ------
    Damaged : the end of the file is missing
    """
    handle = file.fileno()
    size = os.fstat(handle).st_size
    if size < len(MARK) + PLAIN_TAIL.size:
        raise Damaged
    mark = os.pread(handle, len(MARK), size - len(MARK))
    if mark == MARK and size >= len(MARK) + TAIL.size:
        count, name, seal, _ = TAIL.unpack(os.pread(handle, TAIL.size, size - TAIL.size))
        index = size - TAIL.size - count * ENTRY.size
        found = Layout(count, index - count * WRAPPED_BYTES, index, name.hex(), seal)
    elif mark == PLAIN_MARK:
        count, seal, _ = PLAIN_TAIL.unpack(os.pread(handle, PLAIN_TAIL.size, size - PLAIN_TAIL.size))
        index = size - PLAIN_TAIL.size - count * ENTRY.size
        found = Layout(count, index, index, "", seal)
    else:
        raise Damaged
    if found.keys < len(MARK):
        raise Damaged
    return found


def piece_at(file: BinaryIO, address: str) -> Piece | None:
    """Return the piece that the index of a bundle has under an address, unchecked; None where it has none.

    Raises
    ------
    Damaged : the end of the file is missing, or its index points outside
    """
    found = layout(file)
    at = _place(file, found, address)
    return None if at is None else _piece(file, found, at)


def pieces(file: BinaryIO) -> Iterator[Piece]:
    """Return the pieces of a bundle in the order of their addresses, unchecked.

    Raises
    ------
    Damaged : the end of the file is missing, or its index points outside
    """
    found = layout(file)
    for at in range(found.count):
        yield _piece(file, found, at)


def addresses(file: BinaryIO) -> Iterator[bytes]:
    """Return the addresses of the pieces of a bundle whose keys were not destroyed, without reading the pieces, unchecked.

    Raises
    ------
    Damaged : the end of the file is missing
    """
    found = layout(file)
    index = os.pread(file.fileno(), found.count * ENTRY.size, found.index)
    keys = os.pread(file.fileno(), found.count * WRAPPED_BYTES, found.keys) if found.wrapping else b""
    for at, (address, _, _) in enumerate(ENTRY.iter_unpack(index)):
        if keys[at * WRAPPED_BYTES : (at + 1) * WRAPPED_BYTES] != DESTROYED:
            yield address


def destroy(path: Path, address: str) -> None:
    """Overwrite the data key of a piece where it lies, and wait for the disk; the caller has the lock of the file.

    Raises
    ------
    Damaged : the end of the file is missing
    """
    with path.open("r+b", buffering=0) as file:
        found = layout(file)
        at = _place(file, found, address)
        if at is not None and found.wrapping:
            os.pwrite(file.fileno(), DESTROYED, found.keys + at * WRAPPED_BYTES)
            os.fsync(file.fileno())


def check(file: BinaryIO, key: bytes) -> None:
    """Check the index of a bundle against its HMAC.

    Raises
    ------
    Damaged : it is not what was written
    """
    found = layout(file)
    index = os.pread(file.fileno(), found.count * ENTRY.size, found.index)
    if not hmac.compare_digest(found.seal, _seal(key, found.wrapping, index)):
        raise Damaged


def _place(file: BinaryIO, found: Layout, address: str) -> int | None:
    wanted = bytes.fromhex(address)
    at = bisect.bisect_left(range(found.count), wanted, key=lambda at: _entry(file, found, at)[0])
    return at if at < found.count and _entry(file, found, at)[0] == wanted else None


def _entry(file: BinaryIO, found: Layout, at: int) -> tuple[bytes, int, int]:
    return ENTRY.unpack(os.pread(file.fileno(), ENTRY.size, found.index + at * ENTRY.size))


def _piece(file: BinaryIO, found: Layout, at: int) -> Piece:
    address, offset, length = _entry(file, found, at)
    if offset + length > found.keys:
        raise Damaged
    handle = file.fileno()
    wrapped = os.pread(handle, WRAPPED_BYTES, found.keys + at * WRAPPED_BYTES) if found.wrapping else b""
    return Piece(address, os.pread(handle, length, offset), wrapped, found.wrapping)


def _seal(key: bytes, wrapping: str, index: bytes) -> bytes:
    head = MARK + bytes.fromhex(wrapping) if wrapping else PLAIN_MARK
    return hmac.new(key, head + index, hashlib.sha256).digest()
