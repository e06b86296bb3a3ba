"""Commands on the audit."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.errors import AnswerNo, InputError, Location
from remiss.faces.cli import render
from remiss.faces.cli.options import Time, formatted, formatted_object, progress, with_workspace
from remiss.records.legible import counted
from remiss.records.look import KINDS

if TYPE_CHECKING:
    from remiss.workspace import Workspace

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """Look up who did and saw what, and prove that nobody changed it."""


@audit.command("search")
@click.option("--log", type=click.Choice(["journal", "views"]), help="What was done, or what was looked at; default: both.")
@click.option("--actor", metavar="NAME", help="Only what this person did.")
@click.option("--action", metavar="NAME", help="Only this action, for example case.show.")
@click.option("--subject", metavar="ID", help="Only on this thing: the whole id of a case, a run, ...")
@click.option(
    "--kind",
    type=click.Choice([str(each) for each in KINDS]),
    help="Only changes, only looks at one of these, or only what was refused.",
)
@click.option("--since", type=Time(), help="From this moment.")
@click.option("--until", type=Time(), help="To before this moment.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@click.option("--after", metavar="TOKEN", help="Go on after the page that ended with this token.")
@formatted
@with_workspace
def search(
    ws: Workspace,
    log: str | None,
    actor: str | None,
    action: str | None,
    subject: str | None,
    kind: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    after: str | None,
    shape: str,
) -> None:
    """List what was done, looked at and refused, newest first.

    Example: remiss audit search --actor bo --since 2026-03-01
    """
    from remiss.govern import audit_actions as actions

    page = actions.search(
        ws,
        log=log,
        actor=actor,
        action=action,
        subject=subject,
        kind=kind,
        since=since,
        until=until,
        limit=limit,
        after=after,
    )
    render.rows(page, shape, none="no entry is like that")
    if subject is not None and not page.rows:
        render.say(f"there is nothing on {subject}; a subject is named by its whole id, as `remiss case show` prints it")
    if shape == "table" and page.next:
        render.say(f"{counted(len(page), 'entry', 'entries')}; go on with --after {page.next}")


@audit.command("verify")
@click.option("--checkpoint", type=FILE, metavar="FILE", help="Checkpoints that were kept elsewhere; may hold many.")
@click.option(
    "--key",
    type=FILE,
    metavar="FILE",
    help="The public key that they were signed with: rely on nothing else, needs no key folder.",
)
@formatted_object
@with_workspace
def verify(ws: Workspace, checkpoint: Path | None, key: Path | None, shape: str) -> int:
    """Say of each log whether it is still what was written, and if not, which entry is the first that is not.

    Exit status 0 when all is sound, 1 when it is not.

    Example: remiss audit verify --checkpoint checkpoints.txt
    """
    from remiss.govern import audit_actions as actions
    from remiss.govern.verification import Verification

    with progress(ws):
        verdicts = actions.verify(ws, checkpoint=_text(checkpoint), key=_text(key))
    if shape == "json":
        render.as_json(to_json(verdicts, Verification))
    else:
        for each in verdicts:
            held = f", held against {' and '.join(each.against)}" if each.against else ", held against nothing"
            says = f"sound{held}" if each.sound else f"NOT SOUND: {each.what}"
            click.echo(f"{each.log}: {counted(each.entries, 'entry', 'entries')}, {says}")
    return 0 if all(each.sound for each in verdicts) else AnswerNo.exit_status


@audit.command("checkpoint")
@click.option("--key", type=FILE, metavar="FILE", help="Write the public key there, too.")
@formatted_object
@with_workspace
def checkpoint(ws: Workspace, key: Path | None, shape: str) -> None:
    """Sign how long each log is and which root it has, and print that. Keep it elsewhere, with the public key.

    Example: remiss audit checkpoint --key remiss.pub >> checkpoints.txt
    """
    from remiss.govern import audit_actions as actions

    signed = actions.checkpoint(ws)
    if key is not None:
        key.write_text(signed.key + "\n", "utf-8")
    if shape == "json":
        render.as_json(to_json(signed))
    else:
        click.echo("\n".join(signed.notes))


@audit.command("prove")
@click.argument("entry")
@click.option(
    "--checkpoint", type=FILE, metavar="FILE", help="Prove it against a checkpoint that was kept; default: one made now."
)
@with_workspace
def prove(ws: Workspace, entry: str, checkpoint: Path | None) -> None:
    """Print, as JSON, a proof that ENTRY is in the log, which can be checked without the catalog.

    Example: remiss audit prove journal-7 > proof.json
    """
    from remiss.govern import audit_actions as actions

    render.as_json(to_json(actions.prove(ws, entry, checkpoint=_text(checkpoint))))


def _text(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(f"{path} cannot be read: {why}", where=Location(str(path)), do="name another file") from error
