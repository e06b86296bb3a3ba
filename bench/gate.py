"""What a gate computes over 100,000 results once both versions have answered: every condition of a policy that asks for all.

The rows are of a suite of 100,000 events in three capture roles with weights between 1 and 40, a tenth of them in families of
five, and each version has answered each three times. Beside it stands half as many.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np

from bench.results import REPEATS, Figure
from remiss.records.model import ModelSpecification
from remiss.records.states import Status
from remiss.records.suite import CaptureRole, SuitePart, SuiteRow
from remiss.safeguard.asking import Answers
from remiss.safeguard.gate_conditions import conditions_of
from remiss.safeguard.gate_policy import read
from remiss.safeguard.gate_thresholds import Played
from remiss.safeguard.judging import NO, YES, States
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
    """Measure the conditions of one gate and return the figure."""
    policy, chance = read(POLICY, "release.yaml"), np.random.default_rng(7)
    times = {}
    for count in (RESULTS // 2, RESULTS):
        played, taken = {"bench": _played(count, chance)}, []
        for _ in range(REPEATS):
            started = time.process_time()
            conditions_of(policy, played)
            taken.append(time.process_time() - started)
        times[count] = median(taken)
    half, whole = times.values()
    return [
        Figure(
            f"a gate over {RESULTS:,} results with all conditions",
            f"{whole:.2f} s",
            f"{BOUND_SECONDS:g} s",
            whole <= BOUND_SECONDS,
            f"{half:.2f} s over half as many; processor time, without asking the models",
        )
    ]


def _played(count: int, chance: np.random.Generator) -> Played:
    rows = [row for part, role, status, share in PARTS for row in _rows(part, role, status, int(count * share), chance)]
    weights = {role.value: sum(row.weight for row in rows if row.role is role) for role in CaptureRole}
    baseline, candidate = _answers(rows, 0.98, chance), _answers(rows, 0.97, chance)
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
    )
