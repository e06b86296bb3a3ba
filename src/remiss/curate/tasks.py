"""Tasks: what somebody is given to label, and how much is left for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from remiss.curate.labelling_sheet import LabellingForm
from remiss.records.labelling import Labelling, LabellingKind
from remiss.records.published import Count, published


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How much waits for one person, by the labelling that it awaits; cases that others have in hand are not among it.

    `mine` is how many labellings they have given in the last 24 hours.
    """

    annotation: Count = 0
    verification: Count = 0
    adjudication: Count = 0
    mine: Count = 0

    @property
    def total(self) -> int:
        """How many there are in all."""
        return self.annotation + self.verification + self.adjudication


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One case in somebody's hand.

    `sheet` is what they label it by; it tells neither what was suggested nor whether it is a control. `labellings` are both
    that differ, for whoever settles a dispute; else none. Until `until` nobody else is given it.
    """

    kind: LabellingKind
    until: datetime
    sheet: LabellingForm
    labellings: tuple[Labelling, ...] = ()


@published("served")
@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What the queue answers: a task, None when nothing waits for that person, and what is left with it."""

    task: Task | None
    left: Left


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """A case that somebody has in hand."""

    case: str
    kind: LabellingKind
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchState:
    """How far a batch has come: of `size` sampled events of a group and period so many are `done` in all, and `in_turn`.

    Confirmed figures are made of what was done in turn: before the first that is still waiting.
    """

    source: str
    protocol: str
    group: str
    period: datetime
    size: Count
    done: Count
    in_turn: Count


@published("queue")
@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """What one has in hand, what is left for one, and how far the batches have come."""

    in_hand: tuple[InHand, ...]
    left: Left
    batches: tuple[BatchState, ...]
