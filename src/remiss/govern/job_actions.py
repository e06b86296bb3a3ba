"""What one can do with jobs, whatever they do: look at them, and cancel them."""

from __future__ import annotations

from remiss.action import action
from remiss.govern.ports.jobs import JobWorkspace
from remiss.records.event import Scalar
from remiss.records.job import Job, JobState
from remiss.records.rows import Rows

JOB = ("job", "kind", "state", "protocol", "team", "person", "posted_at", "done", "steps", "ended_at", "reason")


@action(name="job.list", permission="job:read", reads=True)
def jobs(ws: JobWorkspace, state: JobState | None = None, limit: int = 50) -> Rows:
    """List jobs as they stand, newest first; `total` counts all.

    Parameters
    ----------
    state : only those that are waiting, running, done, failed or cancelled
    limit : how many at most
    """
    states = () if state is None else (state,)
    found = ws.jobs.newest(limit, states)
    return Rows("job", JOB, tuple(map(_line, found)), ws.position(), total=ws.jobs.count(states))


def _line(job: Job) -> tuple[Scalar, ...]:
    steps = None if job.steps is None else len(job.steps)
    said = (job.id, job.kind, job.state.value, f"{job.protocol}@{job.version}", job.team, job.person, job.posted_at)
    return (*said, job.done, steps, job.ended_at, job.reason or None)


@action(name="job.show", permission="job:read", reads=True, subject="job")
def show(ws: JobWorkspace, job: str) -> Job:
    """Show a job as it stands: its committed steps, what is to come, and its log.

    Raises
    ------
    NotFound, Ambiguous
    """
    return ws.jobs.get(job)


@action(name="job.cancel", permission="job:cancel", subject="job")
def cancel(ws: JobWorkspace, job: str) -> Job:
    """Cancel a job that is waiting or running. Steps that are committed stay; after this nothing more is.

    Raises
    ------
    NotFound, Ambiguous
    Conflict : it is done, failed or cancelled already
    """
    ws.allow("job:cancel", ws.jobs.get(job).team)
    return ws.jobs.cancel(job)
