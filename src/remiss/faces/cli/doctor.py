"""`remiss doctor`: what could go wrong on this machine and with this catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remiss import govern
from remiss.codec import to_json
from remiss.errors import AnswerNo, InputError
from remiss.faces.cli import render
from remiss.faces.cli.options import formatted_object, workspace

if TYPE_CHECKING:
    from remiss.govern.ports.machine import HealthChecks


@click.command()
@formatted_object
def doctor(shape: str) -> int:
    """Check the machine, the catalog, its keys and its vault; exit status 1 when something needs doing.

    Example: remiss doctor
    """
    checks = _examine()
    if shape == "json":
        render.as_json(to_json(checks))
    else:
        for each in checks:
            click.echo(f"{each.level:<5}  {each.name}: {each.says}" + (f"\n         {each.do}" if each.do else ""))
    return AnswerNo.exit_status if any(each.level == "bad" for each in checks) else 0


def _examine() -> HealthChecks:
    """Look at the catalog that is named, and at the machine alone where it cannot be opened, which is a finding too."""
    from remiss.govern.ports.machine import Check, HealthChecks
    from remiss.opening import without_catalog

    try:
        with workspace() as ws:
            return govern.doctor(ws)
    except InputError as error:
        with without_catalog() as alone:
            found = Check("catalog", "bad", error.what, error.do)
            return HealthChecks(position=None, items=(*govern.doctor(alone), found))
