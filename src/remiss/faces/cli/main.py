"""The command line: `remiss NOUN VERB`.

Commands load when they are called, so that `remiss --help` answers at once; `COMMANDS` has their one-line help.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import traceback
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import click

from remiss import former
from remiss.errors import RemissError, SettingError, StorageError
from remiss.faces.cli.everywhere import SETTINGS, Everywhere, with_options_of_all
from remiss.faces.cli.options import TYPED, to_stderr
from remiss.version import __version__

# What is not derived from an action: module under remiss.faces.cli and its attribute, and why it is made by hand.
BY_HAND: Mapping[tuple[str, ...], tuple[str, str]] = {
    ("attachment", "add"): ("files", "add"),  # names the file as it is called here
    ("attachment", "get"): ("files", "get"),  # writes a file
    ("audit", "checkpoint"): ("governance", "checkpoint"),  # writes the public key to a file
    ("capture",): ("capture", "capture"),  # may make the catalog, and captures every interval that is due
    ("case", "notebook"): ("files", "notebook"),  # writes a file
    ("catalog", "backup"): ("setting_up", "backup"),  # writes a folder
    ("catalog", "restore"): ("setting_up", "restore"),  # makes the catalog
    ("catalog", "upgrade"): ("setting_up", "upgrade"),  # opens what cannot be opened otherwise
    ("demo",): ("setting_up", "demo"),  # a user of the library
    ("doctor",): ("setting_up", "doctor"),  # also where the catalog cannot be opened
    ("gate", "report"): ("gates", "report"),  # not for a person here
    ("gate", "verify"): ("gates", "verify"),  # reads a file, and needs no catalog
    ("init",): ("setting_up", "init"),  # makes the catalog
    ("job", "run"): ("serve", "run_jobs"),  # works off what waits
    ("protocol", "new"): ("protocol", "new"),  # writes a file
    ("result", "report"): ("suites", "report"),  # not for a person here
    ("sample", "export"): ("files", "export"),  # writes a file, and asks for page after page
    ("scenario", "make"): ("suites", "make_scenarios"),  # may write into the folder of a suite
    ("schema",): ("setting_up", "schema"),  # of remiss, not of a catalog
    ("serve",): ("serve", "serve"),  # a server
    ("suite", "build"): ("suites", "build"),  # may write a folder
    ("suite", "run"): ("suites", "run"),  # of a folder, it needs no catalog
    ("suite", "verify"): ("suites", "verify"),  # reads a folder, and needs no catalog
    ("token", "link"): ("governance", "link"),  # prints a link of this server
}
# What the commands on a thing are for.
NOUNS: Mapping[str, str] = {
    "access": "Ask who may do what.",
    "agreement": "See how far people agree who label the same cases.",
    "alert": "See which rates rose beyond the usual, and act on it.",
    "attachment": "Add files to a case, get, remove and restore them.",
    "audit": "Look up who did and saw what, and prove that nobody changed it.",
    "case": "Search, show, file and label cases.",
    "catalog": "Look at, save, restore and upgrade a catalog, rotate its key.",
    "chart": "See failures by two things at once, and what drifted.",
    "citation": "See what rests on a run, a test, a ticket or a pull request.",
    "evidence": "Look at the raw evidence of a case.",
    "experiment": "Record experiments that test what caused a case.",
    "flag": "Ask as programs do whether a model version may be released.",
    "gate": "Decide whether a model version may be released.",
    "hypothesis": "State what may have caused a case.",
    "inbox": "See what waits for you.",
    "cluster": "Find similar cases, and what they have in common.",
    "job": "Post work that nobody waits for, and see how it stands.",
    "model": "List the models that may be run, and try one.",
    "pattern": "Name what failures have in common, own it, merge and split.",
    "person": "Add people, grant them roles in teams, disable who has left.",
    "protocol": "Write, check and compare protocols.",
    "queue": "Take cases to label from the queue.",
    "remediation": "Record attempts to fix what caused a case.",
    "replay": "See what models answered about cases again.",
    "result": "See what running suites left.",
    "run": "List, show, compare and accept capture runs.",
    "sample": "List sampled events, controls too, and take them out.",
    "scenario": "Make synthetic variants of a suite's events.",
    "slice": "Find where failures are commoner, and have later windows say.",
    "suite": "Build suites of cases and controls, check and run them.",
    "taxonomy": "Show failure modes, and rename, merge or split them.",
    "team": "Add and list teams.",
    "thread": "Read threads on cases, resolve them and open them again.",
    "token": "Give people tokens, by which a server knows them.",
    "view": "Save lists and questions of Trends by a name.",
    "waiver": "Have a condition of a gate not count for a while.",
    "write-up": "Write up what was found out about a case.",
}
# The one-line help of commands that are made by hand and stand alone.
ALONE: Mapping[str, str] = {
    "capture": "Capture failures from a log, as a protocol says.",
    "demo": "Run the whole job on real flights, in a new folder.",
    "doctor": "Check this machine and the catalog for what could go wrong.",
    "init": "Make a new catalog.",
    "schema": "Print the JSON Schema of a document or an answer.",
    "serve": "Serve pages and the HTTP API on this machine.",
}


# By so many more objects than go, before what does is looked for; Python's own is 700. An estimate makes half as many.
MANY_OBJECTS = 500_000


class Commands(click.Group):
    """The commands below some words, made when they are needed: by hand, or from the table of actions."""

    def __init__(self, *args: Any, words: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = words

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the words that may follow, sorted."""
        from remiss.faces.cli.derived import derived

        depth = len(self.words)
        return sorted({each[depth] for each in (*derived(), *BY_HAND) if len(each) > depth and each[:depth] == self.words})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return the command or the group that a word names."""
        from remiss.faces.cli.derived import command, derived

        words = (*self.words, name)
        if words in BY_HAND:
            module, attribute = BY_HAND[words]
            found: click.Command = getattr(importlib.import_module(f"remiss.faces.cli.{module}"), attribute)
            return with_options_of_all(found)
        if words in derived():
            return with_options_of_all(command(words, derived()[words]))
        if self.words or name not in NOUNS:
            return None
        return with_options_of_all(Commands(name, words=words, help=NOUNS[name]))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word names; of a former name, or one that is near, say what is meant."""
        named = " ".join((*self.words, args[0]))
        now = former.COMMANDS.get(named)
        if now is not None:
            raise click.UsageError(f"there is no command {named}: it is {now} now", ctx)
        near = get_close_matches(args[0], self.list_commands(ctx))
        if near and args[0] not in near:
            raise click.UsageError(f"No such command {args[0]!r}. Did you mean {' or '.join(map(repr, near))}?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with its one line of help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._line(ctx, name)) for name in self.list_commands(ctx)])

    def _line(self, ctx: click.Context, name: str) -> str:
        from remiss.faces.cli.derived import derived

        words = (*self.words, name)
        if words in derived() and words not in BY_HAND:
            return derived()[words][0].summary
        if not self.words and name in {**NOUNS, **ALONE}:
            return {**NOUNS, **ALONE}[name]
        found = self.get_command(ctx, name)
        return "" if found is None else found.get_short_help_str(200)


class WholeCommandLine(Commands):
    """The command line, which remembers what was typed: a command says by which one to go on."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of a call."""
        words = tuple(args)
        ctx = super().make_context(info_name, args, parent, **extra)
        ctx.meta[TYPED] = words
        return ctx


@click.group(
    cls=WholeCommandLine,
    params=[Everywhere(name) for name in SETTINGS],
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "REMISS"},
)
@click.version_option(__version__, prog_name="remiss")
def cli() -> None:
    """The catalog of what your models got wrong.

    Start with `remiss demo DIR`, or with `remiss protocol new` on a log of your own. The options below may also stand behind the
    words of a command.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its status (design, section 11)."""
    # Most commands end before there is garbage: what they load is not looked through time and again for some.
    gc.set_threshold(MANY_OBJECTS)
    try:
        sys.exit(run(arguments))  # completing for a shell ends within it
    finally:
        if "duckdb" not in sys.modules:  # it would complain of what is left; to look at the end too takes a fifth of a command
            gc.freeze()


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status: 0, 1, 2, 3, or 70 for a fault of ours."""
    try:
        result: Any = cli.main(arguments, prog_name="remiss", standalone_mode=False)
    except click.exceptions.Abort:
        _say("stopped")
        return 130
    except click.ClickException as error:
        if isinstance(error, click.NoSuchOption) and error.option_name in former.OPTIONS:
            now = former.OPTIONS[error.option_name]
            error = click.UsageError(f"there is no option {error.option_name}: it is {now} now", error.ctx)
        if _wants_json(arguments) and not isinstance(error, click.exceptions.NoArgsIsHelpError):
            return _refused(_misused(error), arguments)
        with to_stderr():
            error.show()
        return SettingError.exit_status
    except RemissError as error:
        if error.exit_status == RemissError.exit_status:
            return _our_fault()
        return _refused(error, arguments)
    except BrokenPipeError:
        # The reader has gone (`remiss case search | head`); Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        what = f"{error.filename or 'output'}: {error.strerror}"
        return _refused(StorageError(what, do="make room or name another place, then try again"), arguments)
    except Exception:  # noqa: BLE001 - the last line of defence: our fault, told with its traceback
        return _our_fault()
    return result if isinstance(result, int) else 0


def _refused(error: RemissError, arguments: list[str] | None) -> int:
    _say(json.dumps(error.to_json(), ensure_ascii=False) if _wants_json(arguments) else str(error))
    return error.exit_status


def _misused(error: click.ClickException) -> SettingError:
    """Return what click says of a command that was called wrongly, as an error of ours."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    what = error.format_message().strip().removesuffix(".")
    return SettingError(what, do=f"see {'remiss' if context is None else context.command_path} --help")


def _wants_json(arguments: list[str] | None) -> bool:
    """Return whether a program reads the answer: it gets errors as the published `error` object, on stderr."""
    words = sys.argv[1:] if arguments is None else arguments
    given = [second for first, second in pairwise(words) if first == "--format"]
    given += [word.removeprefix("--format=") for word in words if word.startswith("--format=")]
    return (given or [os.environ.get("REMISS_FORMAT", "")])[-1] == "json"


def _say(text: str) -> None:
    with to_stderr():
        click.echo(text, err=True)


def _our_fault() -> int:
    _say(traceback.format_exc().rstrip())
    _say("This is a fault of remiss. Please report it, with the lines above, where SECURITY.md or CONTRIBUTING.md say.")
    return RemissError.exit_status
