"""`remiss doctor`: what could go wrong on this machine and with this catalog."""

from __future__ import annotations

import click

from remiss.errors import AnswerNo
from remiss.faces.cli import render
from remiss.faces.cli.options import formatted_object


@click.command()
@formatted_object
def doctor(shape: str) -> int:
    """Check the machine, the catalog, its keys and its vault; exit status 1 when something needs doing.

    Example: remiss doctor
    """
    from remiss.health import examine

    checks = examine(click.get_current_context().find_root().obj)
    if shape == "json":
        render.as_json(
            {
                "schema": "remiss/checks@1",
                "items": [{"name": each.name, "level": each.level, "says": each.says, "do": each.do} for each in checks],
            }
        )
    else:
        for each in checks:
            click.echo(f"{each.level:<5}  {each.name}: {each.says}" + (f"\n         {each.do}" if each.do else ""))
    return AnswerNo.exit_status if any(each.level == "bad" for each in checks) else 0
