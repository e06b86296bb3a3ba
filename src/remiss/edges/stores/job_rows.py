"""Rows of jobs as records, and what their columns hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row

from remiss.govern.jobs import MOST_LINES
from remiss.govern.ports.jobs import Posted
from remiss.records.identity import format_time, from_micros, parse_time
from remiss.records.job import Job, JobLine, JobState, JobStep

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
    named = {"kind": row.kind, "protocol": row.protocol, "version": row.version, "team": row.team_id}
    return Posted(**named, **request, since=since, until=until)


def request_cell(posted: Posted) -> dict[str, object]:
    """Return what is kept of a job beside its columns."""
    return {name: getattr(posted, name) for name in ("path", "text", "folder", "since", "until", "strict")}


def steps_cell(steps: Sequence[JobStep]) -> list[dict[str, object]]:
    """Return what the column of steps holds."""
    return [asdict(each) for each in steps]


def logged(log: Sequence[Mapping[str, object]], at: datetime, text: str) -> list[Mapping[str, object]]:
    """Return a log with one more line; the oldest go when there are many."""
    return [*log, {"at": format_time(at), "text": text}][-MOST_LINES:]


def _step(found: Mapping[str, Any]) -> JobStep:
    return JobStep(since=_time(found["since"]), until=_time(found["until"]), run=found["run"])


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)
