"""Reading evidence: where a content lies, alone or in a bundle, and the content, checked against its address."""

from __future__ import annotations

import hmac
from contextlib import suppress
from pathlib import Path

from remiss.edges.vaults import single
from remiss.edges.vaults.bundle import Damaged, Piece, address_of, check, piece_at
from remiss.edges.vaults.cipher import DecryptionError, unseal
from remiss.edges.vaults.rewriting import ADDRESS, MEND, VaultFiles
from remiss.edges.vaults.staging import FINISHED
from remiss.errors import Location, NotFound, StorageError


class EvidenceReader:
    """The evidence under `folder`, addressed under `key`."""

    def __init__(self, folder: Path, key: bytes, files: VaultFiles) -> None:
        self._folder = folder
        self._key = key
        self._files = files

    def path(self, address: str) -> Path:
        """Return where a content is that was put alone.

        Raises
        ------
        NotFound : that is not an address
        """
        if not ADDRESS.fullmatch(address):
            raise self._unknown(address)
        return self._folder / address[:2] / address[2:]

    def content(self, address: str) -> bytes:
        """Return a content, checked against its address.

        Raises
        ------
        NotFound, StorageError : see `FolderVault.get`
        """
        path, piece = self._found(address)
        while True:
            try:
                return self.opened(path, piece, address)
            except StorageError:
                # Its key may have been destroyed since, and then it lies there under another one.
                path, again = self._found(address)
                if again.wrapping == piece.wrapping:
                    raise
                piece = again

    def _found(self, address: str) -> tuple[Path, Piece]:
        """Return where a content is, and the content as it lies there.

        Raises
        ------
        NotFound, StorageError : see `FolderVault.get`
        """
        path = self.path(address)
        try:
            return path, single.piece(address, path.read_bytes())
        except Damaged as error:
            raise _altered(path, address) from error
        except FileNotFoundError:
            found = self.bundled(address)
        if found is None:
            self._check_bundles(address)
            raise self._unknown(address)
        return found

    def opened(self, path: Path, piece: Piece, address: str) -> bytes:
        """Return the content of a piece as it lies there, checked against its address.

        Raises
        ------
        StorageError : it was altered, or its key was destroyed
        """
        if piece.destroyed:
            raise StorageError(
                f"the key of the evidence {address[:12]} was destroyed, and the rest of it is still there",
                where=Location(str(path)),
                do="erase it again, which was cut short; if nobody did, ask who can write in the vault",
            )
        try:
            content = piece.body if piece.plain else unseal(self._files.data_key(piece), piece.body, piece.address)
        except DecryptionError as error:
            raise _altered(path, address) from error
        if not hmac.compare_digest(address_of(self._key, content), address):
            raise _altered(path, address)
        return content

    def bundled(self, address: str) -> tuple[Path, Piece] | None:
        """Return a bundle that holds a content, and the content as it lies there; rather one where its key is whole."""
        destroyed = None
        for path in self._files.paths():
            # One that is staged may have no index yet, and nobody refers to it then.
            with suppress(Damaged, FileNotFoundError), path.open("rb") as file:
                piece = piece_at(file, address)
                if piece is not None and not piece.destroyed:
                    return path, piece
                destroyed = destroyed if piece is None else (path, piece)
        return destroyed

    def _check_bundles(self, address: str) -> None:
        """Refuse to say that there is no such evidence as long as a damaged bundle might hold it."""
        for path in self._files.paths():
            try:
                with path.open("rb") as file:
                    check(file, self._key)
            except FileNotFoundError:
                continue
            except Damaged as error:
                if path.suffix == FINISHED:
                    raise StorageError(
                        f"the evidence {address[:12]} is not found, and a bundle that may have held it was altered or torn",
                        where=Location(str(path)),
                        do=MEND,
                    ) from error

    def _unknown(self, address: str) -> NotFound:
        return NotFound(
            f"the vault holds no evidence {address[:12]!r}",
            where=Location(str(self._folder)),
            do="it may have been erased or be past its retention; if not, see that REMISS_VAULT names the catalog's own vault",
        )


def _altered(path: Path, address: str) -> StorageError:
    return StorageError(
        f"the evidence {address[:12]} was altered: its content does not fit its address", where=Location(str(path)), do=MEND
    )
