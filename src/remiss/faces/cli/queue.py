"""Commands of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.faces.cli import render
from remiss.faces.cli.options import formatted_object, with_workspace
from remiss.records.labelling import LabellingKind

if TYPE_CHECKING:
    from remiss.curate.tasks import Left, QueueState
    from remiss.workspace import Workspace


@click.group()
def queue() -> None:
    """Take cases to label from the queue."""


@queue.command("next")
@click.option("--kind", type=click.Choice([each.value for each in LabellingKind]), help="Only this; default: the most urgent.")
@click.option("--beside", multiple=True, metavar="CASE_ID", help="A case that you have in hand already; may be repeated.")
@formatted_object
@with_workspace
def take(ws: Workspace, *, kind: str | None, beside: tuple[str, ...], shape: str) -> None:
    """Take the next case to label: the evidence, the questions, the failure modes.

    Nobody else is given it for 30 minutes. Disputes come first, then verifications, then annotations. What waits is as of now:
    there is no --as-of.

    Example: remiss queue next --kind verification
    """
    from remiss.curate import queue_actions
    from remiss.faces.cli import case_page

    found = queue_actions.take(ws, None if kind is None else LabellingKind(kind), beside)
    if shape == "json":
        render.as_json(to_json(found))
        return
    if found.task is None:
        render.say("nothing waits for you")
        return
    case_page.sheet(found.task.sheet)
    for each in found.task.labellings:
        click.echo(f"\n{each.kind.value} by {each.person}: {each.verdict.value} {each.mode or ''}".rstrip())
    render.say(f"yours until {found.task.until:%H:%M} UTC; {_left(found.left)}")


@queue.command("list")
@formatted_object
@with_workspace
def state(ws: Workspace, *, shape: str) -> None:
    """List what you have in hand, what is left for you, and how far each batch has come.

    It is as of now: there is no --as-of.

    Example: remiss queue list
    """
    from remiss.curate import queue_actions

    _show(queue_actions.waiting(ws), shape)


@queue.command("release")
@click.argument("case_id")
@formatted_object
@with_workspace
def release(ws: Workspace, case_id: str, *, shape: str) -> None:
    """Put CASE_ID back, for somebody else to take.

    Example: remiss queue release k7m4-qp
    """
    from remiss.curate import queue_actions

    _show(queue_actions.release(ws, case_id), shape)


def _show(found: QueueState, shape: str) -> None:
    if shape == "json":
        render.as_json(to_json(found))
        return
    if found.in_hand:
        render.table(
            ("in hand", "for", "until"), [(each.case, each.kind.value, f"{each.until:%H:%M} UTC") for each in found.in_hand]
        )
        click.echo()
    titles = ("batch", "period", "sampled", "done", "in turn")
    lines = [(each.group, each.period.date().isoformat(), each.size, each.done, each.in_turn) for each in found.batches]
    render.table(titles, lines)
    render.say(_left(found.left))


def _left(left: Left) -> str:
    waits = [(left.adjudication, "to adjudicate"), (left.verification, "to verify"), (left.annotation, "to annotate")]
    said = ", ".join(f"{count:,} {words}" for count, words in waits if count) or "nothing"
    return f"left for you: {said}; labelled in the last 24 hours: {left.mine:,}"
