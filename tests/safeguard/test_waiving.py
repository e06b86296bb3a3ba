"""Waivers as they are held against decisions: which they cover, and what is left that counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from remiss.errors import InputError
from remiss.present.gate_report import markdown, verdict_words
from remiss.records.gate import GateVerdict, Waiver
from remiss.safeguard.attestation import statement
from remiss.safeguard.waiving import check_waivable, in_force, with_waivers
from tests.safeguard.test_attestation import decision

NOW = datetime(2026, 12, 2, tzinfo=UTC)
FOUND = replace(decision(), conditions=tuple(replace(each, waived=None) for each in decision().conditions), waivers=0)


def waiver(condition="guard", **more):
    made = Waiver(
        id=f"waiver-{condition}",
        decision=FOUND.id,
        gate=FOUND.gate,
        policy_digest=FOUND.policy_digest,
        model=FOUND.model.name,
        model_version=FOUND.model.version,
        model_digest=FOUND.model.digest,
        condition=condition,
        verdict=GateVerdict.FAIL,
        reason="known",
        until=NOW + timedelta(days=1),
        requested_by="cleo",
        requested_at=NOW,
        approved_by="sam",
        approved_at=NOW,
    )
    return replace(made, **more)


def test_a_gate_passes_with_waivers_when_all_that_counts_passes():
    both = [waiver("guard"), waiver("target")]
    assert verdict_words(with_waivers(FOUND, both, NOW)) == "PASS with 2 waivers"
    # Of one that failed and one that is open the second is left.
    assert with_waivers(FOUND, [waiver("guard")], NOW).verdict is GateVerdict.INCONCLUSIVE
    assert with_waivers(FOUND, [waiver("target")], NOW).verdict is GateVerdict.FAIL
    assert "(waived by sam until 2026" in markdown(with_waivers(FOUND, both, NOW)).replace("\\", "")


def test_a_gate_with_nothing_left_that_counts_is_inconclusive():
    alone = replace(FOUND, conditions=FOUND.conditions[:1])
    assert with_waivers(alone, [waiver("guard")], NOW).verdict is GateVerdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "other",
    [
        {"model_digest": "sha256:" + "d" * 64},
        {"model_digest": None},
        {"model_version": "3"},
        {"policy_digest": "sha256:" + "d" * 64},
        {"condition": "target"},
        {"verdict": GateVerdict.INCONCLUSIVE},
        {"approved_by": None},
        {"closed_by": "sam"},
        {"until": NOW},
        {"team": "boarding"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_waiver_covers_nothing_else(other):
    assert "guard" in in_force(FOUND, [waiver()], NOW)
    assert "guard" not in in_force(FOUND, [waiver(**other)], NOW)


def test_of_several_waivers_the_one_that_lasts_longest_is_told():
    longer = waiver(id="waiver-2", until=NOW + timedelta(days=9))
    assert in_force(FOUND, [longer, waiver()], NOW) == {"guard": longer}


def test_severity_1_is_waived_only_where_the_policy_says_so():
    broken = replace(FOUND.conditions[0], name="arrivals: severity-1")
    found = replace(FOUND, conditions=(broken,))
    with pytest.raises(InputError, match="the policy does not let"):
        check_waivable(found, broken.name)
    assert check_waivable(replace(found, policy={"waivers": {"critical": True}}), broken.name) == broken


def test_what_is_signed_says_what_was_waived_by_whom_why_and_until_when():
    waivers = {"guard": waiver(), "target": waiver("target")}
    said = statement(with_waivers(FOUND, waivers.values(), NOW), waivers)["predicate"]
    assert (said["result"], said["failedTests"], said["warnedTests"]) == ("WARNED", ["guard"], ["target"])
    assert said["remiss"]["waived"][0] == {
        "condition": "guard",
        "waiver": "waiver-guard",
        "requestedBy": "cleo",
        "approvedBy": "sam",
        "reason": "known",
        "until": "2026-12-03T00:00:00Z",
    }
    # A gate that fails though something is waived has failed.
    said = statement(with_waivers(FOUND, [waiver("target")], NOW), {"target": waiver("target")})["predicate"]
    assert said["result"] == "FAILED"
