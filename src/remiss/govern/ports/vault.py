"""Where raw evidence is kept: encrypted, and each under a key of its own.

The keys of a catalog, which live outside its database.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from remiss.action import Performs
from remiss.govern.ports.machine import Progress


class Keys(Protocol):
    """The catalog's secret key, and the keys that wrap those of raw evidence: they live outside the database."""

    def secret(self, purpose: str) -> bytes:
        """Return 32 bytes derived from the catalog's key for one purpose; always the same for the same purpose."""
        ...

    def new_wrapping_key(self) -> str:
        """Make a key that wraps the keys of evidence, and return its name: 16 hex digits.

        Raises
        ------
        StorageError : it cannot be kept
        """
        ...

    def wrapping_key(self, name: str) -> bytes:
        """Return the 32 bytes of a wrapping key.

        Raises
        ------
        StorageError : it is missing or damaged
        """
        ...

    def destroy_wrapping_key(self, name: str) -> None:
        """Remove a wrapping key for ever; one that is gone already is no error."""
        ...

    def mark(self, name: str) -> None:
        """Remember something beside the key, where nobody gets who has the database alone; `name` is that of a file."""
        ...

    def marked(self, name: str) -> bool:
        """Return whether that was remembered."""
        ...


class Bundle(Protocol):
    """Raw evidence that a capture puts together, staged until the run is filed (docs/adr/0009)."""

    def add(self, content: bytes) -> str:
        """Store with the bundle and return the address.

        Raises
        ------
        StorageError : disk full, or the place cannot be written
        """
        ...

    def seal(self) -> None:
        """Wait until everything that was added is on the disk; nothing can be added any more."""
        ...

    def belong(self, run: str) -> None:
        """Say whose evidence this is. Called last in the transaction that files the run: a run keeps what belongs to it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultState:
    """How a vault is: bundles `left` by captures that died, bundles that are still `plain`, and a rotation not finished."""

    left: int
    plain: int
    rotating: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """That everything is wrapped under `key`: how many contents were written anew, and whether one cut short was finished."""

    key: str
    pieces: int
    resumed: bool


class Vault(Protocol):
    """Where raw evidence lies, encrypted, addressed by HMAC under the catalog's key."""

    def put(self, content: bytes) -> str:
        """Store alone and return the address; putting the same content again is no change.

        Raises
        ------
        StorageError : disk full, or the place cannot be written
        """
        ...

    def putting(self, content: bytes, referred: Callable[[str], bool]) -> AbstractContextManager[str]:
        """Put alone in a block around the transaction that refers to it, and give the address.

        When the block fails the content is removed unless `referred` says that the catalog refers to the address. After a block
        that ended well, what processes left that died in such a block is removed or kept likewise.

        Raises
        ------
        StorageError : disk full, or the place cannot be written
        """
        ...

    def discarding(self, address: str, referred: Callable[[str], bool]) -> AbstractContextManager[None]:
        """Discard a content at the end of a block around the transaction that no longer refers to it.

        Where the process dies in between it is discarded after the next block, here or in `putting`, that ends well, unless
        `referred` says that the catalog refers to it still.

        Raises
        ------
        StorageError : it cannot be removed now
        """
        ...

    def bundle(self, filed: Callable[[str], bool]) -> AbstractContextManager[Bundle]:
        """Give a bundle in a block around the transaction that files its addresses.

        When the block ends well the bundle is final; when it fails the bundle is removed unless it belongs to a run by then:
        whether that was filed is for the next to find out. For, after a block that ended well, bundles that were left by
        processes that died are made final if `filed` says that their run is filed, and removed if not.
        """
        ...

    def state(self) -> VaultState:
        """Return what captures that died left, what is not encrypted, and whether a rotation was interrupted."""
        ...

    def lacking(self, needs: frozenset[str]) -> frozenset[str]:
        """Return which of these addresses it has nothing of, or nothing that a key opens which is there; no content is read."""
        ...

    def get(self, address: str) -> bytes:
        """Return the content, put alone or in a bundle, checked against its address.

        Raises
        ------
        NotFound : no such evidence; StorageError : it was altered
        """
        ...

    def discard(self, address: str) -> None:
        """Destroy the content's key and remove the content, wherever it is."""
        ...

    def renew(self, progress: Progress) -> Renewal:
        """Wrap the key of every content under a new wrapping key, and encrypt what is not.

        The former key stays until `retire`. When a rotation was interrupted, that one is finished and no new key is made. Waits
        for captures that are under way.

        Raises
        ------
        StorageError : something was altered or a key is missing; what was done stays, and doing it again goes on from there
        """
        ...

    def retire(self, renewal: Renewal) -> None:
        """Destroy the wrapping keys before the one of a renewal, unless another was begun since, which does it then."""
        ...


class KeyWorkspace(Performs, Protocol):
    """The ports that actions on keys take."""

    @property
    def vault(self) -> Vault: ...
    @property
    def progress(self) -> Progress: ...
