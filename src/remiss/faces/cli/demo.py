"""The demo from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from remiss.errors import InputError


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def demo(folder: Path) -> None:
    """Run the whole job in DIR: real flights, a real model, its failures captured, counted and compared with the truth.

    Example: remiss demo ./demo
    """
    try:
        from remiss.demo import story
    except ModuleNotFoundError as error:
        raise InputError(
            f"the demo needs {error.name}, which is not installed", do="install it with: pip install 'remiss[demo]'"
        ) from error
    story.run(folder)
