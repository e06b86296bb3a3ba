"""The demo from the command line."""

from __future__ import annotations

import os
from pathlib import Path

import click

import remiss
from remiss.errors import InputError, StorageError
from remiss.faces.cli.serve import serve_pages, somebody_is_there


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--serve", is_flag=True, help="Serve the pages at the end, when a person is there to look at them.")
def demo(folder: Path, *, serve: bool) -> None:
    """Run the whole job in DIR: real flights, a real model, its failures captured, counted and compared with the truth.

    With --serve it ends by itself where standard input is no terminal, or CI is set.

    Example: remiss demo ./demo
    """
    try:
        from remiss.demo import story
    except ModuleNotFoundError as error:
        raise InputError(
            f"the demo needs {error.name}, which is not installed", do="install it with: pip install 'remiss[demo]'"
        ) from error
    story.run(folder)
    if serve and somebody_is_there():
        look(folder)


def look(folder: Path) -> None:
    """Serve the catalog of the demo; on another port where the usual one is taken."""
    # What a protocol that somebody posts names is looked for among the demo's logs.
    with remiss.open(folder / "remiss.db", environment={"REMISS_SOURCES": str(folder), **os.environ}) as ws:
        try:
            serve_pages(ws)
        except StorageError:
            serve_pages(ws, port=0)
