"""What goes on by itself: `remiss serve`, pages and the HTTP API of one catalog, and `remiss job run`, which works off jobs."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from remiss import installing
from remiss.errors import AnswerNo, InputError, SettingError
from remiss.faces.cli import render
from remiss.faces.cli.options import workspace
from remiss.present.facts import job_in_words
from remiss.records.job import Job, JobState

if TYPE_CHECKING:
    from remiss.workspace import Workspace

PORT = 8765
# Others wait while one question is worked out.
PATIENCE = {"REMISS_STATEMENT_TIMEOUT": "30"}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="An address of this machine; beyond loopback with --origin.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes any free one.")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="URL",
    envvar="REMISS_SERVE_ORIGIN",
    allow_from_autoenv=False,
    help="Under which address others reach it, for example https://remiss.example.org; then only people are let in.",
)
@click.option("--jobs", is_flag=True, help="Work off jobs too, one after another; several servers may do so.")
@click.option(
    "--health-port",
    type=click.IntRange(0, 65535),
    envvar="REMISS_SERVE_HEALTH_PORT",
    allow_from_autoenv=False,
    help="Where a process of its own answers /livez and /readyz, however much the server has to do.",
)
def serve(host: str, port: int, origins: tuple[str, ...], *, jobs: bool, health_port: int | None) -> None:
    """Serve pages and the HTTP API of the catalog.

    Prints a link that signs one browser of yours in, as the operator. Your programs send the token of REMISS_TOKEN or
    --token-file. With --origin it is for people, who sign in with tokens of their own, and nobody is the operator.

    Example: remiss serve --port 8765
    """
    with workspace(defaults=PATIENCE) as ws:
        if ws.file is None and ws.address.startswith("http"):
            raise SettingError(f"{ws.address} is served already", do="name the database itself")
        serve_pages(ws, host, port, origins, jobs=jobs, health_port=health_port)


def serve_pages(
    ws: Workspace,
    host: str = "127.0.0.1",
    port: int = PORT,
    origins: Sequence[str] = (),
    *,
    jobs: bool = False,
    health_port: int | None = None,
) -> None:
    """Serve an open catalog until somebody stops it, and say by which link to look at it.

    Raises
    ------
    InputError : the extra `serve` is not installed
    SettingError, StorageError : the address cannot be used
    """
    try:
        from remiss.faces import server
    except ImportError as error:
        raise InputError(f"{error.name} is not installed", do=installing.of_extra("serve")) from error

    server.serve(ws, host=host, port=port, announce=render.say, origins=origins, jobs=jobs, health_port=health_port)


def somebody_is_there() -> bool:
    """Return whether a person runs this and may look at pages: input is a terminal, and no CI."""
    return sys.stdin.isatty() and not os.environ.get("CI")


@click.command("run")
def run_jobs() -> int:
    """Work off the jobs that wait, one after another, then end.

    Any number of these may run at once. Ends with status 1 when a job that it took is not done. Only for a database of one's own;
    a server has `remiss serve --jobs`.

    Example: remiss job run
    """
    from remiss.runner import work_off

    ended: list[Job] = []

    def report(job: Job) -> None:
        ended.append(job)
        render.say(f"{job.id}: {job_in_words(job)}")

    with workspace() as ws:
        if ws.file is None and ws.address.startswith("http"):
            raise SettingError(f"{ws.address} is a server, which works off its own jobs", do="name the database itself")
        # What waits is let go of, so that another takes it up at once.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        work_off(ws, report=report)
    if not ended:
        render.say("no job waits")
    return 0 if all(each.state is JobState.DONE for each in ended) else AnswerNo.exit_status
