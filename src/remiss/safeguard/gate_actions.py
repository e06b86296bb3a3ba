"""What one can do with gates: have one decide on a model version, and see what was decided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Annotated

from remiss.action import action
from remiss.errors import Conflict
from remiss.govern.audit.checkpoint import SECRET, Signer, name_of
from remiss.parameters import Help, Option
from remiss.records.gate import (
    GateAttestation,
    GateDecision,
    GateSuite,
    overall,
)
from remiss.records.identity import kind_id, plain
from remiss.records.model import ModelSpecification
from remiss.records.suite import Suite
from remiss.safeguard.asking import Answers, Questions, ask_all
from remiss.safeguard.attestation import envelope
from remiss.safeguard.exposing import broken, keep_exposures, side_by_side
from remiss.safeguard.gate_conditions import conditions_of, worst_of
from remiss.safeguard.gate_policy import GatePolicy, check_criteria, read
from remiss.safeguard.gate_thresholds import Played, coverage_of, repeats_of
from remiss.safeguard.judging import CriterionJudge
from remiss.safeguard.kept_actions import GATE_READ, GateId, as_it_stands, found_decision, found_suite
from remiss.safeguard.model_actions import ModelName
from remiss.safeguard.result_ports import GateWorkspace
from remiss.safeguard.suite_actions import rows_of
from remiss.safeguard.suite_assembly import GateRows, gate_rows
from remiss.safeguard.waiving import in_force, with_waivers

DECIDE = "gate:decide"
SEALED = "suite:sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedGate:
    """A gate whose models were run, before its decision is kept."""

    policy: GatePolicy
    suites: Mapping[str, Suite]
    played: Mapping[str, Played]
    model: ModelSpecification
    baseline: ModelSpecification


@contextmanager
def _prepare(ws: GateWorkspace, policy: str, *, model: str, baseline: str) -> Iterator[PlayedGate]:
    # Before the transaction: models may run for hours.
    text = ws.documents.read(policy)
    read_policy = read(text, policy)
    candidate, former = ws.models.find(model), ws.models.find(baseline)
    suites = {name: found_suite(ws, name, DECIDE) for name in read_policy.suites}
    check_criteria(read_policy, {each.name for suite in suites.values() for each in suite.criteria}, text, policy)
    for suite in suites.values():
        ws.allow(SEALED, suite.team)
    _check_uses(ws, read_policy, suites, candidate)
    rows = {name: _gate_rows(ws, suite) for name, suite in suites.items()}
    played = {
        name: _played(ws, read_policy, suites[name], rows[name], times, candidate, former)
        for name, times in zip(rows, repeats_of(read_policy, rows.values()), strict=True)
    }
    yield PlayedGate(policy=read_policy, suites=suites, played=played, model=candidate, baseline=former)


def _check_uses(ws: GateWorkspace, policy: GatePolicy, suites: Mapping[str, Suite], model: ModelSpecification) -> None:
    """Go on only as long as the sealed parts were run less often than the policy allows.

    Raises
    ------
    Conflict
    """
    for name, suite in suites.items():
        used = ws.gates.sealed_uses(suite.digest, model.name)
        if suite.sealed.rows and used >= policy.sealed_uses:
            raise Conflict(
                f"the sealed part of suite {name} was run {used} times for {model.name}, as often as the policy allows",
                do="build the suite anew from later cases, or raise sealed_uses and say why",
            )


def _gate_rows(ws: GateWorkspace, suite: Suite) -> GateRows:
    rows = rows_of(ws, suite)
    return gate_rows(rows.asked, suite.production, frozenset(row.id for row in rows.sealed))


def _played(
    ws: GateWorkspace,
    policy: GatePolicy,
    suite: Suite,
    rows: GateRows,
    repeats: Sequence[int],
    candidate: ModelSpecification,
    baseline: ModelSpecification,
) -> Played:
    judge = CriterionJudge(ws.engine, suite.criteria, rows.every)
    questions = Questions(rows=rows.every, repeats=repeats, judge=judge, seed=policy.seed)
    former, now = ask_all(ws.models, [baseline, candidate], questions, ws.progress)
    return Played(rows=rows, baseline=former.answered(), candidate=now.answered())


@action("gate.decide", permission=DECIDE, http="POST /gates", created="gate.show", document="policy", prepare=_prepare)
def decide(
    ws: GateWorkspace,
    policy: Annotated[str, Help("The YAML document that says which suites are run and what is asked.")],
    *,
    model: Annotated[ModelName, Option("--model")],
    baseline: Annotated[ModelName, Option("--baseline")],
    prepared: PlayedGate | None = None,
) -> GateDecision:
    """Decide whether a model version may be released.

    MODEL and BASELINE are both run over the suites that POLICY names, sealed parts included, in the same place, and compared
    event by event. Guard and production ask whether the new version is no worse by more than a margin, severity 1 whether a
    resolved case breaks; target asks whether it fixes open cases, where the policy names it. Any condition that fails fails the
    gate; else any that cannot be told leaves it inconclusive. What is waived for this version and policy does not count. The exit
    status is 0 for PASS, 1 for FAIL and 3 for INCONCLUSIVE. The decision is kept. A resolved case that MODEL fails is regressed
    from then on, unless it is sealed.

    Example: remiss gate decide release.yaml --model arrival-delay@2 --baseline arrival-delay@1

    Raises
    ------
    NotFound : no such suite or model
    InputError : the policy cannot be understood or names no criterion of a suite, or a model gets raw events
    Conflict : the sealed part was run as often as the policy allows; or the catalog no longer has what a suite was built of
    ModelError : how a model is registered is wrong
    """
    assert prepared is not None
    exposures = side_by_side(prepared.played.values())
    # The order of locks: cases first.
    held = ws.resolutions.held([case for case, _ in exposures])
    # Others may have run them meanwhile: from here on they wait.
    position = ws.gates.wait()
    _check_uses(ws, prepared.policy, prepared.suites, prepared.model)
    conditions, family = conditions_of(prepared.policy, prepared.played)
    first = next(iter(prepared.played.values()))
    candidate, former = first.candidate, first.baseline
    team = next(iter(prepared.suites.values())).team
    model_known = _with_digest(prepared.model, candidate)
    made = GateDecision(
        id="",
        gate=prepared.policy.gate,
        verdict=overall(each.verdict for each in conditions),
        model=model_known,
        baseline=_with_digest(prepared.baseline, former),
        conditions=conditions,
        suites=tuple(_suite(ws, name, each, prepared) for name, each in prepared.suites.items()),
        policy_digest=prepared.policy.digest,
        policy=prepared.policy.meaning,
        family=family,
        repeats=prepared.policy.repeats,
        seed=prepared.policy.seed,
        identified="digest" if model_known.digest else "name only",
        environment=candidate.environment,
        baseline_environment=former.environment,
        left_out=dict(sum((Counter(each.left_out) for each in prepared.suites.values()), Counter())),
        worst=worst_of(conditions),
        regressed=tuple(sorted(broken(held, exposures))),
        team=team,
        position=position,
        decided_at=ws.now,
        decided_by=ws.actor.name,
    )
    made = replace(made, id=kind_id("gate", plain(asdict(made))))
    ws.gates.save(made, json.dumps(plain(asdict(made)), ensure_ascii=False))
    keep_exposures(ws, held, exposures, made.id)
    return as_it_stands(ws, made)


@action("gate.attest", permission=GATE_READ, http="GET /gates/{gate}/attestation", reads=True, subject="gate")
def attest_gate(ws: GateWorkspace, gate: GateId) -> GateAttestation:
    """Sign a decision, to be kept and checked elsewhere.

    It is an in-toto statement of test results in a DSSE envelope, signed by Ed25519 with the key that signs checkpoints of the
    audit. Its subject is the model by its digest; a model without one is named only, and the statement says so. An inconclusive
    gate is written as one that failed, with its own verdict beside; one that passes with waivers as WARNED, with who waived what,
    why and until when: after that `remiss gate verify` takes it for a pass no more.

    Example: remiss gate attest gate-4f7q2m9x3kbd --format json > release.json

    Raises
    ------
    NotFound, Ambiguous
    """
    found = found_decision(ws, gate)
    waivers = ws.gates.waivers(found.model.name, found.model.version)
    signer = Signer(name_of(ws.audit.catalog), ws.keys.secret(SECRET))
    signed = envelope(with_waivers(found, waivers, ws.now), signer, in_force(found, waivers, ws.now))
    return GateAttestation(envelope=signed, key=signer.verifier.text, position=ws.position())


def _with_digest(model: ModelSpecification, answers: Answers) -> ModelSpecification:
    return model if answers.environment is None else replace(model, digest=answers.environment.digest)


def _suite(ws: GateWorkspace, name: str, suite: Suite, prepared: PlayedGate) -> GateSuite:
    uses = ws.gates.sealed_uses(suite.digest, prepared.model.name)
    played = prepared.played[name]
    rows = played.rows
    ran = played.baseline.ran and played.candidate.ran and bool(rows.sealed)
    people = coverage_of(rows.every)
    return GateSuite(
        name=suite.name,
        digest=suite.digest,
        events=len(rows.every),
        sealed=len(rows.sealed),
        sealed_uses=uses + ran,
        sealed_run=ran,
        flagged=people.flagged,
        decided=people.decided,
        verified=people.share,
    )
