"""What is needed wherever people say more of a case than a labelling does."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from remiss.govern.ports.actor import Actor, Permits
from remiss.govern.ports.keys import Keys
from remiss.records.person import Governed


class SayingWorkspace(Permits, Protocol):
    """What actions take by which people say more of a case than a labelling does."""

    @property
    def keys(self) -> Keys: ...
    @property
    def actor(self) -> Actor: ...

    def governed(self, case_id: str) -> Governed:
        """Return what decides who sees a case, of one that the actor sees.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...

    def reading(self) -> AbstractContextManager[object]:
        """Return a block in which everything is read from one snapshot of the catalog."""
        ...
