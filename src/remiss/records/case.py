"""Cases: the catalog's entries, on which everything that people add hangs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Annotated, ClassVar

from remiss.parameters import Grade, Help, Option, Range
from remiss.records.event import Event, FieldLabel, Values
from remiss.records.expectation import Expectation
from remiss.records.labelling import Labelled, Link
from remiss.records.published import LISTED, Count, Items, Share, published
from remiss.records.rows import Shown
from remiss.records.states import Status

# Who gave a case its title: somebody who wrote it, or its protocol by a template.
PEOPLE, PROTOCOL = "people", "protocol"


class Sensitivity(IntEnum):
    """The sensitivity of a thing; stored as its number so that a clearance compares in SQL."""

    PUBLIC = 0
    INTERNAL = 1
    RESTRICTED = 2
    SECRET = 3


@published("regression", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """That a later version failed a resolved case: so many of its answers, `found_by` the gate that asked it."""

    model: str
    version: str
    digest: str | None
    asked: Count
    failed: Count
    found_by: str
    at: datetime


@published("resolution", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The version that answered a case as is expected, and how often versions from it on were asked and failed since.

    `could_still_fail` is the largest share of answers that could be wrong all the same: the upper end of the exact one-sided
    95 % interval (Clopper and Pearson 1934). `regressed` says what broke it, of a case that is regressed.
    """

    model: str
    version: str
    digest: str | None
    by: str
    at: datetime
    asked: Count
    failed: Count
    could_still_fail: Share
    regressed: Regression | None = None


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


@published("case", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Shown):
    """One case in one state.

    `revision` counts from 1 and is what a writer names to say which state it read. `severity` is 1 (critical) to 4
    (minor). `criteria` are those that the event meets in the runs in force. `origin` says how it came here. `labelling` is what
    the asker may see of what people said of it. `stale` says that its event has changed since. `hidden` says why criteria,
    captures, mode and severity are not visible to the person who is to label it independently.
    `title_by` says who called it so, people or the protocol by its template; `show` is how fields of the event are shown.
    `expectations` are what people wrote that a model is to answer; without any it follows from label and criteria. `resolution`
    says by which version a case is, or was, resolved, and is None of one that never was.
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
    title_by: str | None = None
    show: Mapping[str, FieldLabel] = field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()
    resolution: Resolution | None = None
    position: Count | None = field(default=None, compare=False)

    @property
    def written_title(self) -> str | None:
        """The title that people wrote, as far as the asker may read it."""
        return self.title if self.title_by == PEOPLE else None


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


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class CaseHistory(Items[Revision]):
    """The states that a case was in, oldest first."""

    OF: ClassVar = "revision"

    items: tuple[Revision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A case that a person files by hand: what they saw, where there may be no log at all."""

    model: Annotated[str, Help("Which model failed.")]
    at: Annotated[datetime, Help("When it happened, for example 2013-06-03T06:00Z.")]
    title: Annotated[str, Help("What went wrong, in a sentence.")]
    note: Annotated[str, Help("What else is known.")] = ""
    model_version: Annotated[str, Help("Which version of it.")] | None = None
    output: Annotated[str, Help("What the model said.")] | None = None
    label: Annotated[str, Help("What would have been right.")] | None = None
    mode: Annotated[str, Help("Failure mode, for example remiss:model/weak-slice.")] | None = None
    severity: Annotated[int, Range(1, 4), Help("1 (critical) to 4 (minor).")] | None = None
    inputs: Annotated[
        Values,
        Option("--input", "NAME=VALUE"),
        Help(
            "An input of the prediction; on the command line NAME:=VALUE is a number, true, false or null, and a name that "
            'has an = stands in quotes: "NAME"=VALUE.'
        ),
    ] = field(default_factory=dict)
    context: Annotated[Values, Option("--context", "NAME=VALUE"), Help("Context of the prediction, given as inputs are.")] = (
        field(default_factory=dict)
    )
    text: Annotated[str, Help("The text that the failure is about; redacted before it is filed.")] | None = None
    team: Annotated[str, Help("Whose case it is.")] = "default"
    sensitivity: Annotated[Sensitivity, Help("Its sensitivity.")] = Sensitivity.INTERNAL
