"""Authority: who may do what and see what, for those who open the database and for those who come through a server.

A direct connection can read and write the tables whatever this program says: a person who has one is the catalog's operator, to
whom nothing is denied. People come through a server, which asks what they were granted, and denies everything else.

Access: whether a person may do something, and by which rule; the answer to why, or why not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from remiss.govern.ports.actor import Actor, Scope
from remiss.govern.roles import OF_THE_CATALOG, ROLES, holds, team_words
from remiss.records.case import Sensitivity
from remiss.records.person import EVERY_TEAM, Governed, Grant, Person
from remiss.records.published import Count, published

# What lets somebody see the cases of a team; all else that is governed likewise.
SEEING = "case:read"
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class LocalOwner:
    """The operator's authority: everything is allowed, everything is seen."""

    def may(self, actor: Actor, permission: str, team: str | None = None) -> bool:
        """Return True: the database is the actor's own."""
        return True

    def scope(self, actor: Actor) -> Scope:
        """Return the scope of every team and every grade."""
        return Scope.everywhere()

    def teams(self, actor: Actor, permission: str) -> None:
        """Return None: every team."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The authority of one person: what they were granted, and nothing else."""

    person: Person

    def may(self, actor: Actor, permission: str, team: str | None = None) -> bool:
        """Return whether the person holds the permission in a team; None asks whether they hold it in any.

        What is about the whole catalog they hold in every team or not at all.
        """
        return self.by(actor, permission, team) is not None

    def by(self, actor: Actor, permission: str, team: str | None = None) -> Grant | None:
        """Return the grant that allows it, if one does; of nobody but the person themselves."""
        if actor.name != self.person.name:
            return None
        teams = None if team is None else {team, EVERY_TEAM}
        if permission in OF_THE_CATALOG:
            teams = {EVERY_TEAM}
        allowing = (each for each in self.person.grants if holds(each.role, permission) and (teams is None or each.team in teams))
        return next(allowing, None)

    def scope(self, actor: Actor) -> Scope:
        """Return what the person may see: in each team what their clearance there allows, elsewhere nothing."""
        seeing = [each for each in self.person.grants if holds(each.role, SEEING) and actor.name == self.person.name]
        teams: dict[str, Sensitivity] = {}
        for each in seeing:
            teams[each.team] = max(each.clearance, teams.get(each.team, each.clearance))
        elsewhere = teams.pop(EVERY_TEAM, None)
        return Scope.of(teams, elsewhere=elsewhere)

    def teams(self, actor: Actor, permission: str) -> frozenset[str] | None:
        """Return the teams in which the person was granted the permission; None is all of them."""
        granted = (each for each in self.person.grants if holds(each.role, permission) and actor.name == self.person.name)
        teams = frozenset(each.team for each in granted)
        return None if EVERY_TEAM in teams else teams


def actor_of(person: Person) -> Actor:
    """Return a person as who acts; the journal has all their roles, and the team of their first grant."""
    roles = ", ".join(sorted({each.role for each in person.grants}))
    teams = [each.team for each in person.grants if each.team != EVERY_TEAM]
    return Actor(name=person.name, team=next(iter(teams), "default"), role=roles or None)


@published("access", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whether a person may do something, and the rule that says so."""

    person: str
    permission: str
    case: str | None
    allowed: bool
    rule: str
    position: Count | None = field(default=None, compare=False)


def access(person: Person | None, name: str, permission: str, case: Governed | None = None) -> Access:
    """Return whether a person may do what needs a permission, in any team or on one case.

    Parameters
    ----------
    person : None when there is no person of that name
    """
    allowed, rule = _decide(person, name, permission, case)
    return Access(person=name, permission=permission, case=None if case is None else case.id, allowed=allowed, rule=rule)


def _decide(person: Person | None, name: str, permission: str, case: Governed | None) -> tuple[bool, str]:
    if person is None or person.position_to is not None:
        return False, f"no active person is named {name}"
    authority, actor = Granted(person), Actor(name=name)
    grant = authority.by(actor, permission, None if case is None else case.team)
    if grant is None:
        where = "in any team" if case is None else f"in {team_words(case.team)}"
        if permission in OF_THE_CATALOG:
            where = "in every team"
        having = " or ".join(role for role in ROLES if holds(role, permission))
        return False, f"{name} holds no role {where} that has {permission}: it takes {having}"
    said = f"{name} is {grant.role} in {team_words(grant.team)}, which has {permission}"
    if case is None:
        return True, said
    scope = authority.scope(actor)
    level = case.sensitivity.name.lower()
    if not scope.sees(case.team, case.sensitivity):
        seen = max((each for each in Sensitivity if scope.sees(case.team, each)), default=None)
        up_to = f"no case there: no role that has {SEEING}" if seen is None else f"cases up to {seen.name.lower()} there"
        return False, f"case {case.id} is {level}, of {team_words(case.team)}, and {name} sees {up_to}"
    return True, f"{said}, and sees case {case.id}, which is {level}"


def grant_in_words(grant: Grant) -> str:
    """Return a grant in words.

    >>> grant_in_words(Grant(role="curator", team="arrivals", clearance=Sensitivity.INTERNAL))
    'curator in team arrivals, up to internal'
    """
    return f"{grant.role} in {team_words(grant.team)}, up to {grant.clearance.name.lower()}"
