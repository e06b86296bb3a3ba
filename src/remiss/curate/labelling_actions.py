"""What people do to make cases true: annotate, verify, adjudicate, and begin anew.

Each names the revision that was read, and holds the case until it is done: of two who do it at once, the second is told that
somebody was quicker. Who may and what follows is decided by the rules alone (`steps.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from remiss.action import action
from remiss.catalog.actions import REDACTION
from remiss.catalog.revision import check_read
from remiss.curate import steps
from remiss.curate.annotation import Made, aimed, prepared, prepared_reason
from remiss.curate.grounds import Grounds, grounds_of
from remiss.curate.labelling_sheet import Sheet, sheet_of
from remiss.curate.ports.labelling import CurateWorkspace
from remiss.curate.standing import Standing
from remiss.records.case import Case
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from remiss.records.look import Kind, Look

ANNOTATE, VERIFY, ADJUDICATE, REOPEN = "case:annotate", "case:verify", "case:adjudicate", "case:reopen"


def _sheet_shown(ws: CurateWorkspace, given: Mapping[str, Any], found: Sheet) -> Sequence[Look]:
    return (Look(kind=Kind.CASE, subject=found.case, team=ws.labellings.team(found.case)),)


@action(name="case.sheet", permission=ANNOTATE, reads=True, subject="case_id", views=_sheet_shown)
def sheet(ws: CurateWorkspace, case_id: str) -> Sheet:
    """Show by what one labels a case: the evidence, the questions, the failure modes; nothing that was suggested or said.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares

    Raises
    ------
    Denied : no permission in the case's team
    NotFound, Ambiguous, InputError
    """
    standing = ws.labellings.look(case_id)
    ws.allow(ANNOTATE, standing.team)
    return sheet_of(standing, ws.actor.name, _grounds(ws, standing))


@action(name="case.annotate", permission=ANNOTATE, subject="case_id")
def annotate(ws: CurateWorkspace, case_id: str, revision: int, judgement: Judgement) -> Case:
    """Say by oneself what a case is: the first labelling, which its author may redo until a second one is there.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    revision : of the case, as it was read
    judgement : what one found

    Raises
    ------
    LabellingError : the judgement does not fit the case, its rubric or its taxonomies
    Precondition : the case was written since; Conflict : nobody annotates a case that stands so
    NotFound, Ambiguous, InputError
    """
    standing, said = _read_for(ws, case_id, revision, ANNOTATE, judgement)
    step = steps.annotation(standing, ws.actor.name)
    return _label(ws, standing, LabellingKind.ANNOTATION, said, _grounds(ws, standing), step)


@action(name="case.verify", permission=VERIFY, subject="case_id")
def verify(ws: CurateWorkspace, case_id: str, revision: int, judgement: Judgement) -> Case:
    """Say by oneself what an annotated case is: the second labelling, by somebody who has not seen the first.

    Where both say the same the case is verified or rejected; else it is disputed.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    revision : of the case, as it was read
    judgement : what one found, and whether it could be reproduced

    Raises
    ------
    Denied : whoever annotated it, or owns its model; no permission in the case's team
    LabellingError : the judgement does not fit the case, its rubric or its taxonomies
    Precondition : the case was written since; Conflict : nobody verifies a case that stands so
    NotFound, Ambiguous, InputError
    """
    standing, said = _read_for(ws, case_id, revision, VERIFY, judgement)
    grounds = _grounds(ws, standing)
    step = steps.verification(standing, ws.actor.name, grounds.owners)
    return _label(ws, standing, LabellingKind.VERIFICATION, said, grounds, step)


@action(name="case.adjudicate", permission=ADJUDICATE, subject="case_id")
def adjudicate(ws: CurateWorkspace, case_id: str, revision: int, judgement: Judgement) -> Case:
    """Settle what two people see differently, with both in view: the third labelling decides.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    revision : of the case, as it was read
    judgement : what it is, and why

    Raises
    ------
    Denied : one of the two, or an owner of its model
    LabellingError : the judgement does not fit the case, its rubric or its taxonomies
    Precondition : the case was written since; Conflict : there is no dispute
    NotFound, Ambiguous, InputError
    """
    standing, said = _read_for(ws, case_id, revision, ADJUDICATE, judgement)
    grounds = _grounds(ws, standing)
    step = steps.adjudication(standing, ws.actor.name, grounds.owners)
    return _label(ws, standing, LabellingKind.ADJUDICATION, said, grounds, step)


@action(name="case.reopen", permission=REOPEN, subject="case_id")
def reopen(ws: CurateWorkspace, case_id: str, revision: int, reason: str) -> Case:
    """Begin a decided case anew: it is a candidate again, and what people said of it stays in its history.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    revision : of the case, as it was read
    reason : why, in a sentence

    Raises
    ------
    Precondition : the case was written since; Conflict : it is not decided
    NotFound, Ambiguous, InputError : among them a reason that is empty
    """
    standing = _read(ws, case_id, revision, REOPEN)
    ws.labellings.reopen(standing, steps.reopening(standing), prepared_reason(reason, ws.keys.secret(REDACTION)))
    return ws.cases.get(standing.case, None)


def _read(ws: CurateWorkspace, case_id: str, revision: int, permission: str) -> Standing:
    return _checked(ws, ws.labellings.standing(case_id), revision, permission)


def _read_for(
    ws: CurateWorkspace, case_id: str, revision: int, permission: str, judgement: Judgement
) -> tuple[Standing, Judgement]:
    """Return where a case stands, and a judgement whose `same-event` names the other case by its whole id.

    Both cases are held then, so that the link between them can be written.
    """
    if judgement.verdict is not Verdict.SAME_EVENT or not judgement.target:
        return _read(ws, case_id, revision, permission), judgement
    standing, target = ws.labellings.both(case_id, judgement.target)
    return _checked(ws, standing, revision, permission), aimed(judgement, standing, target)


def _checked(ws: CurateWorkspace, standing: Standing, revision: int, permission: str) -> Standing:
    ws.allow(permission, standing.team)
    check_read(f"case {standing.case}", revision, standing.revision)
    return standing


def _grounds(ws: CurateWorkspace, standing: Standing) -> Grounds:
    return grounds_of(standing.model, standing.caught_by, ws.protocols.binding(), ws.protocols.versions())


def _label(
    ws: CurateWorkspace,
    standing: Standing,
    kind: LabellingKind,
    judgement: Judgement,
    grounds: Grounds,
    step: Callable[[Made], steps.Step],
) -> Case:
    made = prepared(judgement, kind, standing.event, grounds, ws.keys.secret(REDACTION))
    ws.labellings.write(standing, kind, made, step(made))
    return ws.cases.get(standing.case, None)
