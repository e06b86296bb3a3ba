"""What recoding a taxonomy needs of the world: the store that moves labellings from mode to mode."""

from __future__ import annotations

from typing import Protocol

from remiss.curate.recoding import Affected
from remiss.govern.ports.actor import Permits
from remiss.protocol.ports import Documents, Protocols
from remiss.records.recoding import KeptRecoding, Recoding


class Recodings(Protocol):
    """Recodings of failure modes, of every case whoever may see it."""

    def affected(self, recoding: Recoding) -> tuple[Affected, ...]:
        """Return the cases that a recoding touches.

        Raises
        ------
        Conflict : one of that name was written; InputError : it would send back what nobody can begin anew
        """
        ...

    def write(self, recoding: Recoding) -> tuple[Affected, ...]:
        """Write a recoding and return the cases that it touched; raises like `affected`."""
        ...

    def kept(self, position: int | None) -> tuple[KeptRecoding, ...]:
        """Return the recodings that were written up to a position, oldest first; None is now."""
        ...


class RecodingWorkspace(Permits, Protocol):
    """The ports that recoding takes."""

    @property
    def recodings(self) -> Recodings: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def documents(self) -> Documents: ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...
