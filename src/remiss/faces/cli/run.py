"""Commands on runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.errors import AnswerNo
from remiss.faces.cli import render
from remiss.faces.cli.options import as_of, formatted, formatted_object, listing, with_workspace
from remiss.records.legible import counted

if TYPE_CHECKING:
    from remiss.records.rows import Rows
    from remiss.workspace import Workspace


@click.group()
def run() -> None:
    """List, show, compare and accept capture runs."""


@run.command("list")
@click.option("--protocol", help="Only runs of this protocol.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@click.option("--after", metavar="TOKEN", help="Go on after the page that ended with this token.")
@as_of
@formatted
@with_workspace
def list_(ws: Workspace, protocol: str | None, limit: int, after: str | None, as_of: int | None, shape: str) -> None:
    """List runs, newest first.

    Example: remiss run list --protocol arrival-delay
    """
    from remiss.capture import run_actions as capture

    page = capture.runs(ws, protocol=protocol, limit=limit, after=after, as_of=as_of)
    render.rows(page, shape)
    if shape == "table" and page.next:
        render.say(f"{len(page):,} of {counted(page.total or 0, 'run')}; go on with --after {page.next}")


@run.command("coverage")
@listing
def coverage(ws: Workspace, as_of: int | None) -> Rows:
    """List what is captured: windows in force of each source and protocol version, and their events.

    Example: remiss run coverage
    """
    from remiss.capture import run_actions as capture

    return capture.coverage(ws, as_of=as_of)


@run.command("show")
@click.argument("run_id")
@as_of
@formatted_object
@with_workspace
def show(ws: Workspace, run_id: str, as_of: int | None, shape: str) -> None:
    """Show RUN_ID: what it read, what it drew, and how much of each group.

    Example: remiss run show run-4f7q2m
    """
    from remiss.capture import run_actions as capture
    from remiss.faces.cli import run_page

    found = capture.show(ws, run_id, as_of=as_of)
    if shape == "json":
        render.as_json(to_json(found))
    else:
        run_page.show(found)


@run.command("windows")
@click.argument("run_id")
@listing
def windows(ws: Workspace, run_id: str, as_of: int | None) -> Rows:
    """List the windows of RUN_ID: their events, whether labels may still change, and from when they settle.

    Example: remiss run windows run-4f7q2m
    """
    from remiss.capture import run_actions as capture

    return capture.windows(ws, run_id, as_of=as_of)


@run.command("cells")
@click.argument("run_id")
@listing
def cells(ws: Workspace, run_id: str, as_of: int | None) -> Rows:
    """List the cells of RUN_ID: how many events met, and were undecided on, the same criteria; whatever union is exact.

    Example: remiss run cells run-4f7q2m --format csv
    """
    from remiss.capture import run_actions as capture

    return capture.cells(ws, run_id, as_of=as_of)


@run.command("diff")
@click.argument("run_id")
@listing
def diff(ws: Workspace, run_id: str, as_of: int | None) -> Rows:
    """List what RUN_ID changed against the runs in force before it.

    Example: remiss run diff run-4f7q2m
    """
    from remiss.capture import run_actions as capture

    return capture.diff(ws, run_id, as_of=as_of)


@run.command("refused")
@click.argument("run_id")
@listing
def refused(ws: Workspace, run_id: str, as_of: int | None) -> Rows:
    """List the rows that RUN_ID refused: the first 100 of each reason, with file and row.

    Example: remiss run refused run-4f7q2m
    """
    from remiss.capture import run_actions as capture

    return capture.refused(ws, run_id, as_of=as_of)


@run.command("accept")
@click.argument("run_id")
@formatted_object
@with_workspace
def accept(ws: Workspace, run_id: str, shape: str) -> None:
    """Bring RUN_ID in force although events are gone from its source.

    Example: remiss run accept run-4f7q2m
    """
    from remiss.capture import run_actions as capture

    accepted = capture.accept(ws, run_id)
    if shape == "json":
        render.as_json(to_json(accepted))
    else:
        render.say(f"{accepted.id} is in force")


@click.command()
@click.argument("run_id")
@formatted_object
@with_workspace
def reproduce(ws: Workspace, run_id: str, shape: str) -> int:
    """Derive RUN_ID again from its named inputs and compare digests.

    Exit status 0 when it is the same, 1 when it differs (and how), 3 when its source is not all there (and what is missing).

    Example: remiss reproduce run-4f7q2m
    """
    from remiss.capture import run_actions as capture

    outcome = capture.reproduce(ws, run_id)
    if shape == "json":
        render.as_json(to_json(outcome))
    else:
        click.echo(f"{outcome.run}: {outcome.verdict}")
        for line in (*outcome.differences, *outcome.missing):
            click.echo(f"  {line}")
    return {"same": 0, "different": AnswerNo.exit_status, "cannot": 3}[outcome.verdict]
