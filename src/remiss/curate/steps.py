"""Steps: what a labelling, or beginning anew, does to a case, by the table of moves and by nothing else.

Verification: whether two people who labelled a case independently agree, and what follows.

They agree when they gave the same verdict; of a failure, also the same primary mode and severities at most one grade apart.
Critical (1) agrees with nothing but itself. Both severities are kept, and the graver counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remiss.curate.blinding import CONTROL, MISSED
from remiss.curate.guidelines import Owners
from remiss.curate.labelling_state import LabellingState, check_eligible
from remiss.errors import Conflict
from remiss.records.labelling import Labelling, LabellingKind, Verdict
from remiss.records.states import DECIDED, Move, Status, after

if TYPE_CHECKING:
    from remiss.curate.annotation import PreparedLabelling

CRITICAL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What of a labelling decides."""

    verdict: Verdict
    mode: str | None = None
    severity: int | None = None
    target: str | None = None


def agree(first: Verdicts, second: Verdicts) -> bool:
    """Return whether two labellings say the same.

    >>> grave, graver = (Verdicts(verdict=Verdict.FAILURE, mode="m", severity=grade) for grade in (2, 1))
    >>> agree(grave, grave), agree(grave, graver)
    (True, False)
    """
    if first.verdict is not second.verdict or first.target != second.target:
        return False
    if first.verdict is not Verdict.FAILURE:
        return True
    return first.mode == second.mode and near(first.severity, second.severity)


def near(first: int | None, second: int | None) -> bool:
    """Return whether two grades of one failure go together."""
    if first is None or second is None or CRITICAL in {first, second}:
        return first == second
    return abs(first - second) <= 1


def verified(first: Verdicts, second: Verdicts) -> Move:
    """Return the move that a second labelling makes."""
    if not agree(first, second):
        return Move.DIFFER
    return Move.CONFIRM if first.verdict is Verdict.FAILURE else Move.REFUTE


def settled(third: Verdicts) -> Move:
    """Return the move that an adjudication makes."""
    return Move.UPHOLD if third.verdict is Verdict.FAILURE else Move.DISMISS


def conclusion(status: Status, given: Mapping[LabellingKind, Verdict]) -> Verdict | None:
    """Return the verdict that people came to, None until the case is decided.

    Parameters
    ----------
    given : the verdicts of the labellings in force: the last of them counts, and two that agree say the same

    >>> given = {LabellingKind.ANNOTATION: Verdict.FAILURE, LabellingKind.VERIFICATION: Verdict.FAILURE}
    >>> conclusion(Status.VERIFIED, given), conclusion(Status.ANNOTATED, {LabellingKind.ANNOTATION: Verdict.FAILURE})
    (<Verdict.FAILURE: 'failure'>, None)
    """
    if status not in DECIDED or status is Status.UNDECIDABLE:
        return None
    return next((given[kind] for kind in reversed(LabellingKind) if kind in given), None)


def together(first: Verdicts, second: Verdicts) -> Verdicts:
    """Return what two labellings that agree decide: the graver of both severities."""
    grades = [each.severity for each in (first, second) if each.severity is not None]
    return Verdicts(verdict=first.verdict, mode=first.mode, severity=min(grades, default=None), target=first.target)


ANNOTATED_ALREADY = "case {case} is annotated already"
VERIFY_IT = "verify it: a second labelling is worth more"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStep:
    """What is to be written of a case.

    Parameters
    ----------
    status : where it stands then
    mode, severity : as suggested until it is decided, then as decided
    supersedes : why the labellings in force give way, and whether all do or annotations alone; None when they stay
    round, attempt : of the labelling that comes with it
    decided : what people found, when this decides it
    """

    status: Status
    origin: str
    mode: str | None
    severity: int | None
    round: int
    attempt: int = 1
    supersedes: str | None = None
    decided: Verdicts | None = None


def verdicts_of(labelling: Labelling) -> Verdicts:
    """Return what of a labelling decides."""
    return Verdicts(verdict=labelling.verdict, mode=labelling.mode, severity=labelling.severity, target=labelling.target)


def verdicts_in(made: PreparedLabelling) -> Verdicts:
    """Return what of a labelling that is about to be written decides."""
    given = made.judgement
    return Verdicts(verdict=given.verdict, mode=given.mode, severity=made.severity, target=given.target)


