"""`remiss serve`: pages and the HTTP API of one catalog."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from remiss.errors import InputError, SettingError
from remiss.faces.cli import render
from remiss.faces.cli.options import workspace

if TYPE_CHECKING:
    from remiss.workspace import Workspace

PORT = 8765


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address; others are refused for now.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes any free one.")
def serve(host: str, port: int) -> None:
    """Serve pages and the HTTP API of the catalog on this machine.

    Prints a link that signs one browser in. Programs send the token of REMISS_TOKEN or --token-file.

    Example: remiss serve --port 8765
    """
    with workspace() as ws:
        if ws.file is None and ws.address.startswith("http"):
            raise SettingError(f"{ws.address} is served already", do="name the database itself")
        serve_pages(ws, host, port)


def serve_pages(ws: Workspace, host: str = "127.0.0.1", port: int = PORT) -> None:
    """Serve an open catalog until somebody stops it, and say by which link to look at it.

    Raises
    ------
    InputError : the extra `serve` is not installed
    SettingError, StorageError : the address cannot be used
    """
    try:
        from remiss.faces import server
    except ImportError as error:
        raise InputError(f"{error.name} is not installed", do='install the extra: pip install "remiss[serve]"') from error

    render.say(f"serving {ws.address}; stop with Ctrl-C")
    server.serve(ws, host=host, port=port, announce=lambda link: render.say(f"sign in (works once): {link}"))


def somebody_is_there() -> bool:
    """Return whether a person runs this and may look at pages: input is a terminal, and no CI."""
    return sys.stdin.isatty() and not os.environ.get("CI")
