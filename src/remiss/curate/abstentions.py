"""Abstentions: what follows where a person cannot tell what a case is.

One leaves the case as it is, for another person, who is not told that anybody abstained: nothing of the case is written. A
second one settles that people cannot tell: the case is undecidable until a curator reopens it.
"""

from __future__ import annotations

from remiss.curate.guidelines import Owners, named
from remiss.curate.labelling_state import LabellingState, check_eligible
from remiss.curate.steps import ANNOTATED_ALREADY, VERIFY_IT, CaseStep, check_alone, check_unchanged, moved_from
from remiss.errors import Conflict
from remiss.records.labelling import LabellingKind
from remiss.records.states import DECIDED, Move, Status

# Who annotates is the first; of verifier and adjudicators each is one of those who look at what somebody else has annotated.
_TOGETHER = {
    LabellingKind.ANNOTATION: frozenset({LabellingKind.ANNOTATION}),
    LabellingKind.VERIFICATION: frozenset({LabellingKind.VERIFICATION, LabellingKind.ADJUDICATION}),
    LabellingKind.ADJUDICATION: frozenset({LabellingKind.VERIFICATION, LabellingKind.ADJUDICATION}),
}
_DUE = {
    LabellingKind.ANNOTATION: (frozenset({Status.CANDIDATE, Status.CONTROL}), "annotated"),
    LabellingKind.VERIFICATION: (frozenset({Status.ANNOTATED}), "verified"),
    LabellingKind.ADJUDICATION: (frozenset({Status.DISPUTED}), "adjudicated"),
}


def cannot_tell(state: LabellingState, kind: LabellingKind, person: str, owners: Owners) -> CaseStep | None:
    """Return what it does to a case that a person cannot tell what it is; None where it stays as it is, for another person.

    Raises
    ------
    Denied : not theirs to label; Conflict : a case in this state awaits no labelling of that kind
    """
    status = state.status
    if kind is LabellingKind.ANNOTATION:
        _check_begins(state, person)
        status = moved_from(state, status, Move.REOPEN, "annotated") if state.stale and status in DECIDED else status
    states, done = _DUE[kind]
    if status not in states and not (state.stale and kind is LabellingKind.ANNOTATION):
        raise Conflict(f"case {state.case} is {status.value}, and cannot be {done} in this state", do="see the table of states")
    if kind is not LabellingKind.ANNOTATION:
        check_eligible(kind, state, person, owners)
        check_unchanged(state)
    others = {named(each.person) for each in state.abstentions if each.kind in _TOGETHER[kind]} - {named(person)}
    reached = moved_from(state, status, Move.CANNOT_TELL_EITHER if others else Move.CANNOT_TELL, done)
    if not others:
        return None
    return CaseStep(
        status=reached,
        origin=state.origin,
        mode=state.suggested[0],
        severity=state.suggested[1],
        round=state.round,
        supersedes="stale" if state.stale else None,
    )


def _check_begins(state: LabellingState, person: str) -> None:
    """Refuse an annotation of what takes another's verdict or is annotated; its own annotator may do it again elsewhere."""
    check_alone(state)
    before = state.labelling(LabellingKind.ANNOTATION)
    if before is None or state.stale or state.status is not Status.ANNOTATED:
        return
    if named(before.person) == named(person):
        raise Conflict(f"you have annotated case {state.case}", do="annotate it again by another verdict, or leave it as it is")
    raise Conflict(ANNOTATED_ALREADY.format(case=state.case), do=VERIFY_IT)
