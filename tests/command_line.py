"""The command line with the shape of a workspace: an action becomes the words that a person would type, run in this process.

Which command that is, the table of faces says; how its arguments are spelled, the command's own parameters do. What comes back
is read from the published JSON, or from the published error and the exit status, and from nothing else.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, cast

import click
import pytest

from remiss.action import Action
from remiss.catalog import actions as catalog
from remiss.catalog.ports import CatalogWorkspace
from remiss.contract.table import Entry, entry_of
from remiss.errors import Location, RemissError
from remiss.faces.cli import main
from remiss.records.identity import format_time
from remiss.records.labelling import Impact
from tests import published

# What prints JSON to people too, for it is kept in a file.
ALWAYS_JSON = {"audit.prove"}
# The statuses with which a command ends that did its work: yes, no, cannot tell.
ANSWERED = {0, 1, 3}


@dataclass(frozen=True)
class CommandLine:
    """A catalog that is reached by commands alone."""

    address: str | None
    environment: Mapping[str, str]

    def perform(self, action: Action, arguments: Mapping[str, Any]) -> Any:
        """Run the action's command; return what its answer says, or raise what it refused with."""
        status, out, err = self._run(words(action, arguments))
        if out:
            assert status in ANSWERED, err
            return published.read(action, json.loads(out))
        raise refusal(status, err)

    @contextmanager
    def reporting(self, _progress: object) -> Iterator[None]:
        """Progress goes to a person's terminal, which nobody has here."""
        yield

    def position(self) -> int:
        return catalog.info(cast("CatalogWorkspace", self)).position

    def _run(self, typed: Sequence[str]) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as here, redirect_stdout(out), redirect_stderr(err):
            for name, value in {"REMISS_PROGRESS": "never", **self.environment}.items():
                here.setenv(name, value)
            named = [] if self.address is None else ["--catalog", self.address]
            status = main.run([*named, *typed])
        return status, out.getvalue(), err.getvalue()


def words(action: Action, arguments: Mapping[str, Any]) -> list[str]:
    """Return what a person types to call an action with these arguments, after `remiss`."""
    entry = entry_of(action.name)
    command = command_of(action.name)
    options, places = ([] if action.name in ALWAYS_JSON else ["--format", "json"]), []
    options += [entry.flag] if entry.flag else []
    for name, value in flat(entry, arguments):
        if value is None:
            continue
        parameter = parameter_of(command, name)
        if isinstance(parameter, click.Option):
            options += spelled(parameter, value)
        else:
            places.append((command.params.index(parameter), text(value)))
    # Behind `--` stands what is no option, whatever it begins with.
    return [*entry.words, *options, "--", *(word for _, word in sorted(places))]


def flat(entry: Entry, arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the arguments of an action by name; those of a record, such as a filing, one by one."""
    for each in entry.parameters:
        value = arguments.get(each.name)
        for one in each.flattened:
            yield (one.name, value if one is each or value is None else getattr(value, one.name))


def command_of(name: str) -> click.Command:
    """Return the command of an action."""
    found: click.Command = main.cli
    for word in entry_of(name).words:
        assert isinstance(found, click.Group)
        below = found.get_command(click.Context(found), word)
        assert below is not None, name
        found = below
    return found


def parameter_of(command: click.Command, name: str) -> click.Parameter:
    """Return the parameter of a command that gives an action its argument of that name."""
    return next(each for each in command.params if each.name == name)


def spelled(option: click.Option, value: Any) -> list[str]:
    """Return the words that give an option a value."""
    on, off = option.opts[-1], option.secondary_opts
    match value:
        case True if option.is_flag:
            return [on]
        case False if option.is_flag:
            return off[:1]
        case Mapping():
            return [word for name, each in value.items() for word in (on, pair(name, each))]
        case Sequence() if not isinstance(value, str):
            return [word for each in value for word in (on, text(each))]
        case _:
            return [on, text(value)]


def pair(name: str, value: object) -> str:
    """Return NAME=VALUE for text, and NAME:=VALUE for what is not text."""
    return f"{name}={value}" if isinstance(value, str) else f"{name}:={json.dumps(value)}"


def text(value: object) -> str:
    match value:
        case StrEnum():
            return value.value
        case Enum():
            return value.name.lower()
        case Impact():
            return f"{value.low} to {value.high} {value.unit}"
        case datetime():
            return format_time(value)
        case bytes():
            return written(value)
        case _:
            return str(value)


def written(content: bytes) -> str:
    """Return the name of a file with that content, for a command that reads one."""
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(content)
    return file.name


def refusal(status: int, err: str) -> Exception:
    """Return the error that a command ended with, from what it said to a program and its exit status."""
    assert err, f"a command ended with status {status} and said nothing"
    said = json.loads(err.splitlines()[-1])["error"]
    kind = kinds()[said["code"]]
    assert kind.exit_status == status, err
    where = None if said["where"] is None else Location(said["where"]["file"], said["where"]["line"])
    return kind(said["what"], where=where, do=said["do"])


def kinds(top: type[RemissError] = RemissError) -> dict[str, type[RemissError]]:
    """Return the errors by the code that is published of each."""
    return {top.code: top} | {code: kind for below in top.__subclasses__() for code, kind in kinds(below).items()}
