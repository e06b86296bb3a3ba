"""Commands on the raw evidence of cases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.faces.cli import render
from remiss.faces.cli.options import formatted_object, with_workspace

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@click.group()
def evidence() -> None:
    """Look at the raw evidence of a case."""


@evidence.command("show")
@click.argument("case_id")
@click.option("--purpose", required=True, help="What it is needed for, in a sentence.")
@click.option("--run", metavar="RUN", help="The capture run that kept it; default: the latest in force.")
@formatted_object
@with_workspace
def show(ws: Workspace, case_id: str, *, purpose: str, run: str | None, shape: str) -> None:
    """Show the raw event of CASE_ID as production logged it, with everything that redaction takes out.

    That you looked is written down, and what for.

    Example: remiss evidence show k7m4-qp2x --purpose "the carrier asked which flight it was"
    """
    from remiss.catalog import evidence_actions

    found = evidence_actions.show(ws, case_id, purpose, run=run)
    if shape == "json":
        render.as_json(to_json(found))
        return
    row = json.loads(found.content)
    render.facts((name, _raw(value)) for name, value in row.items())
    render.say(f"{found.sensitivity.name.lower()}; the event of case {found.case} as {found.run} kept it")


def _raw(value: object) -> str | None:
    # Letter by letter: a number that is a name (flight 1371) must not be grouped into thousands, nor any be rounded.
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
