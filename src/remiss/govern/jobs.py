"""The rules of jobs: what a lease allows, and what becomes of a job whose runner met an error.

A runner holds a job by a lease, which has a number that rises each time the job is taken or cancelled: the fence. Whatever a
runner commits or puts in place asks first whether the job still has the runner's number. So a runner that stood still for longer
than its lease, and woke up when another had taken over, can do nothing; a clock that is wrong costs time, and never an effect
(docs/adr/0034).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from remiss.errors import AnswerNo, Conflict, RemissError, SourceError, StorageError
from remiss.records.identity import format_time
from remiss.records.job import JobState

# So often in the time of a lease a runner says that it is alive.
BEATS = 3
# Times that a job is taken without a step being committed before it has failed.
MOST_ATTEMPTS = 10
# Lines of a job's log that are kept, the newest.
MOST_LINES = 200
# Where an error may begin to quote.
_QUOTES = re.compile(r"""[:;'"]""")
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)


class LeaseLost(Exception):
    """The runner does not hold the job any more: another took it, or somebody cancelled it. Nobody is told but the runner."""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What becomes of a job that is not done: its state, why, and for how long nobody takes it up."""

    state: JobState
    reason: str
    wait: timedelta = timedelta(0)


def after_error(error: RemissError, attempts: int) -> JobOutcome:
    """Return what becomes of a job whose step ended in an error, of which nothing was written.

    What the machine refused (a full disk, a database that is away) may be granted later, and so may what somebody else was at:
    the job waits, longer each time. Everything else is wrong with the job itself, or with the rights of who posted it.

    Parameters
    ----------
    attempts : how many times the job was taken since a step was committed, this time included

    >>> after_error(StorageError("the disk is full"), 2).wait
    datetime.timedelta(seconds=60)
    """
    reason = reason_of(error)
    if isinstance(error, StorageError | Conflict) and attempts < MOST_ATTEMPTS:
        return JobOutcome(JobState.WAITING, reason, min(_FIRST_WAIT * 2 ** (attempts - 1), _LONGEST_WAIT))
    return JobOutcome(JobState.FAILED, reason)


def reason_of(error: RemissError) -> str:
    """Return what is kept of an error with a job, for all who may see the job.

    What is told of a source and of its rows may quote the log, which nobody redacted: only what comes before that stays. A line
    of what was posted is worth telling; where files of the machine lie is not.

    >>> reason_of(SourceError("source arrivals has content that cannot be read: 'ana@example.com' is not a time"))
    'source arrivals has content that cannot be read; see why with: remiss protocol check'
    """
    if isinstance(error, SourceError | AnswerNo):
        see = "; see why with: remiss protocol check" if isinstance(error, SourceError) else ""
        return _QUOTES.split(error.what)[0].strip() + see
    in_document = error.where is not None and error.where.line is not None
    return f"{error.where}: {error.what}" if in_document else error.what


def nobody_at_hand(reason: str, last: datetime | None) -> str:
    """Return why a job waits that no runner is there to take.

    Parameters
    ----------
    reason : why it waits besides; empty when it is not known to have been tried
    last : when a runner was last there

    >>> nobody_at_hand("", None)
    'no runner is at work; start one: remiss job run, or remiss serve --jobs'
    """
    before = "" if last is None else f" since {format_time(last.replace(microsecond=0))}"
    told = f"no runner is at work{before}; start one: remiss job run, or remiss serve --jobs"
    return f"{reason}; {told}" if reason else told


def worn_out(attempts: int) -> JobOutcome | None:
    """Return that a job has failed whose runners died too often without a step; None when it may be tried again.

    Parameters
    ----------
    attempts : how many times it was taken before
    """
    if attempts < MOST_ATTEMPTS:
        return None
    return JobOutcome(JobState.FAILED, f"its runners ended {attempts} times before a step was committed")
