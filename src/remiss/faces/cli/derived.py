"""Commands derived from actions: `case.similar` is `remiss case similar`, with the parameters and the example that it declares.

What a group holds and how each command is called comes from the table of actions, so that help loads no chapter. The action
itself is imported when it is called; what it answers is printed by `printing`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import click

from remiss.action import Action
from remiss.contract.arguments import arguments_of, value_of
from remiss.contract.table import Entry, action_of, entries, entry_of
from remiss.errors import InputError, done_already
from remiss.faces.cli.options import formats_of, offline, one_reading, progress, workspace
from remiss.faces.cli.parameters import Argument, as_typed, clicked, typed
from remiss.faces.cli.printing import printed
from remiss.parameters import parameters_of_record

# The command of the first takes a query for the second.
BY_CASE, BY_QUERY = "case.replay", "job.replay"
COULD_BE_AN_ID = re.compile(r"[0-9a-tv-z-]{6,14}", re.ASCII | re.IGNORECASE)
DEFAULT = click.core.ParameterSource.DEFAULT


def derived() -> Mapping[tuple[str, ...], tuple[Entry, ...]]:
    """Return, by the words after `remiss`, the action of each command and those that are called within it by a flag."""
    found: dict[tuple[str, ...], tuple[Entry, ...]] = {}
    for each in sorted(entries().values(), key=lambda entry: entry.within is not None):
        found[each.words] = (*found.get(each.words, ()), each)
    return found


def command(words: Sequence[str], offered: Sequence[Entry]) -> click.Command:
    """Return the command of an action.

    Parameters
    ----------
    words : what is typed after `remiss`
    offered : the action, and those that are called within its command
    """
    main, *within = offered
    taken: dict[str, click.Parameter] = {}
    for entry in offered:
        own = [one for each in entry.parameters for one in each.flattened]
        for each in entry.parameters:
            for one in each.flattened:
                only = "" if entry is main else f" Goes with {entry.flag}."
                told = replace(one, help=as_typed(one.help, own))
                taken.setdefault(one.name, clicked(told, words, argument=each.positional and one is each, only=only))
    flags = [click.Option([each.flag or ""], is_flag=True, help=each.summary) for each in within]

    def call(**given: Any) -> int:
        shape = given.pop("shape")
        wanted = [each for each, flag in zip(within, flags, strict=True) if given.pop(flag.name)]
        entry = wanted[-1] if wanted else main
        return _call(entry, offered, given, shape)

    return DerivedCommand(
        words[-1],
        callback=call,
        params=[*taken.values(), *flags, formats_of(offered)],
        help=help_of(main),
        short_help=main.summary,
    )


class DerivedCommand(click.Command):
    """A command whose help tells of its arguments as of its options, and whose QUERY, if it takes one, may begin with `-`."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the arguments are, then the options."""
        arguments = [(each.make_metavar(ctx), each.explained) for each in self.params if isinstance(each, Argument)]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl(arguments)
        super().format_options(ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move what begins with a single `-` and is no option behind `--`, where click reads it as the query.

        So `remiss case search -status:verified` means what it says.
        """
        if not any(isinstance(each, Argument) and each.name == "query" for each in self.params):
            return super().parse_args(ctx, args)
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        names = {name for each in options for name in each.opts}
        valued = {name for each in options if not each.is_flag for name in each.opts}
        end = args.index("--") if "--" in args else len(args)
        others: list[str] = []
        queries: list[str] = []
        for at, word in enumerate(args[:end]):
            negated = len(word) > 1 and word[0] == "-" != word[1] and word not in names
            is_value = at > 0 and args[at - 1] in valued and not (at > 1 and args[at - 2] in valued)
            (queries if negated and not is_value else others).append(word)
        return super().parse_args(ctx, [*others, "--", *queries, *args[end + 1 :]])


def help_of(entry: Entry) -> str:
    """Return the help of a command, each paragraph in a line of its own, and its example as it is typed."""
    parts = [entry.summary, *entry.text.split("\n\n"), f"Example: {entry.example}" if entry.example else ""]
    own = [one for each in entry.parameters for one in each.flattened]
    return as_typed("\n\n".join(part for part in parts if part), own)


def _call(entry: Entry, offered: Sequence[Entry], given: dict[str, Any], shape: str) -> int:
    """Call an action with what was typed, print what it answers, and return the exit status."""
    if entry.name == BY_CASE and not COULD_BE_AN_ID.fullmatch(given["case"]):
        # What is no id is a query, and a job asks about what it finds.
        entry, given = entry_of(BY_QUERY), {"query": given.pop("case"), **given}
    own = {one.name: one for each in entry.parameters for one in each.flattened}
    for name in given.keys() - own.keys():
        if _was_typed(name):
            raise click.UsageError(_belongs(name, entry, offered))
    action = action_of(entry.name)
    values = {name: typed(own[name], given[name]) for name in own if _was_typed(name) or own[name].required}
    if shape in {"csv", "markdown"} and not entry.tabular:
        raise click.UsageError(
            f"--format {shape} goes with {' or '.join(each.flag for each in offered if each.tabular and each.flag)}"
        )
    _read_texts(action, entry, values)
    arguments = arguments_of(action, entry.parameters, values)
    with workspace() if entry.catalog else offline() as ws, progress(ws), one_reading(ws):
        answer = ws.perform(action, arguments)
        with nullcontext() if action.reads else done_already():
            return printed(entry, answer, shape, ws, arguments)


def _read_texts(action: Action, entry: Entry, values: dict[str, Any]) -> None:
    """Put records in the place of what was typed for those that have a form as text.

    Raises
    ------
    click.BadParameter : a text that is no such record
    """
    for each in entry.parameters:
        declared = action.parameters[each.name]
        inner = {each.name: declared} if each.flattened == (each,) else parameters_of_record(declared.type)
        for one in each.flattened:
            if one.text is not None and values.get(one.name) is not None:
                try:
                    values[one.name] = value_of(inner[one.name], values[one.name])
                except InputError as error:
                    raise click.BadParameter(f"{error.what}; {error.do}", param_hint=one.option or f"--{one.name}") from error


def _was_typed(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is not DEFAULT


def _belongs(name: str, entry: Entry, offered: Sequence[Entry]) -> str:
    """Return why an option cannot be given here: it belongs to another way in which the command is called."""
    option = f"--{name.replace('_', '-')}"
    for parameter in click.get_current_context().command.params:
        if parameter.name == name:
            option = parameter.opts[-1]
    if entry.flag:
        return f"{entry.flag} has no {option}"
    flags = [each.flag for each in offered if any(one.name == name for each_ in each.parameters for one in each_.flattened)]
    return f"{option} goes with {' or '.join(filter(None, flags))}"
