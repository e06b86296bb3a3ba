"""Cases: the catalog's entries, on which everything that people add hangs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from remiss.records.event import Event, Values
from remiss.records.labelling import Labelled, Link
from remiss.records.published import Count, Grade, Share, published
from remiss.records.showing import Shown
from remiss.records.states import Status


class Sensitivity(IntEnum):
    """How guarded a thing is; stored as its number so that a clearance compares in SQL."""

    PUBLIC = 0
    INTERNAL = 1
    RESTRICTED = 2
    SECRET = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """How one run met the event of a case."""

    run: str
    protocol: str
    window: datetime
    stratum: Values
    probability: Share
    in_force: bool
    criteria: tuple[str, ...]


@published("case")
@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Shown):
    """One case in one state.

    `revision` counts from 1 and is what a writer names to say which state it read. `severity` is 1 (critical) to 4
    (minor). `criteria` are those that the event meets in the runs in force. `origin` says how it came here. `labelling` is what
    whoever asked may see of what people said of it. `stale` says that its event has changed since. `hidden` says why criteria,
    captures, mode and severity are not told, to whoever is to label it by themselves.
    """

    id: str
    revision: Count
    status: Status
    source: str
    event: Event
    origin: str = "captured"
    criteria: tuple[str, ...] = ()
    captures: tuple[Capture, ...] = ()
    mode: str | None = None
    severity: Grade | None = None
    suggested_mode: str | None = None
    title: str | None = None
    note: str | None = None
    team: str = "default"
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    links: tuple[Link, ...] = ()
    labelling: Labelled | None = None
    stale: bool = False
    hidden: str | None = None


@published("revision", keys={"position_from": "position"}, part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One state that a case was in, and between which positions. `reason` is why somebody moved it, where that needs one.

    `hidden` says why mode and severity are not told.
    """

    revision: Count
    position_from: Count
    position_to: Count | None
    at: datetime
    actor: str
    action: str
    status: Status
    mode: str | None
    severity: Grade | None
    title: str | None
    note: str | None
    reason: str | None = None
    hidden: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A case that a person files by hand: what they saw, where there may be no log at all."""

    model: str
    at: datetime
    title: str
    note: str = ""
    model_version: str | None = None
    output: str | None = None
    label: str | None = None
    mode: str | None = None
    severity: int | None = None
    inputs: Values = field(default_factory=dict)
    context: Values = field(default_factory=dict)
    text: str | None = None
    team: str = "default"
    sensitivity: Sensitivity = Sensitivity.INTERNAL
