"""The keys of a catalog, which live outside its database."""

from __future__ import annotations

from typing import Protocol


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
