"""The sheet that somebody labels a case by: the evidence, the questions and modes; nothing that was suggested or said.

A candidate and a control have the same sheet, and so have the first labelling and the second but for their name.
"""

from __future__ import annotations

from dataclasses import dataclass

from remiss.curate.eligibility import obstacle
from remiss.curate.guidelines import Guidelines
from remiss.curate.labelling_state import LabellingState
from remiss.protocol.terms import Mode, Question
from remiss.records.event import Event
from remiss.records.labelling import LabellingKind
from remiss.records.published import Count, published
from remiss.records.states import DECIDED, Status

DECIDED_ALREADY = "people have decided what it is"


@published("sheet")
@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingForm:
    """By what a person labels a case.

    `kind` is the labelling that is due, None when none is; `obstacle` says why it is not theirs to give. A failure has one of
    `modes`, an answer to each of `questions`, and an impact in one of `units`; without units in any.
    """

    case: str
    revision: Count
    event: Event
    kind: LabellingKind | None
    obstacle: str | None
    questions: tuple[Question, ...]
    modes: tuple[Mode, ...]
    units: tuple[str, ...]


def labelling_form_of(standing: LabellingState, person: str, grounds: Guidelines) -> LabellingForm:
    """Return the sheet of a case for a person."""
    kind = due(standing, person)
    return LabellingForm(
        case=standing.case,
        revision=standing.revision,
        event=standing.event,
        kind=kind,
        obstacle=DECIDED_ALREADY if kind is None else _obstacle(kind, standing, person, grounds),
        questions=grounds.rubric.questions,
        modes=tuple(grounds.modes[name] for name in sorted(grounds.modes)),
        units=grounds.units,
    )


def due(standing: LabellingState, person: str) -> LabellingKind | None:
    """Return which labelling a person could add to a case as it stands; the annotator's own is theirs to redo."""
    if standing.status is Status.DISPUTED:
        return LabellingKind.ADJUDICATION
    if standing.stale or standing.status in {Status.CANDIDATE, Status.CONTROL}:
        return LabellingKind.ANNOTATION
    if standing.status in DECIDED:
        return None
    return LabellingKind.ANNOTATION if person in standing.people else LabellingKind.VERIFICATION


def _obstacle(kind: LabellingKind, standing: LabellingState, person: str, grounds: Guidelines) -> str | None:
    if standing.link is not None:
        return f"case {standing.case} takes the verdict of {standing.link.case}"
    return obstacle(kind, standing, person, grounds.owners)
