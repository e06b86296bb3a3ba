"""What people do about cases that are alike: have one take the verdict of another, and take that back."""

from __future__ import annotations

from remiss.action import action
from remiss.catalog.revision import check_read
from remiss.curate.linking import check_link, link_of
from remiss.curate.ports.labelling import CurateWorkspace
from remiss.records.case import Case

LINK = "case:link"


@action(name="case.link", permission=LINK, subject="case_id")
def link(ws: CurateWorkspace, case_id: str, revision: int, other: str) -> Case:
    """Have a candidate take the verdict of another case that is alike: another event, the same problem. It keeps its weight.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    revision : of the case, as it was read
    other : id or prefix of the case whose verdict it takes

    Raises
    ------
    Denied : no permission in the case's team
    Precondition : the case was written since; Conflict : one of the two stands otherwise
    NotFound, Ambiguous, InputError
    """
    standing, target = ws.labellings.both(case_id, other)
    ws.allow(LINK, standing.team)
    check_read(f"case {standing.case}", revision, standing.revision)
    check_link(standing, target)
    ws.labellings.link(standing, target)
    return ws.cases.get(standing.case, None)


@action(name="case.unlink", permission=LINK, subject="case_id")
def unlink(ws: CurateWorkspace, case_id: str, revision: int) -> Case:
    """Take a case's link away, so that it is labelled by itself.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    revision : of the case, as it was read

    Raises
    ------
    Denied : no permission in the case's team
    Precondition : the case was written since; Conflict : it takes no other case's verdict
    NotFound, Ambiguous, InputError
    """
    standing = ws.labellings.standing(case_id)
    ws.allow(LINK, standing.team)
    check_read(f"case {standing.case}", revision, standing.revision)
    link_of(standing)
    ws.labellings.unlink(standing)
    return ws.cases.get(standing.case, None)
