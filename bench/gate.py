"""What a gate computes over 100,000 results once both versions have answered: every condition of a policy that asks for all.

The rows are of a suite of 100,000 events in three capture roles with weights between 1 and 40, a tenth of them in families of
five, and each version has answered each three times. Beside it stands half as many. The whole is all that a gate does between the
last answer and the catalog: rows as arrays, what became of each case, conditions, and the decision as text, which is read again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np

from bench.results import REPEATS, Figure
from remiss.records.gate import GateDecision, overall
from remiss.records.identity import plain
from remiss.records.model import ModelSpecification
from remiss.records.states import Status
from remiss.records.suite import CaptureRole, SuitePart, SuiteRow
from remiss.safeguard.asking import Answers
from remiss.safeguard.exposing import side_by_side
from remiss.safeguard.gate_conditions import conditions_of, worst_of
from remiss.safeguard.gate_policy import GatePolicy, read
from remiss.safeguard.gate_thresholds import Played
from remiss.safeguard.judging import NO, YES, States
from remiss.safeguard.kept_documents import decision_of
from remiss.safeguard.suite_assembly import gate_rows

RESULTS = 100_000
BOUND_SECONDS = 2.0
ASKED = 3
CRITERIA = ("missed-delay", "slow", "odd-wind")
POLICY = """\
gate: release
suites: [bench]
guard: {margin: 0.05}
production: {margin: 0.02}
target: {}
critical: {without_ground: 0.2}
open_critical: 0
verified: 0.3
latency: {p95_ms: 250}
"""
START = datetime(2026, 1, 5, tzinfo=UTC)
# What a part of the suite is like: how its events were drawn, how they stand, and how large a share of all it is.
PARTS = (
    (SuitePart.CASES, CaptureRole.CANDIDATE, Status.VERIFIED, 0.1),
    (SuitePart.CASES, CaptureRole.CANDIDATE, Status.RESOLVED, 0.1),
    (SuitePart.CONTROLS, CaptureRole.CONTROL, Status.CLEARED, 0.4),
    (SuitePart.PRODUCTION, CaptureRole.UNDECIDED, Status.CANDIDATE, 0.4),
)


def measure() -> list[Figure]:
    """Measure the conditions of one gate, and all that it computes, and return the figures."""
    policy, chance = read(POLICY, "release.yaml"), np.random.default_rng(7)
    alone, whole = [], []
    for count in (RESULTS // 2, RESULTS):
        rows, answers = _suite(count, chance)
        played = {"bench": _played(rows, answers)}
        alone.append(_taken(lambda played=played: conditions_of(policy, played)))  # type: ignore[misc]
        whole.append(_taken(lambda rows=rows, answers=answers: _decided(policy, rows, answers)))  # type: ignore[misc]
    return [
        _figure(f"a gate over {RESULTS:,} results with all conditions", alone),
        _figure(f"a gate over {RESULTS:,} results, from the last answer to its decision", whole),
    ]


def _figure(name: str, taken: Sequence[float]) -> Figure:
    half, whole = taken
    detail = f"{half:.2f} s over half as many; processor time, without asking the models"
    return Figure(name, f"{whole:.2f} s", f"{BOUND_SECONDS:g} s", whole <= BOUND_SECONDS, detail)


def _taken(call: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return median(times)


def _decided(policy: GatePolicy, rows: list[SuiteRow], answers: Sequence[Answers]) -> GateDecision:
    """Return what a gate decides, as the catalog has it."""
    played = {"bench": _played(rows, answers)}
    exposures = side_by_side(played.values())
    conditions, family = conditions_of(policy, played)
    baseline, candidate = (each.model for each in answers)
    made = GateDecision(
        id="gate-1",
        gate=policy.gate,
        verdict=overall(each.verdict for each in conditions),
        model=candidate,
        baseline=baseline,
        conditions=conditions,
        suites=(),
        policy_digest=policy.digest,
        policy=policy.meaning,
        family=family,
        repeats=ASKED,
        seed=0,
        identified="name only",
        environment=None,
        baseline_environment=None,
        worst=worst_of(conditions),
        regressed=tuple(sorted(case for case, _ in exposures)[:10]),
    )
    return decision_of(json.dumps(plain(asdict(made)), ensure_ascii=False))


def _suite(count: int, chance: np.random.Generator) -> tuple[list[SuiteRow], Sequence[Answers]]:
    rows = [row for part, role, status, share in PARTS for row in _rows(part, role, status, int(count * share), chance)]
    return rows, (_answers(rows, 0.98, chance), _answers(rows, 0.97, chance))


def _played(rows: list[SuiteRow], answers: Sequence[Answers]) -> Played:
    weights = {role.value: sum(row.weight for row in rows if row.role is role) for role in CaptureRole}
    baseline, candidate = (each.answered() for each in answers)
    return Played(rows=gate_rows(rows, weights), baseline=baseline, candidate=candidate)


def _rows(part: SuitePart, role: CaptureRole, status: Status, count: int, chance: np.random.Generator) -> list[SuiteRow]:
    weights, families = chance.uniform(1, 40, count), np.arange(count)
    families[: count // 10] //= 5
    # Severity 1 is rare: a hundred resolved ones in 10,000.
    severities = 1 + (chance.integers(0, 100, count) > 0) * chance.integers(1, 4, count)
    return [
        SuiteRow(
            id=f"{part.value}-{status.value}-{at:06d}",
            part=part,
            event=f"e{at}",
            occurred=START + timedelta(minutes=at),
            window=START,
            role=role,
            weight=float(weights[at]),
            family=f"{part.value}-{status.value}-{families[at]}",
            stratum="{}",
            model="bench",
            model_version="1",
            inputs={},
            context={},
            text=None,
            output="on-time",
            label="late",
            status=status.value,
            mode=None,
            severity=int(severities[at]),
            criteria=(),
        )
        for at in range(count)
    ]


def _answers(rows: list[SuiteRow], rate: float, chance: np.random.Generator) -> Answers:
    def states() -> States:
        return np.where(chance.random((len(rows), ASKED)) < rate, YES, NO).astype(np.int8)

    return Answers(
        model=ModelSpecification(name="bench", version="1", runner="python", target=None),
        passed=states(),
        met={name: np.where(states() == YES, NO, YES).astype(np.int8) for name in CRITERIA},
        latency_ms=chance.uniform(1, 200, (len(rows), ASKED)),
        first=[],
        lacking=np.zeros((len(rows), ASKED), dtype=np.int8),
    )
