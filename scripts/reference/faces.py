"""Reference pages of what one can do: the commands, and the actions behind them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from remiss.action import Action
from remiss.contract.forms import ParameterEntry
from remiss.contract.table import Entry, entries
from remiss.faces.cli.main import cli
from remiss.faces.cli.parameters import Argument
from scripts.declared import load
from scripts.reference.markdown import block, code, page, section, table


def commands() -> Iterator[click.Context]:
    """Every command that is not a group, in the order of its path."""
    yield from under(click.Context(cli, info_name="remiss", **cli.context_settings))


def under(context: click.Context) -> Iterator[click.Context]:
    """The context itself when it is a command's, else those of the commands below it."""
    if not isinstance(context.command, click.Group):
        yield context
        return
    for name in context.command.list_commands(context):
        command = context.command.get_command(context, name)
        if command is not None:
            yield from under(click.Context(command, info_name=name, parent=context))


def commands_page() -> str:
    """Every command with its arguments, options and environment twins."""
    parts = [part for context in commands() for part in command_parts(context)]
    return page(
        "Commands",
        "Results go to stdout, talk to stderr. Exit status: 0 done or yes, 1 the answer is no, 2 the call or its input was "
        "wrong, 3 cannot decide, 70 a fault of ours; see [errors](errors.md). Every option can be given in the environment too: "
        "a flag as 1, and one that may be repeated as several values with spaces between them.",
        "`--as-of P` reads the catalog as it stood at position P. It is on whatever reads what a catalog holds, and not on "
        "`capture --dry-run` (it plans what a capture would do now), `taxonomy recode --dry-run` (likewise), "
        "`reproduce` (what a run filed never changes, and is "
        "compared with its source as that is now), `doctor` (which looks at the machine as it is), `protocol check`, "
        "`taxonomy show` and `schema` (which read no catalog).",
        "## remiss",
        options(click.Context(cli, info_name="remiss", **cli.context_settings)),
        *parts,
    )


def command_parts(context: click.Context) -> list[str]:
    """The parts of one command: path, usage, help, examples, options."""
    usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
    paragraphs = inspect.cleandoc(context.command.help or "").replace("\b", "").split("\n\n")
    examples = [re.sub(r"^Examples?:\s*", "", each) for each in paragraphs if each.startswith("Example")]
    told = [each for each in paragraphs if not each.startswith("Example")]
    return [
        f"## {context.command_path}",
        block(usage),
        *told,
        *(block(inspect.cleandoc(each), "sh") for each in examples),
        options(context),
    ]


def options(context: click.Context) -> str:
    """The table of what a command is given: its arguments and options; nothing when it has none."""
    rows = [
        [code(each.make_metavar(context)), "", each.explained] for each in context.command.params if isinstance(each, Argument)
    ]
    for each in context.command.params:
        if not isinstance(each, click.Option) or each.hidden:
            continue
        names = ", ".join(code(name) for name in [*each.opts, *each.secondary_opts])
        values = ", ".join(each.type.choices) if isinstance(each.type, click.Choice) else ""
        automatic = f"{context.auto_envvar_prefix}_{each.name}".upper() if each.name and not each.is_eager else ""
        twin = each.envvar if isinstance(each.envvar, str) else automatic
        meaning = (each.help or "").replace("\n", " ") + (f" One of {values}." if values else "")
        rows.append([names, code(twin), meaning])
    return table(["argument or option", "environment", "meaning"], rows) if rows else ""


def actions_page() -> str:
    """Every action: permission, what it takes and gives, and where it is found."""
    faces = entries()
    parts = [part for name, each in load().items() for part in action_parts(each, faces[name])]
    return page(
        "Actions",
        "An action is a function that takes the workspace first. It asks whether the actor may, begins, runs, writes one row of "
        "the journal and commits; one that only reads leaves no row. Nothing of what a catalog holds "
        "changes in another way, by commands or over HTTP. Making a catalog and upgrading its schema happen below "
        "all actions, for whoever opens the database; each leaves its row all the same, `catalog.init` (position 1) and "
        "`catalog.upgrade`.",
        *parts,
    )


def told(face: Entry) -> list[str]:
    """What an action says of itself, and an example of its command."""
    return [face.summary, *filter(None, face.text.split("\n\n")), *([block(face.example, "sh")] if face.example else [])]


def parameters(face: Entry) -> str:
    """The table of what an action takes; nothing when that is nothing. What a record has is told under its name."""
    rows = []
    for each in face.parameters:
        for one in each.flattened:
            name = one.name if one is each else f"{each.name}.{one.name}"
            bounds = (
                ""
                if one.low is None
                else f" {one.low:,} or more."
                if one.high is None or one.high > 10**9
                else f" {one.low:,} to {one.high:,}."
            )
            words = f" One of {', '.join(one.values)}." if one.values else ""
            default = "needed" if one.required else "" if one.default is None else code(str(one.default))
            rows.append([code(name), form_of(one), default, f"{one.help}{bounds}{words}"])
    return table(["parameter", "form", "default", "meaning"], rows) if rows else ""


def form_of(given: ParameterEntry) -> str:
    """What a parameter looks like, in a word or two."""
    if given.form == "many":
        return f"several: {given.of}"
    return (
        f"names to {given.of}"
        if given.form == "pairs"
        else {"flag": "true or false", "integer": "whole number"}.get(given.form, given.form)
    )


def action_parts(action: Action, face: Entry) -> list[str]:
    """The parts of one action."""
    facts = [
        ["call", code(f"remiss.{face.chapter}.{face.function}")],
        ["command", code(face.command)],
        ["route", code(face.route)],
        ["permission", code(action.permission)],
        [
            "journal",
            "no row: it only reads" if action.reads else f"one row{f', about {code(action.subject)}' if action.subject else ''}",
        ],
    ]
    raises = section(action.run, "Raises")
    return [f"## {action.name}", *told(face), parameters(face), table(["", ""], facts), f"Raises {raises}" if raises else ""]
