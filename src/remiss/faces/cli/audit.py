"""`remiss audit checkpoint`, which also writes the public key to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from remiss import govern
from remiss.codec import to_json
from remiss.faces.cli import render
from remiss.faces.cli.options import formatted_object, with_workspace

if TYPE_CHECKING:
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
