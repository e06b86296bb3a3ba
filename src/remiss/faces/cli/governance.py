"""Commands of governance that do more than their action: a key is written to a file, a link printed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from remiss import govern
from remiss.codec import to_json
from remiss.faces.cli import render
from remiss.faces.cli.options import formatted_object, with_workspace
from remiss.faces.cli.serve import PORT

if TYPE_CHECKING:
    from remiss.records.person import IssuedToken
    from remiss.workspace import Workspace


@click.command("checkpoint")
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the public key there, too.")
@formatted_object
@with_workspace
def checkpoint(ws: Workspace, key: Path | None, shape: str) -> None:
    """Sign how long each log is and which root it has.

    Keep what is printed elsewhere, with the public key.

    Example: remiss audit checkpoint --key remiss.pub >> checkpoints.txt
    """
    signed = govern.checkpoint(ws)
    if key is not None:
        key.write_text(signed.key + "\n", "utf-8")
    if shape == "json":
        render.as_json(to_json(signed))
    else:
        click.echo("\n".join(signed.notes))


@click.command("link")
@click.argument("person")
@click.option("--about", help="What it is for.")
@click.option("--minutes", type=int, default=60, show_default=True, help="After how many it expires when nobody has used it.")
@click.option(
    "--origin",
    metavar="URL",
    envvar="REMISS_SERVE_ORIGIN",
    allow_from_autoenv=False,
    help="Under which address PERSON reaches the server; default: that of the catalog, if it is a server's, else this machine's.",
)
@formatted_object
@with_workspace
def link(ws: Workspace, person: str, *, about: str | None, minutes: int, origin: str | None, shape: str) -> None:
    """Invite PERSON by a link that signs one browser in.

    It is printed this once, and nobody can show it again. Send it by a way that only PERSON reads. Their session lasts as any
    other; the link works no second time. Who invites holds no less than PERSON, then and when it is used.

    Example: remiss token link ana --minutes 30
    """
    made = govern.link_token(ws, person, about=about, minutes=minutes)
    if shape == "json":
        render.as_json(to_json(made))
    else:
        _say_link(made, ws, origin)


def invited(made: IssuedToken, ws: Workspace) -> None:
    """Print the link that signs in somebody who was just added."""
    _say_link(made, ws, os.environ.get("REMISS_SERVE_ORIGIN"))


def _say_link(made: IssuedToken, ws: Workspace, origins: str | None) -> None:
    # The variable may name several addresses.
    named = origins.split()[:1] if origins else []
    server = (named or [ws.address if ws.address.startswith("http") else f"http://127.0.0.1:{PORT}"])[0]
    click.echo(f"{server.rstrip('/')}/sign-in?token={made.text}")
    ends = "" if made.token.expires is None else f" until {render.cell(made.token.expires)}"
    render.say(f"it signs {made.token.person} in, once,{ends}; it is shown this once")
