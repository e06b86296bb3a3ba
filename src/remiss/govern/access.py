"""Access: whether a person may do something, and by which rule; the answer to whoever wonders why, or why not."""

from __future__ import annotations

from dataclasses import dataclass

from remiss.govern.authority import SEEING, Granted
from remiss.govern.granting import team_words
from remiss.govern.ports.actor import Actor
from remiss.govern.roles import OF_THE_CATALOG, ROLES, holds
from remiss.records.case import Sensitivity
from remiss.records.person import Governed, Grant, Person
from remiss.records.published import published


@published("access")
@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whether a person may do something, and the rule that says so."""

    person: str
    permission: str
    case: str | None
    allowed: bool
    rule: str


def access(person: Person | None, name: str, permission: str, case: Governed | None = None) -> Access:
    """Return whether a person may do what needs a permission, in any team or on one case.

    Parameters
    ----------
    person : None when nobody of that name is there
    """
    allowed, rule = _decide(person, name, permission, case)
    return Access(person=name, permission=permission, case=None if case is None else case.id, allowed=allowed, rule=rule)


def _decide(person: Person | None, name: str, permission: str, case: Governed | None) -> tuple[bool, str]:
    if person is None or person.until is not None:
        return False, f"nobody who was added and is not disabled is named {name}"
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
