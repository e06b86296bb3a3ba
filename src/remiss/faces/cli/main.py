"""The command line: `remiss NOUN VERB`.

Commands load when they are called, so that `remiss --help` answers at once; `COMMANDS` has their one-line help.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from itertools import pairwise
from typing import Any

import click

from remiss.errors import RemissError, SettingError, StorageError
from remiss.faces.cli.options import TOKEN_FILE
from remiss.faces.cli.talk import talking
from remiss.version import __version__

# name: (module under remiss.faces.cli, attribute, one line of help)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "access": ("access", "access", "Ask who may do what."),
    "attachment": ("attachment", "attachment", "Add files to a case, list, get and remove them."),
    "audit": ("audit", "audit", "Look up who did and saw what, and prove that nobody changed it."),
    "agreement": ("agreement", "agreement", "See how far people agree who label the same cases."),
    "capture": ("capture", "capture", "Capture failures from a log, as a protocol says."),
    "case": ("case", "case", "Search, show, file and label cases."),
    "catalog": ("catalog", "catalog", "Look at a catalog, upgrade it, or rotate its key."),
    "citation": ("investigation", "citation", "See what rests on a run, a test, a ticket or a pull request."),
    "demo": ("demo", "demo", "Run the whole job on real flights, in a new folder."),
    "doctor": ("doctor", "doctor", "Check this machine and the catalog for what could go wrong."),
    "estimate": ("estimate", "estimate", "Estimate how often a failure happens, with an interval."),
    "inbox": ("discussion", "inbox", "See what waits for you."),
    "evidence": ("evidence", "evidence", "Look at the raw evidence of a case."),
    "init": ("catalog", "init", "Make a new catalog."),
    "person": ("person", "person", "Add people, grant them roles in teams, disable who has left."),
    "job": ("job", "job", "Post work that nobody waits for, and work it off."),
    "protocol": ("protocol", "protocol", "Write, check and compare protocols."),
    "queue": ("queue", "queue", "Take cases to label from the queue."),
    "reproduce": ("run", "reproduce", "Derive a run again from its manifest and compare."),
    "run": ("run", "run", "List, show, compare and accept capture runs."),
    "serve": ("serve", "serve", "Serve pages and the HTTP API on this machine."),
    "schema": ("schema", "schema", "Print the JSON Schema of a document or an answer."),
    "status": ("status", "status", "Say what is due, provisional or odd."),
    "taxonomy": ("protocol", "taxonomy", "Show failure modes, and rename, merge or split them."),
    "team": ("person", "team", "Add and list teams."),
    "token": ("access", "token", "Give people tokens, by which a server knows them."),
    "thread": ("discussion", "thread", "Read threads on cases, resolve them and open them again."),
}


class Commands(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[name]
        command: click.Command = getattr(importlib.import_module(f"remiss.faces.cli.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in sorted(COMMANDS)])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "REMISS"})
@click.version_option(__version__, prog_name="remiss")
@click.option(
    "--catalog",
    metavar="ADDRESS",
    help="A path, sqlite:///PATH, postgresql://... or a server's http address; else REMISS_CATALOG, else ./remiss.db.",
)
@click.option("--token-file", metavar="FILE", help="File with the token of a server; `remiss serve` writes it.")
@click.pass_context
def cli(ctx: click.Context, catalog: str | None, token_file: str | None) -> None:
    """The catalog of what your models got wrong.

    Start with `remiss demo DIR`, or with `remiss protocol new` on a log of your own.
    """
    ctx.obj = catalog
    ctx.meta[TOKEN_FILE] = token_file


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its status (design, section 11)."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status: 0, 1, 2, 3, or 70 for a fault of ours."""
    try:
        result: Any = cli.main(arguments, prog_name="remiss", standalone_mode=False)
    except click.exceptions.Abort:
        _say("stopped")
        return 130
    except click.ClickException as error:
        if _wants_json(arguments) and not isinstance(error, click.exceptions.NoArgsIsHelpError):
            return _refused(_misused(error), arguments)
        with talking():
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
    with talking():
        click.echo(text, err=True)


def _our_fault() -> int:
    _say(traceback.format_exc().rstrip())
    _say("This is a fault of remiss. Please report it, with the lines above, where SECURITY.md or CONTRIBUTING.md say.")
    return RemissError.exit_status
