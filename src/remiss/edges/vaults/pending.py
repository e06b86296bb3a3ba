"""What is being put alone while the transaction that will refer to it is not committed: known by a mark, so that a killed one is.

The mark is an empty file under the content's address, there before the content is and locked while its block lasts. A mark that
nobody has locked was left by a process that died: its content stays if the catalog refers to it, and goes if not.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from remiss.edges.private_files import private_folder
from remiss.edges.vaults.staging import locked, wait_for_disk

FOLDER = "pending"


class Pending:
    """The marks of the vault in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    @contextmanager
    def marked(self, address: str) -> Iterator[None]:
        """Have an address marked in this block, and take the mark away when the block ends well."""
        if not self._folder.exists():
            private_folder(self._folder, create=True)
            wait_for_disk(self._folder.parent)
        path = self._folder / address
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            wait_for_disk(self._folder)
            yield
            path.unlink(missing_ok=True)
        finally:
            os.close(handle)

    def left(self) -> Iterator[str]:
        """Yield the addresses that processes left which died; the mark of each is taken away when the next is asked for."""
        for path in sorted(self._folder.glob("*")):
            file = locked(path, wait=False)
            if file is not None:
                with file:
                    yield path.name
                    path.unlink(missing_ok=True)
