"""A vault that is a folder: raw evidence that only its owner may read.

An address is the HMAC of a content under a secret of the catalog: nothing of the content can be told or guessed from it, and
what was altered is recognised. What is put alone is a file of its own; what a capture puts is one bundle (`bundle.py`). No
part of a path comes from a user. The contents themselves are not encrypted yet; until they are, the folder is as private as
the disk that it is on.

Evidence is on the disk before a catalog can refer to it. A bundle is staged while its capture is under way and made final
when the run is filed. One that a killed capture left is readable where it lies; the next capture that is filed removes it,
or makes it final if its run was filed after all.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from remiss.edges.guarded import private_folder, said
from remiss.edges.vaults.bundle import (
    FINISHED,
    SETTING,
    STAGED,
    Damaged,
    StagedBundle,
    address_of,
    check,
    content_at,
    locked,
    rest,
    wait_for_disk,
    whose,
)
from remiss.errors import Location, NotFound, StorageError

ADDRESS = re.compile(r"[0-9a-f]{64}")
BUNDLES = "bundles"
MEND = "bring back the file from where it was saved, and ask who can write in the vault"


class FolderVault:
    """Evidence under `folder`, addressed by HMAC-SHA256 with `key` (`Keys.secret("vault")`).

    Raises
    ------
    StorageError : the folder is somebody else's, open to others, or cannot be made
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        private_folder(folder, create=True)
        self._folder = folder
        self._bundles = folder / BUNDLES
        self._key = key

    def put(self, content: bytes) -> str:
        """Store and return the address; putting the same content again is no change, and mends a damaged copy.

        Raises
        ------
        StorageError : disk full, or the folder cannot be written
        """
        address = address_of(self._key, content)
        path = self._path(address)
        with self._said():
            if self._write(path, content):
                for each in (path, path.parent, self._folder):
                    wait_for_disk(each)
        return address

    @contextmanager
    def bundle(self, filed: Callable[[str], bool]) -> Iterator[StagedBundle]:
        """Give a bundle to be filled, around the transaction that files its addresses; see the port.

        Raises
        ------
        StorageError : the folder cannot be used
        """
        with self._said():
            self._make_room()
        with ExitStack() as held:
            # Locked before the block: a run of theirs that is still being committed is filed before ours is.
            left = [(path, held.enter_context(file)) for path, file in self._left()]
            staged = StagedBundle(self._bundles, self._key)
            held.callback(staged.close)
            try:
                yield staged
            except BaseException:
                with suppress(StorageError):
                    staged.drop()
                raise
            # The run is filed. What cannot be finished now is readable as it is, and the next capture finishes it.
            with suppress(OSError, StorageError):
                staged.finish()
                for path, _ in left:
                    _settle(path, filed)

    def left(self) -> int:
        """Return how many bundles were left by captures that died."""
        count = 0
        for _, file in self._left():
            file.close()
            count += 1
        return count

    def get(self, address: str) -> bytes:
        """Return the content, checked against its address.

        Raises
        ------
        NotFound : no such evidence
        StorageError : it was altered, or cannot be read
        """
        path = self._path(address)
        with self._said():
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                found = self._bundled(address)
                if found is None:
                    self._check_bundles(address)
                    raise self._unknown(address) from None
                path, content = found
        if not hmac.compare_digest(address_of(self._key, content), address):
            raise StorageError(
                f"the evidence {address[:12]} was altered: its content does not fit its address",
                where=Location(str(path)),
                do=MEND,
            )
        return content

    def discard(self, address: str) -> None:
        """Remove the content wherever it is.

        Raises
        ------
        StorageError : it cannot be removed
        """
        if not ADDRESS.fullmatch(address):
            return
        path = self._path(address)
        with self._said():
            path.unlink(missing_ok=True)
            if path.parent.exists():
                wait_for_disk(path.parent)
            while (found := self._bundled(address)) is not None:
                self._take_out(found[0], address)

    def _write(self, path: Path, content: bytes) -> bool:
        """Write a file unless it is there; return whether it was written."""
        try:
            _create(path, content)
        except FileNotFoundError:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            # From the start: another process may write the same evidence at this moment.
            return self._write(path, content)
        except FileExistsError:
            if path.read_bytes() == content:
                return False
            # Torn by a crash, or altered: replaced whole, since somebody may be reading it.
            aside = path.with_name(secrets.token_hex(16))
            _create(aside, content)
            aside.replace(path)
        return True

    def _make_room(self) -> None:
        if not self._bundles.exists():
            private_folder(self._bundles, create=True)
            wait_for_disk(self._folder)
            wait_for_disk(self._folder.parent)

    def _bundled(self, address: str) -> tuple[Path, bytes] | None:
        """Return a bundle that holds a content, and the content, unchecked."""
        for path in self._paths():
            # One that is staged may have no index yet, and nobody refers to it then.
            with suppress(Damaged, FileNotFoundError), path.open("rb") as file:
                content = content_at(file, address)
                if content is not None:
                    return path, content
        return None

    def _check_bundles(self, address: str) -> None:
        """Refuse to say that there is no such evidence as long as a damaged bundle might hold it."""
        for path in self._paths():
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

    def _take_out(self, path: Path, address: str) -> None:
        """Write a bundle anew without one content; others may do so at the same moment, or finish the bundle."""
        file = locked(path, wait=True)
        if file is None:
            return
        anew = StagedBundle(self._bundles, self._key)
        try:
            with file:
                for content in rest(file, address):
                    anew.add(content)
                anew.seal()
                anew.replace(path)
        finally:
            anew.drop()
            anew.close()

    def _paths(self) -> list[Path]:
        """Return all bundles."""
        return sorted([*self._bundles.glob(f"*{FINISHED}"), *self._bundles.glob(f"*{STAGED}")])

    def _left(self) -> Iterator[tuple[Path, BinaryIO]]:
        """Return the bundles that nobody is writing any more and that were not made final, locked."""
        for path in sorted(self._bundles.glob(f"*{STAGED}")):
            with self._said():
                file = locked(path, wait=False)
            if file is not None:
                yield path, file

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

    def _said(self) -> AbstractContextManager[None]:
        return said(self._folder, setting=SETTING)


def _settle(path: Path, filed: Callable[[str], bool]) -> None:
    """Make final what a dead capture left if its run is filed, and remove it if not."""
    owner = whose(path)
    if owner is not None and filed(owner):
        path.replace(path.with_name(f"{owner}{FINISHED}"))
    else:
        path.unlink(missing_ok=True)


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
