"""Linking: one case takes the verdict of another that is alike: another event, the same problem.

Such a case is labelled once, where the problem is, and keeps its own weight. Links are one step long: what takes a verdict gives
none, so that nobody has to follow a chain to know what a case is.
"""

from __future__ import annotations

from remiss.curate.labelling_state import LabellingState
from remiss.errors import Conflict, InputError
from remiss.records.labelling import Link
from remiss.records.states import Status


def check_link(standing: LabellingState, other: LabellingState) -> None:
    """Refuse to let a case take the verdict of another where that cannot be.

    Raises
    ------
    InputError : it is the case itself; Conflict : one of them stands otherwise
    """
    if standing.case == other.case:
        raise InputError(f"case {standing.case} is alike itself", do="name the other case")
    if standing.link is not None:
        raise Conflict(f"case {standing.case} takes the verdict of {standing.link.case} already", do="take that link away first")
    if standing.status is not Status.CANDIDATE:
        raise Conflict(
            f"case {standing.case} is {standing.status.value}, and only a candidate takes another's verdict",
            do="reopen it first, or leave it: it has been labelled by itself",
        )
    if standing.followed:
        raise Conflict(f"other cases take the verdict of {standing.case}", do=f"link them to {other.case} first")
    if other.link is not None:
        raise Conflict(f"case {other.case} takes the verdict of {other.link.case} itself", do=f"name {other.link.case}")


def link_of(standing: LabellingState) -> Link:
    """Return the link by which a case takes another's verdict.

    Raises
    ------
    Conflict : there is none
    """
    if standing.link is None:
        raise Conflict(f"case {standing.case} takes no other case's verdict", do="nothing")
    return standing.link
