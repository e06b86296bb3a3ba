"""Estimates from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.faces.cli import render
from remiss.faces.cli.negation import QueryCommand
from remiss.faces.cli.options import as_of, formatted, with_workspace

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@click.command(cls=QueryCommand)
@click.argument("query", default="", required=False)
@click.option("--rate", is_flag=True, help="A rate instead of a total; --of, or the criterion's `among`, is the denominator.")
@click.option("--of", metavar="QUERY", help="The denominator of the rate.")
@click.option(
    "--by",
    metavar="FIELD",
    help="One figure for each value: a field such as inputs.carrier, or month, week, day, window, criterion.",
)
@click.option(
    "--basis",
    type=click.Choice(["log", "process"]),
    help="How sure: of this log, or of the process behind it (between windows); default: process where --by has rows to compare.",
)
@click.option("--confirmed", is_flag=True, help="Only what two people found; QUERY may then name mode and severity.")
@click.option(
    "--verdict",
    type=click.Choice(["failure", "wrong-label"]),
    help="What a confirmed figure counts; default: failure.",
)
@click.option("--source", help="Which source, when the catalog has several.")
@click.option("--protocol", help="Which protocol, as NAME or NAME@VERSION, when the catalog has several.")
@as_of
@formatted
@with_workspace
def estimate(
    ws: Workspace,
    query: str,
    *,
    rate: bool,
    of: str | None,
    by: str | None,
    basis: str | None,
    source: str | None,
    protocol: str | None,
    confirmed: bool,
    verdict: str | None,
    as_of: int | None,
    shape: str,
) -> None:
    """Estimate how many events of the log match QUERY, with a 95 % interval: as machines flagged them, or as people confirmed.

    Example: remiss estimate 'criterion:missed-delay' --rate --by inputs.carrier
    """
    from remiss.faces.cli import estimate_page
    from remiss.understand import actions

    found = actions.estimate(
        ws,
        query,
        rate=rate,
        of=of,
        by=by,
        basis=basis,
        source=source,
        protocol=protocol,
        confirmed=confirmed,
        verdict=verdict,
        as_of=as_of,
    )
    if shape == "json":
        render.as_json(to_json(found))
    else:
        estimate_page.show(found, shape)
