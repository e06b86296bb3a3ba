"""Commands on protocols and taxonomies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.errors import AnswerNo, InputError
from remiss.faces.cli import recoding, render
from remiss.faces.cli.options import as_of, formatted, formatted_object, listing, with_workspace
from remiss.records.legible import counted

if TYPE_CHECKING:
    from remiss.records.rows import Rows
    from remiss.workspace import Workspace


@click.group()
def protocol() -> None:
    """Write, check and compare protocols."""


@protocol.command("new")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", help="The protocol's name; default: the file's name.")
def new(path: Path, name: str | None) -> None:
    """Write a commented protocol to PATH, ready to be filled in.

    Example: remiss protocol new arrival-delay.yaml
    """
    from remiss.protocol.template import template

    try:
        with path.open("x", encoding="utf-8") as opened:
            opened.write(template(name or path.stem))
    except FileExistsError as error:
        raise InputError(f"{path} exists already", do="name another file, or remove it first") from error
    render.say(f"wrote {path}; fill it in, then run: remiss protocol check {path}")


@protocol.command("check")
@click.argument("path")
@formatted_object
def check(path: str, shape: str) -> int:
    """Check the protocol at PATH against its source and print all findings.

    Exit status 1 when one of them is an error, 2 when there is no such file.

    Example: remiss protocol check arrival-delay.yaml
    """
    from remiss.opening import bench
    from remiss.protocol import actions

    with bench() as ws:
        found = sorted(actions.check(ws, path), key=lambda item: item.level != "error")
    errors = sum(item.level == "error" for item in found)
    if shape == "json":
        from remiss.protocol.terms import Findings

        render.as_json(to_json(found, Findings))
    else:
        for item in found:
            mark = "" if item.level == "error" else "note: "
            click.echo(f"{item.file}:{item.line}: {mark}{item.what}" + (f"\n  {item.do}" if item.do else ""))
        render.say(f"{path}: {counted(errors, 'error')}, {counted(len(found) - errors, 'note')}")
    return AnswerNo.exit_status if errors else 0


@protocol.command("list")
@listing
def list_(ws: Workspace, as_of: int | None) -> Rows:
    """List the protocol versions that the catalog has met.

    Example: remiss protocol list
    """
    from remiss.protocol import actions

    return actions.versions(ws, as_of=as_of)


@protocol.command("show")
@click.argument("name")
@click.option("--version", type=int, help="Which version; default: the newest.")
@as_of
@formatted_object
@with_workspace
def show(ws: Workspace, name: str, version: int | None, as_of: int | None, shape: str) -> None:
    """Print the text of a protocol as it was used.

    Example: remiss protocol show arrival-delay --version 2
    """
    from remiss.protocol import actions

    stored = actions.show(ws, name, version, as_of=as_of)
    if shape == "json":
        render.as_json(to_json(stored))
    else:
        click.echo(stored.text, nl=False)


@protocol.command("diff")
@click.argument("name")
@click.argument("before", type=int)
@click.argument("after", type=int)
@as_of
@formatted_object
@with_workspace
def diff(ws: Workspace, name: str, before: int, after: int, as_of: int | None, shape: str) -> int:
    """Show what changed between two versions of a protocol; exit status 1 when something did.

    Example: remiss protocol diff arrival-delay 2 3
    """
    from remiss.protocol import actions

    lines = actions.diff(ws, name, before, after, as_of=as_of)
    if shape == "json":
        from remiss.protocol.terms import Diff

        render.as_json(to_json(lines, Diff))
    else:
        for line in lines:
            click.echo(line)
    return AnswerNo.exit_status if lines else 0


@click.group()
def taxonomy() -> None:
    """Show failure modes, and rename, merge or split them."""


taxonomy.add_command(recoding.recode)
taxonomy.add_command(recoding.recodings)


@taxonomy.command("show")
@click.argument("mode", required=False)
@formatted
def taxonomy_show(mode: str | None, shape: str) -> None:
    """List the built-in failure modes, or those under MODE.

    Example: remiss taxonomy show remiss:model
    """
    from remiss.opening import bench
    from remiss.protocol import actions

    with bench() as ws:
        render.rows(actions.modes(ws, mode), shape)
