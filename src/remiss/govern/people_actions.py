"""What one can do with people and teams: add them, grant and revoke roles, disable somebody who has left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from remiss.action import action
from remiss.errors import Denied, InputError
from remiss.govern import granting
from remiss.govern.ports.people import PeopleWorkspace
from remiss.records.case import Sensitivity
from remiss.records.look import listed
from remiss.records.person import EVERY_TEAM, Grant, Person, Team, Token
from remiss.records.position import reached
from remiss.records.rows import Rows

PEOPLE = ("person", "about", "team", "role", "clearance", "since", "until", "since_at", "until_at")
TEAMS = ("team", "about", "since", "since_at")

Lasting = TypeVar("Lasting", Person, Token)


@action(name="person.add", permission="person:add", subject="name")
def add(ws: PeopleWorkspace, name: str, about: str | None = None) -> Person:
    """Add a person, who may do nothing until they are granted a role; also one who was disabled, who comes without roles.

    Parameters
    ----------
    name : what they are called in the catalog and its journal
    about : for example their whole name; seen by whoever may list people

    Raises
    ------
    Conflict : they are there already
    InputError
    """
    return ws.people.add(granting.checked_name(name, "person"), granting.checked_about(about))


@action(name="person.list", permission="person:read", reads=True, views=listed)
def people(ws: PeopleWorkspace, *, as_of: int | None = None) -> Rows:
    """List people by name, a line for each role that they hold; since and until when they are there.

    `since` and `until` are positions of the catalog, `since_at` and `until_at` the times at which it came to them.

    Parameters
    ----------
    as_of : a position of the catalog; default: now
    """
    head = ws.position()
    found = ws.people.everybody(reached(as_of, head))
    lines = tuple((each.name, each.about, *held, *times) for each, times in lasting(ws, found) for held in _held(each))
    return Rows("person", PEOPLE, lines, head if as_of is None else as_of, total=len(lines))


def lasting(
    ws: PeopleWorkspace, found: Sequence[Lasting]
) -> Iterator[tuple[Lasting, tuple[int, int | None, datetime | None, datetime | None]]]:
    """Give each thing with the positions from and until which it lasts, and the times of these."""
    at = ws.people.moments({end for each in found for end in (each.since, each.until) if end is not None})
    for each in found:
        until_at = None if each.until is None else at.get(each.until)
        yield each, (each.since, each.until, at.get(each.since), until_at)


def _held(person: Person) -> Sequence[tuple[str | None, str | None, str | None]]:
    held = [(each.team, each.role, each.clearance.name.lower()) for each in person.grants]
    return held or [(None, None, None)]


@action(name="person.disable", permission="person:disable", subject="name")
def disable(ws: PeopleWorkspace, name: str) -> Person:
    """Disable a person: their roles, tokens and sessions end at once. What they did stays theirs.

    Raises
    ------
    NotFound : nobody of that name is there
    """
    return ws.people.disable(name)


@action(name="person.grant", permission="person:grant", subject="name")
def grant(
    ws: PeopleWorkspace,
    name: str,
    role: str,
    *,
    team: str = "default",
    clearance: Sensitivity = Sensitivity.INTERNAL,
) -> Person:
    """Grant a person a role in a team; the clearance becomes theirs in that team, for every role that they hold there.

    Parameters
    ----------
    role : reader, annotator, verifier, curator, steward or admin
    team : a team, or * for every team, those to come as well
    clearance : up to which sensitivity they see things of the team; at most one's own

    Raises
    ------
    NotFound : no such person or team
    Denied : more than one's own clearance
    InputError : no such role
    """
    ws.allow("person:grant", team)
    if not ws.scope.sees(team, clearance):
        raise Denied(
            f"{ws.actor.name} does not see up to {clearance.name.lower()} in {granting.team_words(team)}",
            do="grant at most your own clearance",
        )
    if team != EVERY_TEAM:
        ws.people.team(team)
    return ws.people.hold(name, granting.granted(ws.people.person(name), Grant(role=role, team=team, clearance=clearance)))


@action(name="person.revoke", permission="person:revoke", subject="name")
def revoke(ws: PeopleWorkspace, name: str, role: str, *, team: str = "default") -> Person:
    """Take a role in a team from a person.

    Raises
    ------
    NotFound : no such person, or they do not hold it
    """
    ws.allow("person:revoke", team)
    return ws.people.hold(name, granting.revoked(ws.people.person(name), role, team))


@action(name="team.add", permission="team:add", subject="name")
def add_team(ws: PeopleWorkspace, name: str, about: str | None = None) -> Team:
    """Add a team, to grant roles in before the first protocol names it.

    Raises
    ------
    Conflict : it is there already
    InputError
    """
    if name == EVERY_TEAM:
        raise InputError("* is every team", do="name one")
    return ws.people.add_team(granting.checked_name(name, "team"), granting.checked_about(about))


@action(name="team.list", permission="team:read", reads=True, views=listed)
def teams(ws: PeopleWorkspace, *, as_of: int | None = None) -> Rows:
    """List the teams, and since when they are there: `since` is a position of the catalog, `since_at` when it came to it.

    Parameters
    ----------
    as_of : a position of the catalog; default: now
    """
    head = ws.position()
    found = ws.people.teams(reached(as_of, head))
    at = ws.people.moments({each.since for each in found})
    lines = tuple((each.name, each.about, each.since, at.get(each.since)) for each in found)
    return Rows("team", TEAMS, lines, head if as_of is None else as_of, total=len(lines))
