"""The checklist of a release: each line is bound to what it stands on, and ticked by facts or left to a person.

Nothing here decides on a release. A line that facts can tell is checked or not; one that only people can tell is open, and says
whose it is. What has moved since the gate decided is told: a newer decision, other files of the model, a suite built anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from remiss.action import action
from remiss.catalog.query.parsing import parse
from remiss.errors import ModelError, NotFound
from remiss.govern.audit.checkpoint import SECRET, Signer, name_of
from remiss.records.gate import SHOWN_EVIDENCE, ChecklistLine, GateChecklist, GateDecision, GateSuite, GateVerdict, Waiver
from remiss.records.identity import canonical, format_time
from remiss.safeguard.attestation import key_id, statement
from remiss.safeguard.kept_actions import GATE_READ, GateId, found_decision
from remiss.safeguard.kept_documents import decision_of, suite_from
from remiss.safeguard.result_ports import GateWorkspace
from remiss.safeguard.waiving import in_force, with_waivers

# So many cases are named that speak against a version.
MOST_AGAINST = 20
OPEN_CRITICAL = "severity:1 (status:verified OR status:regressed)"
WORDS = {GateVerdict.PASS: "PASS", GateVerdict.FAIL: "FAIL", GateVerdict.INCONCLUSIVE: "INCONCLUSIVE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """What is true now of a decision: `suites` are the digests of the newest of their names, `uses` how often their sealed parts
    were run, `registered` what the model's digest is, or why it has none that can be told.
    """

    decision: GateDecision
    waivers: Mapping[str, Waiver]
    newest: str
    suites: Mapping[str, str]
    uses: Mapping[str, int]
    registered: str | None
    trouble: str
    open_critical: int
    statement: str
    key: str


@action("gate.checklist", permission=GATE_READ, http="GET /gates/{gate}/checklist", reads=True, subject="gate")
def gate_checklist(ws: GateWorkspace, gate: GateId) -> GateChecklist:
    """Write the checklist of a release that GATE decided on.

    Each condition, waiver, suite, digest and open case of severity 1 is a line with its evidence, checked or not by the facts as
    they are now. What only a person can tell stays open, and says who is to tick it.

    Example: remiss gate checklist gate-4f7q2m9x3kbd > release.md

    Raises
    ------
    NotFound, Ambiguous
    """
    facts = _facts(ws, found_decision(ws, gate))
    lines = tuple(checklist_lines(facts))
    return GateChecklist(
        decision=facts.decision.id,
        gate=facts.decision.gate,
        model=str(facts.decision.model),
        verdict=facts.decision.verdict,
        waivers=facts.decision.waivers,
        ready=all(each.checked is not False for each in lines),
        lines=lines,
    )


def _facts(ws: GateWorkspace, found: GateDecision) -> ReleaseFacts:
    model = found.model
    kept = ws.gates.waivers(model.name, model.version)
    waivers, decision = in_force(found, kept, ws.now), with_waivers(found, kept, ws.now)
    others = (decision_of(text) for text in ws.gates.listed(model.name, model.version))
    newest = next(each.id for each in others if (each.gate, each.team) == (found.gate, found.team))
    registered, trouble = _registered(ws, str(model))
    signer = Signer(name_of(ws.audit.catalog), ws.keys.secret(SECRET))
    about = parse(f"{OPEN_CRITICAL} team:{found.team}" + (f' model:"{model.name}"' if '"' not in model.name else ""))
    return ReleaseFacts(
        decision=decision,
        waivers=waivers,
        newest=newest,
        suites={each.name: _newest_digest(ws, each.name) for each in found.suites},
        uses={each.name: ws.gates.sealed_uses(each.digest, model.name) for each in found.suites},
        registered=registered,
        trouble=trouble,
        open_critical=ws.cases.count(about, None),
        statement=f"sha256:{hashlib.sha256(canonical(statement(decision, waivers))).hexdigest()}",
        key=key_id(signer.verifier),
    )


def _newest_digest(ws: GateWorkspace, name: str) -> str:
    text = ws.suites.find(name)
    return "" if text is None else suite_from(text, name).digest


def _registered(ws: GateWorkspace, model: str) -> tuple[str | None, str]:
    """Return the digest that a model has now, or why it has none that can be told."""
    try:
        return ws.models.digest(model), "it is registered without a digest that can be told before it is loaded"
    except NotFound:
        return None, "it is not registered here"
    except ModelError as error:
        return None, error.what


def checklist_lines(facts: ReleaseFacts) -> Iterator[ChecklistLine]:
    """Yield the lines of a checklist, what facts tell first."""
    found = facts.decision
    with_them = f", {found.waivers} waived" if found.waivers else ""
    yield _line("The gate passes", found.verdict is GateVerdict.PASS, f"{WORDS[found.verdict]}{with_them}", found.id)
    newer = "there is none" if facts.newest == found.id else f"{facts.newest} was decided since"
    yield _line("No newer decision on this version", facts.newest == found.id, newer, facts.newest)
    for each in found.conditions:
        waived = "" if each.waived is None else f" (waived {each.waived})"
        passes = each.verdict is GateVerdict.PASS or each.waived is not None
        says = f"{WORDS[each.verdict]}: {each.says}{waived}"
        named = each.evidence[:SHOWN_EVIDENCE]
        yield ChecklistLine(what=f"Condition {each.name}", checked=passes, says=says, evidence=named, cases=each.cases)
    for name, waiver in facts.waivers.items():
        says = f"{waiver.requested_by} asked for it, {waiver.approved_by} approved it, until {format_time(waiver.until)}"
        yield _line(f"Waiver of {name}", True, f"{says}: {waiver.reason}", waiver.id)
    says = f"{facts.open_critical:,} open cases of severity 1 of this model are in the catalog now, of those that you see"
    yield _line("No open case of severity 1", facts.open_critical == 0, says, OPEN_CRITICAL)
    for suite in found.suites:
        yield from _of_suite(facts, suite)
    yield from _of_model(facts)
    says = f"this is the digest of the statement as {facts.key} would sign it now"
    yield _line("Attestation", True, says, facts.statement)
    # The weightiest first; of one that passes, too, those that got worse.
    every = tuple(dict.fromkeys((*found.worst, *(case for each in found.conditions for case in each.evidence))))
    cases = ", ".join(every[:5]) or "no case is evidence against it"
    looked = _person("Cases that speak against it were looked at", cases, "an owner of the model", *every[:MOST_AGAINST])
    yield replace(looked, cases=len(every))
    yield _person("The way back works", f"{found.baseline} can be put back", "who deploys it", *_known(found.baseline.digest))
    yield _person("Released", f"{found.model}: by whom, and when", "who releases it")


def _of_suite(facts: ReleaseFacts, suite: GateSuite) -> Iterator[ChecklistLine]:
    found, now = facts.decision, facts.suites[suite.name]
    says = f"{suite.events:,} events; " + ("the newest of its name" if now == suite.digest else "it was built anew since")
    yield _line(f"Suite {suite.name}", now == suite.digest, says, suite.digest)
    if suite.verified is None:
        yield _line(f"Verification in {suite.name}", False, "how far people had come was not kept with this decision")
    else:
        asked = found.policy.get("verified")
        least = asked if isinstance(asked, int | float) else 0.0
        says = f"people have decided {suite.decided:,} of {suite.flagged:,} flagged events, {suite.verified:.1%} by weight"
        says += f"; {least:.1%} are asked for" if least else "; the policy asks for no share"
        yield _line(f"Verification in {suite.name}", suite.verified >= least and suite.decided != 0, says, suite.digest)
    allowed, used = found.policy.get("sealed_uses"), facts.uses[suite.name]
    if suite.sealed and isinstance(allowed, int):
        says = ("its sealed part was run" if suite.sealed_run else "its sealed part was not run") + f"; {used} of {allowed} uses"
        yield _line(
            f"Sealed part of {suite.name}", suite.sealed_run and used <= allowed, f"{says}, {allowed - used} left", suite.digest
        )


def _of_model(facts: ReleaseFacts) -> Iterator[ChecklistLine]:
    found = facts.decision
    if found.model.digest is None:
        yield _line("Model digest", False, "it is known by its name only: nothing says that what was tested is what is released")
    elif facts.registered is None:
        who = "who deploys it"
        yield _person("Model digest", f"what is released has this digest; {facts.trouble}", who, found.model.digest)
    else:
        same = facts.registered == found.model.digest
        says = "as registered now" if same else f"another is registered now: {facts.registered}"
        yield _line("Model digest", same, says, found.model.digest)
    here, there = found.environment, found.baseline_environment
    if here is None or there is None:
        yield _line("Environment", False, "where it ran is not known")
        return
    same = (here.python, here.platform, dict(here.packages)) == (there.python, there.platform, dict(there.packages))
    says = f"Python {here.python}, {here.platform}, {len(here.packages):,} packages" if here.python else "behind an address"
    yield _line("Environment", same, says + ("; the same for both versions" if same else "; the baseline ran in another one"))


def _line(what: str, checked: bool, says: str, *evidence: str) -> ChecklistLine:  # noqa: FBT001 - what it is made of
    return ChecklistLine(what=what, checked=checked, says=says, evidence=evidence)


def _person(what: str, says: str, who: str, *evidence: str) -> ChecklistLine:
    return ChecklistLine(what=what, checked=None, says=says, evidence=evidence, who=who)


def _known(digest: str | None) -> tuple[str, ...]:
    return () if digest is None else (digest,)
