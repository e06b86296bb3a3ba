"""The ring: which wrapping keys a vault uses, so that one can take the place of another while captures go on.

The keys lie with the catalog's key, outside of database and vault. The vault's file `wrapping` names those that it uses, one
a line, the current one first. There are two only while a rotation is under way or was cut short: then everything is written
under the first, and the others are destroyed when nothing in the vault needs them any more.

A writer that wraps a key holds a shared lock on the vault's folder from reading the name until the file that uses it is there.
A rotation takes the lock alone to put a new name first: after that, all files that still need the former key can be seen.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from remiss.edges.private_files import private_file
from remiss.edges.vaults.cipher import Wrapping
from remiss.errors import Location, StorageError
from remiss.govern.ports.vault import Keys

LIST = "wrapping"
NAME = re.compile(r"[0-9a-f]{16}")


class Ring:
    """The wrapping keys of the vault in `folder`, which must be there."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self._folder = folder
        self._list = folder / LIST
        self._keys = keys
        self._known: dict[str, Wrapping] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of the keys in use, the current one first; none before anything was put.

        Raises
        ------
        StorageError : the list is not one
        """
        if not self._list.exists():
            return ()
        names = tuple(private_file(self._list).decode("ascii", "replace").split())
        if not names or not all(NAME.fullmatch(name) for name in names):
            raise StorageError(
                "the list of the vault's wrapping keys is damaged",
                where=Location(str(self._list)),
                do="bring back the file from where it was saved, or remove it: a new key is made, and the others stay readable",
            )
        return names

    def wrapping(self, name: str) -> Wrapping:
        """Return a wrapping key by name.

        Raises
        ------
        StorageError : it is missing or damaged
        """
        if name not in self._known:
            self._known[name] = Wrapping(name, AESGCM(self._keys.wrapping_key(name)))
        return self._known[name]

    @contextmanager
    def current(self) -> Iterator[Wrapping]:
        """Give the key that new evidence is wrapped under, for as long as the block lasts; the first use makes one.

        Raises
        ------
        StorageError : it is missing or damaged
        """
        if not self.names():
            with self._locked(fcntl.LOCK_EX):
                if not self.names():
                    self._write((self._keys.new_wrapping_key(),))
        with self._locked(fcntl.LOCK_SH):
            yield self.wrapping(self.names()[0])

    @contextmanager
    def kept(self) -> Iterator[tuple[str, ...]]:
        """Give the names of the keys in use, none of which is destroyed while the block lasts: a rotation waits for it."""
        with self._locked(fcntl.LOCK_SH):
            yield self.names()

    def renew(self) -> tuple[str, bool]:
        """Put a new key first, unless a rotation before was cut short and has to be finished.

        Returns
        -------
        The name of the key that is first, and whether a rotation was interrupted.
        """
        with self._locked(fcntl.LOCK_EX):
            names = self.names()
            if len(names) > 1:
                return names[0], True
            name = self._keys.new_wrapping_key()
            self._write((name, *names))
            return name, False

    def retire(self, current: str) -> None:
        """Destroy all keys but the current one, which nothing needs any more once everything is under that.

        When another rotation has put another key first meanwhile, what is under `current` may need it: then it is left to that
        rotation to retire what came before.
        """
        with self._locked(fcntl.LOCK_EX):
            first, *former = self.names()
            if first != current:
                return
            for name in former:
                self._keys.destroy_wrapping_key(name)
                self._known.pop(name, None)
            self._write((current,))

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, how)
            yield
        finally:
            os.close(handle)

    def _write(self, names: tuple[str, ...]) -> None:
        """Replace the list, whole."""
        aside = self._folder / f"{LIST}.{secrets.token_hex(8)}"
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write("".join(f"{name}\n" for name in names))
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self._list)
            handle = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise
