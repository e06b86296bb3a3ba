"""Commands on the catalog itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import remiss
from remiss import catalog
from remiss.faces.cli import render

if TYPE_CHECKING:
    pass


@click.command()
@click.argument("address", required=False)
def init(address: str | None) -> None:
    """Make a new catalog at ADDRESS; default: the one that --catalog or REMISS_CATALOG names, else ./remiss.db.

    Example: remiss init failures.db
    """
    named = address or click.get_current_context().find_root().obj
    with remiss.open(named, create=True, otherwise="remiss.db") as ws:
        render.say(f"{ws.address} is ready at position {ws.position()}; next: remiss protocol new PROTOCOL.yaml")


@click.command("upgrade")
def upgrade() -> None:
    """Bring the catalog to the schema of this version of remiss.

    Where it has that already, nothing is done.

    Example: remiss catalog upgrade
    """
    with remiss.open(click.get_current_context().find_root().obj, upgrade=True) as ws:
        render.say(f"{ws.address} is at catalog version {catalog.info(ws).schema_version}")
