"""What one can do with waivers: ask for one, approve what another asked for, close one, and see which there are."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated

from remiss.action import action
from remiss.catalog.filing import check_text
from remiss.catalog.revision import check_read
from remiss.errors import InputError, NotFound
from remiss.govern.redaction.written import gate as text_gate
from remiss.parameters import MOST_REVISION, Help, IfMatch, Option, Position, Range
from remiss.records.catalog import reached
from remiss.records.event import is_text
from remiss.records.gate import Waiver, Waivers
from remiss.records.identity import kind_id, plain, utc
from remiss.safeguard.kept_actions import GATE_READ, GateId, found_decision
from remiss.safeguard.result_ports import GateWorkspace
from remiss.safeguard.waiving import check_approvable, check_closable, check_until, check_waivable, state_of

REQUEST, APPROVE = "waiver:request", "waiver:approve"
# To end one that is in force, whoever asked for it and approved it.
END = "waiver:end"
MOST_REASON = 2_000
WaiverId = Annotated[str, Help("The id of a waiver, or a prefix of it that no other has.")]


@action("waiver.request", permission=REQUEST, http="POST /gates/{gate}/waivers", subject="gate")
def request_waiver(
    ws: GateWorkspace,
    gate: GateId,
    condition: Annotated[str, Help("The name of the condition, as the decision has it.")],
    *,
    reason: Annotated[str, Help("Why the version may be released though; redacted before it is kept.")],
    until: Annotated[datetime, Help("When the waiver ends; at most 366 days from now.")],
) -> Waiver:
    """Ask that CONDITION of the decision GATE does not count for a while.

    It counts until somebody else approves that. A waiver never makes a condition pass: it is shown as it was found, and by whom
    and until when it is waived. It is for this model version, policy and condition, also in later decisions, as long as the
    condition is no worse there: one for INCONCLUSIVE does not cover a FAIL. Severity 1 can be waived only where the policy has
    `waivers: {critical: true}`; that a model does not run never.

    Example: remiss waiver request gate-4f7q2m9x3kbd guard --reason "Two gates were renamed" --until 2027-01-15

    Raises
    ------
    NotFound, Ambiguous
    InputError : no such condition, one that nobody may waive, no reason, or a time that is over or too far away
    Conflict : the condition passes
    Denied : no permission in the team of the decision
    """
    decision = found_decision(ws, gate)
    ws.allow(REQUEST, decision.team)
    found = check_waivable(decision, condition)
    check_until(utc(until), ws.now)
    waiver = Waiver(
        id="",
        decision=decision.id,
        gate=decision.gate,
        policy_digest=decision.policy_digest,
        model=decision.model.name,
        model_version=decision.model.version,
        model_digest=decision.model.digest,
        condition=condition,
        verdict=found.verdict,
        reason=text_gate(ws).words(_checked(reason)),
        until=utc(until),
        requested_by=ws.actor.name,
        requested_at=ws.now,
        team=decision.team,
    )
    waiver = replace(waiver, id=kind_id("waiver", plain(asdict(waiver))))
    ws.gates.keep_waiver(waiver)
    return waiver


def _checked(reason: str, why: str = "the version may be released") -> str:
    """Return a reason as it may be kept.

    Raises
    ------
    InputError : it says nothing, or too much
    """
    if not reason.strip():
        raise InputError("the waiver has no reason", do=f"say in a sentence why {why}", field="reason")
    if len(reason) > MOST_REASON:
        what = f"the reason has {len(reason):,} characters, more than {MOST_REASON:,}"
        raise InputError(what, do="shorten it", field="reason")
    check_text("reason", reason)
    return reason.strip()


@action("waiver.approve", permission=APPROVE, http="POST /waivers/{waiver}/approval", subject="waiver")
def approve_waiver(ws: GateWorkspace, waiver: WaiverId) -> Waiver:
    """Approve WAIVER, which somebody else asked for.

    From now on until it ends the condition does not count: a gate that has no other that fails says PASS with 1 waiver.

    Example: remiss waiver approve waiver-4f7q2m9x3kbd

    Raises
    ------
    NotFound, Ambiguous
    Denied : you asked for it yourself; no permission in its team
    Conflict : it is approved already, closed, or has ended
    """
    # Others may be about to: from here on they wait.
    ws.gates.wait()
    found = _found(ws, waiver)
    ws.allow(APPROVE, found.team)
    check_approvable(found, ws.actor.name, ws.now)
    approved = ws.gates.approve_waiver(found, ws.actor.name, ws.now)
    return replace(approved, state=state_of(approved, ws.now))


@action("waiver.close", permission=REQUEST, http="POST /waivers/{waiver}/close", subject="waiver")
def close_waiver(
    ws: GateWorkspace,
    waiver: WaiverId,
    revision: Annotated[
        int, Range(1, MOST_REVISION), Help("The revision that you read; see `waiver list`."), Option(), IfMatch()
    ],
    *,
    reason: Annotated[str, Help("Why it is not to count; redacted before it is kept.")],
) -> Waiver:
    """Decline WAIVER, or withdraw it: it does not count from now on.

    One that waits for approval is declined by who may approve it, or withdrawn by who asked for it. One that is in force is
    withdrawn by who asked for it, by who approved it, or by an admin: its condition counts again at once. What was signed before
    goes on saying that it was waived; sign anew.

    Example: remiss waiver close waiver-4f7q2m9x3kbd --revision 2 --reason "The labels were right"

    Raises
    ------
    NotFound, Ambiguous
    InputError : no reason, or a revision that never was
    Denied : it is for others to close; no permission in its team
    Precondition : somebody approved it since
    Conflict : it is closed already, or has ended
    """
    # Others may be about to: from here on they wait.
    ws.gates.wait()
    found = _found(ws, waiver)
    ws.allow(REQUEST, found.team)
    check_read(f"waiver {found.id}", revision, found.revision)
    approves, ends = (ws.may(permission, found.team) for permission in (APPROVE, END))
    check_closable(found, ws.actor.name, ws.now, approves=approves, ends=ends)
    said = text_gate(ws).words(_checked(reason, "it is not to count"))
    closed = ws.gates.close_waiver(found, ws.actor.name, ws.now, said)
    return replace(closed, state=state_of(closed, ws.now))


@action("waiver.list", permission=GATE_READ, http="GET /waivers", reads=True)
def list_waivers(
    ws: GateWorkspace,
    *,
    model: Annotated[str, Help("For this model alone: NAME, or NAME@VERSION.")] | None = None,
    as_of: Position | None = None,
) -> Waivers:
    """List waivers, those asked for last first, and how each stands.

    Whether one has ended is always told by the time now.

    Example: remiss waiver list --model arrival-delay@2
    """
    name, _, version = (model or "").partition("@")
    at = reached(as_of, ws.position())
    found = ws.gates.waivers(name or None, version or None, at) if is_text(name + version) else ()
    return Waivers(
        position=ws.position() if at is None else at,
        items=tuple(replace(each, state=state_of(each, ws.now)) for each in found if ws.may(GATE_READ, each.team)),
    )


def _found(ws: GateWorkspace, waiver: str) -> Waiver:
    """Return a waiver that the asker sees.

    Raises
    ------
    NotFound, Ambiguous
    """
    found = ws.gates.waiver(waiver) if is_text(waiver) and waiver else None
    if found is None or not ws.may(GATE_READ, found.team):
        raise NotFound("there is no such waiver", do="see `remiss waiver list`", field="waiver")
    return found
