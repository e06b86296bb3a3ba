"""A lease: how one runner of several holds a job, and how whatever it commits is fenced (`govern/jobs.py`).

Taking a job, saying that one is alive and letting go of it change nothing of the catalog: they have no position and leave no
row in the journal. A step does, in the transaction in which it is counted as done. There the job's row is the first lock
(docs/adr/0004): until the commit nobody else can take the job, and cancelling it waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, and_, select, update

from remiss.edges.stores.crashing import crash_point
from remiss.edges.stores.dialect.driving import clock, end_if_idle, taken_by_nobody
from remiss.edges.stores.jobs import FREE, job_of, logged, posted_of, steps_cell
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.store import Store
from remiss.edges.stores.tables import jobs
from remiss.govern.jobs import JobOutcome, LeaseLost, worn_out
from remiss.records.job import OPEN, JobState, JobStep

MICROS = 1_000_000


class StepResult(Protocol):
    """What a step makes."""

    @property
    def id(self) -> str: ...


def take(store: Store, runner: str, seconds: float) -> Lease | None:
    """Take the oldest job that waits, or whose runner has been silent for longer than its lease; None when there is none.

    Parameters
    ----------
    runner : who takes it, for people
    seconds : how long the lease is, until it is renewed
    """
    while _some(store):
        with store.tending(seconds) as connection:
            row = connection.execute(_free(connection)).first()
            if row is None:
                return None
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
            row = connection.execute(update(jobs).where(mine).values(held).returning(*jobs.c)).one()
        crash_point("after-take")
        return Lease(store, row, seconds)
    return None


def _some(store: Store) -> bool:
    """Return whether some job may be free: who looks every few seconds must not hold up who writes."""
    with store.reading() as connection:
        return connection.execute(_free_jobs(connection).with_only_columns(jobs.c.key)).first() is not None


def _free(connection: Connection) -> Any:
    return taken_by_nobody(_free_jobs(connection), connection)


def _free_jobs(connection: Connection) -> Any:
    free = and_(jobs.c.state.in_(OPEN), jobs.c.free_at <= clock(connection))
    return select(jobs).where(free).order_by(jobs.c.key).limit(1)


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
        """Say that the runner is alive, which renews the lease."""
        with self._committing:
            self._write(lambda _, connection: {"free_at": self._until(connection)})

    def plan(self, steps: Sequence[JobStep]) -> None:
        """Keep what the steps are; they stay the same, whoever goes on with them."""
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
    said = f"{runner}: {outcome.state.value}, for {outcome.reason}" if outcome.reason else f"{runner} let go of it"
    return {
        **FREE,
        "state": outcome.state.value,
        "reason": outcome.reason,
        "ended_at": ended,
        "log": logged(row.log, _now(), said),
        # Whoever lets go of it because they end has not tried in vain.
        "attempts": row.attempts - (0 if outcome.reason else 1),
    }


def _now() -> datetime:
    return datetime.now(UTC)
