"""Waivers: a condition that does not pass need not count for a while, and is never shown as if it passed.

A waiver is for what was decided, not for whatever may come: one condition, of one policy (its digest), of one model version (its
digest, or its name where it has none), and no graver than it was when the waiver was asked for. It is taken over by later
decisions of which all that holds. It is looked at whenever a decision is: one that has ended, or that somebody closed, counts no
more, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from remiss.curate.guidelines import named
from remiss.errors import Conflict, Denied, InputError
from remiss.records.gate import GateCondition, GateDecision, GateVerdict, Waiver, WaiverState, overall
from remiss.records.identity import format_time

# Conditions that nobody may waive, or only where the policy lets them be.
MODELS_RUN, RESOLVED_CRITICAL, OPEN_CRITICAL = "models-run", "severity-1", "open-severity-1"
# So that what is waived comes up again.
LONGEST = timedelta(days=366)
# How a condition says that its waiver has ended.
COUNTS_AGAIN = "it counts again"
GRAVITY = {GateVerdict.PASS: 0, GateVerdict.INCONCLUSIVE: 1, GateVerdict.FAIL: 2}


def check_waivable(decision: GateDecision, name: str) -> GateCondition:
    """Return the condition of a decision that may be waived.

    Raises
    ------
    InputError : the decision has none of that name, or it is one that nobody may waive
    Conflict : it passes
    """
    found = next((each for each in decision.conditions if each.name == name), None)
    if found is None:
        named = ", ".join(each.name for each in decision.conditions)
        raise InputError(f"{decision.id} has no condition {name}", do=f"its conditions are {named}", field="condition")
    if found.verdict is GateVerdict.PASS:
        raise Conflict(f"{name} passes; there is nothing to waive", do="nothing")
    # With several suites the name of the suite comes first.
    what = name.rpartition(": ")[2]
    if what == MODELS_RUN:
        do = "have both models run where the gate does, and decide again"
        raise InputError("nothing was tested, and that cannot be waived", do=do, field="condition")
    waivers = decision.policy.get("waivers")
    allowed = isinstance(waivers, Mapping) and waivers.get("critical") is True
    if what in {RESOLVED_CRITICAL, OPEN_CRITICAL} and not allowed:
        raise InputError(
            f"the policy does not let {name} be waived",
            do="fix the cases; or write waivers: {critical: true} into the policy and decide again",
            field="condition",
        )
    return found


def check_until(until: datetime, now: datetime) -> None:
    """Refuse a waiver that has ended already, or that outlasts what anybody remembers.

    Raises
    ------
    InputError
    """
    if until <= now:
        raise InputError(f"{format_time(until)} is over", do="name a time to come", field="until")
    if until > now + LONGEST:
        raise InputError(
            f"{format_time(until)} is more than {LONGEST.days} days from now",
            do="name an earlier time; ask anew then",
            field="until",
        )


def check_approvable(waiver: Waiver, person: str, now: datetime) -> None:
    """Refuse to approve what one asked for oneself, in whichever letters, or what has ended.

    Raises
    ------
    Denied, Conflict
    """
    _check_open(waiver)
    if named(person) == named(waiver.requested_by):
        raise Denied(f"{person} asked for {waiver.id}, and nobody approves their own", do="leave it to another person")
    if waiver.until <= now:
        raise Conflict(f"{waiver.id} ended at {format_time(waiver.until)}", do="ask for another one")


def _check_open(waiver: Waiver) -> None:
    if waiver.closed_by is not None:
        raise Conflict(f"{waiver.id} was closed already, by {waiver.closed_by}", do="ask for another one where one is needed")


def check_closable(waiver: Waiver, person: str, now: datetime, *, approves: bool, ends: bool) -> None:
    """Refuse to close what is over, or what is for others to close.

    Parameters
    ----------
    approves : whether the person may approve waivers; who may decline one, too
    ends : whether they may end any that is in force

    Raises
    ------
    Denied, Conflict
    """
    _check_open(waiver)
    if waiver.until <= now:
        raise Conflict(f"{waiver.id} ended at {format_time(waiver.until)}", do="nothing")
    theirs = {named(each) for each in (waiver.requested_by, waiver.approved_by) if each is not None}
    if named(person) in theirs or ends or (approves and waiver.approved_by is None):
        return
    if waiver.approved_by is None:
        raise Denied(
            f"{waiver.requested_by} asked for {waiver.id}: they may withdraw it, and who may approve waivers may decline it",
            do="leave it to them",
        )
    raise Denied(
        f"{waiver.requested_by} asked for {waiver.id} and {waiver.approved_by} approved it: these two may withdraw it",
        do="leave it to them, or to an admin",
    )


def state_of(waiver: Waiver, now: datetime) -> WaiverState:
    """Return how a waiver stands: it ends at its time, approved or not, or was closed before."""
    if waiver.closed_by is not None:
        declined = waiver.approved_by is None and named(waiver.closed_by) != named(waiver.requested_by)
        return WaiverState.DECLINED if declined else WaiverState.WITHDRAWN
    if waiver.until <= now:
        return WaiverState.ENDED
    return WaiverState.REQUESTED if waiver.approved_by is None else WaiverState.IN_FORCE


def covers(waiver: Waiver, decision: GateDecision, condition: GateCondition) -> bool:
    """Return whether a waiver is for a condition of a decision, whether or not it is approved and lasts."""
    model = decision.model
    return (
        (waiver.model, waiver.model_version, waiver.model_digest) == (model.name, model.version, model.digest)
        and (waiver.policy_digest, waiver.condition) == (decision.policy_digest, condition.name)
        and waiver.team == decision.team
        and GateVerdict.PASS is not condition.verdict
        and GRAVITY[condition.verdict] <= GRAVITY[waiver.verdict]
    )


def in_force(decision: GateDecision, waivers: Iterable[Waiver], now: datetime) -> Mapping[str, Waiver]:
    """Return by condition the waiver by which it does not count now: of several the one that lasts longest."""
    lasting = sorted((each for each in waivers if state_of(each, now) is WaiverState.IN_FORCE), key=lambda each: each.until)
    return {
        condition.name: waiver for condition in decision.conditions for waiver in lasting if covers(waiver, decision, condition)
    }


def with_waivers(decision: GateDecision, waivers: Iterable[Waiver], now: datetime) -> GateDecision:
    """Return a decision as it stands now: each condition as it was found, the verdict that of those that count."""
    known = tuple(waivers)
    lasting = in_force(decision, known, now)
    conditions = tuple(
        _told(each, lasting.get(each.name), [one for one in known if covers(one, decision, each)], now)
        for each in decision.conditions
    )
    verdict = overall(each.verdict for each in conditions if each.waived is None)
    return replace(decision, conditions=conditions, verdict=verdict, waivers=len(lasting))


def _told(condition: GateCondition, lasting: Waiver | None, waivers: Iterable[Waiver], now: datetime) -> GateCondition:
    if lasting is not None:
        return replace(condition, waived=f"by {lasting.approved_by} until {format_time(lasting.until)}, {lasting.id}")
    notes = [note for each in waivers if (note := _note(each, now))]
    return replace(condition, notes=(*condition.notes, *notes)) if notes else condition


def _note(waiver: Waiver, now: datetime) -> str:
    """Return why a waiver for a condition that counts does not help it."""
    state = state_of(waiver, now)
    if waiver.closed_at is not None:
        counts = f"{COUNTS_AGAIN}: " if waiver.approved_by is not None else ""
        closed = f"{state.value} by {waiver.closed_by} at {format_time(waiver.closed_at)}"
        return f"{counts}{waiver.id} was {closed}: {waiver.closed_reason}"
    if state is WaiverState.REQUESTED:
        return f"{waiver.id} waits for approval; {waiver.requested_by} asked for it, until {format_time(waiver.until)}"
    if waiver.approved_by is None:
        return ""
    return f"{COUNTS_AGAIN}: {waiver.id} by {waiver.approved_by} ended at {format_time(waiver.until)}"
