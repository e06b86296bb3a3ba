"""Somebody asks that a condition of a gate does not count, somebody else approves it, and it ends. Told through the library."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remiss import safeguard
from remiss.errors import Conflict, Denied, InputError, NotFound, Precondition
from remiss.govern import audit_actions as audit
from remiss.govern.audit.checkpoint import Verifier
from remiss.present import gate_report
from remiss.present.gate_report import verdict_words
from remiss.records.gate import GateVerdict, WaiverState
from remiss.safeguard.attestation import checked
from remiss.workspace import Workspace
from tests.stories import test_suites as suites
from tests.stories.ways import NOT_FROM_AFAR

log, captured, arrivals = suites.log, suites.captured, suites.arrivals
NOW = datetime.now(UTC)
UNTIL = NOW + timedelta(days=30)
WORSE = {"model": "python:delays:turned", "baseline": "python:delays:usual"}


def later(monkeypatch, moment):
    monkeypatch.setattr(Workspace, "now", property(lambda _: moment))


def verified(ws, gate, now=NOW):
    signed = safeguard.attest_gate(ws, gate)
    return checked(json.dumps(signed.envelope).encode(), Verifier.of(signed.key), now)


@NOT_FROM_AFAR
def test_a_waived_condition_stays_failed_and_counts_again_when_the_waiver_ends(captured, arrivals, ws_as, monkeypatch):
    sam, cleo = ws_as("sam", role="steward"), ws_as("cleo", role="curator")
    failed = safeguard.decide(captured, "release.yaml", **WORSE)
    assert failed.verdict is GateVerdict.FAIL
    asked = safeguard.request_waiver(cleo, failed.id, "guard", reason="bo@example.org says: gates renamed", until=UNTIL)
    assert (asked.state, asked.model_digest, asked.verdict) == (WaiverState.REQUESTED, None, GateVerdict.FAIL)
    assert "bo@example.org" not in asked.reason
    [guard, *_] = waiting = safeguard.show_gate(captured, failed.id).conditions
    assert guard.notes[-1].startswith(f"{asked.id} waits for approval; cleo asked for it")
    with pytest.raises(Denied):
        safeguard.approve_waiver(cleo, asked.id)
    assert safeguard.show_gate(captured, failed.id).conditions == waiting
    before = captured.position()
    approved = safeguard.approve_waiver(sam, asked.id)
    assert (approved.state, approved.approved_by) == (WaiverState.IN_FORCE, "sam")
    shown = safeguard.show_gate(captured, failed.id)
    assert verdict_words(shown) == "PASS with 1 waiver"
    assert (shown.conditions[0].verdict, shown.conditions[0].says) == (GateVerdict.FAIL, failed.conditions[0].says)
    assert shown.conditions[0].waived.startswith("by sam until ")
    with pytest.raises(Conflict, match="approved already"):
        safeguard.approve_waiver(ws_as("pam", role="steward"), asked.id)
    # A later decision of the same version and policy takes it over; earlier positions know nothing of it.
    assert safeguard.decide(captured, "release.yaml", **WORSE).verdict is GateVerdict.PASS
    assert [each.verdict for each in safeguard.list_gates(captured, as_of=before)] == [GateVerdict.FAIL]
    assert [each.state for each in safeguard.list_waivers(captured, as_of=before)] == [WaiverState.REQUESTED]
    told = verified(captured, failed.id)
    assert (told.verdict, told.failed, told.waived) == (GateVerdict.PASS, ("guard",), ("guard",))
    told = verified(captured, failed.id, UNTIL)
    assert (told.verdict, told.waived, told.ended) == (GateVerdict.FAIL, (), ("guard",))
    done = [line["action"] for line in audit.search_audit(captured, subject=asked.id, log="journal")]
    assert done == ["waiver.approve", "waiver.request"]

    later(monkeypatch, UNTIL)
    ended = safeguard.show_gate(captured, failed.id)
    assert verdict_words(ended) == "FAIL"
    assert ended.conditions[0].waived is None
    assert ended.conditions[0].notes[-1].startswith(f"it counts again: {asked.id} by sam ended at ")
    assert {each.verdict for each in safeguard.list_gates(captured)} == {GateVerdict.FAIL}
    assert [each.state for each in safeguard.list_waivers(captured)] == [WaiverState.ENDED]


@pytest.mark.of_the_log
@NOT_FROM_AFAR
def test_a_waiver_is_for_one_version_policy_and_condition_and_for_nothing_worse(captured, arrivals, ws_as):
    sam, pam = ws_as("sam", role="steward"), ws_as("pam", role="steward")
    failed = safeguard.decide(captured, "release.yaml", **WORSE)
    asked = safeguard.request_waiver(sam, failed.id, "guard", reason="known", until=UNTIL)
    with pytest.raises(Denied, match="nobody approves their own"):
        safeguard.approve_waiver(sam, asked.id)
    safeguard.approve_waiver(pam, asked.id)
    other = safeguard.decide(captured, "release.yaml", model="python:delays:numbers", baseline="python:delays:usual")
    assert (other.verdict, other.waivers) == (GateVerdict.FAIL, 0)
    Path("release.yaml").write_text(suites.POLICY + "sealed_uses: 30\n")
    assert safeguard.decide(captured, "release.yaml", **WORSE).verdict is GateVerdict.FAIL
    with pytest.raises(NotFound):
        safeguard.approve_waiver(ws_as("eve", role="steward", team="boarding"), asked.id)


@pytest.mark.of_the_log
@NOT_FROM_AFAR
def test_what_cannot_be_waived_is_refused(captured, arrivals):
    failed = safeguard.decide(captured, "release.yaml", **WORSE)
    gone = safeguard.decide(captured, "release.yaml", model="python:delays:same", baseline="python:nowhere:at_all")
    for gate, condition, error, says in (
        (failed.id, "severity-1", Conflict, "passes"),
        (failed.id, "nothing", InputError, "has no condition nothing"),
        (gone.id, "models-run", InputError, "nothing was tested"),
    ):
        with pytest.raises(error, match=says):
            safeguard.request_waiver(captured, gate, condition, reason="x", until=UNTIL)
    for reason, until, says in (
        (" ", UNTIL, "no reason"),
        ("x" * 3_000, UNTIL, "3,000 characters"),
        ("x", NOW - timedelta(days=1), "is over"),
        ("x", NOW + timedelta(days=400), "366 days"),
    ):
        with pytest.raises(InputError, match=says):
            safeguard.request_waiver(captured, failed.id, "guard", reason=reason, until=until)
    assert not safeguard.list_waivers(captured)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@NOT_FROM_AFAR
def test_a_waiver_is_declined_or_withdrawn_with_a_reason_and_its_condition_counts_again(captured, arrivals, ws_as):
    sam, pam = ws_as("sam", role="steward"), ws_as("pam", role="steward")
    cleo, abe = ws_as("cleo", role="curator"), ws_as("abe", role="curator")
    failed = safeguard.decide(captured, "release.yaml", **WORSE)

    def asked():
        return safeguard.request_waiver(cleo, failed.id, "guard", reason="known", until=UNTIL)

    def standing():
        return safeguard.show_gate(captured, failed.id)

    first = asked()
    with pytest.raises(InputError, match="no reason"):
        safeguard.close_waiver(sam, first.id, 1, reason=" ")
    with pytest.raises(InputError, match="no revision 2 yet"):
        safeguard.close_waiver(sam, first.id, 2, reason="known better")
    with pytest.raises(Denied, match="who may approve waivers may decline it"):
        safeguard.close_waiver(abe, first.id, 1, reason="not mine")
    declined = safeguard.close_waiver(sam, first.id, 1, reason="write to bo@example.org")
    assert (declined.state, declined.closed_by, declined.revision) == (WaiverState.DECLINED, "sam", 2)
    assert "bo@example.org" not in declined.closed_reason
    assert f"{first.id} was declined by sam at " in standing().conditions[0].notes[-1]
    for again in (lambda: safeguard.close_waiver(sam, first.id, 2, reason="x"), lambda: safeguard.approve_waiver(pam, first.id)):
        with pytest.raises(Conflict, match="was closed already, by sam"):
            again()
    own = asked()
    assert safeguard.close_waiver(cleo, own.id, 1, reason="not needed").state is WaiverState.WITHDRAWN

    lasting = asked()
    safeguard.approve_waiver(sam, lasting.id)
    assert verdict_words(standing()) == "PASS with 1 waiver"
    # Who read it before it was approved is told so; who neither asked for it nor approved it may not end it.
    with pytest.raises(Precondition):
        safeguard.close_waiver(cleo, lasting.id, 1, reason="not needed")
    with pytest.raises(Denied, match="these two may withdraw it"):
        safeguard.close_waiver(pam, lasting.id, 2, reason="not mine")
    before = captured.position()
    ended = safeguard.close_waiver(sam, lasting.id, 2, reason="the labels were right")
    assert (ended.state, ended.approved_by, ended.revision) == (WaiverState.WITHDRAWN, "sam", 3)
    assert verdict_words(standing()) == "FAIL"
    [why] = [each for each in standing().conditions[0].notes if lasting.id in each]
    assert why.startswith(f"it counts again: {lasting.id} was withdrawn by sam at ")
    assert why.endswith(": the labels were right")
    assert safeguard.evaluate_flag(captured, f"release.{failed.model}").value is False
    # Earlier positions know nothing of it, and an admin ends what others agreed on.
    assert safeguard.list_waivers(captured, as_of=before).items[0].state is WaiverState.IN_FORCE
    more = asked()
    safeguard.approve_waiver(sam, more.id)
    assert safeguard.close_waiver(ws_as("root", role="admin"), more.id, 2, reason="x").closed_by == "root"
    done = [line["action"] for line in audit.search_audit(captured, subject=lasting.id, log="journal")]
    assert done == ["waiver.close", "waiver.approve", "waiver.request"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_releases_models_is_a_steward_and_needs_no_admin(captured, arrivals, ws_as):
    sam, pam = ws_as("sam", role="steward"), ws_as("pam", role="steward")
    # Through a server only registered models run.
    Path("models.yaml").write_text(
        "models:\n"
        "  - {name: delays, version: '1', python: 'delays:usual'}\n"
        "  - {name: delays, version: '2', python: 'delays:turned'}\n"
    )
    versions = {"model": "delays@2", "baseline": "delays@1"}
    for role in ("reader", "annotator", "verifier", "curator"):
        with pytest.raises(Denied, match="gate:decide"):
            safeguard.decide(ws_as("rob", role=role), "release.yaml", **versions)
    failed = safeguard.decide(sam, "release.yaml", **versions)
    assert (failed.verdict, failed.decided_by) == (GateVerdict.FAIL, "sam")
    for role in ("reader", "annotator", "verifier"):
        with pytest.raises(Denied, match="waiver:request"):
            safeguard.request_waiver(ws_as("rob", role=role), failed.id, "guard", reason="known", until=UNTIL)
    waiver = safeguard.request_waiver(sam, failed.id, "guard", reason="known", until=UNTIL)
    for role in ("reader", "annotator", "verifier", "curator"):
        with pytest.raises(Denied, match="waiver:approve"):
            safeguard.approve_waiver(ws_as("rob", role=role), waiver.id)
    # An admin approves no more of their own than others do.
    own = safeguard.request_waiver(ws_as("root", role="admin"), failed.id, "guard", reason="known", until=UNTIL)
    with pytest.raises(Denied, match="nobody approves their own"):
        safeguard.approve_waiver(ws_as("root", role="admin"), own.id)
    safeguard.approve_waiver(pam, waiver.id)
    assert safeguard.decide(sam, "release.yaml", **versions).verdict is GateVerdict.PASS
    assert safeguard.gate_checklist(sam, failed.id).waivers == 1
    assert safeguard.evaluate_flag(sam, f"release.{failed.model}").value


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@NOT_FROM_AFAR
def test_a_checklist_is_ticked_by_what_is_true_now_and_leaves_to_people_what_they_alone_can_tell(captured, arrivals, ws_as):
    failed = safeguard.decide(captured, "release.yaml", **WORSE)
    before = safeguard.gate_checklist(captured, failed.id)
    lines = {each.what: each for each in before.lines}
    assert (before.ready, lines["The gate passes"].checked, lines["Condition guard"].checked) == (False, False, False)
    assert lines["Condition guard"].evidence == failed.conditions[0].evidence[:20]
    assert lines["Condition guard"].cases == len(failed.conditions[0].evidence) > 20
    told = gate_report.checklist(before)
    assert f"(10 of {len(failed.conditions[0].evidence)} shown)" in told
    against = {case for each in failed.conditions for case in each.evidence}
    assert lines["Cases that speak against it were looked at"].cases == len(against)
    assert f"of {len(lines['Condition guard'].evidence)} shown" not in told
    assert lines["No open case of severity 1"].checked is True
    assert lines["Sealed part of arrivals"].says == "its sealed part was run; 1 of 20 uses, 19 left"
    assert lines["Suite arrivals"].evidence == (arrivals.digest,)
    assert (lines["Model digest"].checked, lines["Environment"].checked) == (False, True)
    assert {what: each.who for what, each in lines.items() if each.checked is None} == {
        "Cases that speak against it were looked at": "an owner of the model",
        "The way back works": "who deploys it",
        "Released": "who releases it",
    }
    waiver = safeguard.request_waiver(captured, failed.id, "guard", reason="known", until=UNTIL)
    safeguard.approve_waiver(ws_as("sam", role="steward"), waiver.id)
    again = safeguard.decide(captured, "release.yaml", **WORSE)
    after = {each.what: each for each in safeguard.gate_checklist(captured, failed.id).lines}
    assert after["The gate passes"].checked
    assert after["Waiver of guard"].evidence == (waiver.id,)
    assert after["Attestation"].evidence != lines["Attestation"].evidence
    assert (after["No newer decision on this version"].checked, after["No newer decision on this version"].evidence) == (
        False,
        (again.id,),
    )
    text = gate_report.checklist(safeguard.gate_checklist(captured, again.id))
    assert text.startswith("# Release of delays:turned\n\nGate release: PASS with 1 waiver.\n")
    assert "- [x] **Waiver of guard.**" in text
