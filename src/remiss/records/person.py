"""People: who they are, what they were granted, and by which tokens a server knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from remiss.records.case import Sensitivity
from remiss.records.published import INLINE, Count, published

# A grant on it holds in every team, those to come as well.
EVERY_TEAM = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role in a team, or in `EVERY_TEAM`, for things up to a sensitivity."""

    role: str
    team: str
    clearance: Sensitivity


@published("person", keys={"name": "person"}, read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may be granted something.

    `position_from` is the position at which the person was added, `position_to` the one at which they were disabled; None while
    they are not. Of a disabled person there are no grants.
    """

    name: str
    about: str | None = None
    grants: tuple[Grant, ...] = ()
    position_from: Count = 0
    position_to: Count | None = None
    position: Count | None = field(default=None, compare=False)


@published("team", keys={"name": "team"}, read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Who looks after some protocols and their cases; every governed row is of one."""

    name: str
    about: str | None = None
    position_from: Count = 0
    position: Count | None = field(default=None, compare=False)


@published("token", keys={"id": "token"}, read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a server knows a person by, but for its secret, which nobody keeps.

    `expires` None is never; `position_to` is the position at which it was revoked, None while it is not. One that works `once`
    is a link's, an invitation: it signs a browser in and does nothing else; `used` is the position at which it did, None while
    it has not. `made_by` is who made it, as the journal has them.
    """

    id: str
    person: str
    about: str | None
    expires: datetime | None
    position_from: Count
    position_to: Count | None = None
    once: bool = False
    used: Count | None = None
    made_by: str | None = None
    position: Count | None = field(default=None, compare=False)


@published("token", keys={"token": INLINE}, read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token with the text that its holder keeps. Shown once."""

    token: Token
    text: str
    position: Count | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Governed:
    """What decides who sees a thing."""

    id: str
    team: str
    sensitivity: Sensitivity

    def seen_by(self, grant: Grant) -> bool:
        """Return whether who was granted this sees it."""
        return grant.team in {self.team, EVERY_TEAM} and grant.clearance >= self.sensitivity
