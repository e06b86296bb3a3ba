"""The runner: works off jobs, each as who posted it, by the rights that they have when it begins and at each commit.

Any number of processes may do this on one catalog; a lease says which of them has a job (`govern/jobs.py`). What a step does is
an action like any other, by a workspace that fences it. Nothing here keeps a token: who posted a job through a server is
looked up by name each time.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from remiss.capture import actions
from remiss.errors import Denied, RemissError
from remiss.govern.authority import OPERATOR, Granted, LocalOwner, actor_of
from remiss.govern.jobs import BEATS, LeaseLost, Outcome, after_error
from remiss.govern.ports.actor import Actor, Authority
from remiss.records.job import Job, JobState, JobStep

if TYPE_CHECKING:
    from remiss.edges.stores.leases import Lease
    from remiss.workspace import Workspace

LOG = logging.getLogger("remiss")
# Told of a job that this process took, when it lets go of it.
Told = Callable[[Job], None]


def work_off(ws: Workspace, *, told: Told = lambda _: None, stopped: Callable[[], bool] = lambda: False) -> int:
    """Work off the jobs that wait, one after another, until none does; return how many this process took.

    Parameters
    ----------
    ws : the open catalog, of whoever has the database
    told : called with each job as it stands when this process lets go of it
    stopped : asked before each step; once it says so, the job that is under way waits for another runner

    Raises
    ------
    StorageError : the catalog itself cannot be read or written; a job that is under way is taken up again when its lease ends
    """
    count = 0
    while not stopped() and (lease := ws.take_job(runner_name())) is not None:
        count += 1
        work(ws, lease, stopped)
        told(ws.jobs.get(lease.job.id))
    return count


def runner_name() -> str:
    """Return what a runner is called in the log of a job: its machine, its process, and a word that no other has."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


def work(ws: Workspace, lease: Lease, stopped: Callable[[], bool] = lambda: False) -> None:
    """Take the steps of a job that are not committed yet; whatever hinders it is written down with the job.

    Raises
    ------
    StorageError : the catalog itself cannot be written
    """
    try:
        with _alive(lease) as lost:
            _steps(ws, lease, lambda *_: _go_on(lost), stopped)
    except LeaseLost:
        # Another has it, or nobody wants it any more: what this process had begun is undone.
        return


def _steps(ws: Workspace, lease: Lease, progress: Callable[[str, float], None], stopped: Callable[[], bool]) -> None:
    try:
        if lease.steps is None:
            lease.plan(_planned(ws, lease, progress))
        while lease.done < len(lease.steps or ()):
            if stopped():
                lease.settle(Outcome(JobState.WAITING, ""))
                return
            _step(ws, lease, progress)
    except RemissError as error:
        if error.exit_status == RemissError.exit_status:
            _fault(lease, error)
        else:
            lease.settle(after_error(error, lease.attempts))
    except LeaseLost:
        raise
    except KeyboardInterrupt:
        lease.settle(Outcome(JobState.WAITING, ""))
        raise
    except Exception as error:  # noqa: BLE001 - our fault: it is written down with the job, and other jobs go on
        _fault(lease, error)


def _fault(lease: Lease, error: Exception) -> None:
    LOG.error("job %s failed", lease.job.id, exc_info=error)
    lease.settle(Outcome(JobState.FAILED, f"a fault of remiss ({type(error).__name__}); its traceback is with the runner"))


def _planned(ws: Workspace, lease: Lease, progress: Callable[[str, float], None]) -> tuple[JobStep, ...]:
    """Return the intervals to capture: the one that was asked for, or every stretch of windows that is due now."""
    posted = lease.posted
    if posted.since is not None or posted.until is not None:
        return (JobStep(since=posted.since, until=posted.until),)
    acting = _acting(ws, lease)
    with acting.reporting(progress):
        return tuple(JobStep(since=since, until=until) for since, until in actions.due(acting, posted.path))


def _step(ws: Workspace, lease: Lease, progress: Callable[[str, float], None]) -> None:
    assert lease.steps is not None
    posted, step = lease.posted, lease.steps[lease.done]
    acting = _acting(ws, lease)
    acting.lease = lease
    try:
        with acting.reporting(progress):
            actions.apply(acting, posted.path, step.since, step.until, strict=posted.strict)
    except Denied:
        if _rights(ws, lease)[1] == acting.authority:
            raise
        # What they hold has changed meanwhile, perhaps in something else: the step is taken again by what they hold now.


def _acting(ws: Workspace, lease: Lease) -> Workspace:
    """Return a workspace of who posted the job, as they are now, with what was posted."""
    actor, authority = _rights(ws, lease)
    posted = lease.posted
    return ws.serving(lease.job.id, {posted.path: posted.text}, actor=actor, authority=authority, folder=posted.folder)


def _rights(ws: Workspace, lease: Lease) -> tuple[Actor, Authority]:
    """Return who posted the job, and what they may now.

    Raises
    ------
    Denied : they are not there any more
    """
    name = lease.job.person
    if lease.operator:
        return Actor(name=name, role=OPERATOR), LocalOwner()
    person = ws.people.find(name)
    if person is None:
        raise Denied(f"{name}, who posted this, is disabled", do="have somebody else post it")
    return actor_of(person), Granted(person)


def _go_on(lost: threading.Event) -> None:
    if lost.is_set():
        raise LeaseLost


@contextmanager
def _alive(lease: Lease) -> Iterator[threading.Event]:
    """Say in this block that the runner is alive, and give what is set when the job is not its own any more."""
    lost, ended = threading.Event(), threading.Event()

    def beats() -> None:
        while not ended.wait(lease.seconds / BEATS):
            try:
                lease.beat()
            except LeaseLost:
                lost.set()
                return
            except RemissError as error:
                # The catalog is away: the next time it may be there, and if not the lease ends.
                LOG.warning("job %s: %s", lease.job.id, error.what)

    thread = threading.Thread(target=beats, name=f"remiss-{lease.job.id}", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        ended.set()
        thread.join()
