"""Commands on files that people add to cases."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from remiss.errors import InputError, Location, StorageError
from remiss.faces import answers
from remiss.faces.cli import render
from remiss.faces.cli.options import as_of, formatted, formatted_object, with_workspace
from remiss.records.case import Sensitivity

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@click.group()
def attachment() -> None:
    """Add files to a case, list, get and remove them."""


@attachment.command("add")
@click.argument("case_id")
@click.argument("content", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--name", help="What it is called in the catalog; default: the name of FILE.")
@click.option(
    "--sensitivity",
    type=click.Choice([each.name.lower() for each in Sensitivity]),
    help="How guarded it is; never less than the case, which is the default.",
)
@formatted_object
@with_workspace
def add(ws: Workspace, case_id: str, *, content: Path, name: str | None, sensitivity: str | None, shape: str) -> None:
    """Add FILE to CASE_ID, at most 16 MB; it is kept encrypted.

    Example: remiss attachment add k7m4-qp2x screenshot.png
    """
    from remiss.catalog import attachment_actions as attachments

    grade = None if sensitivity is None else Sensitivity[sensitivity.upper()]
    made = attachments.add(ws, case_id, name or content.name, _read(content), sensitivity=grade)
    if shape == "json":
        render.as_json(answers.attachment(made))
        return
    click.echo(made.id)
    render.say(f"{made.name} of {made.size:,} bytes is attached to case {made.case}, {made.sensitivity.name.lower()}")


@attachment.command("list")
@click.argument("case_id")
@as_of
@formatted
@with_workspace
def list_(ws: Workspace, case_id: str, as_of: int | None, shape: str) -> None:
    """List the files of CASE_ID that you may see, the oldest first.

    Example: remiss attachment list k7m4-qp2x
    """
    from remiss.catalog import attachment_actions as attachments
    from remiss.faces.spreadsheet import files
    from remiss.records.rows import Rows

    found = attachments.attachments(ws, case_id, as_of=as_of)
    if shape == "json":
        render.as_json(answers.listed("attachment", found, answers.attachment))
        return
    columns, lines = files(found)
    render.rows(Rows("attachment", columns, lines, found.position, total=len(lines)), shape)


@attachment.command("get")
@click.argument("attachment_id")
@click.option("--output", type=click.Path(path_type=Path), help="File to write, - for standard output; default: its own name.")
@formatted_object
@with_workspace
def get(ws: Workspace, attachment_id: str, output: Path | None, shape: str) -> None:
    """Write the file ATTACHMENT_ID; one that is there already is not replaced. As JSON its content is in base64.

    Example: remiss attachment get attachment-4f7q2m9x3kbd --output screenshot.png
    """
    from remiss.catalog import attachment_actions as attachments

    found = attachments.get(ws, attachment_id)
    if shape == "json":
        render.as_json(answers.attached_file(found))
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


@attachment.command("remove")
@click.argument("attachment_id")
@formatted_object
@with_workspace
def remove(ws: Workspace, attachment_id: str, shape: str) -> None:
    """Remove the file ATTACHMENT_ID: its key is destroyed, its content and name are erased.

    Example: remiss attachment remove attachment-4f7q2m9x3kbd
    """
    from remiss.catalog import attachment_actions as attachments

    gone = attachments.remove(ws, attachment_id)
    if shape == "json":
        render.as_json(answers.attachment(gone))
    else:
        render.say(f"{gone.id} is removed from case {gone.case}")


def _read(path: Path) -> bytes:
    """Return the content of a file, of one that is too large only as much as shows that.

    Raises
    ------
    InputError : it cannot be read
    """
    from remiss.catalog.attachment import MOST_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", where=Location(str(path)), do="name a file") from error
