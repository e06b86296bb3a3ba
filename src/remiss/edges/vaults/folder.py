"""A vault that is a folder: raw evidence, encrypted, that only its owner may read.

An address is the HMAC of a content under a secret of the catalog: nothing of the content can be told or guessed from it, and
what was altered is recognised. Each content is sealed under a data key of its own, which is wrapped by a key that lies with
the catalog's (`cipher.py`, `ring.py`). What is put alone is a file of its own (`single.py`); what a capture puts is one
bundle (`bundle.py`). No part of a path comes from a user.

Evidence is on the disk before a catalog can refer to it. A bundle is staged while its capture is under way and made final
when the run is filed. One that a killed capture left is readable where it lies; the next capture that is filed removes it,
or makes it final if its run was filed after all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from remiss.edges.private_files import explained, private_folder, wait_for_disk
from remiss.edges.vaults import single
from remiss.edges.vaults.bundle import Damaged, address_of
from remiss.edges.vaults.cipher import Wrapping
from remiss.edges.vaults.inventory import Inventory
from remiss.edges.vaults.reading import EvidenceReader
from remiss.edges.vaults.rewriting import ADDRESS, VaultFiles
from remiss.edges.vaults.ring import Ring
from remiss.edges.vaults.staging import FINISHED, SETTING, STAGED, Pending, StagedBundle, locked, whose
from remiss.errors import RemissError, StorageError
from remiss.govern.jobs import LeaseLost
from remiss.govern.ports.machine import Progress
from remiss.govern.ports.vault import Keys, Renewal, VaultState


class FolderVault:
    """Evidence under `folder`, addressed by HMAC-SHA256 with `keys.secret("vault")`.

    `may_place` is asked before anything is put in its place, and raises when it must not be: a job's runner that lost its lease.

    Raises
    ------
    StorageError : the folder is somebody else's, open to others, or cannot be made
    """

    def __init__(self, folder: Path, keys: Keys, may_place: Callable[[], None] = lambda: None) -> None:
        private_folder(folder, create=True)
        self._may_place = may_place
        self._folder = folder
        self._keys = keys
        self._key = keys.secret("vault")
        self._ring = Ring(folder, keys)
        self._pending = Pending(folder)
        self._files = VaultFiles(folder, self._key, self._ring)
        self._reader = EvidenceReader(folder, self._key, self._files)

    def put(self, content: bytes) -> str:
        """Store and return the address; putting the same content again is no change, and mends a damaged copy.

        Raises
        ------
        StorageError : disk full, or the folder cannot be written
        """
        address = address_of(self._key, content)
        path = self._reader.path(address)
        self._may_place()
        with self._explained(), self._ring.current() as wrapping:
            if self._write(path, address, content, wrapping):
                for each in (path.parent, self._folder):
                    wait_for_disk(each)
        return address

    @contextmanager
    def putting(self, content: bytes, referred: Callable[[str], bool]) -> Iterator[str]:
        """Store alone around the transaction that will refer to it, and give the address; see the port.

        Raises
        ------
        StorageError : disk full, or the folder cannot be written
        """
        address = address_of(self._key, content)
        with self._explained(), self._pending.marked(address):
            self.put(content)
            try:
                yield address
            except BaseException:
                # Of a commit that was lost on its way nobody knows whether it took place: then the content stays, and the mark.
                with suppress(RemissError):
                    if not referred(address):
                        self.discard(address)
                raise
        self._sort_out(referred)

    @contextmanager
    def discarding(self, address: str, referred: Callable[[str], bool]) -> Iterator[None]:
        """Discard after the transaction that lets go of it; see the port.

        Raises
        ------
        StorageError : it cannot be removed; the next that is put or discarded removes it
        """
        with self._explained(), self._pending.marked(address):
            yield
            try:
                self.discard(address)
            except StorageError as error:
                what = f"it is erased in the catalog, and its content lies in the vault still: {error.what}"
                raise StorageError(
                    what, do="see that its disk is there: the next who attaches or erases a file ends it"
                ) from error
        self._sort_out(referred)

    @contextmanager
    def bundle(self, filed: Callable[[str], bool]) -> Iterator[StagedBundle]:
        """Give a bundle to be filled, around the transaction that files its addresses; see the port.

        Raises
        ------
        StorageError : the folder cannot be used
        """
        with self._explained():
            self._make_room()
        with ExitStack() as held:
            # Locked before the block: a run of theirs that is still being committed is filed before ours is.
            left = [(path, held.enter_context(file)) for path, file in self._left()]
            staged = self._files.staged(self._may_place)
            held.callback(staged.close)
            try:
                yield staged
            except BaseException:
                with suppress(StorageError):
                    staged.drop()
                raise
            # The run is filed. What cannot be finished now is readable as it is, and the next capture finishes it.
            with suppress(OSError, StorageError, LeaseLost):
                staged.finish()
                self._may_place()
                for path, _ in left:
                    _settle(path, filed)

    def state(self) -> VaultState:
        """Return what captures that died left, what is not encrypted, and whether a rotation was interrupted."""
        left = 0
        for _, file in self._left():
            file.close()
            left += 1
        with self._explained():
            return VaultState(left=left, plain=self._files.plain(), rotating=len(self._ring.names()) > 1)

    def lacking(self, needs: frozenset[str]) -> frozenset[str]:
        """Return which of these addresses cannot be had; see the port."""
        return Inventory(self._folder, self._keys).lacking(needs)

    def get(self, address: str) -> bytes:
        """Return the content, checked against its address.

        Raises
        ------
        NotFound : no such evidence
        StorageError : it was altered, or cannot be read
        """
        with self._explained():
            return self._reader.content(address)

    def discard(self, address: str) -> None:
        """Destroy the content's key and remove the content, wherever it is.

        Raises
        ------
        StorageError : it cannot be removed
        """
        if not ADDRESS.fullmatch(address):
            return
        path = self._reader.path(address)
        with self._explained():
            # It may be replaced while its lock is waited for.
            while (file := locked(path, wait=True)) is not None or path.exists():
                if file is not None:
                    with file:
                        single.remove(path)
            for aside in single.asides(path):
                single.remove(aside)
            if path.parent.exists():
                wait_for_disk(path.parent)
            while (found := self._reader.bundled(address)) is not None:
                self._files.bundle_anew(found[0], without=address)

    def renew(self, progress: Progress) -> Renewal:
        """Wrap everything under a new key, or under that of a rotation that was cut short; see the port."""
        with self._explained():
            name, resumed = self._ring.renew()
            written = 0
            # What was under way when the new key came first is finished under the former one: until nothing is left, again.
            while waiting := list(self._files.former()):
                for at, path in enumerate(waiting):
                    progress("wrapping keys", at / len(waiting))
                    written += self._files.anew(path)
            progress("wrapping keys", 1.0)
            return Renewal(key=name, pieces=written, resumed=resumed)

    def retire(self, renewal: Renewal) -> None:
        """Destroy the wrapping keys that nothing needs any more; see the port."""
        with self._explained():
            self._ring.retire(renewal.key)

    def _write(self, path: Path, address: str, content: bytes, wrapping: Wrapping) -> bool:
        """Write a file unless it is there and whole; return whether it was written."""
        held = single.sealed(wrapping, bytes.fromhex(address), content)
        try:
            single.create(path, held)
        except FileNotFoundError:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            # From the start: another process may write the same evidence at this moment.
            return self._write(path, address, content, wrapping)
        except FileExistsError:
            with suppress(StorageError, Damaged, FileNotFoundError):
                self._reader.opened(path, single.piece(address, path.read_bytes()), address)
                return False
            # Torn by a crash, or altered.
            single.replace(path, held)
        return True

    def _sort_out(self, referred: Callable[[str], bool]) -> None:
        """Discard what processes left that died, unless the catalog refers to it."""
        with suppress(OSError, StorageError):
            for each in self._pending.left():
                if not referred(each):
                    self.discard(each)

    def _make_room(self) -> None:
        bundles = self._files.bundles
        if not bundles.exists():
            private_folder(bundles, create=True)
            wait_for_disk(self._folder)
            wait_for_disk(self._folder.parent)

    def _left(self) -> Iterator[tuple[Path, BinaryIO]]:
        """Return the bundles that are no longer written and were not made final, locked."""
        for path in sorted(self._files.bundles.glob(f"*{STAGED}")):
            with self._explained():
                file = locked(path, wait=False)
            if file is not None:
                yield path, file

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self._folder, setting=SETTING)


def _settle(path: Path, filed: Callable[[str], bool]) -> None:
    """Make final what a dead capture left if its run is filed, and remove it if not."""
    owner = whose(path)
    if owner is not None and filed(owner):
        path.replace(path.with_name(f"{owner}{FINISHED}"))
    else:
        path.unlink(missing_ok=True)
