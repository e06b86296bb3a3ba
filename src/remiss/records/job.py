"""A job: work that outlives the request that asked for it, as people and programs see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from remiss.records.published import LISTED, Count, Items, published


class JobState(StrEnum):
    """How a job stands. Waiting and running ones are open; the others stay as they are."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


# As words, as the catalog keeps them.
OPEN = (JobState.WAITING.value, JobState.RUNNING.value)
# Kinds: a capture that somebody posted with its document, and what is due by a protocol that the catalog keeps.
CAPTURE, DUE = "capture", "due"
# One that the upgrade of a catalog files: texts that were stored without redaction.
REDACT = "redact"
# Cases on a model again, and a suite on a version of one.
REPLAY, SUITE = "replay", "suite"
# Windows that are new are looked at.
ALERTS = "alerts"
# A webhook is told of alerts, and somebody of one by e-mail.
TELL, MAIL = "tell", "mail"
# Steps of these are no intervals, and say what they are of.
OF_SOMETHING = (REPLAY, SUITE, ALERTS, TELL, MAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """One interval of whole windows, which is committed whole or not at all; `run` is what was filed, None until then.

    A bound that is None is found when the step is taken, as a capture finds it. `of` is what the step is about, where that is
    there already: a run, which of the cases that the job was posted for, which part of a suite, what is looked at, or who is
    told. Then `run` is what the step made of these.
    """

    since: datetime | None
    until: datetime | None
    run: str | None = None
    of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """A line of a job's log."""

    at: datetime
    text: str


@published("job", keys={"id": "job"}, read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it stands now.

    `protocol` and `version` say by what it captures; of one that replays cases or runs a suite, `model` on which. One that looks
    for alerts, or tells of them, has neither. `steps` is None until they are known, and `done` is how many are committed: there
    is no other progress. `reason` says why it waits again, failed or was cancelled; `retry_at` is when a runner takes it up again
    that waits because the machine refused. `attempts` counts the times it was taken since a step was committed.
    """

    id: str
    kind: str
    state: JobState
    protocol: str
    version: Count
    person: str
    team: str
    posted_at: datetime
    steps: tuple[JobStep, ...] | None
    done: Count
    attempts: Count
    reason: str
    retry_at: datetime | None
    ended_at: datetime | None
    log: tuple[JobLine, ...]
    model: str | None = None
    position: Count | None = field(default=None, compare=False)

    @property
    def open(self) -> bool:
        """Whether something of it is still to be done."""
        return self.state.value in OPEN

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs that its committed steps filed."""
        return tuple(step.run for step in self.steps or () if step.run is not None)


@published("list", also=LISTED, read="position")
@dataclass(frozen=True, slots=True)
class PostedJobs(Items[Job]):
    """Jobs that were posted at once."""

    OF: ClassVar = "job"

    items: tuple[Job, ...]
