"""The runner: works off jobs, each as who posted it, by the rights that they have when it begins and at each commit.

Any number of processes may do this on one catalog; a lease says which of them has a job (`govern/jobs.py`). What a step does is
an action like any other, by a workspace that fences it. Nothing here keeps a token: who posted a job through a server is
looked up by name each time.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remiss.capture import job_actions, redact_actions
from remiss.errors import Denied, RemissError
from remiss.govern.authority import OPERATOR, Granted, LocalOwner, actor_of
from remiss.govern.jobs import BEATS, JobOutcome, LeaseLost, after_error
from remiss.govern.ports.actor import Actor, Authority
from remiss.govern.ports.jobs import Posted
from remiss.govern.ports.machine import Progress
from remiss.records.job import ALERTS, CAPTURE, DUE, MAIL, REDACT, REPLAY, SUITE, TELL, Job, JobState, JobStep
from remiss.safeguard import replay_jobs, suite_run_actions
from remiss.understand import alert_check_actions, alert_telling_actions

if TYPE_CHECKING:
    from remiss.edges.stores.leases import Lease
    from remiss.workspace import Workspace

LET_GO = JobOutcome(JobState.WAITING, "")
# Between two looks for a job, of a runner that waits for one.
LOOKS_SECONDS = 2.0
# Between two looks whether something was captured of which nobody was told yet, where no job was taken that may have done so.
ALERTS_SECONDS = 30.0
LOG = logging.getLogger("remiss")
# Told of a job that this process took, when it lets go of it.
Report = Callable[[Job], None]


@dataclass(frozen=True, slots=True)
class Work:
    """What jobs of a kind do, in the workspace of who posted one: find their steps, and take one by one action that writes.

    What that action returns has an `id`, which is kept with the step.
    """

    steps: Callable[[Any, Posted], Sequence[JobStep]]
    take: Callable[[Any, Posted, JobStep], object]


WORK: dict[str, Work] = dict.fromkeys((CAPTURE, DUE), Work(steps=job_actions.steps, take=job_actions.take))
WORK[REDACT] = Work(steps=redact_actions.steps, take=redact_actions.take)
WORK[REPLAY] = Work(steps=replay_jobs.steps, take=replay_jobs.take)
WORK[SUITE] = Work(steps=suite_run_actions.steps, take=suite_run_actions.take)
WORK[TELL] = Work(steps=alert_telling_actions.steps, take=alert_telling_actions.take)
WORK[MAIL] = Work(steps=alert_telling_actions.mail_steps, take=alert_telling_actions.mail_one)
WORK[ALERTS] = Work(steps=alert_check_actions.steps, take=alert_check_actions.take)


class _Stopped(Exception):
    """The runner is to end: the job waits for another."""


def work_off(ws: Workspace, *, report: Report = lambda _: None, stopped: Callable[[], bool] = lambda: False) -> int:
    """Work off the jobs that wait, one after another, until none does; return how many this process took.

    Parameters
    ----------
    ws : the open catalog, of the person who has the database
    report : called with each job as it stands when this process lets go of it
    stopped : asked again and again; once it says so, the job that is under way waits for another runner

    Raises
    ------
    StorageError : the catalog itself cannot be read or written; a job that is under way is taken up again when its lease ends
    """
    return _work_off(ws, runner_name(), 0.0, report, stopped)


def _work_off(ws: Workspace, name: str, stays: float | None, report: Report, stopped: Callable[[], bool]) -> int:
    count = 0
    while not stopped() and (lease := ws.take_job(name, stays)) is not None:
        count += 1
        LOG.info("%s works on job %s", name, lease.job.id)
        work(ws, lease, stopped)
        report(ws.jobs.get(lease.job.id))
    return count


def keep_working(ws: Workspace, ended: threading.Event) -> None:
    """Work off jobs as they come, until `ended` is set; a step that is under way then is undone or committed whole.

    After what was captured, and now and then, a job is posted that looks for alerts: of several processes by one.
    """
    name, said, looked = runner_name(), -math.inf, -math.inf
    lease = float(ws.settings.job_lease)
    while not ended.is_set():
        # Now and then it says that it is there.
        says = time.monotonic() - said >= lease / BEATS
        said = time.monotonic() if says else said
        try:
            took = _work_off(ws, name, lease if says else None, lambda _: None, ended.is_set)
            if took or time.monotonic() - looked >= ALERTS_SECONDS:
                looked = time.monotonic()
                _look_for_alerts(ws.serving(name))
        except RemissError as error:
            # The catalog is away, or its disk is full: later it may be there.
            LOG.warning("no job can be taken: %s; %s", error.what, error.do)
        ended.wait(LOOKS_SECONDS)


def _look_for_alerts(ws: Workspace) -> None:
    """Post a job that looks at windows that are new, if that is due."""
    if alert_check_actions.alerts_due(ws):
        alert_check_actions.alerts_job(ws)


def runner_name() -> str:
    """Return what a runner is called in the log of a job, with the number of its process for whoever has the machine.

    It is a word of its own, for where it runs is not for all who see the job.
    """
    return f"runner {secrets.token_hex(3)} (process {os.getpid()})"


def work(ws: Workspace, lease: Lease, stopped: Callable[[], bool] = lambda: False) -> None:
    """Take the steps of a job that are not committed yet; whatever hinders it is written down with the job.

    Raises
    ------
    StorageError : the catalog itself cannot be written
    """
    try:
        # A model that runs goes on from step to step.
        with _alive(lease) as lost, ws.keeping_models():
            _steps(ws, lease, lambda *_: _go_on(lost, stopped))
    except LeaseLost:
        # Another has it, or nobody wants it any more: what this process had begun is undone.
        return


def _steps(ws: Workspace, lease: Lease, progress: Progress) -> None:
    try:
        if lease.steps is None:
            lease.plan(_planned(ws, lease, progress))
        while lease.done < len(lease.steps or ()):
            _step(ws, lease, progress)
    except RemissError as error:
        if error.exit_status == RemissError.exit_status:
            _fault(lease, error)
        else:
            lease.settle(after_error(error, lease.attempts))
    except LeaseLost:
        raise
    except _Stopped:
        lease.settle(LET_GO)
    except (KeyboardInterrupt, SystemExit):
        lease.settle(LET_GO)
        raise
    except Exception as error:  # noqa: BLE001 - our fault: it is written down with the job, and other jobs go on
        _fault(lease, error)


def _fault(lease: Lease, error: Exception) -> None:
    LOG.error("job %s failed", lease.job.id, exc_info=error)
    lease.settle(JobOutcome(JobState.FAILED, f"a fault of remiss ({type(error).__name__}); its traceback is with the runner"))


def _planned(ws: Workspace, lease: Lease, progress: Progress) -> Sequence[JobStep]:
    acting = _acting(ws, lease)
    with acting.reporting(progress):
        return WORK[lease.job.kind].steps(acting, lease.posted)


def _step(ws: Workspace, lease: Lease, progress: Progress) -> None:
    assert lease.steps is not None
    step = lease.steps[lease.done]
    # Whoever has it no more is not to begin what may take long, or cost money.
    lease.check()
    acting = _acting(ws, lease)
    acting.lease = lease
    try:
        with acting.reporting(progress):
            WORK[lease.job.kind].take(acting, lease.posted, step)
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


def _go_on(lost: threading.Event, stopped: Callable[[], bool]) -> None:
    """Go on with what takes long only if the job is still this runner's, and this runner is to go on."""
    if lost.is_set():
        raise LeaseLost
    if stopped():
        raise _Stopped


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
