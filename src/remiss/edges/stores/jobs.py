"""Jobs in the catalog: what was posted, as far as a scope may see it. Who works on one holds it by a lease (`leases.py`).

Rows of jobs as records, and what their columns hold.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from remiss.edges.stores.dialect.driving import clock, end_if_idle
from remiss.edges.stores.dialect.writing import lock_name
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.tables import jobs, runners
from remiss.edges.stores.visible import visible_to
from remiss.errors import Ambiguous, Conflict, NotFound
from remiss.govern.authority import OPERATOR
from remiss.govern.jobs import MOST_LINES, nobody_at_hand
from remiss.govern.ports.jobs import NewestJobs, Posted
from remiss.records.event import is_text
from remiss.records.identity import crockford, format_time, from_micros, parse_time
from remiss.records.job import ALERTS, MAIL, OPEN, REPLAY, SUITE, TELL, Job, JobLine, JobState, JobStep

# What is kept of jobs that capture nothing.
ASKED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        REPLAY: ("cases", "seed", "purpose"),
        SUITE: ("suite", "scenarios", "repeats", "seed"),
        ALERTS: ("position",),
        TELL: ("webhook",),
        MAIL: ("alert", "recipient"),
    }
)
# Of a job that nobody holds.
FREE: Mapping[str, object] = MappingProxyType({"runner": None, "free_at": 0})


def job_of(row: Row[Any]) -> Job:
    """Return a row of `jobs` as a record."""
    state = JobState(row.state)
    return Job(
        id=row.id,
        kind=row.kind,
        state=state,
        protocol=row.protocol,
        version=row.version,
        model=row.model,
        person=row.person,
        team=row.team_id,
        posted_at=row.posted_at,
        steps=None if row.steps is None else tuple(map(_step, row.steps)),
        done=row.done,
        attempts=row.attempts,
        reason=row.reason,
        retry_at=from_micros(row.free_at) if state is JobState.WAITING and row.free_at else None,
        ended_at=row.ended_at,
        log=tuple(JobLine(at=parse_time(line["at"]), text=line["text"]) for line in row.log),
    )


def posted_of(row: Row[Any]) -> Posted:
    """Return what was posted with a job."""
    request = dict(row.request)
    since, until = (_time(request.pop(name)) for name in ("since", "until"))
    request["cases"] = tuple(request.get("cases", ()))
    named = {"kind": row.kind, "protocol": row.protocol, "version": row.version, "team": row.team_id, "model": row.model}
    return Posted(**named, **request, since=since, until=until)


def request_cell(posted: Posted) -> dict[str, object]:
    """Return what is kept of a job beside its columns."""
    named = ("path", "text", "folder", "since", "until", "strict")
    return {name: getattr(posted, name) for name in (*named, *ASKED.get(posted.kind, ()))}


def steps_cell(steps: Sequence[JobStep]) -> list[dict[str, object]]:
    """Return what the column of steps holds."""
    return [asdict(each) for each in steps]


def logged(log: Sequence[Mapping[str, object]], at: datetime, text: str) -> list[Mapping[str, object]]:
    """Return a log with one more line; the oldest go when there are many."""
    return [*log, {"at": format_time(at), "text": text}][-MOST_LINES:]


def _step(found: Mapping[str, Any]) -> JobStep:
    return JobStep(since=_time(found["since"]), until=_time(found["until"]), run=found["run"], of=found.get("of"))


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)


ID_BITS = 60
SHORTEST = 6
# What is told of a job; what came along with it may be long.
SHOWN_COLUMNS = tuple(column for column in jobs.c if column is not jobs.c.request)
# Somebody who cancels a job has its row until they are done, and its runner waits so long.
LONGEST_IDLE_SECONDS = 60


def post(transaction: Transaction, posted: Posted, *, operator: bool) -> str:
    """Keep a job of who writes, which waits for a runner, and return its id."""
    named = f"job-{crockford(secrets.randbits(ID_BITS), 12)}"
    row = {
        "id": named,
        "kind": posted.kind,
        "state": JobState.WAITING.value,
        "protocol": posted.protocol,
        "version": posted.version,
        "model": posted.model,
        "person": transaction.actor.name,
        "operator": operator,
        "posted_at": transaction.at,
        "request": request_cell(posted),
        "log": logged([], transaction.at, f"posted by {transaction.actor.name}"),
        "team_id": posted.team,
    }
    transaction.subjects.append(named)
    transaction.connection.execute(insert(jobs), row)
    return named


class JobStore:
    """Jobs of an open catalog: fulfils `govern.ports.Jobs`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store
        self._visible = visible_to(reader.scope, jobs)

    def post(self, posted: Posted) -> Job:
        """Keep a job of the actor, which waits for a runner."""
        transaction = self._store.transaction
        named = post(transaction, posted, operator=transaction.actor.role == OPERATOR)
        transaction.changed(named, None, request_cell(posted))
        return self.get(named)

    def get(self, job: str) -> Job:
        """Return a job by id or by a unique prefix of six or more characters; raises NotFound and Ambiguous."""
        with self._reader.at() as reading:
            (found,) = _as_seen(reading.connection, job_of(self._find(reading, job)))
            return found

    def newest(self, limit: int, states: Sequence[JobState] = (), *, before: int | None = None) -> NewestJobs:
        """Return jobs, newest first; only those in some states when such are named, only those `before` a place."""
        those = [self._visible, *([jobs.c.state.in_([each.value for each in states])] if states else [])]
        found = select(*SHOWN_COLUMNS).where(*those).order_by(jobs.c.key.desc()).limit(limit + 1)
        if before is not None:
            found = found.where(jobs.c.key < before)
        with self._reader.at() as reading:
            rows = reading.connection.execute(found).all()
            total = reading.connection.execute(select(func.count()).select_from(jobs).where(*those)).scalar_one()
            shown = rows[:limit]
            last = shown[-1].key if len(rows) > limit else None
            return NewestJobs(found=_as_seen(reading.connection, *map(job_of, shown)), total=total, last=last)

    def awaited(self, protocol: str) -> bool:
        """Return whether some job by a protocol is open, seen or not; in an action, once nobody else posts by it."""
        found = select(jobs.c.key).where(jobs.c.protocol == protocol, jobs.c.state.in_(OPEN)).limit(1)
        with self._reader.at() as reading:
            if self._store.writes:
                lock_name(reading.connection, f"jobs by {protocol}")
            return reading.connection.execute(found).first() is not None

    def alike(self, posted: Posted) -> str | None:
        """Return an open job of who writes by which the same was posted, once they post nothing else of its kind."""
        transaction = self._store.transaction
        person = transaction.actor.name
        lock_name(transaction.connection, f"{posted.kind} jobs of {person}")
        open_ = select(jobs).where(jobs.c.person == person, jobs.c.kind == posted.kind, jobs.c.state.in_(OPEN))
        return next((row.id for row in transaction.connection.execute(open_) if posted_of(row) == posted), None)

    def under_way(self, kind: str) -> Collection[Posted]:
        """Return what was posted by open jobs of a kind, whoever may see them, once nobody else posts of it."""
        transaction = self._store.transaction
        lock_name(transaction.connection, f"{kind} jobs")
        open_ = select(jobs).where(jobs.c.kind == kind, jobs.c.state.in_(OPEN))
        return frozenset(map(posted_of, transaction.connection.execute(open_)))

    def last(self, kind: str, person: str) -> tuple[Job, Posted] | None:
        """Return the newest job of a kind that a person posted, and what; in an action, once they post nothing else of it."""
        found = select(jobs).where(jobs.c.person == person, jobs.c.kind == kind, self._visible).order_by(jobs.c.key.desc())
        with self._reader.at() as reading:
            if self._store.writes:
                lock_name(reading.connection, f"{kind} jobs of {person}")
            row = reading.connection.execute(found.limit(1)).first()
            return None if row is None else (job_of(row), posted_of(row))

    def cancel(self, job: str) -> Job:
        """Cancel an open job; raises NotFound, Ambiguous, and Conflict when it is not open.

        Its fence rises, so that a runner which has it commits nothing more. A step that is just being committed comes first.
        """
        transaction, reading = self._store.transaction, self._reader.writing
        row = self._find(reading, job)
        said = f"cancelled by {transaction.actor.name}"
        ended = {**FREE, "state": JobState.CANCELLED.value, "reason": said, "ended_at": transaction.at}
        open_ = and_(jobs.c.key == row.key, jobs.c.state.in_(OPEN))
        held = select(jobs.c.log).where(open_).with_for_update()
        end_if_idle(transaction.connection, LONGEST_IDLE_SECONDS)
        log = transaction.connection.execute(held).scalar_one_or_none()
        if log is None:
            row = self._find(reading, job)
            raise Conflict(f"{row.id} cannot be cancelled: it is {row.state}", do=f"see remiss job show {row.id}")
        ended |= {"log": logged(log, transaction.at, said), "fence": jobs.c.fence + 1}
        transaction.connection.execute(update(jobs).where(open_).values(ended))
        transaction.subjects.append(row.id)
        transaction.changed(row.id, {"state": row.state}, {"state": JobState.CANCELLED.value})
        return self.get(row.id)

    def _find(self, reading: Reading, job: str) -> Row[Any]:
        """Return the row of a job that is seen by its id, or by a prefix that no other has."""
        prefix = job if job.startswith("job-") else f"job-{job}"
        named = and_(jobs.c.id >= prefix, jobs.c.id < prefix + "~")
        alike = select(jobs).where(named, self._visible).order_by(jobs.c.id).limit(3)
        found = reading.connection.execute(alike).all() if is_text(job) else []
        if found and found[0].id == prefix:
            return found[0]
        if not found or len(prefix) < len("job-") + SHORTEST:
            raise NotFound(
                f"there is no job {job}", do=f"list them with: remiss job list (a prefix needs {SHORTEST} characters or more)"
            )
        if len(found) > 1:
            raise Ambiguous(f"several jobs begin with {job}", do=f"write more of it: {', '.join(row.id for row in found)}")
        return found[0]


def _as_seen(connection: Connection, *found: Job) -> tuple[Job, ...]:
    """Return jobs as they stand, those that are open with the reason that nobody is there to do them, if so."""
    if not any(job.open for job in found) or at_hand(connection):
        return found
    last = last_seen(connection)
    silent = {JobState.RUNNING: "its runner is silent"}
    return tuple(
        replace(job, reason=nobody_at_hand(silent.get(job.state, job.reason), last)) if job.open else job for job in found
    )


def at_hand(connection: Connection) -> bool:
    """Return whether some runner looks for work or works on a job, as far as is known."""
    now = clock(connection)
    looks = select(runners.c.name).where(runners.c.here_until > now).exists()
    works = select(jobs.c.key).where(jobs.c.state == JobState.RUNNING.value, jobs.c.free_at > now).exists()
    return bool(connection.execute(select(or_(looks, works))).scalar_one())


def last_seen(connection: Connection) -> datetime | None:
    """Return when a runner last said that it was there; None when none ever did, or long ago."""
    found = connection.execute(select(func.max(runners.c.seen_at))).scalar_one()
    return None if found is None else from_micros(found)
