"""Commands on people and teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.faces.cli import render
from remiss.faces.cli.options import formatted_object, listing, with_workspace
from remiss.govern.roles import ROLES
from remiss.records.case import Sensitivity

if TYPE_CHECKING:
    from remiss.records.person import Person
    from remiss.records.rows import Rows
    from remiss.workspace import Workspace

TEAM = "Which team; * is every team, those to come as well."


@click.group()
def person() -> None:
    """Add people, grant them roles in teams, disable who has left."""


@person.command("add")
@click.argument("name")
@click.option("--about", help="For example their whole name.")
@formatted_object
@with_workspace
def add(ws: Workspace, name: str, about: str | None, shape: str) -> None:
    """Add NAME, who may do nothing until they are granted a role.

    Example: remiss person add ana --about "Ana Lima"
    """
    from remiss.govern import people_actions as actions

    _said(actions.add(ws, name, about), shape)
    if shape != "json":
        render.say(f"next: remiss person grant {name} ROLE --team TEAM")


@person.command("list")
@listing
def list_(ws: Workspace, as_of: int | None) -> Rows:
    """List people, a line for each role that they hold.

    Example: remiss person list
    """
    from remiss.govern import people_actions as actions

    return actions.people(ws, as_of=as_of)


@person.command("disable")
@click.argument("name")
@formatted_object
@with_workspace
def disable(ws: Workspace, name: str, shape: str) -> None:
    """Disable NAME: their roles, tokens and sessions end at once; what they did stays theirs.

    Example: remiss person disable ana
    """
    from remiss.govern import people_actions as actions

    _said(actions.disable(ws, name), shape)


@person.command("grant")
@click.argument("name")
@click.argument("role", type=click.Choice(tuple(ROLES)))
@click.option("--team", default="default", show_default=True, help=TEAM)
@click.option(
    "--clearance",
    type=click.Choice([level.name.lower() for level in Sensitivity]),
    default="internal",
    show_default=True,
    help="Up to which sensitivity they see things of the team, in whatever role there.",
)
@formatted_object
@with_workspace
def grant(ws: Workspace, name: str, role: str, *, team: str, clearance: str, shape: str) -> None:
    """Grant NAME a role in a team.

    Example: remiss person grant ana annotator --team arrivals --clearance internal
    """
    from remiss.govern import people_actions as actions

    _said(actions.grant(ws, name, role, team=team, clearance=Sensitivity[clearance.upper()]), shape)


@person.command("revoke")
@click.argument("name")
@click.argument("role", type=click.Choice(tuple(ROLES)))
@click.option("--team", default="default", show_default=True, help=TEAM)
@formatted_object
@with_workspace
def revoke(ws: Workspace, name: str, role: str, team: str, shape: str) -> None:
    """Take a role in a team from NAME.

    Example: remiss person revoke ana annotator --team arrivals
    """
    from remiss.govern import people_actions as actions

    _said(actions.revoke(ws, name, role, team=team), shape)


def _said(found: Person, shape: str) -> None:
    from remiss.govern.access import spelled

    if shape == "json":
        render.as_json(to_json(found))
    elif found.until is not None:
        render.say(f"{found.name} is disabled")
    else:
        held = "; ".join(spelled(each) for each in found.grants)
        render.say(f"{found.name} is {held}" if held else f"{found.name} has no role in any team")


@click.group()
def team() -> None:
    """Add and list teams."""


@team.command("add")
@click.argument("name")
@click.option("--about", help="What the team looks after.")
@formatted_object
@with_workspace
def add_team(ws: Workspace, name: str, about: str | None, shape: str) -> None:
    """Add the team NAME; one that a protocol names is there by itself.

    Example: remiss team add arrivals --about "Arrival delays"
    """
    from remiss.govern import people_actions as actions

    made = actions.add_team(ws, name, about)
    if shape == "json":
        render.as_json(to_json(made))
    else:
        render.say(f"team {made.name} is there")


@team.command("list")
@listing
def list_teams(ws: Workspace, as_of: int | None) -> Rows:
    """List the teams.

    Example: remiss team list
    """
    from remiss.govern import people_actions as actions

    return actions.teams(ws, as_of=as_of)
