"""Commands on the catalog itself."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.faces.cli import render
from remiss.faces.cli.options import as_of, formatted_object, progress, with_workspace
from remiss.records.legible import counted

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@click.command()
@click.argument("address", required=False)
def init(address: str | None) -> None:
    """Make a new catalog at ADDRESS; default: the one that --catalog or REMISS_CATALOG names, else ./remiss.db.

    Example: remiss init failures.db
    """
    import remiss

    named = address or click.get_current_context().find_root().obj
    with remiss.open(named, create=True, otherwise="remiss.db") as ws:
        render.say(f"{ws.address} is ready at position {ws.position()}; next: remiss protocol new PROTOCOL.yaml")


@click.group()
def catalog() -> None:
    """Look at a catalog, upgrade it, or rotate the key of its raw evidence."""


@catalog.command("info")
@as_of
@formatted_object
@with_workspace
def info(ws: Workspace, as_of: int | None, shape: str) -> None:
    """Say what the catalog is, how large, and which version wrote it.

    Example: remiss catalog info
    """
    from remiss.catalog import actions

    found = actions.info(ws, as_of=as_of)
    if shape == "json":
        render.as_json(to_json(found))
    else:
        pairs = ((field.name.replace("_", " "), getattr(found, field.name)) for field in fields(found))
        render.facts((name, value) for name, value in pairs if value is not None)


@catalog.command("upgrade")
def upgrade() -> None:
    """Bring the catalog to the schema of this version of remiss; does nothing when it is there already.

    Example: remiss catalog upgrade
    """
    import remiss
    from remiss.catalog import actions

    with remiss.open(click.get_current_context().find_root().obj, upgrade=True) as ws:
        render.say(f"{ws.address} is at catalog version {actions.info(ws).schema_version}")


@catalog.command("rotate")
@formatted_object
@with_workspace
def rotate(ws: Workspace, shape: str) -> None:
    """Put a new key in the place of the one that wraps the keys of raw evidence, and destroy the former.

    A rotation that was cut short is finished. Copies of the vault from before need the former key: save the vault and its
    keys anew.

    Example: remiss catalog rotate
    """
    from remiss.govern import key_actions

    with progress(ws):
        done = key_actions.rotate(ws)
    if shape == "json":
        render.as_json(to_json(done))
        return
    if done.resumed:
        render.say("a rotation that was cut short is finished; to put another key in place, rotate again")
    render.say(f"{counted(done.pieces, 'piece')} of evidence under the new key; save the vault and its keys anew")