def annotation(state: LabellingState, person: str, chance: float) -> Callable[[PreparedLabelling], CaseStep]:
    """Return what an annotation by a person does to a case, once it is made.

    Parameters
    ----------
    chance : by which it is chosen whether a second person labels it

    Raises
    ------
    Conflict : a case in this state cannot be annotated, or not by this person
    """
    check_alone(state)
    before = state.labelling(LabellingKind.ANNOTATION)
    status, round_, attempt, why = state.status, state.round, state.attempts + 1, None
    if state.stale and status in DECIDED:
        status, round_, attempt, why = _moved(state, Move.REOPEN, "annotated"), state.round + 1, 1, "stale"
    elif before is not None:
        if before.person != person and not state.stale:
            raise Conflict(ANNOTATED_ALREADY.format(case=state.case), do=VERIFY_IT)
        why = "stale" if state.stale else "redone"
    begun = status
    moved_from(state, begun, Move.ANNOTATE, "annotated")

    def step(made: PreparedLabelling) -> CaseStep:
        fails = made.judgement.verdict is Verdict.FAILURE
        clears = begun is Status.CONTROL and not fails and chance >= state.checked_share
        reached = moved_from(state, begun, Move.CLEAR if clears else Move.ANNOTATE, "annotated")
        return CaseStep(
            status=reached,
            origin=MISSED if state.origin == CONTROL and fails else state.origin,
            mode=None if clears else state.suggested[0],
            severity=None if clears else state.suggested[1],
            round=round_,
            attempt=attempt,
            supersedes=why,
            decided=verdicts_in(made) if clears else None,
        )

    return step


def verification(state: LabellingState, person: str, owners: Owners) -> Callable[[PreparedLabelling], CaseStep]:
    """Return what a verification by a person does to a case, once it is made.

    Raises
    ------
    Denied : the annotator, or an owner of the model; Conflict : a case in this state cannot be verified
    """
    first = state.labelling(LabellingKind.ANNOTATION)
    _moved(state, Move.DIFFER, "verified")
    if first is None:
        raise ValueError(f"case {state.case} is annotated and has no annotation")
    check_eligible(LabellingKind.VERIFICATION, state, person, owners)
    check_unchanged(state)

    def step(made: PreparedLabelling) -> CaseStep:
        move = verified(verdicts_of(first), verdicts_in(made))
        if move is Move.REFUTE and state.origin == CONTROL:
            move = Move.CLEAR
        return _decided(state, move, None if move is Move.DIFFER else together(verdicts_of(first), verdicts_in(made)), "verified")

    return step


def adjudication(state: LabellingState, person: str, owners: Owners) -> Callable[[PreparedLabelling], CaseStep]:
    """Return what an adjudication by a person does to a case, once it is made.

    Raises
    ------
    Denied : one of the two who differ, or an owner of the model; Conflict : there is no dispute
    """
    _moved(state, Move.UPHOLD, "adjudicated")
    check_eligible(LabellingKind.ADJUDICATION, state, person, owners)
    return lambda made: _decided(state, settled(verdicts_in(made)), verdicts_in(made), "adjudicated")


def check_alone(state: LabellingState) -> None:
    """Refuse to label a case that takes another's verdict.

    Raises
    ------
    Conflict
    """
    if state.link is not None:
        raise Conflict(f"case {state.case} takes the verdict of {state.link.case}", do="take the link away to label it by itself")


def check_unchanged(state: LabellingState) -> None:
    """Refuse a second labelling of a case whose event has changed since the first.

    Raises
    ------
    Conflict
    """
    if state.stale and state.status is Status.ANNOTATED:
        raise Conflict(f"the event of case {state.case} has changed since it was annotated", do="annotate it anew first")


def reopening(state: LabellingState) -> CaseStep:
    """Return what reopening does to a case: it is as it was before anybody labelled it.

    Raises
    ------
    Conflict : it is not decided
    """
    return CaseStep(
        status=_moved(state, Move.REOPEN, "reopened"),
        origin=state.origin,
        mode=state.suggested[0],
        severity=state.suggested[1],
        round=state.round + 1,
        supersedes="reopened",
    )


def _decided(state: LabellingState, move: Move, decided: Verdicts | None, done: str) -> CaseStep:
    mode, severity = state.suggested if decided is None else (decided.mode, decided.severity)
    return CaseStep(
        status=_moved(state, move, done),
        origin=MISSED if state.origin == CONTROL and decided is not None and decided.verdict is Verdict.FAILURE else state.origin,
        mode=mode,
        severity=severity,
        round=state.round,
        decided=decided,
    )


def _moved(state: LabellingState, move: Move, done: str) -> Status:
    return moved_from(state, state.status, move, done)


def moved_from(state: LabellingState, status: Status, move: Move, done: str) -> Status:
    """Return where a move leads from a status, of which `done` says in a word what it does.

    Raises
    ------
    Conflict : the table has no such move
    """
    reached = after(status, move)
    if reached is None:
        raise Conflict(f"case {state.case} is {status.value}, and cannot be {done} in this state", do="see the table of states")
    return reached
