"""The logs of what was done and looked at, as the actions on them read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from remiss.action import Performs
from remiss.govern.ports.actor import Actor, Authority
from remiss.govern.ports.machine import Progress
from remiss.govern.ports.vault import Keys

if TYPE_CHECKING:
    # What signs and hashes takes a while to load, and few commands need it.
    from remiss.govern.audit.integrity import Row
    from remiss.govern.audit.log import Head
    from remiss.govern.audit.merkle import Grow
    from remiss.govern.audit.search import AuditEntry, AuditSearch


class Audit(Protocol):
    """The logs of what was done and what was looked at: `journal` and `views` (`govern/audit/log.py`)."""

    @property
    def catalog(self) -> str:
        """The id of the catalog that they are of."""
        ...

    def rows(self, log: str) -> Iterator[Sequence[Row]]:
        """Yield a log from its beginning, in blocks."""
        ...

    def head(self, log: str) -> Head | None:
        """Return where a log ends, as it is kept; None when it was never sealed.

        Raises
        ------
        Tampered : what is kept is no head
        """
        ...

    def secret(self, log: str) -> bytes:
        """Return what a log is sealed with.

        Raises
        ------
        StorageError : the catalog's key is not where it belongs
        """
        ...

    def begun(self, log: str) -> bool:
        """Return whether a log is known to have been sealed, by what lies beside the key."""
        ...

    def lost(self, log: str) -> bool:
        """Return whether a log had to be begun again, because what was there before is gone."""
        ...

    def size(self, log: str) -> int:
        """Return how many entries there are."""
        ...

    def entry(self, log: str, number: int) -> AuditEntry | None:
        """Return one entry as it is kept."""
        ...

    def search(self, log: str, wanted: AuditSearch, before: int | None, limit: int) -> Sequence[AuditEntry]:
        """Return entries, newest first.

        Parameters
        ----------
        before : only those with a smaller number
        """
        ...


class AuditWorkspace(Performs, Protocol):
    """The ports that the actions on the audit take."""

    @property
    def actor(self) -> Actor: ...

    @property
    def authority(self) -> Authority: ...

    @property
    def audit(self) -> Audit: ...

    @property
    def keys(self) -> Keys: ...

    @property
    def progress(self) -> Progress: ...

    @property
    def grow(self) -> Grow: ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...
