"""What the actions on jobs need: the table of jobs, as far as the actor may see it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from remiss.govern.ports.actor import Permits
from remiss.records.job import Job, JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What is kept of a job that is posted, and all that a runner knows of it.

    `text` is the protocol with the files that it names attached; `path` its name, for messages. `folder` is what its sources are
    relative to, within the folder that the runner reads; None is that folder itself.

    A replay has no protocol: `model` and `cases` say which model is asked about which cases, `seed` what its random numbers begin
    with, `purpose` what it gets raw events for. A run of a suite has none either: `suite` and `scenarios` are NAME@DIGEST, and
    each event is asked `repeats` times.

    One that looks for alerts has where the catalog stood when it was posted: what was captured since then it may not have seen.
    One that tells of alerts has the name of the webhook; one that mails an alert has which, and the name of the recipient.
    """

    kind: str
    team: str
    protocol: str = ""
    version: int = 0
    path: str = ""
    text: str = ""
    folder: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    strict: bool = False
    model: str | None = None
    cases: tuple[str, ...] = ()
    seed: int = 0
    purpose: str | None = None
    suite: str | None = None
    scenarios: str | None = None
    repeats: int = 1
    position: int = 0
    webhook: str = ""
    alert: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestJobs:
    """Jobs, newest first; `total` is how many there are in all, `last` the place of the last of these when others follow."""

    found: tuple[Job, ...]
    total: int
    last: int | None


class Jobs(Protocol):
    """Jobs in the catalog."""

    def post(self, posted: Posted) -> Job:
        """Keep a job of the actor, which waits for a runner."""
        ...

    def get(self, job: str) -> Job:
        """Return a job by id or by a unique prefix of six or more characters.

        Raises
        ------
        NotFound, Ambiguous
        """
        ...

    def newest(self, limit: int, states: Sequence[JobState] = (), *, before: int | None = None) -> NewestJobs:
        """Return jobs, newest first; only those in some states when such are named, only those `before` a place."""
        ...

    def awaited(self, protocol: str) -> bool:
        """Return whether some job by a protocol is open, seen or not."""
        ...

    def alike(self, posted: Posted) -> str | None:
        """Return an open job of the actor by which the same was posted."""
        ...

    def under_way(self, kind: str) -> Collection[Posted]:
        """Return what was posted by open jobs of a kind, whoever may see them; in an action, once nobody else posts of it."""
        ...

    def last(self, kind: str, person: str) -> tuple[Job, Posted] | None:
        """Return the newest job of a kind that a person posted, and what; in an action, once they post nothing else of it."""
        ...

    def cancel(self, job: str) -> Job:
        """Cancel an open job; a runner that has it commits nothing more.

        Raises
        ------
        NotFound, Ambiguous
        Conflict : it is not open
        """
        ...


class JobWorkspace(Permits, Protocol):
    """The ports that the actions on jobs take."""

    @property
    def jobs(self) -> Jobs: ...
