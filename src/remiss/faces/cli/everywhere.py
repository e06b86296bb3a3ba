"""Options of every command: they stand before its words or behind them, and where one is given twice, both say the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

COMMAND_LINE = click.core.ParameterSource.COMMANDLINE
# Under this name every command finds the file that --token-file named.
TOKEN_FILE = "remiss.token_file"  # noqa: S105 - a name
AUTO, ALWAYS, NEVER = "auto", "always", "never"
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "--catalog": {
        "metavar": "ADDRESS",
        "help": "A path, sqlite:///PATH, postgresql://... or a server's http address; else REMISS_CATALOG, else ./remiss.db.",
    },
    "--token-file": {"metavar": "FILE", "help": "File with the token of a server; `remiss serve` writes it."},
    "--color": {
        "type": click.Choice([AUTO, ALWAYS, NEVER]),
        "help": "Colour for severity and status; auto: on a terminal, unless NO_COLOR, CLICOLOR or FORCE_COLOR says otherwise.",
    },
}


class Everywhere(click.Option):
    """An option of all commands: it may be given again, and what the environment says is one value."""

    def __init__(self, name: str, *, hidden: bool = False) -> None:
        super().__init__(
            [name],
            multiple=True,
            expose_value=False,
            callback=_taken,
            hidden=hidden,
            allow_from_autoenv=not hidden,
            **SETTINGS[name],
        )

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Return what the environment says, as the one value that is given."""
        found = self.resolve_envvar_value(ctx)
        return None if found is None else (found,)


def _taken(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> None:
    """Take a value, if it is the only one that is given.

    Raises
    ------
    click.UsageError : another was given, too
    """
    assert param.name is not None
    if ctx.get_parameter_source(param.name) is COMMAND_LINE:
        given = ctx.meta.setdefault(f"remiss.given.{param.name}", [])
        given += values
        if len({*given}) > 1:
            raise click.UsageError(
                f"{param.opts[0]} is given twice, as {given[0]} and as {next(x for x in given if x != given[0])}"
            )
    value = values[-1] if values else None
    if param.name == "color":
        if value is not None or ctx.parent is None:
            ctx.color = ctx.find_root().color = colour(value or AUTO, os.environ)
    elif value is not None:
        if param.name == "catalog":
            ctx.find_root().obj = value
        else:
            ctx.meta[TOKEN_FILE] = value


def colour(wish: str, environment: Mapping[str, str]) -> bool | None:
    """Return whether to print in colour; None: on a terminal.

    What is typed goes before NO_COLOR, that before FORCE_COLOR and CLICOLOR_FORCE, and those before CLICOLOR.

    >>> [colour("auto", given) for given in ({}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"FORCE_COLOR": "1"}, {"CLICOLOR": "0"})]
    [None, False, True, False]
    """
    if wish != AUTO:
        return wish == ALWAYS
    if environment.get("NO_COLOR"):
        return False
    if any(environment.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return False if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb" else None


# As they stand behind the words of a command: its help does not repeat them.
BEHIND = tuple(Everywhere(name, hidden=True) for name in SETTINGS)


def with_options_of_all(command: click.Command) -> click.Command:
    """Return a command, or a group, that takes the options of all commands too."""
    command.params += [each for each in BEHIND if each not in command.params]
    return command
