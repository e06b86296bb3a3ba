"""A decision as SARIF: a result for each case, and what of it is new."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

from remiss.present.gate_report import junit, markdown
from remiss.present.sarif import MOST_RESULTS, sarif
from remiss.records.gate import GateVerdict
from tests.safeguard.test_attestation import decision

CASES = tuple(f"k7m4-qp2x-9w3{letter}" for letter in "abcd")
# What SARIF allows: of a result's kind, its level and how it stands to the run before.
KINDS = {"fail": {"error", "warning", "note", "none"}, "open": {"none"}, "pass": {"none"}}
STATES = {"new", "unchanged", "updated", "absent"}


def found(cases, verdict=GateVerdict.FAIL, **more):
    guard, *others = decision().conditions
    return replace(decision(), conditions=(replace(guard, evidence=cases, verdict=verdict), *others), **more)


def results(*given, **more):
    said = json.loads(sarif(*given, **more))
    [run] = said["runs"]
    assert (said["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "remiss")
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for each in run["results"]:
        assert each["level"] in KINDS[each["kind"]]
        assert each["ruleId"] in rules
        assert each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "release.yaml"
        assert each["message"]["text"]
    states = {each.get("baselineState") for each in run["results"]}
    # All results say how they stand to the run before, or none does.
    assert states <= STATES if "baselineGuid" in run else states <= {None}
    return run["results"]


def test_each_case_that_broke_is_a_result_and_a_waived_condition_s_are_suppressed():
    first, other, target = results(found(CASES[:2]), "https://remiss.example/")
    assert first["hostedViewerUri"] == f"https://remiss.example/cases/{CASES[0]}"
    assert [each["partialFingerprints"]["remissCase/v1"] for each in (first, other)] == [*CASES[:2]]
    assert (first["level"], target["kind"], target["suppressions"][0]["status"]) == ("error", "open", "accepted")
    assert "suppressions" not in first


def test_what_broke_since_the_decision_before_is_new_and_what_is_mended_is_absent():
    before = found(CASES[:3], id="gate-0")
    states = {
        each["partialFingerprints"]["remissCase/v1"]: each["baselineState"] for each in results(found(CASES[1:]), before=before)
    }
    assert states == {CASES[0]: "absent", CASES[1]: "unchanged", CASES[2]: "unchanged", CASES[3]: "new", "target": "unchanged"}
    softer = results(found(CASES[:3], GateVerdict.INCONCLUSIVE), before=before)
    assert {each["baselineState"] for each in softer if each["ruleId"] == "guard"} == {"updated"}
    assert {each["level"] for each in softer if each["ruleId"] == "guard"} == {"warning"}


def test_every_case_is_a_result_and_of_a_list_that_was_cut_nothing_is_said_to_be_mended():
    many = tuple(f"k7m4-{a}{b}2x-9w3a" for a, b in product("abcdefgh", "pqrstvwx"))
    before = found(CASES, id="gate-0")
    states = [each["baselineState"] for each in results(of(many, 64), before=before) if each["ruleId"] == "guard"]
    assert (states.count("new"), states.count("absent")) == (64, 4)
    cut = results(of(many, 65), before=before)
    assert {each["baselineState"] for each in cut} == {"new", "unchanged"}
    # Decisions of before named 20, of however many.
    assert {each["baselineState"] for each in results(found(many[:20]), before=before)} == {"new", "unchanged"}


def of(cases, there):
    made = found(cases)
    guard, *others = made.conditions
    return replace(made, conditions=(replace(guard, cases=there), *others))


def test_a_run_holds_no_more_results_than_github_keeps_the_gravest_first_and_says_of_how_many():
    many = tuple(f"k7m4-{at:04d}-9w3a" for at in range(MOST_RESULTS))
    guard, _, target = of(many, 6_000).conditions
    decided = replace(decision(), conditions=(replace(target, evidence=many[:7], waived=None), guard))
    [run] = json.loads(sarif(decided))["runs"]
    assert len(run["results"]) == MOST_RESULTS
    assert {each["ruleId"] for each in run["results"]} == {"guard"}
    assert (run["properties"]["casesNamed"], run["properties"]["casesFound"]) == (5_000, 6_007)


def test_where_some_are_shown_it_is_said_of_how_many():
    many = of(tuple(f"k7m4-{at:04d}-9w3a" for at in range(63)), 63)
    assert [many.conditions[0].shown(most) for most in (20, 63, 100)] == ["20 of 63 shown", "", ""]
    assert "(3 of 63 shown)" in markdown(many)
    assert "cases, 20 of 63 shown:" in junit(many)


def test_the_same_case_has_the_same_fingerprint_whatever_version_fails_it():
    prints = [
        each["partialFingerprints"]["primaryLocationLineHash"]
        for version in ("2", "3")
        for each in results(found(CASES[:1], model=replace(decision().model, version=version)))[:1]
    ]
    assert len(set(prints)) == 1
