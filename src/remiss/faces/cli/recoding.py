"""Commands that rename, merge and split failure modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remiss.faces.cli import render
from remiss.faces.cli.options import as_of, formatted_object, with_workspace
from remiss.records.legible import number

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@click.command("recode")
@click.argument("path", metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Only say where each case would go.")
@formatted_object
@with_workspace
def recode(ws: Workspace, path: str, *, dry_run: bool, shape: str) -> None:
    """Rename, merge or split failure modes, as the document FILE says; what a case was called before stays in its history.

    Example: remiss taxonomy recode feeder.yaml --dry-run
    """
    from remiss.curate import recoding_actions as curate

    found = curate.rehearse(ws, path) if dry_run else curate.recode(ws, path)
    if shape == "json":
        from remiss.curate.recoding_rendering import recoded_json

        render.as_json(recoded_json(found))
        return
    lines = [(each.mode, each.to or "(to be labelled again)", each.cases, number(each.weight)) for each in found.sent]
    render.table(("mode", "becomes", "cases", "events they stand for"), lines, numbers={3})
    render.say(f"{found.name}: " + ("written" if found.written else "nothing was written"))


@click.command("recodings")
@as_of
@formatted_object
@with_workspace
def recodings(ws: Workspace, as_of: int | None, shape: str) -> None:
    """List the recodings that were written, oldest first.

    Example: remiss taxonomy recodings --format json
    """
    from remiss.curate import recoding_actions as curate
    from remiss.curate.recoding_rendering import kept_json
    from remiss.faces import answers

    found = curate.recodings(ws, as_of=as_of)
    if shape == "json":
        render.as_json(answers.listed("recoding", found, kept_json))
        return
    render.table(
        ("name", "about", "person", "at", "position"),
        [(each.name, each.about, each.person, each.at, each.position) for each in found],
    )
