"""What people do about cases that are alike: have one take the verdict of another, and take that back."""

from __future__ import annotations

from remiss.action import action
from remiss.catalog.revision import check_read
from remiss.curate.linking import check_link, link_of
from remiss.curate.ports.labelling import CurateWorkspace
from remiss.parameters import CaseId, Revision
from remiss.records.case import Case

LINK = "case:link"


@action("case.link", permission=LINK, http="POST /cases/{case}/link", subject="case")
def link(ws: CurateWorkspace, case: CaseId, revision: Revision, other: str) -> Case:
    """Have CASE take the verdict of OTHER: another event, the same problem. It keeps its weight.

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
    standing, target = ws.labellings.both(case, other)
    ws.allow(LINK, standing.team)
    check_read(f"case {standing.case}", revision, standing.revision)
    check_link(standing, target)
    ws.labellings.link(standing, target)
    return ws.cases.get(standing.case, None)


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
    standing = ws.labellings.standing(case)
    ws.allow(LINK, standing.team)
    check_read(f"case {standing.case}", revision, standing.revision)
    link_of(standing)
    ws.labellings.unlink(standing)
    return ws.cases.get(standing.case, None)
