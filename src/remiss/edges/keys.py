"""The catalog's secret key: a file in a folder that only its owner may enter.

Everything that must not be guessed from outside (marks of redacted values, addresses of evidence) is made under secrets
derived from it. It lies outside the database, so that a copy of the database alone tells nothing. A lost key is not
replaced in silence: marks and evidence made under it could never be matched again.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from remiss.edges.guarded import private_file, private_folder, refused
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
        key = private_file(path)
        if len(key) != KEY_BYTES:
            raise StorageError(
                f"the key is damaged: {len(key)} bytes where {KEY_BYTES} belong",
                where=Location(str(path)),
                do="bring back the file from where it was saved",
            )
        self._root = hmac.new(SALT, key, hashlib.sha256).digest()

    def secret(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose, by HKDF with SHA-256 (RFC 5869, one block): none tells anything of another."""
        return hmac.new(self._root, purpose.encode() + b"\x01", hashlib.sha256).digest()


def _make(path: Path) -> None:
    """Put a new key in place whole, unless another process was quicker; then theirs is the key."""
    staged = path.with_name(f"{NAME}.{secrets.token_hex(8)}")
    try:
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # a link, unlike a rename, never takes the place of a file that is already there
        with suppress(FileExistsError):
            os.link(staged, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise refused(error, path.parent, setting="REMISS_KEYS") from error
    finally:
        staged.unlink(missing_ok=True)
