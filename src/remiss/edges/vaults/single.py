"""A piece of evidence that is put alone: a file with a mark, the name of the wrapping key, the wrapped key and what is sealed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from remiss.edges.vaults.bundle import Damaged, Piece
from remiss.edges.vaults.cipher import DESTROYED, WRAPPED_BYTES, Wrapping, seal, wrap

MARK = b"remiss piece 1\n\n"
NAME_BYTES = 8
BODY = len(MARK) + NAME_BYTES + WRAPPED_BYTES


def sealed(wrapping: Wrapping, address: bytes, content: bytes) -> bytes:
    """Return what a new file holds."""
    data_key, body = seal(content, address)
    return packed(wrapping, address, data_key, body)


def packed(wrapping: Wrapping, address: bytes, data_key: bytes, body: bytes) -> bytes:
    """Return what a file holds, of what is sealed already."""
    return MARK + bytes.fromhex(wrapping.name) + wrap(wrapping, data_key, address) + body


def piece(address: str, held: bytes) -> Piece:
    """Return the piece in what a file holds.

    Raises
    ------
    Damaged : it is no file of ours, or torn
    """
    if len(held) < BODY or not held.startswith(MARK):
        raise Damaged
    name, wrapped = held[len(MARK) : BODY - WRAPPED_BYTES], held[BODY - WRAPPED_BYTES : BODY]
    return Piece(bytes.fromhex(address), held[BODY:], wrapped, name.hex())


def remove(path: Path) -> None:
    """Overwrite the data key where it lies, wait for the disk, and remove the file; the caller has its lock."""
    with path.open("r+b", buffering=0) as file:
        if os.fstat(file.fileno()).st_size >= BODY:
            os.pwrite(file.fileno(), DESTROYED, BODY - WRAPPED_BYTES)
            os.fsync(file.fileno())
    path.unlink()


def create(path: Path, held: bytes) -> None:
    """Write a new file, whole or not at all as far as this process lives to see to it.

    Raises
    ------
    FileExistsError, FileNotFoundError : the file is there, its folder is not
    OSError : disk full and the like; the file is removed again
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(held)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def replace(path: Path, held: bytes) -> None:
    """Put a file in the place of another, whole, since somebody may be reading it."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    create(aside, held)
    aside.replace(path)


def asides(path: Path) -> list[Path]:
    """Return what was left of replacing a file by processes that were killed in the middle."""
    return sorted(path.parent.glob(f"{path.name}.*"))
