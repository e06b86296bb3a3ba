"""What governs a catalog, as a person reads it on a terminal: people, tokens, access, the audit, the catalog itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import click

from remiss.faces.cli import render
from remiss.former import shown
from remiss.govern.actions import Rotation
from remiss.govern.audit.integrity import LogIntegrity
from remiss.govern.authority import Access, grant_in_words
from remiss.present.legible import counted
from remiss.records.catalog import CatalogFacts
from remiss.records.person import IssuedToken, Person, Team, Token
from remiss.records.rows import Rows

if TYPE_CHECKING:
    from remiss.workspace import Workspace


def person(found: Person) -> None:
    """Say what somebody holds."""
    if found.position_to is not None:
        render.say(f"{found.name} is disabled")
        return
    held = "; ".join(grant_in_words(each) for each in found.grants)
    render.say(f"{found.name} is {held}" if held else f"{found.name} has no role in any team")


def added(found: Person) -> None:
    """Say that somebody is there, and what to do next."""
    person(found)
    if not found.grants:
        render.say(f"next: remiss person grant {found.name} ROLE --team TEAM")


def team(found: Team) -> None:
    """Say that a team is there."""
    render.say(f"team {found.name} is there")


def token(made: IssuedToken) -> None:
    """Print the secret of a token that was just made."""
    click.echo(made.text)
    ends = "" if made.token.expires is None else f", and works until {render.cell(made.token.expires)}"
    render.say(f"token {made.token.id} stands for {made.token.person}{ends}; it is shown this once")


def revoked(found: Token) -> None:
    """Say that a token is revoked."""
    render.say(f"token {found.id} of {found.person} is revoked")


def access(found: Access) -> None:
    """Print whether somebody may, and by which rule."""
    click.echo(f"{'yes' if found.allowed else 'no'}: {found.rule}")


def entries(found: Rows, _ws: Workspace, arguments: Mapping[str, Any]) -> None:
    """Print a page of the audit."""
    at = found.columns.index("action")
    rows = tuple((*row[:at], shown(str(row[at])), *row[at + 1 :]) for row in found.rows)
    if rows:
        render.page(replace(found, rows=rows), "entry", "entries")
    else:
        render.say("no entry is like that")
    subject = arguments["subject"]
    if subject is not None and not found.rows:
        render.say(f"there is nothing on {subject}; a subject is named by its whole id, as `remiss case show` prints it")


def verification(found: Sequence[LogIntegrity]) -> None:
    """Print of each log whether it is sound."""
    for each in found:
        held = f", held against {' and '.join(each.against)}" if each.against else ", held against nothing"
        says = f"sound{held}" if each.sound else f"NOT SOUND: {each.what}"
        click.echo(f"{each.log}: {counted(each.entries, 'entry', 'entries')}, {says}")


def catalog(found: CatalogFacts) -> None:
    """Print what a catalog is."""
    pairs = ((field.name.replace("_", " "), getattr(found, field.name)) for field in fields(found))
    render.facts((name, value) for name, value in pairs if value is not None)


def rotation(done: Rotation) -> None:
    """Say what a rotation did."""
    if done.resumed:
        render.say("an interrupted rotation is finished; to put another key in place, rotate again")
    render.say(f"{counted(done.pieces, 'piece')} of evidence under the new key; save the vault and its keys anew")
