"""What people do to make cases true: annotate, verify, adjudicate, and begin anew.

Each names the revision that was read, and holds the case until it is done: of two who do it at once, the second is told that
somebody was quicker. Who may and what follows is decided by the rules alone (`steps.py`).

Afterwards one learns what others saw: of cases that are settled, whose labellings one may read anyway. Until then nothing is
told, not even that somebody else has looked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.query.parsing import parse
from remiss.catalog.revision import check_read
from remiss.curate import steps
from remiss.curate.abstentions import cannot_tell
from remiss.curate.annotation import PreparedLabelling, aimed, prepared, prepared_reason
from remiss.curate.batches import SELECTION_PURPOSE, chance_of
from remiss.curate.guidelines import Guidelines, guidelines_of
from remiss.curate.labelling_form import LabellingForm, labelling_form_of
from remiss.curate.labelling_state import LabellingState
from remiss.curate.ports.labelling import AgreementWorkspace, CurateWorkspace
from remiss.govern.redaction.written import gate
from remiss.parameters import CaseId, Option, Position, Revision, Without
from remiss.records.agreement import Double, Given, OwnAgreement
from remiss.records.case import Case
from remiss.records.catalog import reached
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from remiss.records.view_entry import ViewEntry, ViewKind

# Whether it could be reproduced is asked of the verifier alone.
FirstJudgement = Annotated[Judgement, Without(("reproduced",))]
ANNOTATE, VERIFY, ADJUDICATE, REOPEN = "case:annotate", "case:verify", "case:adjudicate", "case:reopen"
# Under so many settled cases a share says nothing of a person.
FEWEST_SETTLED = 20
SETTLED = parse("status:verified OR status:rejected OR status:resolved OR status:regressed")


def _form_shown(ws: CurateWorkspace, given: Mapping[str, Any], found: LabellingForm) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.CASE, subject=found.case, team=ws.labellings.team(found.case)),)


@action("case.form", permission=ANNOTATE, http="GET /cases/{case}/form", reads=True, subject="case", views=_form_shown)
def form(ws: CurateWorkspace, case: CaseId) -> LabellingForm:
    """Show by what CASE is labelled: evidence, questions and modes.

    Nothing that was suggested or said of it is shown. A case is labelled as it is now, never as it was at an earlier position.

    Example: remiss case form k7m4-qp

    Raises
    ------
    Denied : no permission in the case's team
    NotFound, Ambiguous, InputError
    """
    state = ws.labellings.read_state(case)
    ws.allow(ANNOTATE, state.team)
    return labelling_form_of(state, ws.actor.name, _guidelines(ws, state))


@action("case.annotate", permission=ANNOTATE, http="POST /cases/{case}/annotation", subject="case")
def annotate(ws: CurateWorkspace, case: CaseId, revision: Revision, judgement: FirstJudgement) -> Case:
    """Label CASE first, independently: say what it is.

    You may do it again until a second person has labelled the case. Where you cannot tell, the case waits for another person.

    Example: remiss case annotate k7m4-qp --revision 1 --verdict failure --mode remiss:model/weak-slice --answer harm=loss
    --answer reach=slice --answer detection=late --answer recovery=itself --rationale "feeder airports again"

    Parameters
    ----------
    revision : the revision that you read; see `case form`
    judgement : what one found

    Raises
    ------
    LabellingError : the judgement does not fit the case, its rubric or its taxonomies
    Precondition : the case was written since; Conflict : a case in this state cannot be annotated
    NotFound, Ambiguous, InputError
    """
    if judgement.verdict is Verdict.CANNOT_TELL:
        return _abstain(ws, case, revision, LabellingKind.ANNOTATION, judgement)
    state, said = _read_for(ws, case, revision, ANNOTATE, judgement)
    chance = chance_of(ws.keys.secret(SELECTION_PURPOSE), state.case)
    step = steps.annotation(state, ws.actor.name, chance)
    return _label(ws, state, LabellingKind.ANNOTATION, said, _guidelines(ws, state), step, chance)


@action("case.verify", permission=VERIFY, http="POST /cases/{case}/verification", subject="case")
def verify(ws: CurateWorkspace, case: CaseId, revision: Revision, judgement: Judgement) -> Case:
    """Label the annotated CASE a second time, independently.

    You have not seen the first labelling. Where both say the same the case is verified or rejected; else it is disputed. Where
    you cannot tell, it waits for another person; where a second one cannot either, it is undecidable.

    Example: remiss case verify k7m4-qp --revision 2 --verdict not-a-failure --rationale "the flight was on time"

    Parameters
    ----------
    revision : the revision that you read; see `case form`
    judgement : what one found, and whether it could be reproduced

    Raises
    ------
    Denied : the annotator, or an owner of the model; no permission in the case's team
    LabellingError : the judgement does not fit the case, its rubric or its taxonomies
    Precondition : the case was written since; Conflict : a case in this state cannot be verified
    NotFound, Ambiguous, InputError
    """
    if judgement.verdict is Verdict.CANNOT_TELL:
        return _abstain(ws, case, revision, LabellingKind.VERIFICATION, judgement)
    state, said = _read_for(ws, case, revision, VERIFY, judgement)
    guidelines = _guidelines(ws, state)
    step = steps.verification(state, ws.actor.name, guidelines.owners)
    return _label(ws, state, LabellingKind.VERIFICATION, said, guidelines, step)


@action("case.adjudicate", permission=ADJUDICATE, http="POST /cases/{case}/adjudication", subject="case")
def adjudicate(ws: CurateWorkspace, case: CaseId, revision: Revision, judgement: FirstJudgement) -> Case:
    """Settle what two people see differently in CASE, and say why.

    Both labellings are in view.

    Example: remiss case adjudicate k7m4-qp --revision 3 --verdict wrong-label --rationale "the board was right"

    Parameters
    ----------
    revision : the revision that you read; see `case form`
    judgement : what it is, and why

    Raises
    ------
    Denied : one of the two, or an owner of its model
    LabellingError : the judgement does not fit the case, its rubric or its taxonomies
    Precondition : the case was written since; Conflict : there is no dispute
    NotFound, Ambiguous, InputError
    """
    if judgement.verdict is Verdict.CANNOT_TELL:
        return _abstain(ws, case, revision, LabellingKind.ADJUDICATION, judgement)
    state, said = _read_for(ws, case, revision, ADJUDICATE, judgement)
    guidelines = _guidelines(ws, state)
    step = steps.adjudication(state, ws.actor.name, guidelines.owners)
    return _label(ws, state, LabellingKind.ADJUDICATION, said, guidelines, step)


@action("case.reopen", permission=REOPEN, http="POST /cases/{case}/reopening", subject="case")
def reopen(ws: CurateWorkspace, case: CaseId, revision: Revision, reason: Annotated[str, Option()]) -> Case:
    """Reopen the decided CASE: it is a candidate again.

    What people said of it stays in its history.

    Example: remiss case reopen k7m4-qp --revision 3 --reason "the label was corrected"

    Parameters
    ----------
    reason : why, in a sentence

    Raises
    ------
    Precondition : the case was written since; Conflict : it is not decided
    NotFound, Ambiguous, InputError : among them a reason that is empty
    """
    state = _read(ws, case, revision, REOPEN)
    ws.labellings.reopen(state, steps.reopening(state), prepared_reason(reason, gate(ws)))
    return ws.cases.get(state.case, None)


def _read(ws: CurateWorkspace, case: CaseId, revision: int, permission: str) -> LabellingState:
    return _checked(ws, ws.labellings.state(case), revision, permission)


def _read_for(
    ws: CurateWorkspace, case: CaseId, revision: int, permission: str, judgement: Judgement
) -> tuple[LabellingState, Judgement]:
    """Return where a case stands, and a judgement whose `same-event` names the other case by its whole id.

    Both cases are held then, so that the link between them can be written.
    """
    if judgement.verdict is not Verdict.SAME_EVENT or not judgement.target:
        return _read(ws, case, revision, permission), judgement
    state, target = ws.labellings.both(case, judgement.target)
    return _checked(ws, state, revision, permission), aimed(judgement, state, target)


def _checked(ws: CurateWorkspace, state: LabellingState, revision: int, permission: str) -> LabellingState:
    ws.allow(permission, state.team)
    check_read(f"case {state.case}", revision, state.revision)
    return state


def _guidelines(ws: CurateWorkspace, state: LabellingState) -> Guidelines:
    return guidelines_of(state.team, state.model, state.caught_by, ws.protocols.binding(), ws.protocols.versions())


def _label(
    ws: CurateWorkspace,
    state: LabellingState,
    kind: LabellingKind,
    judgement: Judgement,
    guidelines: Guidelines,
    step: Callable[[PreparedLabelling], steps.CaseStep],
    chance: float | None = None,
) -> Case:
    made = prepared(judgement, kind, state.event, guidelines, gate(ws))
    ws.labellings.write(state, kind, made, step(made), chance)
    return ws.cases.get(state.case, None)


PERMISSIONS = {
    LabellingKind.ANNOTATION: ANNOTATE,
    LabellingKind.VERIFICATION: VERIFY,
    LabellingKind.ADJUDICATION: ADJUDICATE,
}


def _abstain(ws: CurateWorkspace, case: CaseId, revision: int, kind: LabellingKind, judgement: Judgement) -> Case:
    """Take that somebody cannot tell what a case is: nothing is written of it until a second person cannot either."""
    state = _checked(ws, ws.labellings.state(case, files=False), revision, PERMISSIONS[kind])
    guidelines = _guidelines(ws, state)
    step = cannot_tell(state, kind, ws.actor.name, guidelines.owners)
    made = prepared(judgement, kind, state.event, guidelines, gate(ws))
    said = (ws.actor.name, kind, made.judgement.rationale)
    # It changes no revision: said twice in the same words, as by a browser that heard no answer, it is said once.
    if said not in {(each.person, each.kind, each.rationale) for each in state.abstentions}:
        ws.labellings.abstain(state, kind, made, step)
    return ws.labellings.told(state.case)


def _compared(_: AgreementWorkspace, given: Mapping[str, Any], found: OwnAgreement) -> Sequence[ViewEntry]:
    count = len(found.different)
    return (ViewEntry(kind=ViewKind.LIST, position=found.position, ids=found.different, count=count),)


@action("agreement.own", permission="queue:work", http="GET /agreement/own", reads=True, views=_compared)
def show_own_agreement(ws: AgreementWorkspace, *, as_of: Position | None = None) -> OwnAgreement:
    """Say how often others labelled the cases that you labelled as you did.

    Only settled cases count, and from 20 of them on it is said how many agreed. Those that the other person labelled differently
    are named. Nothing is told of a case that is not settled.

    Example: remiss agreement own
    """
    head = ws.position()
    position = reached(as_of, head)
    at = head if position is None else position
    person = ws.actor.name
    found = sorted(ws.double_labelled.labelled_twice(SETTLED, at, person=person), key=lambda each: each.at, reverse=True)
    return own_agreement([each for each in found if each.visible], person, at)


def own_agreement(settled: Sequence[Double], person: str, position: int) -> OwnAgreement:
    """Return how the labels of one person compare, of settled cases that two people labelled of whom they are one."""
    different = tuple(each.case for each in settled if not steps.agree(_verdicts(each.first), _verdicts(each.second)))
    enough = len(settled) >= FEWEST_SETTLED
    return OwnAgreement(
        person=person,
        position=position,
        settled=len(settled),
        agreed=len(settled) - len(different) if enough else None,
        different=different,
    )


def _verdicts(given: Given) -> steps.Verdicts:
    return steps.Verdicts(verdict=given.verdict, mode=given.mode, severity=given.severity)
