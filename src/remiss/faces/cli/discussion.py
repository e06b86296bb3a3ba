"""Commands on threads and on what waits in one's inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remiss.faces.cli import render
from remiss.faces.cli.options import as_of, formatted, formatted_object, with_workspace
from remiss.records.legible import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remiss.records.discussion import Thread
    from remiss.workspace import Workspace


@click.command("comment")
@click.argument("case_id")
@click.argument("text")
@click.option("--thread", metavar="ID", help="The thread to answer in; default: a new one.")
@formatted_object
@with_workspace
def comment(ws: Workspace, case_id: str, text: str, *, thread: str | None, shape: str) -> None:
    """Say TEXT about CASE_ID, in Markdown; @name puts it in that person's inbox.

    Personal data is replaced before anything is kept.

    Example: remiss case comment k7m4-qp "Is this the feed again, @bo?"
    """
    from remiss.curate import discussion_actions as curate

    _told([curate.comment(ws, case_id, text, thread=thread)], shape)


@click.group()
def thread() -> None:
    """Read threads on cases, resolve them and open them again."""


@thread.command("list")
@click.argument("case_id")
@as_of
@formatted_object
@with_workspace
def list_(ws: Workspace, case_id: str, as_of: int | None, shape: str) -> None:
    """List the threads of CASE_ID with all their comments, the oldest first.

    Example: remiss thread list k7m4-qp
    """
    from remiss.curate import discussion_actions as curate
    from remiss.curate.discussion_rendering import thread_json
    from remiss.faces import answers

    found = curate.threads(ws, case_id, as_of=as_of)
    if shape == "json":
        render.as_json(answers.listed("thread", found, thread_json))
    else:
        _told(found, shape)
        render.say(counted(len(found), "thread"))


@thread.command("show")
@click.argument("thread_id")
@as_of
@formatted_object
@with_workspace
def show(ws: Workspace, thread_id: str, as_of: int | None, shape: str) -> None:
    """Show THREAD_ID with all its comments.

    Example: remiss thread show thread-4f7q2m9x3kbd
    """
    from remiss.curate import discussion_actions as curate

    _told([curate.thread(ws, thread_id, as_of=as_of)], shape)


@thread.command("resolve")
@click.argument("thread_id")
@formatted_object
@with_workspace
def resolve(ws: Workspace, thread_id: str, shape: str) -> None:
    """Say that THREAD_ID needs nothing more: its mentions wait no longer.

    Example: remiss thread resolve thread-4f7q2m9x3kbd
    """
    from remiss.curate import discussion_actions as curate

    _told([curate.resolve_thread(ws, thread_id)], shape)


@thread.command("reopen")
@click.argument("thread_id")
@formatted_object
@with_workspace
def reopen(ws: Workspace, thread_id: str, shape: str) -> None:
    """Open THREAD_ID again.

    Example: remiss thread reopen thread-4f7q2m9x3kbd
    """
    from remiss.curate import discussion_actions as curate

    _told([curate.reopen_thread(ws, thread_id)], shape)


@click.group()
def inbox() -> None:
    """See what waits for you."""


@inbox.command("list")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    envvar="REMISS_INBOX_LIST_ALL",
    allow_from_autoenv=False,
    help="Also what you answered and what is resolved.",
)
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, show_default=True, help="How many at most.")
@click.option("--after", metavar="TOKEN", help="Go on after the page that ended with this token.")
@as_of
@formatted
@with_workspace
def inbox_list(ws: Workspace, *, everything: bool, limit: int, after: str | None, as_of: int | None, shape: str) -> None:
    """List where others mentioned you and you have not answered, the newest first.

    Example: remiss inbox list --all
    """
    from remiss.curate import discussion_actions as curate

    page = curate.inbox(ws, everything=everything, limit=limit, after=after, as_of=as_of)
    render.page(page, shape, "mention")


def _told(found: Sequence[Thread], shape: str) -> None:
    """Print threads: as a person reads them, or one as an object."""
    from remiss.curate.discussion_rendering import thread_json

    if shape == "json":
        render.as_json(thread_json(found[0]))
        return
    for each in found:
        click.echo(f"{each.id}  {each.status.value}, on case {each.case}")
        if each.hidden is not None:
            click.echo(f"  There are comments that are {each.hidden}.")
        for said in each.comments:
            click.echo(f"  {render.cell(said.person)}, {render.cell(said.at)}")
            for line in ("(erased)" if said.text is None else said.text).splitlines():
                click.echo(f"    {render.cell(line)}".rstrip())
