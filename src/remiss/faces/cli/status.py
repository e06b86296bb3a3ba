"""`remiss status`: what is due, provisional or odd."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.faces.cli import render
from remiss.faces.cli.options import as_of, formatted_object, with_workspace
from remiss.records.identity import format_time
from remiss.records.legible import share

if TYPE_CHECKING:
    from remiss.capture.standing import Standing
    from remiss.workspace import Workspace

# Of the stretches of windows that are due; more than some say only that the log was never captured whole.
SHOWN = 5


@click.command()
@as_of
@formatted_object
@with_workspace
def status(ws: Workspace, as_of: int | None, shape: str) -> None:
    """Say, for each protocol and source, which windows are due or provisional, and what looks odd.

    Example: remiss status
    """
    from remiss.capture import run_actions as capture
    from remiss.capture.standing import Standings

    found = capture.status(ws, as_of=as_of)
    if shape == "json":
        render.as_json(to_json(found, Standings))
        return
    if not found:
        render.say("nothing is captured yet; next: remiss protocol new PROTOCOL.yaml, then remiss capture PROTOCOL.yaml")
    for item in found:
        render.facts(_lines(item))
        click.echo()


def _lines(item: Standing) -> list[tuple[str, object]]:
    return [
        ("protocol", f"{item.protocol} version {item.version} on {item.source}"),
        ("windows captured", item.windows),
        ("last window", item.last),
        ("windows due", f"unknown: {item.unseen}" if item.due is None else item.due),
        *(("", f"{format_time(each.since)} to {format_time(each.until)}") for each in item.intervals[:SHOWN]),
        *([("", f"and {len(item.intervals) - SHOWN:,} stretches more")] if len(item.intervals) > SHOWN else []),
        (
            "provisional",
            item.provisional if not item.mature else f"{item.provisional}, of which {item.mature} can be captured again now",
        ),
        ("refused", f"{share(item.refused_share)} of rows"),
        *([("caught nothing", ", ".join(item.nothing))] if item.nothing else []),
        *([("caught nearly everything", ", ".join(item.nearly_all))] if item.nearly_all else []),
        *([("waiting to be accepted", ", ".join(item.waiting))] if item.waiting else []),
    ]
