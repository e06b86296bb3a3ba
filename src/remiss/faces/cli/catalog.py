"""Commands on the catalog itself."""

from __future__ import annotations

import click

from remiss.faces.cli import render
from remiss.faces.cli.options import formatted_object, workspace


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
    """Look at a catalog or upgrade it."""


@catalog.command("info")
@formatted_object
def info(shape: str) -> None:
    """Say what the catalog is, how large, and which version wrote it.

    Example: remiss catalog info
    """
    with workspace() as ws:
        facts = ws.facts()
    if shape == "json":
        render.as_json({"schema": "remiss/catalog@1", **facts})
    else:
        render.facts(facts.items())


@catalog.command("upgrade")
def upgrade() -> None:
    """Bring the catalog to the schema of this version of remiss; does nothing when it is there already.

    Example: remiss catalog upgrade
    """
    import remiss

    with remiss.open(click.get_current_context().find_root().obj, upgrade=True) as ws:
        render.say(f"{ws.address} has schema {ws.facts()['schema version']}")
