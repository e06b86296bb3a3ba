"""What people found a case to be, as its page tells it: labellings as far as one may see them, links, and what is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remiss.catalog.revision import SUGGESTED
from remiss.curate.labelling_actions import ANNOTATE, REOPEN
from remiss.curate.linking_actions import LINK
from remiss.faces.web.rendering import address, segment
from remiss.present import facts
from remiss.records.case import Case
from remiss.records.labelling import Labelling, Relation, Reproduced, Verdict
from remiss.records.states import Move, Status, after

if TYPE_CHECKING:
    from remiss.workspace import Workspace

KINDS = {"annotation": "Annotated", "verification": "Verified", "adjudication": "Settled"}
REPRODUCED = {Reproduced.YES: "made it happen again", Reproduced.NO: "could not make it happen again"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One labelling: what was done in a word, and what its author found."""

    done: str
    labelling: Labelling
    impact: str
    reproduced: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """How the case hangs on another."""

    says: str
    case: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmoved:
    """What somebody typed that was not taken, and why: the reason to reopen, or the other case to link to."""

    reason: str | None = None
    other: str | None = None
    problem: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingPart:
    """case/labelling.html: what people found. The forms are there for those who may send them, of the case as it is now alone."""

    case: str
    revision: int
    stale: bool
    found: tuple[Found, ...]
    hidden: str
    links: tuple[Linked, ...]
    due: str
    may_reopen: bool
    may_link: bool
    may_unlink: bool
    unmoved: Unmoved | None


def labelling_of(ws: Workspace, case: Case, as_of: int | None, unmoved: Unmoved | None = None) -> LabellingPart:
    """Return what the page of a case tells of its labellings."""
    labelled = case.labelling
    links = tuple(
        Linked(says=facts.linked(each)[0], case=each.case, href=address(f"/cases/{segment(each.case)}", as_of=as_of))
        for each in case.links
    )
    linked = any(each.outgoing and each.relation is Relation.ALIKE for each in case.links)
    now = as_of is None
    may_link = now and ws.authority.may(ws.actor, LINK, case.team)
    return LabellingPart(
        case=case.id,
        revision=case.revision,
        stale=case.stale,
        found=() if labelled is None else tuple(_found(each) for each in labelled.labellings),
        hidden="" if labelled is None or labelled.hidden is None else labelled.hidden,
        links=links,
        due=_due(case, ws.actor.name) if now and not linked and ws.authority.may(ws.actor, ANNOTATE, case.team) else "",
        may_reopen=now and after(case.status, Move.REOPEN) is not None and ws.authority.may(ws.actor, REOPEN, case.team),
        may_link=may_link and not linked and case.status is Status.CANDIDATE,
        may_unlink=may_link and linked,
        unmoved=unmoved,
    )


def graded_by_hand(case: Case) -> bool:
    """Return whether mode and severity of a case are still suggestions that a person may better."""
    return case.status in SUGGESTED


def _due(case: Case, person: str) -> str:
    """Return in words what somebody could say of a case next; nothing when it is decided."""
    if case.stale or case.status in SUGGESTED:
        return "Label"
    if case.status is Status.DISPUTED:
        return "Decide"
    if case.status is not Status.ANNOTATED or case.labelling is None:
        return ""
    own = any(each.person == person and each.verdict is not Verdict.CANNOT_TELL for each in case.labelling.labellings)
    return "Label again" if own else "Verify"


def _found(each: Labelling) -> Found:
    return Found(
        done="Looked at" if each.verdict is Verdict.CANNOT_TELL else KINDS[each.kind.value],
        labelling=each,
        impact="" if each.impact is None else facts.impact(each.impact),
        reproduced=REPRODUCED.get(each.reproduced, ""),
    )
