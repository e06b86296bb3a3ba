"""Commands on jobs: post, list, show and cancel them, and work them off."""

from __future__ import annotations

import signal
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from remiss.errors import AnswerNo, SettingError
from remiss.faces import answers
from remiss.faces.cli import render
from remiss.faces.cli.options import Chosen, Time, formatted, formatted_object, with_workspace
from remiss.records.identity import format_time
from remiss.records.job import Job, JobState
from remiss.records.legible import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remiss.workspace import Workspace


@click.group()
def job() -> None:
    """Post work that nobody waits for, see how it stands, and work it off."""


@job.command("capture")
@click.argument("protocol")
@click.option("--since", type=Time(), help="Start of the first window to capture; default: what is due.")
@click.option("--until", type=Time(), help="End of the last window to capture; default: the last window that has ended.")
@click.option("--strict", is_flag=True, help="File nothing of an interval when any of its rows is refused.")
@formatted_object
@with_workspace
def capture(ws: Workspace, protocol: str, *, since: datetime | None, until: datetime | None, strict: bool, shape: str) -> None:
    """Post a job that captures failures as the file PROTOCOL says, and do not wait for it.

    Its sources are read where the job is run, in the folder that REMISS_SOURCES names there.

    Example: remiss job capture arrival-delay.yaml
    """
    from remiss.capture import job_actions

    _told(job_actions.capture(ws, protocol, since=since, until=until, strict=strict), shape)


@job.command("due")
@click.argument("protocol", required=False)
@formatted_object
@with_workspace
def due(ws: Workspace, protocol: str | None, shape: str) -> None:
    """Post a job for each protocol by which windows are due, or for PROTOCOL alone, which the catalog keeps.

    Example: remiss job due && remiss job run
    """
    from remiss.capture import job_actions

    found = job_actions.due(ws, protocol)
    if shape == "json":
        render.as_json(answers.items("job", [answers.job(each) for each in found], ws.position()))
    elif found:
        for each in found:
            click.echo(f"{each.id}  {each.protocol}@{each.version}")
    else:
        render.say("nothing is due, or a job is at it already")


@job.command("list")
@click.option("--state", type=Chosen(JobState), help="Only jobs in this state.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@formatted
@with_workspace
def list_(ws: Workspace, state: JobState | None, limit: int, shape: str) -> None:
    """List jobs as they stand, newest first.

    Example: remiss job list --state waiting
    """
    from remiss.govern import job_actions

    render.page(job_actions.jobs(ws, state, limit), shape, "job")


@job.command("show")
@click.argument("job_id")
@formatted_object
@with_workspace
def show(ws: Workspace, job_id: str, shape: str) -> None:
    """Show JOB_ID as it stands: its committed steps, what is to come, and its log.

    Example: remiss job show job-4f7q2m
    """
    from remiss.govern import job_actions

    _told(job_actions.show(ws, job_id), shape)


@job.command("cancel")
@click.argument("job_id")
@formatted_object
@with_workspace
def cancel(ws: Workspace, job_id: str, shape: str) -> None:
    """Cancel JOB_ID, which is waiting or running. Steps that are committed stay; after this nothing more is.

    Example: remiss job cancel job-4f7q2m
    """
    from remiss.govern import job_actions

    _told(job_actions.cancel(ws, job_id), shape)


@job.command("run")
@with_workspace
def run(ws: Workspace) -> int:
    """Work off the jobs that wait, one after another, then end; any number of these may run at once.

    Ends with status 1 when a job that it took is not done. Only for a database of one's own; a server has `remiss serve --jobs`.

    Example: remiss job run
    """
    from remiss.runner import work_off

    if ws.file is None and ws.address.startswith("http"):
        raise SettingError(f"{ws.address} is a server, which works off its own jobs", do="name the database itself")
    # What waits is let go of, so that another takes it up at once.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ended: list[Job] = []

    def told(job: Job) -> None:
        ended.append(job)
        render.say(f"{job.id}: {in_words(job)}")

    work_off(ws, told=told)
    if not ended:
        render.say("no job waits")
    return 0 if all(each.state is JobState.DONE for each in ended) else AnswerNo.exit_status


def in_words(job: Job) -> str:
    """Return how a job stands, for a line."""
    progress = "" if job.steps is None else f", {job.done:,} of {counted(len(job.steps), 'step')} committed"
    return f"{job.state.value}{progress}" + (f": {job.reason}" if job.reason else "")


def _told(found: Job, shape: str) -> None:
    if shape == "json":
        render.as_json(answers.job(found))
        return
    render.facts(_facts(found))
    for number, step in enumerate(found.steps or (), 1):
        bounds = f"{_bound(step.since)} to {_bound(step.until)}"
        click.echo(f"  step {number}  {bounds}  {step.run or 'not yet'}")
    for line in found.log:
        click.echo(f"  {format_time(line.at.replace(microsecond=0))}  {render.cell(line.text)}")


def _facts(found: Job) -> Iterator[tuple[str, object]]:
    yield "job", found.id
    yield "state", in_words(found)
    yield "captures by", f"{found.protocol}@{found.version}"
    yield "team", found.team
    yield "posted", f"{format_time(found.posted_at.replace(microsecond=0))} by {found.person}"
    if found.retry_at is not None:
        yield "taken up again", found.retry_at


def _bound(moment: datetime | None) -> str:
    return "what is there" if moment is None else format_time(moment)
