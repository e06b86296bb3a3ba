"""The catalog's keys: files in a folder that only its owner may enter.

Everything that must not be guessed from outside (marks of redacted values, addresses of evidence) is made under secrets
derived from `catalog.key`. It lies outside the database, so that a copy of the database alone tells nothing. A lost key is
not replaced in silence: marks and evidence made under it could never be matched again.

The keys that wrap those of evidence are independent of it and of one another, so that one can be replaced and destroyed
(`wrapping-NAME.key`); which of them a vault uses is written in the vault, for a folder of keys may serve several.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from remiss.edges.private_files import explained, private_file, private_folder, refused, wait_for_disk
from remiss.errors import Location, StorageError

KEY_BYTES = 32
NAME = "catalog.key"
SALT = b"remiss catalog key 1"


class FolderKeys:
    """Secrets derived from the key in a folder of mode 0700.

    Parameters
    ----------
    folder : where the key lies
    create : make folder and key when there are none: right for a new catalog only

    Raises
    ------
    StorageError : no key there and not to be created; others may read it; not 32 bytes; the folder cannot be written
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        path = folder / NAME
        self._folder = folder
        if create:
            private_folder(folder, create=True)
            if not path.exists():
                _make(path)
        if not path.exists():
            raise StorageError(
                f"the key of this catalog is missing: no {NAME} in {folder}",
                where=Location(str(folder)),
                do="bring back the folder from where it was moved or saved, or name it in REMISS_KEYS; a new key would not fit",
            )
        private_folder(folder, create=False)
        self._root = hmac.new(SALT, _read(path), hashlib.sha256).digest()

    def secret(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose, by HKDF with SHA-256 (RFC 5869, one block): none tells anything of another."""
        return hmac.new(self._root, purpose.encode() + b"\x01", hashlib.sha256).digest()

    def mark(self, name: str) -> None:
        """Leave an empty file of that name beside the key.

        Raises
        ------
        StorageError : the folder cannot be written
        """
        with explained(self._folder, setting="REMISS_KEYS"):
            os.close(os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            wait_for_disk(self._folder)

    def marked(self, name: str) -> bool:
        """Return whether there is a file of that name beside the key."""
        return (self._folder / name).exists()

    def new_wrapping_key(self) -> str:
        """Make a key that wraps those of evidence, and return its name: 16 hex digits.

        Raises
        ------
        StorageError : the folder cannot be written
        """
        name = secrets.token_hex(8)
        _make(self._wrapping(name))
        return name

    def wrapping_key(self, name: str) -> bytes:
        """Return the 32 bytes of a wrapping key.

        Raises
        ------
        StorageError : it is missing, damaged, or others may read it
        """
        path = self._wrapping(name)
        if not path.exists():
            raise StorageError(
                f"a key of the raw evidence is missing: no {path.name} in {self._folder}",
                where=Location(str(self._folder)),
                do="bring it back from where it was saved; what a former key wrapped cannot be read once that was rotated away",
            )
        return _read(path)

    def destroy_wrapping_key(self, name: str) -> None:
        """Overwrite a wrapping key and remove it; one that is gone already is no error."""
        path = self._wrapping(name)
        with explained(self._folder, setting="REMISS_KEYS"), suppress(FileNotFoundError):
            with path.open("r+b", buffering=0) as file:
                file.write(bytes(KEY_BYTES))
                os.fsync(file.fileno())
            path.unlink()
            wait_for_disk(self._folder)

    def files(self, catalog: str, wrapping: Sequence[str]) -> tuple[Path, ...]:
        """Return the files that one catalog needs: the key, the wrapping keys of these names, and what is remembered of its logs.

        A folder of keys may serve several catalogs.
        """
        marks = sorted(path for path in self._folder.glob(f"*-{catalog}") if path.is_file())
        return (self._folder / NAME, *map(self._wrapping, wrapping), *marks)

    def _wrapping(self, name: str) -> Path:
        return self._folder / f"wrapping-{name}.key"


def _read(path: Path) -> bytes:
    key = private_file(path)
    if len(key) != KEY_BYTES:
        raise StorageError(
            f"the key is damaged: {len(key)} bytes where {KEY_BYTES} belong",
            where=Location(str(path)),
            do="bring back the file from where it was saved",
        )
    return key


def _drawn(_: Path) -> bytes:
    """Return a new key."""
    return secrets.token_bytes(KEY_BYTES)


def _make(path: Path) -> None:
    """Put a new key in place whole, unless another process was quicker; then theirs is the key."""
    staged = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(_drawn(path))
            file.flush()
            os.fsync(file.fileno())
        # a link, unlike a rename, never takes the place of a file that is already there
        with suppress(FileExistsError):
            os.link(staged, path)
        wait_for_disk(path.parent)
    except OSError as error:
        raise refused(error, path.parent, setting="REMISS_KEYS") from error
    finally:
        # What stays is the key itself by another name, or one that nothing was made under.
        with suppress(OSError):
            staged.unlink(missing_ok=True)
