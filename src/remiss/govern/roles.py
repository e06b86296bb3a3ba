"""Roles: which permissions each has, and what a person holds after one was given or taken.

Nothing else in remiss knows a role by its name. A permission is `subject:verb`. Roles are granted in a team
(`records/person.py`); a person without one may do nothing.

Somebody has one clearance in a team, whatever their roles there: so nobody acts by one role on what only another lets them see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from remiss.errors import InputError, NotFound
from remiss.records.case import Sensitivity
from remiss.records.person import EVERY_TEAM, Grant, Person

# What an admin has: every permission, those to come as well.
EVERY_PERMISSION = "*"

_READER = frozenset(
    {
        "catalog:read",
        "case:read",
        "run:read",
        "protocol:read",
        "protocol:check",
        "estimate:read",
        "gate:read",
        "sample:read",
        "agreement:read",
        "thread:read",
        "thread:answer",
        "inbox:read",
        "job:read",
        "model:read",
        "token:own",
        "view:own",
        "pattern:follow",
    }
)
_ANNOTATOR = _READER | {
    "queue:work",
    "case:annotate",
    "case:file",
    "case:revise",
    "case:investigate",
    "attachment:add",
    "attachment:own",
    "thread:write",
    "evidence:read",
}
_VERIFIER = _ANNOTATOR | {"case:verify", "case:adjudicate", "case:replay"}
_CURATOR = _VERIFIER | {
    "case:reopen",
    "case:link",
    "case:expect",
    "case:resolve",
    "queue:steer",
    "run:capture",
    "run:accept",
    "run:redact",
    "protocol:write",
    "taxonomy:recode",
    "thread:resolve",
    "job:cancel",
    "model:check",
    "waiver:request",
    "sample:export",
    "slice:keep",
    "cluster:find",
    "pattern:keep",
    "alert:handle",
    # Of pages that others saved for a team; what is one's own is `view:own`.
    "view:manage",
}
# Who releases models is a steward, too: nothing of that needs an admin.
_STEWARD = _READER | {
    "evidence:read",
    # Of files that others added; to remove one's own is `attachment:own`, which every way to remove one asks for first.
    "attachment:own",
    "attachment:remove",
    "audit:read",
    "audit:checkpoint",
    "access:check",
    "token:list",
    "person:read",
    "team:read",
    "sample:export",
    "slice:keep",
    "cluster:find",
    "pattern:keep",
    "alert:handle",
    # Who labels nothing: a suite tells how its events were drawn.
    "suite:build",
    "suite:read",
    "suite:run",
    "suite:logged",
    "suite:sealed",
    "gate:decide",
    "model:check",
    # What one asked for oneself another approves.
    "waiver:request",
    "waiver:approve",
}

ROLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "reader": _READER,
        "annotator": _ANNOTATOR,
        "verifier": _VERIFIER,
        "curator": _CURATOR,
        "steward": _STEWARD,
        "admin": frozenset({EVERY_PERMISSION}),
    }
)

# What is about the whole catalog, and so is had only by those who were granted a role with it in every team.
OF_THE_CATALOG = frozenset(
    {
        "catalog:rotate",
        "machine:read",
        "person:disable",
        "team:add",
        "token:create",
        "token:list",
        "token:revoke",
    }
)


# What no role has but an admin's.
OF_ADMINS = frozenset(
    {
        "catalog:rotate",
        "machine:read",
        "person:add",
        "person:disable",
        "person:grant",
        "person:revoke",
        "team:add",
        "token:create",
        "token:revoke",
        # Whoever asked for it and approved it; who did may, too, by what they may anyhow.
        "waiver:end",
    }
)
# Every permission that there is.
PERMISSIONS = OF_ADMINS.union(*ROLES.values()) - {EVERY_PERMISSION}


def holds(role: str, permission: str) -> bool:
    """Return whether a role has a permission; one that nobody knows has none.

    >>> holds("verifier", "case:verify"), holds("annotator", "case:verify"), holds("admin", "case:verify"), holds("boss", "x:y")
    (True, False, True, False)
    """
    has = ROLES.get(role, frozenset())
    return permission in has or EVERY_PERMISSION in has


NAME = re.compile(r"[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?")
MOST_ABOUT = 200


def checked_name(name: str, of: str) -> str:
    """Return a name for a person or a team.

    Raises
    ------
    InputError : one that could be mistaken for something else
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is not a valid name of a {of}",
            do="use up to 64 small letters, digits, and . _ @ - between them",
            field=of,
        )
    return name


