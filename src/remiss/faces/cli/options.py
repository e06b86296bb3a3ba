"""What commands share: opening the workspace, the format of answers, times on the command line, progress and talk."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import remiss
from remiss.errors import InputError, Location
from remiss.faces.cli.everywhere import TOKEN_FILE
from remiss.records.identity import parse_time

if TYPE_CHECKING:
    from remiss.contract.table import Entry
    from remiss.offline import Offline
    from remiss.workspace import Workspace


Command = Callable[..., Any]
# What the option is called that chooses columns of a list.
COLUMNS = "columns"
# Under this name every command finds what was typed after `remiss`.
TYPED = "remiss.typed"


def with_workspace(command: Command) -> Command:
    """Give a command the workspace of the catalog that was named, as its first argument."""

    @functools.wraps(command)
    def opened(*args: Any, **kwargs: Any) -> Any:
        with workspace() as ws, one_reading(ws):
            return command(ws, *args, **kwargs)

    return opened


@contextmanager
def workspace(*, create: bool = False, defaults: Mapping[str, str] | None = None) -> Iterator[Workspace]:
    """Open the catalog that the call, the environment or the folder names.

    Parameters
    ----------
    defaults : variables of settings, where the environment says nothing
    """
    context = click.get_current_context()
    named, token_file = context.find_root().obj, context.meta.get(TOKEN_FILE)
    with remiss.open(named, token_file=token_file, create=create, environment={**(defaults or {}), **os.environ}) as ws:
        yield ws


@contextmanager
def offline() -> Iterator[Any]:
    """Give what needs no catalog a workspace without one."""
    from remiss.opening import without_catalog

    with without_catalog() as ws:
        yield ws


@contextmanager
def one_reading(ws: Any) -> Iterator[None]:
    """Read all that a command reads from one snapshot. It prints as it goes: each action records by itself what it shows."""
    with ws.reading() if hasattr(ws, "reading") else nullcontext():
        yield


FORMATS = ("table", "json", "csv", "markdown")


class Format(click.Option):
    """The option `--format`. What the environment wishes for all commands holds for those that have that format."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        wished = super().resolve_envvar_value(ctx)
        assert isinstance(self.type, click.Choice)
        return None if wished in FORMATS and wished not in self.type.choices else wished


def _format_settings(*formats: str) -> dict[str, Any]:
    return {
        "type": click.Choice(formats),
        "default": FORMATS[0],
        "envvar": "REMISS_FORMAT",
        "allow_from_autoenv": False,
        "help": "How to print the answer.",
    }


def formats_of(offered: Sequence[Entry]) -> Format:
    """Return the option `--format` of an action's command: CSV and Markdown where its answer is a list or figures."""
    formats = FORMATS if any(each.tabular for each in offered) else ("table", "json")
    return Format(["--format", "shape"], **_format_settings(*formats))


def formatted_object(command: Command) -> Command:
    """Add `--format table|json`, for answers that are not lists."""
    return click.option("--format", "shape", cls=Format, **_format_settings("table", "json"))(command)


class Time(click.ParamType[datetime, Any]):
    """A time in UTC: `2013-06-03`, `2013-06-03T06:00Z`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return parse_time(value)
        except ValueError:
            self.fail(f"{value!r} is not a time; write 2013-06-03 or 2013-06-03T06:00:00Z", param, ctx)


def progress_wanted(setting: str) -> bool:
    """Return whether progress goes to stderr."""
    return setting == "always" or (setting == "auto" and sys.stderr.isatty() and os.environ.get("TERM") != "dumb")


@contextmanager
def progress(ws: Offline) -> Iterator[None]:
    """Draw on stderr how far the work of `ws` has come, while it lasts."""
    if not progress_wanted(ws.settings.progress):
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task("reading", total=1.0)
        with ws.reporting(lambda stage, done: drawn.update(task, description=stage, completed=done)):
            yield


def content_of(path: Path, most: int) -> bytes:
    """Return the content of a file, of one of over so many bytes only as much as shows that.

    Raises
    ------
    InputError : it cannot be read
    """
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", where=Location(str(path)), do="name a file") from error


@contextmanager
def to_stderr() -> Iterator[None]:
    """Talk in this block. Where stderr takes nothing (a full disk, a reader that is gone), talk is left out from then on."""
    try:
        yield
    except OSError:
        # What is buffered would fail once more when Python ends, with a status of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
