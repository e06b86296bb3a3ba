"""What patterns need of the catalog: the ledger of what was done to them, as far as the actor may know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from remiss.curate.ports.contributions import Investigations
from remiss.govern.ports.actor import Permits
from remiss.govern.ports.people import People
from remiss.govern.ports.vault import Keys
from remiss.records.case import Sensitivity
from remiss.records.pattern import Pattern, PatternChange, PatternLink
from remiss.understand.ports import UnderstandWorkspace

# To name patterns and change them, and to be told what happens to one.
KEEP, FOLLOW = "pattern:keep", "pattern:follow"


class PatternStore(Protocol):
    """The ledger of patterns."""

    def told(self, position: int | None = None) -> Sequence[Pattern]:
        """Return all patterns that the actor may know, what changed last first, as they were at a position; None is now.

        That are those of which they see team, sensitivity and the slices that are named, and of whose cases they may be given
        none to label. Who keeps patterns knows those of their teams unless they have one of the cases in hand.
        """
        ...

    def written(self, pattern: str) -> Pattern:
        """Return a pattern that the actor has written just now."""
        ...

    def wait(self) -> int:
        """Have other writers wait from here on; return the position that this transaction will have."""
        ...

    def change(self, change: PatternChange, team: str, sensitivity: Sensitivity) -> None:
        """Write what the actor does to a pattern; its first change makes it."""
        ...

    def link(self, pattern: str, link: PatternLink) -> None:
        """Link a pattern to something; what it is linked to already stays as it is."""
        ...

    def unlink(self, pattern: str, link: PatternLink) -> None:
        """Take a link away.

        Raises
        ------
        NotFound : there is none
        """
        ...

    def subscribe(self, pattern: str, *, follows: bool) -> None:
        """Write that the actor wants to be told of what happens to a pattern from now on, or does not any more."""
        ...


class PatternWorkspace(UnderstandWorkspace, Permits, Protocol):
    """The ports that actions on patterns take."""

    @property
    def patterns(self) -> PatternStore: ...
    @property
    def people(self) -> People: ...
    @property
    def investigations(self) -> Investigations: ...
    @property
    def keys(self) -> Keys: ...