def checked_about(about: str | None) -> str | None:
    """Return what is said of a person, team or token; None where it is nothing.

    Raises
    ------
    InputError : too long, or more than a line
    """
    if about is None or not about.strip():
        return None
    if len(about) > MOST_ABOUT or not about.isprintable():
        do = f"say it in one line of up to {MOST_ABOUT} characters"
        raise InputError("the description is not one short line", do=do, field="about")
    return about.strip()


def administers(person: Person) -> bool:
    """Return whether somebody who is there is an admin of every team."""
    return person.position_to is None and any(each.role == "admin" and each.team == EVERY_TEAM for each in person.grants)


def granted(person: Person, grant: Grant) -> tuple[Grant, ...]:
    """Return what a person holds once they were granted a role: its clearance becomes theirs in that team.

    Raises
    ------
    InputError : no such role
    """
    if grant.role not in ROLES:
        raise InputError(f"there is no role {grant.role!r}", do=f"the roles are {', '.join(ROLES)}")
    elsewhere = [each for each in person.grants if each.team != grant.team]
    roles = {each.role for each in person.grants if each.team == grant.team} | {grant.role}
    here = [Grant(role=role, team=grant.team, clearance=grant.clearance) for role in roles]
    return _sorted([*elsewhere, *here])


def revoked(person: Person, role: str, team: str) -> tuple[Grant, ...]:
    """Return what a person still holds once a role in a team was taken from them.

    Raises
    ------
    NotFound : they do not hold it
    """
    left = [each for each in person.grants if (each.role, each.team) != (role, team)]
    if len(left) == len(person.grants):
        held = ", ".join(f"{each.role} in {team_words(each.team)}" for each in person.grants) or "nothing"
        raise NotFound(f"{person.name} is not {role} in {team_words(team)}", do=f"they hold {held}")
    return _sorted(left)


def team_words(team: str) -> str:
    """Return a team as it is said.

    >>> team_words("arrivals"), team_words("*")
    ('team arrivals', 'every team')
    """
    return "every team" if team == EVERY_TEAM else f"team {team}"


def lacking(maker: Person, person: Person) -> str | None:
    """Return in words what a person holds in some team that another does not; None where the other holds no less anywhere.

    Who gives somebody a way in holds no less than they do, or could come in by it with more than their own.

    >>> admin = Grant(role="admin", team=EVERY_TEAM, clearance=Sensitivity.INTERNAL)
    >>> reader = Grant(role="reader", team="arrivals", clearance=Sensitivity.SECRET)
    >>> lacking(Person(name="root", grants=(admin,)), Person(name="ana", grants=(reader,)))
    'ana sees up to secret in team arrivals, and root does not'
    """
    for team in sorted({each.team for each in (*maker.grants, *person.grants)} | {EVERY_TEAM}):
        theirs, own = _held_in(person, team), _held_in(maker, team)
        if theirs.clearance is not None and (own.clearance is None or theirs.clearance > own.clearance):
            return f"{person.name} sees up to {theirs.clearance.name.lower()} in {team_words(team)}, and {maker.name} does not"
        if more := sorted(theirs.permissions - own.permissions):
            return f"{person.name} has {more[0]} in {team_words(team)}, and {maker.name} does not"
    return None


@dataclass(frozen=True, slots=True)
class _Held:
    permissions: frozenset[str]
    clearance: Sensitivity | None


def _held_in(person: Person, team: str) -> _Held:
    """Return what somebody holds in a team, by what they were granted there and in every team."""
    here = [each for each in person.grants if each.team in {team, EVERY_TEAM}]
    permissions = {name for each in here for name in PERMISSIONS if holds(each.role, name)}
    wide = {name for each in here if each.team == EVERY_TEAM for name in OF_THE_CATALOG if holds(each.role, name)}
    return _Held(frozenset(permissions - OF_THE_CATALOG | wide), max((each.clearance for each in here), default=None))


def _sorted(grants: list[Grant]) -> tuple[Grant, ...]:
    return tuple(sorted(grants, key=lambda each: (each.team, each.role)))
