"""Gates: what was decided on versions of models, why, what is waived and by whom, and the checklist of a release."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar

from fastapi import APIRouter, Form
from markupsafe import Markup
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss import safeguard
from remiss.errors import InputError
from remiss.faces.serving import Ws, status_of
from remiss.faces.web.rendering import Refusal, render, segment, shell
from remiss.present import forest
from remiss.present.gate_report import verdict_words
from remiss.records.gate import GateChecklist, GateCondition, GateVerdict, Waiver, WaiverState
from remiss.records.identity import parse_time

if TYPE_CHECKING:
    from remiss.records.gate import GateDecision
    from remiss.workspace import Workspace

router = APIRouter()
PATH = "/gates"
REQUEST, APPROVE, END = "waiver:request", "waiver:approve", "waiver:end"
# What a verdict looks like beside its word: sign and tint.
LOOKS: Mapping[GateVerdict, tuple[str, str]] = {
    GateVerdict.PASS: ("✓", "good"),
    GateVerdict.FAIL: ("✕", "bad"),
    GateVerdict.INCONCLUSIVE: ("◌", "open"),
}
ORDER = (GateVerdict.FAIL, GateVerdict.INCONCLUSIVE, GateVerdict.PASS)
# For how long a form asks at first.
USUAL = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatesPage:
    """gates/list.html: decisions, the newest first, and the waivers that there are."""

    template: ClassVar[str] = "gates/list.html"
    lines: tuple[tuple[GateDecision, str], ...]
    waivers: tuple[Waiver, ...]
    looks: Mapping[GateVerdict, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePage:
    """gates/page.html: one decision with its conditions, the worst first, waivers, and the checklist of the release.

    `waivers` are those for this version under this policy; `approvable` are those that the reader may approve, `closable` those
    that they may close, each with what that is called, and `waivable` names the conditions that they may ask not to count.
    """

    template: ClassVar[str] = "gates/page.html"
    decision: GateDecision
    verdict: str
    conditions: tuple[GateCondition, ...]
    looks: Mapping[GateVerdict, tuple[str, str]]
    title: str
    svg: Markup
    waivers: tuple[Waiver, ...]
    approvable: tuple[Waiver, ...]
    closable: tuple[tuple[str, Waiver], ...]
    waivable: tuple[str, ...]
    until: str
    checklist: GateChecklist
    refused: Refusal | None = None


class WaiverForm(BaseModel):
    """What is asked for: that a condition of a decision does not count until a day."""

    gate: str = ""
    condition: str = ""
    reason: str = ""
    until: str = ""
    revision: int = 0


@router.get(PATH)
def gates(ws: Ws) -> Response:
    """Show what gates decided."""
    found, waivers = safeguard.list_gates(ws), safeguard.list_waivers(ws)
    page = GatesPage(lines=tuple((each, verdict_words(each)) for each in found), waivers=waivers.items, looks=LOOKS)
    twins = (("/api/v1/gates", "Decisions"), ("/api/v1/waivers", "Waivers"))
    return render(page, shell(ws, "Gates", "gates", *twins, position=found.position))


@router.get(PATH + "/{gate}")
def gate(ws: Ws, gate: str) -> Response:
    """Show one decision."""
    return _page(ws, gate)


@router.post("/waiver/request")
def request(ws: Ws, typed: Annotated[WaiverForm, Form()]) -> Response:
    """Ask for a waiver."""

    def ask() -> None:
        try:
            until = parse_time(typed.until.strip())
        except ValueError as error:
            raise InputError(f"{typed.until!r} is not a day", do="write it as 2027-01-15", field="until") from error
        safeguard.request_waiver(ws, typed.gate, typed.condition, reason=typed.reason, until=until)

    return _done(ws, typed.gate, ask, "request", typed.model_dump())


@router.post("/waiver/{waiver}/approve")
def approve(ws: Ws, waiver: str, typed: Annotated[WaiverForm, Form()]) -> Response:
    """Approve a waiver that somebody else asked for."""
    return _done(ws, typed.gate, lambda: safeguard.approve_waiver(ws, waiver), waiver, {})


@router.post("/waiver/{waiver}/close")
def close(ws: Ws, waiver: str, typed: Annotated[WaiverForm, Form()]) -> Response:
    """Decline a waiver, or withdraw it."""

    def act() -> None:
        safeguard.close_waiver(ws, waiver, typed.revision, reason=typed.reason)

    return _done(ws, typed.gate, act, f"close {waiver}", typed.model_dump())


def _done(ws: Workspace, gate: str, act: Callable[[], object], form: str, typed: Mapping[str, object]) -> Response:
    """Do something and show the decision anew; what is refused is said in its form."""
    try:
        act()
    except InputError as error:
        refused = Refusal(form=form, problem=(error.what, error.do), wrong=error.field or "", typed=typed)
        return _page(ws, gate, refused, status_of(error))
    return RedirectResponse(f"{PATH}/{segment(gate)}", 303)


def _page(ws: Workspace, gate: str, refused: Refusal | None = None, status: int = 200) -> Response:
    found = safeguard.show_gate(ws, gate)
    conditions = sorted(found.conditions, key=lambda each: (each.waived is not None, ORDER.index(each.verdict)))
    waivers = [
        each
        for each in safeguard.list_waivers(ws, model=str(found.model))
        if (each.policy_digest, each.model_digest) == (found.policy_digest, found.model.digest)
    ]
    counting = [each.name for each in conditions if each.verdict is not GateVerdict.PASS and each.waived is None]
    title, svg = forest.conditions(found.conditions)

    def may(permission: str) -> bool:
        return ws.authority.may(ws.actor, permission, found.team)

    def mine(each: Waiver) -> bool:
        return ws.actor.name in {each.requested_by, each.approved_by}

    waiting = [each for each in waivers if each.state is WaiverState.REQUESTED]
    lasting = [each for each in waivers if each.state is WaiverState.IN_FORCE]
    closable = [each for each in waiting if mine(each) or may(APPROVE)] + [each for each in lasting if mine(each) or may(END)]
    page = GatePage(
        decision=found,
        verdict=verdict_words(found),
        conditions=tuple(conditions),
        looks=LOOKS,
        title=title,
        svg=Markup(svg),  # noqa: S704 - it escapes what it writes
        waivers=tuple(waivers),
        approvable=tuple(each for each in waiting if each.requested_by != ws.actor.name) if may(APPROVE) else (),
        closable=tuple(("Withdraw" if mine(each) or each in lasting else "Decline", each) for each in closable if may(REQUEST)),
        waivable=tuple(counting) if may(REQUEST) else (),
        until=f"{ws.now + USUAL:%Y-%m-%d}",
        checklist=safeguard.gate_checklist(ws, found.id),
        refused=refused,
    )
    path = f"/api/v1/gates/{segment(found.id)}"
    twins = ((path, "Decision"), (f"{path}/checklist", "Checklist"), (f"{path}/attestation", "Signed statement"))
    return render(page, shell(ws, f"May {found.model} be released?", "gates", *twins), status=status)
