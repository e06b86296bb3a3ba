"""Commands on protocols and taxonomies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from remiss.errors import InputError
from remiss.faces.cli import render

if TYPE_CHECKING:
    pass


@click.command("new")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", help="The protocol's name; default: the file's name.")
def new(path: Path, name: str | None) -> None:
    """Write a commented protocol to PATH, ready to be filled in.

    Example: remiss protocol new arrival-delay.yaml
    """
    from remiss.protocol.actions import template

    try:
        with path.open("x", encoding="utf-8") as opened:
            opened.write(template(name or path.stem))
    except FileExistsError as error:
        raise InputError(f"{path} exists already", do="name another file, or remove it first") from error
    render.say(f"wrote {path}; fill it in, then run: remiss protocol check {path}")
