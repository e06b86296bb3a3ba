"""The form that somebody labels a case by: the evidence, the questions and modes; nothing that was suggested or said.

A candidate and a control have the same form, and so have the first labelling and the second but for their name.

Tasks: what somebody is given to label, and how much is left for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from remiss.curate.guidelines import Guidelines
from remiss.curate.labelling_state import LabellingState, obstacle
from remiss.curate.steering_view import Steered
from remiss.protocol.terms import Mode, RubricQuestion
from remiss.records.event import Event, FieldLabel
from remiss.records.labelling import Labelling, LabellingKind
from remiss.records.published import Count, published
from remiss.records.states import DECIDED, Status

DECIDED_ALREADY = "people have decided what it is"


@published("form", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingForm:
    """By what a person labels a case.

    `kind` is the labelling that is due, None when none is; `obstacle` says why it is not theirs to give. A failure has one of
    `modes`, an answer to each of `questions`, and an impact in one of `units`; without units in any. Its severity follows: the
    first grade of `thresholds` whose points the answers reach, else 4. `title` is what the protocol calls the event, `show` how
    its fields are shown, and `guidelines` what to read beside the form, in Markdown.
    """

    case: str
    revision: Count
    event: Event
    kind: LabellingKind | None
    obstacle: str | None
    questions: tuple[RubricQuestion, ...]
    modes: tuple[Mode, ...]
    units: tuple[str, ...]
    thresholds: Mapping[str, Count] = field(default_factory=dict)
    title: str | None = None
    show: Mapping[str, FieldLabel] = field(default_factory=dict)
    guidelines: str | None = None
    position: Count | None = field(default=None, compare=False)


def labelling_form_of(state: LabellingState, person: str, guidelines: Guidelines) -> LabellingForm:
    """Return the form of a case for a person."""
    kind = due(state, person)
    return LabellingForm(
        case=state.case,
        revision=state.revision,
        event=state.event,
        kind=kind,
        obstacle=DECIDED_ALREADY if kind is None else _obstacle(kind, state, person, guidelines),
        questions=guidelines.rubric.questions,
        modes=tuple(guidelines.modes.values()),
        units=guidelines.units,
        thresholds={str(grade): points for grade, points in sorted(guidelines.rubric.thresholds.items())},
        title=state.title,
        show=state.show,
        guidelines=guidelines.text,
    )


def due(state: LabellingState, person: str) -> LabellingKind | None:
    """Return which labelling a person could add to a case as it stands; the annotator's own is theirs to redo."""
    if state.status is Status.DISPUTED:
        return LabellingKind.ADJUDICATION
    if state.stale or state.status in {Status.CANDIDATE, Status.CONTROL}:
        return LabellingKind.ANNOTATION
    if state.status in DECIDED:
        return None
    return LabellingKind.ANNOTATION if person in state.people else LabellingKind.VERIFICATION


def _obstacle(kind: LabellingKind, state: LabellingState, person: str, guidelines: Guidelines) -> str | None:
    if state.link is not None:
        return f"case {state.case} takes the verdict of {state.link.case}"
    return obstacle(kind, state, person, guidelines.owners)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How much waits for one person, by the labelling that it awaits; cases that others have in hand are not among it.

    `mine` is how many labellings they have given in the last 24 hours, `anew` how many of what awaits annotation was labelled
    before its event changed.
    """

    annotation: Count = 0
    verification: Count = 0
    adjudication: Count = 0
    mine: Count = 0
    anew: Count = 0

    @property
    def total(self) -> int:
        """How many there are in all."""
        return self.annotation + self.verification + self.adjudication


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One case in somebody's hand.

    `form` is what they label it by; it tells neither what was suggested nor whether it is a control. `labellings` are both
    that differ, for the person who settles a dispute; else none. Until `until` nobody else is given it.
    """

    kind: LabellingKind
    until: datetime
    form: LabellingForm
    labellings: tuple[Labelling, ...] = ()


@published("served", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What the queue answers: a task, None when nothing waits for that person, and what is left with it."""

    task: Task | None
    left: Left
    position: Count | None = field(default=None, compare=False)

    @property
    def revision(self) -> int | None:
        """The revision of the case in hand, which its labelling names."""
        return None if self.task is None else self.task.form.revision


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """A case that somebody has in hand; `title` is what the protocol calls its event."""

    case: str
    kind: LabellingKind
    until: datetime
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchState:
    """How far a batch has come: of `size` sampled events of a group and period so many are `done` in all, and `in_turn`.

    `stratum` has the values of theirs where a protocol labels strata apart.

    Confirmed figures are made of what was done in turn: before the first that is still waiting.
    """

    source: str
    protocol: str
    group: str
    period: datetime
    size: Count
    done: Count
    in_turn: Count
    stratum: Mapping[str, str] = field(default_factory=dict)


@published("queue", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """What one has in hand, what is left, and of what one may ask for cases: of `periods`, and of `strata`, as NAME=VALUE.

    `waiting` is how many events one could not tell, or passed, that wait for another person: what comes after one of these in its
    batch is not in turn until then. `steered` has the queues that one steers, and `batches` how far these have come; nobody else
    is told.
    """

    waiting: Count = 0
    in_hand: tuple[InHand, ...]
    left: Left
    batches: tuple[BatchState, ...]
    steered: tuple[Steered, ...] = ()
    periods: tuple[datetime, ...] = ()
    strata: tuple[str, ...] = ()
    position: Count | None = field(default=None, compare=False)
