"""Authority, for as long as there is one person: whoever opens the database directly is its operator.

A direct connection can read and write the tables whatever this program says, so nothing is denied here. People with roles
and clearances come through a server, which brings an authority of its own behind the same port.
"""

from __future__ import annotations

from dataclasses import dataclass

from remiss.govern.ports import Actor, Scope


@dataclass(frozen=True, slots=True)
class LocalOwner:
    """The operator's authority: everything is allowed, everything is seen."""

    def may(self, actor: Actor, permission: str) -> bool:
        """Return True: the database is the actor's own."""
        return True

    def scope(self, actor: Actor) -> Scope:
        """Return the scope of every team and every grade."""
        return Scope()
