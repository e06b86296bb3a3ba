"""A lease: how one runner of several holds a job, and how whatever it commits is fenced (`govern/jobs.py`).

Taking a job, saying that one is alive and letting go of it change nothing of the catalog: they have no position and leave no
row in the journal, and neither does a runner that looks for work and says that it is there. A step does, in the transaction in
which it is counted as done. There the job's row is the first lock (docs/adr/0004): until the commit nobody else can take the job,
and cancelling it waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from remiss.edges.stores.crashing import crash_point
from remiss.edges.stores.dialect.driving import clock, end_if_idle, end_stuck, taken_by_nobody
from remiss.edges.stores.dialect.writing import insert_or_take
from remiss.edges.stores.jobs import FREE, job_of, logged, posted_of, steps_cell
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.store import Store
from remiss.edges.stores.tables import jobs, runners
from remiss.errors import Conflict, ConnectionLost, StorageError
from remiss.govern.jobs import JobOutcome, LeaseLost, worn_out
from remiss.records.job import OPEN, JobState, JobStep

MICROS = 1_000_000
# For so long it is kept when a runner was last seen.
KEPT_SECONDS = 30 * 24 * 3600


class StepResult(Protocol):
    """What a step makes."""

    @property
    def id(self) -> str: ...


def take(store: Store, runner: str, seconds: float, stays: float | None = None) -> Lease | None:
    """Take the oldest job that waits, or whose runner has been silent for longer than its lease; None when there is none.

    Parameters
    ----------
    runner : who takes it, for people
    seconds : how long the lease is, until it is renewed
    stays : where there is none, for how many seconds from now the runner is known to be there; None is not to say

    Raises
    ------
    StorageError, Conflict : as the database says
    """
    try:
        lease = _take(store, runner, seconds)
    except ConnectionLost:
        # A runner that stood still in the middle of this, and goes on: the server has ended it, and is there. If it was committed
        # all the same, nobody has the job, and another takes it when that lease is over.
        lease = _take(store, runner, seconds)
    if lease is None and stays is not None:
        # That it cannot be told hinders nobody.
        with suppress(StorageError, Conflict):
            seen(store, runner, stays)
    return lease


def _take(store: Store, runner: str, seconds: float) -> Lease | None:
    while _some(store):
        with store.tending(seconds) as connection:
            row = connection.execute(_free(connection)).first()
            if row is None:
                break
            ended = worn_out(row.attempts)
            if ended is not None:
                connection.execute(update(jobs).where(jobs.c.key == row.key).values(_settled(row, ended, row.runner or runner)))
                continue
            said = f"taken by {runner}" + (f", as {row.runner} was silent" if row.state == JobState.RUNNING.value else "")
            held = {
                "state": JobState.RUNNING.value,
                "fence": row.fence + 1,
                "attempts": row.attempts + 1,
                "runner": runner,
                "free_at": clock(connection) + int(MICROS * seconds),
                "log": logged(row.log, _now(), said),
            }
            mine = and_(jobs.c.key == row.key, jobs.c.fence == row.fence)
            crash_point("during-take")
            row = connection.execute(update(jobs).where(mine).values(held).returning(*jobs.c)).one()
        crash_point("after-take")
        return Lease(store, row, seconds)
    else:
        return None
    # Another has it, whose lease is over: who commits for longer than that keeps it, who stands still does not.
    return _take(store, runner, seconds) if release(store, seconds) else None


def release(store: Store, seconds: float) -> bool:
    """Take away from runners that stand still in the middle of a step what they hold; return whether there were any."""
    try:
        with store.reading() as connection:
            return end_stuck(connection, seconds)
    except StorageError:
        # It belongs to another user of the server, whom this one may not end.
        return False


def _some(store: Store) -> bool:
    """Return whether some job may be free: who looks every few seconds must not hold up who writes."""
    with store.reading() as connection:
        return connection.execute(_free_jobs(connection).with_only_columns(jobs.c.key)).first() is not None


def _free(connection: Connection) -> Any:
    return taken_by_nobody(_free_jobs(connection), connection)


def _free_jobs(connection: Connection) -> Any:
    free = and_(jobs.c.state.in_(OPEN), jobs.c.free_at <= clock(connection))
    return select(jobs).where(free).order_by(jobs.c.key).limit(1)


def seen(store: Store, runner: str, seconds: float) -> None:
    """Note that a runner looked for work, and for how many seconds from now it may be taken to be there still; 0 when it ends."""
    with store.tending(max(seconds, 1)) as connection:
        now = connection.execute(select(clock(connection))).scalar_one()
        row = {"name": runner, "seen_at": now, "here_until": now + int(MICROS * seconds)}
        insert_or_take(connection, runners, row, ["name"], runners.c.name == runner)
        newest = select(func.max(runners.c.seen_at)).scalar_subquery()
        old = or_(runners.c.seen_at < now - KEPT_SECONDS * MICROS, and_(runners.c.here_until <= now, runners.c.seen_at < newest))
        connection.execute(delete(runners).where(old))


class Lease:
    """A job that is held by this process, as it was when it was taken; `steps` and `done` follow what was committed since.

    Raises
    ------
    LeaseLost : from every method that writes or asks: the job is another's, or was cancelled
    """

    def __init__(self, store: Store, row: Row[Any], seconds: float) -> None:
        self.job = job_of(row)
        self.posted = posted_of(row)
        self.operator = bool(row.operator)
        self.steps: tuple[JobStep, ...] | None = self.job.steps
        self.done = self.job.done
        # Times that it was taken since a step was committed, this time included.
        self.attempts = self.job.attempts
        self._store = store
        self._runner = row.runner
        self._seconds = seconds
        self._mine: ColumnElement[bool] = and_(jobs.c.key == row.key, jobs.c.fence == row.fence)
        # While a step is being committed nobody can take the job, and to say so again would wait for that commit.
        self._committing = threading.Lock()

    @property
    def seconds(self) -> float:
        """How long the lease is, until it is renewed."""
        return self._seconds

    def check(self) -> None:
        """Go on only if nobody else has had the job since: in the transaction under way, or as the catalog is now.

        For files too that are put in place once the last step is committed, when there is nothing left to hold.
        """
        with self._store.reading() as connection:
            if connection.execute(select(jobs.c.key).where(self._mine)).first() is None:
                raise LeaseLost

    def beat(self) -> None:
        """Say that the runner is alive, which renews the lease; while it commits, have nobody who stands still hinder it."""
        if not self._committing.acquire(blocking=False):
            release(self._store, self._seconds)
            return
        try:
            self._write(lambda _, connection: {"free_at": self._until(connection)})
        finally:
            self._committing.release()

    def plan(self, steps: Sequence[JobStep]) -> None:
        """Keep what the steps are; they stay the same, no matter which runner goes on with them."""
        kept = tuple(steps)
        said = "nothing is due" if not kept else f"{len(kept)} {'step' if len(kept) == 1 else 'steps'} to do"
        values: dict[str, Any] = {"steps": steps_cell(kept)}
        if not kept:
            values |= {**FREE, "state": JobState.DONE.value, "ended_at": _now()}
        self._write(lambda row, _: values | {"log": logged(row.log, _now(), said)})
        self.steps = kept
        crash_point("after-plan")

    def settle(self, outcome: JobOutcome) -> None:
        """Let go of the job: it waits again or has failed, and says why."""

        def values(row: Row[Any], connection: Connection) -> dict[str, Any]:
            found = _settled(row, outcome, self._runner)
            if outcome.wait:
                found["free_at"] = clock(connection) + int(MICROS * outcome.wait.total_seconds())
            return found

        self._write(values)

    @contextmanager
    def committing(self, transaction: Transaction) -> Iterator[Callable[[StepResult], None]]:
        """Fence a transaction that does the next step: lock the job first, and count the step as done last.

        Gives what is called at the end with what the step made; it is committed with the rest, or neither is.
        """
        assert self.steps is not None
        number, steps = self.done, self.steps
        with self._committing:
            connection = transaction.connection
            end_if_idle(connection, self._seconds)
            row = self._locked(connection)

            def done(made: StepResult) -> None:
                after = (*steps[:number], replace(steps[number], run=made.id), *steps[number + 1 :])
                last = number + 1 == len(steps)
                said = logged(row.log, _now(), f"step {number + 1} of {len(steps)} is committed: {made.id}")
                values: dict[str, Any] = {"steps": steps_cell(after), "done": number + 1, "attempts": 1, "reason": ""}
                values |= {"log": said, "free_at": self._until(connection)}
                if last:
                    values |= {**FREE, "state": JobState.DONE.value, "ended_at": _now()}
                if connection.execute(update(jobs).where(self._mine).values(values)).rowcount != 1:
                    raise LeaseLost
                self.steps, self.done, self.attempts = after, number + 1, 1

            yield done

    def _write(self, values: Callable[[Row[Any], Connection], dict[str, Any]]) -> None:
        with self._store.tending(self._seconds) as connection:
            row = self._locked(connection)
            connection.execute(update(jobs).where(self._mine).values(values(row, connection)))

    def _locked(self, connection: Connection) -> Row[Any]:
        running = jobs.c.state == JobState.RUNNING.value
        row = connection.execute(select(jobs).where(self._mine, running).with_for_update()).first()
        if row is None:
            raise LeaseLost
        return row

    def _until(self, connection: Connection) -> ColumnElement[int]:
        return clock(connection) + int(MICROS * self._seconds)


def _settled(row: Row[Any], outcome: JobOutcome, runner: str) -> dict[str, Any]:
    """Return what is written of a job that is let go of, but for how long it waits."""
    ended = None if outcome.state is JobState.WAITING else _now()
    said = f"{runner} {'let go of it' if ended is None else 'gave it up'}" + (f": {outcome.reason}" if outcome.reason else "")
    return {
        **FREE,
        "state": outcome.state.value,
        "reason": outcome.reason,
        "ended_at": ended,
        "log": logged(row.log, _now(), said),
        # A runner that lets go of it because it ends has not tried in vain.
        "attempts": row.attempts - (0 if outcome.reason else 1),
    }


def _now() -> datetime:
    return datetime.now(UTC)
