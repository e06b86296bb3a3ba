"""What one can do with jobs, whatever they do: look at them, and cancel them."""

from __future__ import annotations

from typing import Annotated

from remiss.action import action
from remiss.govern.ports.jobs import JobWorkspace
from remiss.parameters import Help, Limit, PageToken
from remiss.records.event import Scalar
from remiss.records.job import Job, JobState
from remiss.records.rows import Rows, Turn, list_name, token, turn

JobId = Annotated[str, Help("The id of a job, or a prefix that no other job shares.")]
JOB = ("job", "kind", "state", "protocol", "model", "team", "person", "posted_at", "done", "steps", "ended_at", "reason")


@action("job.list", permission="job:read", http="GET /jobs", reads=True)
def list_jobs(ws: JobWorkspace, *, state: JobState | None = None, limit: Limit = 50, after: PageToken | None = None) -> Rows:
    """List jobs as they stand, newest first.

    Example: remiss job list --state waiting

    Parameters
    ----------
    state : only jobs in this state

    Raises
    ------
    InputError : a token of another list
    """
    name = list_name(f"jobs {state or ''}", "newest", None)
    before = None if after is None else turn(after, name, (int,)).last[0]
    page = ws.jobs.newest(limit, () if state is None else (state,), before=before)
    following = None if page.last is None else token(Turn(of=name, position=None, total=None, last=(page.last,)))
    return Rows("job", JOB, tuple(map(_line, page.found)), ws.position(), total=page.total, next=following)


def _line(job: Job) -> tuple[Scalar, ...]:
    steps = None if job.steps is None else len(job.steps)
    by = f"{job.protocol}@{job.version}" if job.protocol else None
    said = (job.id, job.kind, job.state.value, by, job.model, job.team, job.person, job.posted_at)
    return (*said, job.done, steps, job.ended_at, job.reason or None)


@action("job.show", permission="job:read", http="GET /jobs/{job}", reads=True, subject="job")
def show_job(ws: JobWorkspace, job: JobId) -> Job:
    """Show JOB as it stands: its steps, what is to come, its log.

    Example: remiss job show job-4f7q2m

    Raises
    ------
    NotFound, Ambiguous
    """
    return ws.jobs.get(job)


@action("job.cancel", permission="job:cancel", http="POST /jobs/{job}/cancel", subject="job")
def cancel(ws: JobWorkspace, job: JobId) -> Job:
    """Cancel JOB, which is waiting or running.

    Steps that are committed stay; after this nothing more is.

    Example: remiss job cancel job-4f7q2m

    Raises
    ------
    NotFound, Ambiguous
    Conflict : it is done, failed or cancelled already
    """
    ws.allow("job:cancel", ws.jobs.get(job).team)
    return ws.jobs.cancel(job)
