"""Protocols and taxonomies on a terminal: a template is written, and findings, texts, differences and recodings are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remiss.errors import InputError
from remiss.faces.cli import render
from remiss.present.legible import counted, number

if TYPE_CHECKING:
    from remiss.protocol.check_result import Finding
    from remiss.protocol.ports import StoredProtocol
    from remiss.records.recoding import KeptRecoding, Recoded
    from remiss.workspace import Workspace


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


def findings(found: Sequence[Finding], _ws: Workspace, arguments: Mapping[str, Any]) -> None:
    """Print all findings on a protocol, errors first, and count them."""
    errors = sum(item.level == "error" for item in found)
    for item in sorted(found, key=lambda item: item.level != "error"):
        mark = "" if item.level == "error" else "note: "
        click.echo(f"{item.file}:{item.line}: {mark}{item.what}" + (f"\n  {item.do}" if item.do else ""))
    render.say(f"{arguments['path']}: {counted(errors, 'error')}, {counted(len(found) - errors, 'note')}")


def text(stored: StoredProtocol) -> None:
    """Print the text of a protocol."""
    click.echo(stored.text, nl=False)


def diff(lines: Sequence[str]) -> None:
    """Print the lines of a unified diff."""
    for line in lines:
        click.echo(line)


def recoded(found: Recoded) -> None:
    """Print where each case goes, and whether that was written."""
    lines = [(each.mode, each.to or "(to be labelled again)", each.cases, number(each.weight)) for each in found.sent]
    render.table(("mode", "becomes", "cases", "events they stand for"), lines, numbers={3})
    render.say(f"{found.name}: " + ("written" if found.written else "nothing was written"))


def recodings(found: Sequence[KeptRecoding]) -> None:
    """Print the recodings that were written."""
    render.table(
        ("name", "about", "person", "at", "position"),
        [(each.name, each.about, each.person, each.at, each.position) for each in found],
    )
