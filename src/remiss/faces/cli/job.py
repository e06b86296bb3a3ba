"""`remiss job run`: work off the jobs that wait."""

from __future__ import annotations

import signal
import sys

import click

from remiss.errors import AnswerNo, SettingError
from remiss.faces.cli import render, run_tables
from remiss.faces.cli.options import workspace
from remiss.records.job import Job, JobState


@click.command("run")
def run() -> int:
    """Work off the jobs that wait, one after another, then end.

    Any number of these may run at once. Ends with status 1 when a job that it took is not done. Only for a database of one's own;
    a server has `remiss serve --jobs`.

    Example: remiss job run
    """
    from remiss.runner import work_off

    ended: list[Job] = []

    def report(job: Job) -> None:
        ended.append(job)
        render.say(f"{job.id}: {run_tables.in_words(job)}")

    with workspace() as ws:
        if ws.file is None and ws.address.startswith("http"):
            raise SettingError(f"{ws.address} is a server, which works off its own jobs", do="name the database itself")
        # What waits is let go of, so that another takes it up at once.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        work_off(ws, report=report)
    if not ended:
        render.say("no job waits")
    return 0 if all(each.state is JobState.DONE for each in ended) else AnswerNo.exit_status
