"""Jobs as a person reads them on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from remiss.faces.cli import render
from remiss.present.legible import counted
from remiss.records.identity import format_time
from remiss.records.job import Job


def job(found: Job) -> None:
    """Print how a job stands, its steps and its log."""
    render.facts(_facts(found))
    for number, step in enumerate(found.steps or (), 1):
        bounds = f"{_bound(step.since)} to {_bound(step.until)}"
        click.echo(f"  step {number}  {bounds}  {step.run or 'not yet'}")
    for line in found.log:
        click.echo(f"  {format_time(line.at.replace(microsecond=0))}  {render.cell(line.text)}")


def in_words(job: Job) -> str:
    """Return how a job stands, for a line."""
    progress = "" if job.steps is None else f", {job.done:,} of {counted(len(job.steps), 'step')} committed"
    return f"{job.state.value}{progress}" + (f": {job.reason}" if job.reason else "")


def posted(found: Sequence[Job]) -> None:
    """Print the jobs that were posted."""
    for each in found:
        click.echo(f"{each.id}  {each.protocol}@{each.version}")
    if not found:
        render.say("nothing is due, or a job is at it already")


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
