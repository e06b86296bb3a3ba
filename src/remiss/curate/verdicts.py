"""Verification: whether two people who labelled a case by themselves agree, and what follows.

They agree when they gave the same verdict; of a failure, also the same primary mode and severities at most one grade apart.
Critical (1) agrees with nothing but itself. Both severities are kept, and the graver counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from remiss.records.labelling import LabellingKind, Verdict
from remiss.records.states import DECIDED, Move, Status

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
    if status not in DECIDED:
        return None
    return next((given[kind] for kind in reversed(LabellingKind) if kind in given), None)


def together(first: Verdicts, second: Verdicts) -> Verdicts:
    """Return what two labellings that agree decide: the graver of both severities."""
    grades = [each.severity for each in (first, second) if each.severity is not None]
    return Verdicts(verdict=first.verdict, mode=first.mode, severity=min(grades, default=None), target=first.target)
