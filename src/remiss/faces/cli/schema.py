"""`remiss schema`: the JSON Schema of a document or an answer."""

from __future__ import annotations

import click

from remiss import codec
from remiss.errors import NotFound
from remiss.faces.cli import render
from remiss.former import KINDS


@click.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema called NAME; without NAME, list what there is.

    Example: remiss schema protocol > protocol.schema.json
    """
    if name is None:
        for each in codec.names():
            click.echo(each)
        return
    if name not in codec.names():
        do = f"use {KINDS[name]}" if name in KINDS else f"use one of {', '.join(codec.names())}"
        raise NotFound(f"there is no schema {name!r}", do=do)
    render.as_json(codec.published(name))
