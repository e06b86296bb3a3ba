"""What people do about cases that are alike: have one take the verdict of another, and take that back.

Linking: one case takes the verdict of another that is alike: another event, the same problem.

Such a case is labelled once, where the problem is, and keeps its own weight. Links are one step long: what takes a verdict gives
none, so that nobody has to follow a chain to know what a case is.
"""

from __future__ import annotations

from remiss.action import action
from remiss.catalog.revision import check_read
from remiss.curate.labelling_state import LabellingState
from remiss.curate.ports.labelling import CurateWorkspace
from remiss.errors import Conflict, InputError
from remiss.parameters import CaseId, Revision
from remiss.records.case import Case
from remiss.records.labelling import Link
from remiss.records.states import Status


def check_link(state: LabellingState, other: LabellingState) -> None:
    """Refuse to let a case take the verdict of another where that cannot be.

    Raises
    ------
    InputError : it is the case itself; Conflict : one of them stands otherwise
    """
    if state.case == other.case:
        raise InputError(f"case {state.case} cannot be similar to itself", do="name the other case")
    if state.link is not None:
        raise Conflict(f"case {state.case} takes the verdict of {state.link.case} already", do="take that link away first")
    if state.status is not Status.CANDIDATE:
        raise Conflict(
            f"case {state.case} is {state.status.value}, and only a candidate takes another's verdict",
            do="reopen it first, or leave it: it has been labelled by itself",
        )
    if state.followed:
        raise Conflict(f"other cases take the verdict of {state.case}", do=f"link them to {other.case} first")
    if other.link is not None:
        raise Conflict(f"case {other.case} takes the verdict of {other.link.case} itself", do=f"name {other.link.case}")


def link_of(state: LabellingState) -> Link:
    """Return the link by which a case takes another's verdict.

    Raises
    ------
    Conflict : there is none
    """
    if state.link is None:
        raise Conflict(f"case {state.case} takes no other case's verdict", do="nothing")
    return state.link


LINK = "case:link"


@action("case.link", permission=LINK, http="POST /cases/{case}/link", subject="case")
def link(ws: CurateWorkspace, case: CaseId, revision: Revision, other: str) -> Case:
    """Have CASE take the verdict of OTHER: the same problem.

    It is of another event, and keeps its weight.

    Example: remiss case link k7m4-qp 9tvx-2c --revision 1

    Parameters
    ----------
    other : id or prefix of the case whose verdict it takes

    Raises
    ------
    Denied : no permission in the case's team
    Precondition : the case was written since; Conflict : one of the two stands otherwise
    NotFound, Ambiguous, InputError
    """
    state, target = ws.labellings.both(case, other)
    ws.allow(LINK, state.team)
    check_read(f"case {state.case}", revision, state.revision)
    check_link(state, target)
    ws.labellings.link(state, target)
    return ws.cases.get(state.case, None)


@action("case.unlink", permission=LINK, http="DELETE /cases/{case}/link", subject="case")
def unlink(ws: CurateWorkspace, case: CaseId, revision: Revision) -> Case:
    """Take the link of CASE away, so that it is labelled by itself.

    Example: remiss case unlink k7m4-qp --revision 2

    Raises
    ------
    Denied : no permission in the case's team
    Precondition : the case was written since; Conflict : it takes no other case's verdict
    NotFound, Ambiguous, InputError
    """
    state = ws.labellings.state(case)
    ws.allow(LINK, state.team)
    check_read(f"case {state.case}", revision, state.revision)
    link_of(state)
    ws.labellings.unlink(state)
    return ws.cases.get(state.case, None)
