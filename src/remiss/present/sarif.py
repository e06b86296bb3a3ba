"""A gate's decision as SARIF: what broke, a result for each case, and what of that is new since the decision before.

Source: OASIS, SARIF 2.1.0. Readers of it count a result by its fingerprint, which here is the condition with the case: the same
case that fails in several versions is one alert. A waived condition's results are suppressed, and stay in the file.

GitHub takes a run of at most 25,000 results and keeps 5,000 of them, the gravest first (its documentation, "SARIF results exceed
limits"). So a run holds no more than it keeps, and says of how many.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

from remiss.records.gate import GateCondition, GateDecision, GateVerdict
from remiss.version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 5_000
_GRAVITY = ("error", "warning", "none")
LEVELS = {GateVerdict.FAIL: "error", GateVerdict.INCONCLUSIVE: "warning"}


def sarif(decision: GateDecision, link: str | None = None, before: GateDecision | None = None) -> str:
    """Return a decision as a SARIF log.

    Parameters
    ----------
    link : where the catalog is served, for links to cases
    before : the decision that this one is held against; None is that there was none
    """
    rules = [
        {
            "id": each.name,
            "shortDescription": {"text": f"Condition {each.name} of gate {decision.gate}"},
            "defaultConfiguration": {"level": LEVELS.get(each.verdict, "none")},
        }
        for each in decision.conditions
    ]
    results = [*_results(decision, link, before)]
    # What counts and is graver comes first, what is mended last.
    results.sort(key=lambda each: (each.get("baselineState") == "absent", "suppressions" in each, _GRAVITY.index(each["level"])))
    named, there = counted(decision)
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "remiss", "version": __version__, "rules": rules}},
        "automationDetails": {"id": f"{decision.gate}/{decision.model.name}/", "guid": _guid(decision)},
        "results": results[:MOST_RESULTS],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "decision": decision.id,
            "verdict": decision.verdict.value,
            "waivers": decision.waivers,
            "model": str(decision.model),
            "modelDigest": decision.model.digest,
            "baseline": str(decision.baseline),
            "policyDigest": decision.policy_digest,
            "casesNamed": named,
            "casesFound": there,
            "events": sum(each.events for each in decision.suites),
            "synthetic": sum(each.synthetic for each in decision.suites),
        },
    }
    if before is not None:
        run["baselineGuid"] = _guid(before)
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def counted(decision: GateDecision) -> tuple[int, int]:
    """Return how many cases SARIF names as evidence against conditions, and how many there are; one of two conditions is two."""
    against = [each for each in decision.conditions if each.verdict is not GateVerdict.PASS]
    there = sum(len(each.evidence) if each.cases is None else each.cases for each in against)
    return min(sum(len(each.evidence) for each in against), MOST_RESULTS), there


def _guid(decision: GateDecision) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"remiss:{decision.id}"))


def _results(decision: GateDecision, link: str | None, before: GateDecision | None) -> Iterator[dict[str, Any]]:
    """Yield a result for each case that is evidence against a condition, and for each such condition without one."""
    was = {} if before is None else dict(_broken(before))
    for key, condition in _broken(decision):
        made = _result(decision, condition, key[1], link)
        if before is not None:
            same = key in was and was[key].verdict is condition.verdict
            made["baselineState"] = "new" if key not in was else "unchanged" if same else "updated"
        yield made
    now = {key for key, _ in _broken(decision)}
    # Of a condition that does not list all, what it does not list may still be broken.
    cut = {each.name for each in decision.conditions if each.shown(len(each.evidence))}
    for (name, case), condition in was.items():
        if before is not None and (name, case) not in now and name not in cut:
            yield {**_result(before, condition, case, link), "baselineState": "absent"}


def _broken(decision: GateDecision) -> Iterator[tuple[tuple[str, str | None], GateCondition]]:
    for each in decision.conditions:
        if each.verdict is not GateVerdict.PASS:
            yield from (((each.name, case), each) for case in each.evidence or (None,))


def _result(decision: GateDecision, condition: GateCondition, case: str | None, link: str | None) -> dict[str, Any]:
    about = f"case {case} speaks against it" if case is not None else "no single case stands for it"
    failed = case is not None or condition.verdict is GateVerdict.FAIL
    fingerprint = hashlib.sha256(f"{condition.name}\0{case or ''}".encode()).hexdigest()
    # A case is in no file; those who show results want one, and the policy is what says that they matter.
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": f"{decision.gate}.yaml"}, "region": {"startLine": 1}},
        "logicalLocations": [
            {"name": case or condition.name, "fullyQualifiedName": "/".join(filter(None, (decision.gate, condition.name, case)))}
        ],
    }
    made: dict[str, Any] = {
        "ruleId": condition.name,
        # That a case got worse is a failure, though what it means may be open; SARIF gives no level to what is open.
        "level": LEVELS[condition.verdict] if failed else "none",
        "kind": "fail" if failed else "open",
        "message": {"text": f"{decision.model}, {condition.name}: {about}. {condition.says}."},
        "locations": [location],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint[:32], "remissCase/v1": case or condition.name},
    }
    if link is not None and case is not None:
        made["hostedViewerUri"] = f"{link.rstrip('/')}/cases/{case}"
    if condition.waived is not None:
        made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": f"waived {condition.waived}"}]
    return made
