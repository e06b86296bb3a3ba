"""The main job from the command line."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

import remiss
from remiss import capture as capture_chapter
from remiss.codec import to_json
from remiss.errors import AnswerNo, CatalogMissing
from remiss.faces.cli import render
from remiss.faces.cli.options import Time, formatted_object, progress, workspace
from remiss.records.run import Run

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@click.command()
@click.argument("protocol")
@click.option("--since", type=Time(), help="Start of the first window to capture; default: what is due.")
@click.option("--until", type=Time(), help="End of the last window to capture; default: the last window that has ended.")
@click.option("--dry-run", is_flag=True, help="Only say how many events and cases to expect, and what that costs to label.")
@click.option("--strict", is_flag=True, help="File nothing and end with status 1 when any row is refused.")
@formatted_object
def capture(protocol: str, *, since: datetime | None, until: datetime | None, dry_run: bool, strict: bool, shape: str) -> int:
    """Capture failures from a log, as the file PROTOCOL says.

    Without an interval, captures what is due: windows never captured, provisional ones whose labels are mature now, and those
    whose files changed since.

    Example: remiss capture arrival-delay.yaml --since 2013-06-03 --until 2013-07-01
    """
    with ExitStack() as held:
        ws = _open(protocol, held, dry_run=dry_run)
        if dry_run:
            return _plan(ws, protocol, since, until, shape)
        try:
            return _capture(ws, protocol, since, until, strict=strict, shape=shape)
        finally:
            # A capture that is refused leaves nothing that was not there before.
            if ws.created and not ws.abandon():
                render.say(f"made the catalog {ws.address}")


def _open(protocol: str, held: ExitStack, *, dry_run: bool) -> Workspace:
    """Open the catalog; make one that is missing only for a capture, and only by a protocol that can be used."""
    try:
        return held.enter_context(workspace())
    except CatalogMissing:
        if not dry_run:
            from remiss.opening import without_catalog
            from remiss.protocol.actions import load

            with without_catalog() as ws:
                load(ws, protocol)
            return held.enter_context(workspace(create=True))

    # Where there is no catalog, nothing is captured yet: an empty one says the same, and is gone afterwards.
    folder = held.enter_context(TemporaryDirectory(prefix="remiss-"))
    return held.enter_context(remiss.open(Path(folder) / "empty.db", create=True))


def _plan(ws: Workspace, protocol: str, since: datetime | None, until: datetime | None, shape: str) -> int:
    from remiss.capture import actions, planning

    with progress(ws):
        plan = actions.plan(ws, protocol, since=since, until=until)
    if shape == "json":
        render.as_json(to_json(plan))
    else:
        render.table(planning.COLUMNS, plan.lines())
        render.say(*plan.notes)
    return 0


def _capture(ws: Workspace, protocol: str, since: datetime | None, until: datetime | None, *, strict: bool, shape: str) -> int:
    due = None if since or until else capture_chapter.due(ws, protocol)
    for changed in due.files if due else ():
        render.say(str(changed))
    intervals = [(since, until)] if due is None else [*due]
    if not intervals:
        render.say("nothing is due: all that has ended is captured, none is provisional with mature labels, and no file changed")
    runs = []
    for start, end in intervals:
        with progress(ws):
            runs.append(capture_chapter.capture(ws, protocol, since=start, until=end, strict=strict))
    if shape == "json":
        # What is due may lie apart, and then makes several runs: a program gets one document all the same.
        whole = (
            to_json(runs[0])
            if len(runs) == 1
            else to_json(tuple(runs), tuple[Run, ...], position=runs[-1].position if runs else ws.position())
        )
        render.as_json(whole)
    else:
        for item in runs:
            _told(item, ws)
    return AnswerNo.exit_status if any(item.status == "waiting" for item in runs) else 0


def _told(run: Run, ws: Workspace) -> None:
    from remiss.faces.cli import run_tables

    run_tables.run(run)
    if run.status == "waiting":
        render.say(f"not in force yet: look at `remiss run diff {run.id}`, then `remiss run accept {run.id}`")
    elif run.cases_new or run.cases_known:
        render.say("next: remiss case search --facets, or remiss estimate --by criterion")
