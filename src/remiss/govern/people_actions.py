"""What one can do with people and teams: add them, grant and revoke roles, disable somebody who has left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypeVar

from remiss.action import action
from remiss.errors import Conflict, Denied, InputError
from remiss.govern import roles
from remiss.govern.ports.people import PeopleWorkspace
from remiss.govern.redaction.written import check_shows_nothing, gate
from remiss.govern.roles import ROLES
from remiss.parameters import Help, InTeam, OneOf, Option, Position, Username
from remiss.records.case import Sensitivity
from remiss.records.catalog import reached
from remiss.records.person import EVERY_TEAM, Grant, Person, Team, Token
from remiss.records.rows import Rows
from remiss.records.view_entry import listed

Role = Annotated[str, OneOf(tuple(ROLES)), Help("A role in the team.")]
RolesHeld = Annotated[Sequence[str], OneOf(tuple(ROLES)), Option("--role"), Help("The roles that they are to have in the team.")]
About = Annotated[str, Help("What the team looks after.")]
PEOPLE = ("person", "about", "team", "role", "clearance", "position_from", "position_to", "since_at", "until_at")
TEAMS = ("team", "about", "position_from", "since_at")


def said_of(ws: PeopleWorkspace, about: str | None) -> str | None:
    """Return what is said of a person, team or token as the catalog may hold it: redacted.

    Raises
    ------
    InputError : too long, or more than a line
    """
    said = roles.checked_about(about)
    return None if said is None else gate(ws).words(said)


Lasting = TypeVar("Lasting", Person, Token)


@action("person.add", permission="person:add", http="POST /people", created="person.list", subject="person")
def add_person(
    ws: PeopleWorkspace,
    person: Username,
    *,
    about: str | None = None,
    roles: RolesHeld = (),
    team: InTeam = "default",
    clearance: Sensitivity = Sensitivity.INTERNAL,
) -> Person:
    """Add PERSON, with roles in a team.

    Without a role they may do nothing until they are granted one. One who was disabled comes back with these roles alone.

    Example: remiss person add ana --about "Ana Lima" --role annotator --team arrivals

    Parameters
    ----------
    person : what they are called in the catalog and its journal
    about : for example their whole name; seen by those who may list people
    clearance : up to which sensitivity they see things of the team, in whatever role there; at most your own

    Raises
    ------
    Conflict : they are there already
    NotFound : no such team
    Denied : roles or a clearance that one may not grant
    InputError
    """
    return added(ws, person, about, roles, team, clearance)


def added(
    ws: PeopleWorkspace, person: str, about: str | None, roles_held: Sequence[str], team: str, clearance: Sensitivity
) -> Person:
    """Return a person who is added with roles in a team; raises what `person.add` raises."""
    came = ws.people.add(roles.checked_name(person, "person"), said_of(ws, about))
    return given(ws, came.name, roles_held, team, clearance) if roles_held else came


def given(ws: PeopleWorkspace, name: str, roles_held: Sequence[str], team: str, clearance: Sensitivity) -> Person:
    """Return a person who holds roles in a team beside what they had; whoever gives holds as much. Raises as `person.grant`."""
    ws.allow("person:grant", team)
    if not ws.scope.sees(team, clearance):
        raise Denied(
            f"{ws.actor.name} does not see up to {clearance.name.lower()} in {roles.team_words(team)}",
            do="grant at most your own clearance",
            field="clearance",
        )
    if team != EVERY_TEAM:
        ws.people.team(team)
    person = ws.people.person(name)
    for role in roles_held:
        person = replace(person, grants=roles.granted(person, Grant(role=role, team=team, clearance=clearance)))
    return ws.people.hold(name, person.grants)


@action("person.list", permission="person:read", http="GET /people", reads=True, views=listed)
def list_people(ws: PeopleWorkspace, *, as_of: Position | None = None) -> Rows:
    """List people by name, a line for each role that they hold.

    `position_from` and `position_to` are positions of the catalog, `since_at` and `until_at` the times at which it came to them.

    Example: remiss person list
    """
    head = ws.position()
    found = ws.people.everybody(reached(as_of, head))
    lines = tuple((each.name, each.about, *held, *times) for each, times in lasting(ws, found) for held in _held(each))
    return Rows("person", PEOPLE, lines, head if as_of is None else as_of, total=len(lines))


def lasting(
    ws: PeopleWorkspace, found: Sequence[Lasting]
) -> Iterator[tuple[Lasting, tuple[int, int | None, datetime | None, datetime | None]]]:
    """Give each thing with the positions from and until which it lasts, and the times of these."""
    at = ws.people.moments({end for each in found for end in (each.position_from, each.position_to) if end is not None})
    for each in found:
        until_at = None if each.position_to is None else at.get(each.position_to)
        yield each, (each.position_from, each.position_to, at.get(each.position_from), until_at)


def _held(person: Person) -> Sequence[tuple[str | None, str | None, str | None]]:
    held = [(each.team, each.role, each.clearance.name.lower()) for each in person.grants]
    return held or [(None, None, None)]


@action("person.disable", permission="person:disable", http="POST /people/{person}/disable", subject="person")
def disable(ws: PeopleWorkspace, person: Username) -> Person:
    """Disable PERSON: roles, tokens and sessions end at once.

    What they did stays theirs.

    Example: remiss person disable ana

    Raises
    ------
    NotFound : there is no person of that name
    Conflict : they are the last admin of every team
    """
    was = roles.administers(ws.people.person(person))
    done = ws.people.disable(person)
    _check_administered(ws, when=was)
    return done


def _check_administered(ws: PeopleWorkspace, *, when: bool) -> None:
    """Refuse to end with nobody who could give anybody a role; asked once nobody else can change what people hold.

    Raises
    ------
    Conflict
    """
    if when and not any(map(roles.administers, ws.people.everybody(None))):
        raise Conflict(
            "this is the last admin of every team, and nobody could give anybody a role any more",
            do="first make another one: remiss person grant NAME admin --team '*' --clearance secret",
        )


@action("person.grant", permission="person:grant", http="POST /people/{person}/grant", subject="person")
def grant(
    ws: PeopleWorkspace,
    person: Username,
    role: Role,
    *,
    team: InTeam = "default",
    clearance: Sensitivity = Sensitivity.INTERNAL,
) -> Person:
    """Grant PERSON a role in a team.

    The clearance becomes theirs in that team, for every role that they hold there.

    Example: remiss person grant ana annotator --team arrivals --clearance internal

    Parameters
    ----------
    clearance : up to which sensitivity they see things of the team, in whatever role there; at most your own

    Raises
    ------
    NotFound : no such person or team
    Denied : more than one's own clearance
    InputError : no such role
    """
    return given(ws, person, (role,), team, clearance)


@action("person.revoke", permission="person:revoke", http="POST /people/{person}/revoke", subject="person")
def revoke_person(ws: PeopleWorkspace, person: Username, role: Role, *, team: InTeam = "default") -> Person:
    """Take a role in a team from PERSON.

    Example: remiss person revoke ana annotator --team arrivals

    Raises
    ------
    NotFound : no such person, or they do not hold it
    Conflict : they are the last admin of every team
    """
    ws.allow("person:revoke", team)
    before = ws.people.person(person)
    after = ws.people.hold(person, roles.revoked(before, role, team))
    _check_administered(ws, when=roles.administers(before))
    return after


@action("team.add", permission="team:add", http="POST /teams", created="team.list", subject="team")
def add_team(ws: PeopleWorkspace, team: Annotated[str, Help("What the team is called.")], *, about: About | None = None) -> Team:
    """Add TEAM, to grant roles in before the first protocol names it.

    Example: remiss team add arrivals --about "Arrival delays"

    Raises
    ------
    Conflict : it is there already
    InputError
    """
    if team == EVERY_TEAM:
        raise InputError("* is every team", do="name one", field="team")
    check_shows_nothing("the name of the team", team)
    return ws.people.add_team(roles.checked_name(team, "team"), said_of(ws, about))


@action("team.list", permission="team:read", http="GET /teams", reads=True, views=listed)
def list_teams(ws: PeopleWorkspace, *, as_of: Position | None = None) -> Rows:
    """List the teams, and since when each is there.

    `position_from` is a position of the catalog, `since_at` when it came to it.

    Example: remiss team list
    """
    head = ws.position()
    found = ws.people.teams(reached(as_of, head))
    at = ws.people.moments({each.position_from for each in found})
    lines = tuple((each.name, each.about, each.position_from, at.get(each.position_from)) for each in found)
    return Rows("team", TEAMS, lines, head if as_of is None else as_of, total=len(lines))
