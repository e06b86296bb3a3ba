"""Writing evidence anew: under another wrapping key, or without a piece that was erased.

One file at a time, each replaced whole under its lock: a process that is killed in the middle leaves files of both kinds, all of
them readable, and the next one finishes the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from remiss.edges.private_files import wait_for_disk
from remiss.edges.vaults import single
from remiss.edges.vaults.bundle import Damaged, Layout, Piece, destroy, layout, pieces
from remiss.edges.vaults.cipher import DecryptionError, unwrap
from remiss.edges.vaults.ring import Ring
from remiss.edges.vaults.staging import FINISHED, STAGED, StagedBundle, locked
from remiss.errors import Location, StorageError

ADDRESS = re.compile(r"[0-9a-f]{64}")
MEND = "bring back the file from where it was saved, and ask who can write in the vault"


class VaultFiles:
    """The files of a vault: bundles in `folder/bundles`, single pieces in folders of two digits."""

    def __init__(self, folder: Path, key: bytes, ring: Ring) -> None:
        self._folder = folder
        self.bundles = folder / "bundles"
        self._key = key
        self._ring = ring

    def paths(self) -> list[Path]:
        """Return all bundles, those that are final first."""
        return sorted([*self.bundles.glob(f"*{FINISHED}"), *self.bundles.glob(f"*{STAGED}")])

    def staged(self, may_place: Callable[[], None] = lambda: None) -> StagedBundle:
        """Return a new bundle to be written."""
        return StagedBundle(self.bundles, self._key, self._ring.current, may_place)

    def data_key(self, piece: Piece) -> bytes:
        """Return the key that a piece is sealed under.

        Raises
        ------
        Unreadable : it was altered; StorageError : the key that wraps it is missing
        """
        return unwrap(self._ring.wrapping(piece.wrapping), piece.wrapped, piece.address)

    def plain(self) -> int:
        """Return how many bundles are not encrypted yet."""
        return sum(found is not None and not found.wrapping for found in map(_layout, self.paths()))

    def former(self) -> Iterator[Path]:
        """Yield the files with something that is not under the current key; what is torn and nobody's is nothing.

        Raises
        ------
        StorageError : one that was altered or torn
        """
        current = self._ring.names()[0]
        for path in sorted(self._folder.glob("[0-9a-f][0-9a-f]/*")):
            if ADDRESS.fullmatch(_address(path)):
                with suppress(FileNotFoundError), altered(path):
                    if single.piece(_address(path), path.read_bytes()).wrapping != current:
                        yield path
        for path in self.paths():
            found = _layout(path)
            if found is None and path.suffix == FINISHED and path.exists():
                raise StorageError("a bundle was altered or torn", where=Location(str(path)), do=MEND)
            if found is not None and found.wrapping != current:
                yield path

    def anew(self, path: Path) -> int:
        """Write a file anew under the current key; return how many pieces it has.

        Raises
        ------
        StorageError : it was altered, or a key is missing
        """
        return self.bundle_anew(path) if path.parent == self.bundles else self._single_anew(path)

    def bundle_anew(self, path: Path, *, without: str = "") -> int:
        """Write a bundle anew, without one piece; others may do so at the same moment, or finish it."""
        file = locked(path, wait=True)
        if file is None:
            return 0
        anew = self.staged()
        count = 0
        try:
            with file, altered(path):
                if without:
                    destroy(path, without)
                for piece in pieces(file):
                    if piece.address.hex() != without and not piece.destroyed:
                        self._move(piece, anew)
                        count += 1
                anew.seal()
                anew.replace(path)
        finally:
            anew.drop()
            anew.close()
        return count

    def _move(self, piece: Piece, to: StagedBundle) -> None:
        if piece.plain:
            # Under the address that it had: one that was altered is still told from what was never there.
            to.put(piece.address, piece.body)
        else:
            to.take(piece.address, self.data_key(piece), piece.body)

    def _single_anew(self, path: Path) -> int:
        file = locked(path, wait=True)
        if file is None:
            return 0
        with file, altered(path), self._ring.current() as wrapping:
            piece = single.piece(_address(path), file.read())
            if piece.destroyed:
                path.unlink()
                return 0
            single.replace(path, single.packed(wrapping, piece.address, self.data_key(piece), piece.body))
            wait_for_disk(path.parent)
        return 1


@contextmanager
def altered(path: Path) -> Iterator[None]:
    """Say that the file at `path` was altered where that turns out in this block."""
    try:
        yield
    except (Damaged, DecryptionError) as error:
        raise StorageError("raw evidence was altered or torn", where=Location(str(path)), do=MEND) from error


def _address(path: Path) -> str:
    return path.parent.name + path.name


def _layout(path: Path) -> Layout | None:
    """Return where the parts of a bundle are; None where it is torn or gone."""
    with suppress(Damaged, FileNotFoundError), path.open("rb") as file:
        return layout(file)
    return None
