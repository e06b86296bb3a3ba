"""Who acts, what they may see, and who decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from remiss.action import Performs
from remiss.records.case import Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: for a direct connection the operating system's user, never claimed; through a server the person who signed in.

    `role` is what the journal has beside the name.
    """

    name: str
    team: str = "default"
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an actor may see, as the store turns it into a condition.

    `teams` has for each of some teams up to which sensitivity, and `elsewhere` the same for all others; None is nothing there.
    Made by `of` or `everywhere`; as it stands, nothing is seen at all.
    """

    teams: tuple[tuple[str, Sensitivity], ...] = ()
    elsewhere: Sensitivity | None = None

    @classmethod
    def of(cls, teams: Mapping[str, Sensitivity], *, elsewhere: Sensitivity | None = None) -> Self:
        """Return a scope that sees each team up to its clearance, or what is seen elsewhere where that is more."""
        more = ((team, level) for team, level in teams.items() if elsewhere is None or level > elsewhere)
        return cls(teams=tuple(sorted(more)), elsewhere=elsewhere)

    @classmethod
    def everywhere(cls, clearance: Sensitivity = Sensitivity.SECRET) -> Self:
        """Return a scope that sees every team up to a clearance."""
        return cls(elsewhere=clearance)

    @property
    def everything(self) -> bool:
        return self.elsewhere is Sensitivity.SECRET

    def sees(self, team: str, sensitivity: Sensitivity) -> bool:
        """Return whether something of a team and of that sensitivity is seen.

        >>> Scope.of({"arrivals": Sensitivity.INTERNAL}).sees("arrivals", Sensitivity.RESTRICTED)
        False
        """
        clearance = dict(self.teams).get(team, self.elsewhere)
        return clearance is not None and sensitivity <= clearance


class Authority(Protocol):
    """Who may do what and see what."""

    def may(self, actor: Actor, permission: str, team: str | None = None) -> bool:
        """Return whether the actor holds the permission in a team; None asks whether in any."""
        ...

    def scope(self, actor: Actor) -> Scope:
        """Return what the actor may see."""
        ...

    def teams(self, actor: Actor, permission: str) -> frozenset[str] | None:
        """Return the teams in which the actor holds a permission; None is all of them."""
        ...


class Permits(Performs, Protocol):
    """A workspace whose actions ask of a certain team, and say at which position they read.

    What the decorator asks is only whether an action is allowed in any team.
    """

    @property
    def actor(self) -> Actor: ...
    @property
    def scope(self) -> Scope: ...

    def may(self, permission: str, team: str | None) -> bool:
        """Return whether the actor holds the permission in a team; None is in any."""
        ...

    def allow(self, permission: str, team: str) -> None:
        """Go on only if the actor holds the permission in that team.

        Raises
        ------
        Denied
        """
        ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...
