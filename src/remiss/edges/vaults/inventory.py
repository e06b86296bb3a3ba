"""What of some evidence a vault has, and in which files: to say what is missing, and to copy what a catalog refers to.

Others use the vault meanwhile. A file that is renamed or replaced is looked for again, until nothing was. Of what is read here
nothing is destroyed or wrapped anew while it is read: single pieces and final bundles are locked, shared.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from remiss.edges.private_files import explained, only_owners, private_folder
from remiss.edges.vaults import single
from remiss.edges.vaults.bundle import Damaged, addresses, layout, pieces
from remiss.edges.vaults.reading import EvidenceReader
from remiss.edges.vaults.rewriting import ADDRESS, VaultFiles
from remiss.edges.vaults.ring import LIST, Ring
from remiss.edges.vaults.staging import FINISHED, SETTING, STAGED, locked, whose
from remiss.errors import StorageError
from remiss.govern.ports.vault import Keys

BUFFER = 1 << 20
BUNDLES = "bundles"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedEvidence:
    """What was copied: how many pieces, under which wrapping keys, and which addresses are not there or not whole."""

    pieces: int
    wrapping: tuple[str, ...]
    lacking: frozenset[str]


class Inventory:
    """The vault in `folder`, which is there."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self._folder = folder
        self._key = keys.secret("vault")
        self._ring = Ring(folder, keys)

    def lacking(self, needs: frozenset[str]) -> frozenset[str]:
        """Return which addresses the vault has nothing of, or nothing that one of the keys that are there can open.

        No piece is read, so that what was altered is not found out.
        """
        left = _raw(needs)
        with explained(self._folder, setting=SETTING):
            for _ in self._holding(left, self._opens):
                pass
        return _spelled(left)

    @contextmanager
    def copying(self, to: Path, needs: frozenset[str], others: frozenset[str] = frozenset()) -> Iterator[CopiedEvidence]:
        """Copy the files that hold some evidence into a new folder; no key that they need is destroyed while the block lasts.

        What was copied is read again there. `others` are copied where they are there, and not missed where not.

        Raises
        ------
        StorageError : the vault cannot be read
        """
        with explained(self._folder, setting=SETTING), self._ring.kept() as names:
            yield self._copied(to, needs, others, names)

    def _copied(self, to: Path, needs: frozenset[str], others: frozenset[str], names: tuple[str, ...]) -> CopiedEvidence:
        private_folder(to, create=True)
        if names:
            with (self._folder / LIST).open("rb") as listed:
                _copy(listed, to / LIST)
        reader = EvidenceReader(to, self._key, VaultFiles(to, self._key, self._ring))
        left, count = _raw(needs | others), 0
        unread: set[bytes] = set()
        for path, file, held in self._holding(left, lambda _: True):
            place = to / path.parent.name / path.name.replace(STAGED, FINISHED)
            private_folder(place.parent, create=True)
            _copy(file, place)
            whole = held & set(_readable(reader, place))
            count += len(whole)
            unread |= held - whole
        return CopiedEvidence(pieces=count, wrapping=names, lacking=_spelled(left | unread) & needs)

    def _holding(self, left: set[bytes], opens: Callable[[str], bool]) -> Iterator[tuple[Path, BinaryIO, set[bytes]]]:
        """Yield the files that hold something of what is left, each open, with what that is; it is left no more then."""
        moved = True
        while left and moved:
            moved = False
            for path in self._paths():
                file = locked(path, wait=True, shared=True) if path.suffix != STAGED else _opened(path)
                if file is None:
                    moved = True
                    continue
                with file, suppress(Damaged):
                    held = left.intersection(_of(path, file, opens))
                    if held:
                        yield path, file, held
                        left -= held
                if not left:
                    return

    def _paths(self) -> Iterator[Path]:
        """Yield all files that may hold evidence; what is staged for a run last: where it is referred to, it is written."""
        # Listed first: what is made final meanwhile is met as such.
        staged = [path for path in sorted((self._folder / BUNDLES).glob(f"*{STAGED}")) if whose(path) is not None]
        for path in sorted(self._folder.glob("[0-9a-f][0-9a-f]/*")):
            if ADDRESS.fullmatch(path.parent.name + path.name):
                yield path
        yield from sorted((self._folder / BUNDLES).glob(f"*{FINISHED}"))
        yield from staged

    def _opens(self, name: str) -> bool:
        """Return whether the wrapping key of that name is there; what is not wrapped at all needs none."""
        try:
            return not name or bool(self._ring.wrapping(name))
        except StorageError:
            return False


def _of(path: Path, file: BinaryIO, opens: Callable[[str], bool]) -> Iterator[bytes]:
    """Return what a file holds that was not destroyed."""
    if path.parent.name != BUNDLES:
        piece = single.piece(path.parent.name + path.name, file.read(single.BODY))
        return iter(() if piece.destroyed or not opens(piece.wrapping) else (piece.address,))
    return addresses(file) if opens(layout(file).wrapping) else iter(())


def _readable(reader: EvidenceReader, path: Path) -> Iterator[bytes]:
    """Yield the addresses of what a file holds whole, having read all of it."""
    with path.open("rb") as file, suppress(Damaged):
        held = pieces(file) if path.parent.name == BUNDLES else [single.piece(path.parent.name + path.name, file.read())]
        for piece in held:
            with suppress(StorageError):
                reader.opened(path, piece, piece.address.hex())
                yield piece.address


def _opened(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _copy(file: BinaryIO, to: Path) -> None:
    file.seek(0)
    with open(to, "xb", opener=only_owners) as copy:
        shutil.copyfileobj(file, copy, BUFFER)


def _raw(spelled: frozenset[str]) -> set[bytes]:
    return {bytes.fromhex(each) for each in spelled if ADDRESS.fullmatch(each)}


def _spelled(raw: set[bytes]) -> frozenset[str]:
    return frozenset(each.hex() for each in raw)
