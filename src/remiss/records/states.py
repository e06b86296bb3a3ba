"""States of a case: one table of every move there is.

A case begins as a candidate (it met a criterion, or a person filed it) or as a control. Nothing else moves a case.
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a case stands."""

    CANDIDATE = "candidate"
    CONTROL = "control"
    CLEARED = "cleared"
    ANNOTATED = "annotated"
    VERIFIED = "verified"
    REJECTED = "rejected"
    DISPUTED = "disputed"
    RESOLVED = "resolved"
    REGRESSED = "regressed"
    UNDECIDABLE = "undecidable"


class Move(StrEnum):
    """What can be done to a case."""

    ANNOTATE = "annotate"
    CLEAR = "clear"
    CONFIRM = "verify-failure"
    REFUTE = "verify-no-failure"
    DIFFER = "verify-differently"
    UPHOLD = "adjudicate-failure"
    DISMISS = "adjudicate-no-failure"
    CANNOT_TELL = "cannot-tell"
    CANNOT_TELL_EITHER = "second-cannot-tell"
    RESOLVE = "resolve"
    RECUR = "recur"
    REOPEN = "reopen"


MOVES: dict[tuple[Status, Move], Status] = {
    (Status.CANDIDATE, Move.ANNOTATE): Status.ANNOTATED,
    (Status.ANNOTATED, Move.ANNOTATE): Status.ANNOTATED,
    (Status.CONTROL, Move.ANNOTATE): Status.ANNOTATED,
    (Status.CONTROL, Move.CLEAR): Status.CLEARED,
    (Status.ANNOTATED, Move.CONFIRM): Status.VERIFIED,
    (Status.ANNOTATED, Move.REFUTE): Status.REJECTED,
    # Of a control that a second person labels too; of most the first alone decides.
    (Status.ANNOTATED, Move.CLEAR): Status.CLEARED,
    (Status.ANNOTATED, Move.DIFFER): Status.DISPUTED,
    (Status.DISPUTED, Move.UPHOLD): Status.VERIFIED,
    (Status.DISPUTED, Move.DISMISS): Status.REJECTED,
    # One who cannot tell leaves a case as it is, for another person; by a second one it is settled that nobody can.
    (Status.CANDIDATE, Move.CANNOT_TELL): Status.CANDIDATE,
    (Status.CONTROL, Move.CANNOT_TELL): Status.CONTROL,
    (Status.ANNOTATED, Move.CANNOT_TELL): Status.ANNOTATED,
    (Status.DISPUTED, Move.CANNOT_TELL): Status.DISPUTED,
    (Status.CANDIDATE, Move.CANNOT_TELL_EITHER): Status.UNDECIDABLE,
    (Status.CONTROL, Move.CANNOT_TELL_EITHER): Status.UNDECIDABLE,
    (Status.ANNOTATED, Move.CANNOT_TELL_EITHER): Status.UNDECIDABLE,
    (Status.DISPUTED, Move.CANNOT_TELL_EITHER): Status.UNDECIDABLE,
    (Status.VERIFIED, Move.RESOLVE): Status.RESOLVED,
    (Status.REGRESSED, Move.RESOLVE): Status.RESOLVED,
    (Status.RESOLVED, Move.RECUR): Status.REGRESSED,
    (Status.REJECTED, Move.REOPEN): Status.CANDIDATE,
    (Status.VERIFIED, Move.REOPEN): Status.CANDIDATE,
    (Status.RESOLVED, Move.REOPEN): Status.CANDIDATE,
    (Status.CLEARED, Move.REOPEN): Status.CANDIDATE,
    (Status.UNDECIDABLE, Move.REOPEN): Status.CANDIDATE,
}
# Where people are done with a case, which two of them may be who cannot tell; until then what they say of it is not visible to
# the next labeller.
DECIDED = frozenset({Status.CLEARED, Status.VERIFIED, Status.REJECTED, Status.RESOLVED, Status.REGRESSED, Status.UNDECIDABLE})


def after(status: Status, move: Move) -> Status | None:
    """Return the status that `move` leads to, or None where the table has no such move.

    >>> after(Status.ANNOTATED, Move.CONFIRM)
    <Status.VERIFIED: 'verified'>
    """
    return MOVES.get((status, move))
