"""Agreement from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.faces.cli import render
from remiss.faces.cli.negation import QueryCommand
from remiss.faces.cli.options import Chosen, as_of, formatted, with_workspace
from remiss.faces.spreadsheet import as_csv
from remiss.records import concord
from remiss.records.agreement import By
from remiss.records.legible import counted

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@click.group()
def agreement() -> None:
    """See how far people agree who label the same cases."""


@agreement.command("show", cls=QueryCommand)
@click.argument("query", default="", required=False)
@click.option("--by", type=Chosen(By), help="A row for each failure mode, pair of people, or month of the second labelling.")
@as_of
@formatted
@with_workspace
def show(ws: Workspace, query: str, *, by: By | None, as_of: int | None, shape: str) -> None:
    """Say how far annotators and verifiers of the cases that match QUERY agree, beyond chance.

    Krippendorff's alpha and Gwet's AC1 (AC2 where labels may be near), each case weighed by how many it stands for, with 95 %
    intervals by resampling cases.

    Example: remiss agreement show 'criterion:missed-delay' --by month
    """
    from remiss.curate import agreement_actions as curate

    found = curate.measure_agreement(ws, query, by=by, as_of=as_of)
    if shape == "json":
        render.as_json(to_json(found))
        return
    if shape == "csv":
        click.echo(as_csv(*concord.columns(found)), nl=False)
        return
    render.table(*concord.table(found))
    render.say(f"{counted(found.cases, 'case')} labelled twice")
    for note in found.notes:
        render.say(note)
