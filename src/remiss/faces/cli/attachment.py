"""Commands on files that people add to cases."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from remiss import catalog
from remiss.codec import to_json
from remiss.errors import InputError, Location, StorageError
from remiss.faces.cli import render
from remiss.faces.cli.options import content_of, formatted_object, with_workspace
from remiss.records.case import Sensitivity

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@click.command("add")
@click.argument("case")
@click.argument("content", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--name", help="What it is called in the catalog; default: the name of FILE.")
@click.option(
    "--sensitivity",
    type=click.Choice([each.name.lower() for each in Sensitivity]),
    help="Its sensitivity; never below that of the case, which is the default.",
)
@formatted_object
@with_workspace
def add(ws: Workspace, case: str, *, content: Path, name: str | None, sensitivity: str | None, shape: str) -> None:
    """Add FILE to CASE, at most 16 MB; it is kept encrypted.

    Example: remiss attachment add k7m4-qp2x screenshot.png
    """
    from remiss.catalog.attachment import MOST_BYTES

    grade = None if sensitivity is None else Sensitivity[sensitivity.upper()]
    made = catalog.add_attachment(ws, case, content_of(content, MOST_BYTES), name=name or content.name, sensitivity=grade)
    if shape == "json":
        render.as_json(to_json(made))
        return
    click.echo(made.id)
    render.say(f"{made.name} of {made.size:,} bytes is attached to case {made.case}, {made.sensitivity.name.lower()}")


@click.command("get")
@click.argument("attachment")
@click.option("--output", type=click.Path(path_type=Path), help="File to write, - for standard output; default: its own name.")
@formatted_object
@with_workspace
def get(ws: Workspace, attachment: str, output: Path | None, shape: str) -> None:
    """Write the file ATTACHMENT; one that is there is not replaced.

    As JSON its content is in base64.

    Example: remiss attachment get attachment-4f7q2m9x3kbd --output screenshot.png
    """
    found = catalog.get_attachment(ws, attachment)
    if shape == "json":
        render.as_json(to_json(found))
        return
    if output == Path("-"):
        sys.stdout.buffer.write(found.content)
        return
    target = output or Path(found.attachment.name or found.attachment.id)
    try:
        with target.open("xb") as file:
            file.write(found.content)
    except FileExistsError as error:
        raise InputError(f"{target} is there already", where=Location(str(target)), do="name another with --output") from error
    except OSError as error:
        raise StorageError(
            f"{target} cannot be written: {error.strerror}", where=Location(str(target)), do="name another with --output"
        ) from error
    render.say(f"{target}: {found.attachment.size:,} bytes of case {found.attachment.case}")
