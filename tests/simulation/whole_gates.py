"""A suite whose truth is known, and the answers of two versions to it, as a gate gets them: rows, repeats and states.

Weights go from 1 to 40, cases come in families that answer alike, and some answer by chance. Of those the two versions have one
probability, so they differ by chance alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from remiss.records.gate import GateVerdict, overall
from remiss.records.model import ModelSpecification
from remiss.records.states import Status
from remiss.records.suite import GUARD, CaptureRole, SuitePart, SuiteRow
from remiss.safeguard.asking import Answers
from remiss.safeguard.gate_conditions import conditions_of
from remiss.safeguard.gate_policy import GatePolicy
from remiss.safeguard.gate_thresholds import Played, repeats_of
from remiss.safeguard.judging import NO, UNKNOWN, YES
from remiss.safeguard.non_inferiority import shares_of
from remiss.safeguard.suite_assembly import DIFFERING, GateRows, gate_rows, power
from remiss.safeguard.suite_columns import SuiteColumns, coded

CRITERION = "missed-delay"
MODEL = ModelSpecification(name="arrival-delay", version="2", runner="python", target=None)
START = datetime(2026, 1, 5, tzinfo=UTC)
RESOLVED = (SuitePart.CASES, CaptureRole.CANDIDATE, Status.RESOLVED)
# What a suite is made of, and what share of its families each part is.
PARTS = (
    (RESOLVED, 0.15),
    ((SuitePart.CASES, CaptureRole.CANDIDATE, Status.VERIFIED), 0.1),
    ((SuitePart.CONTROLS, CaptureRole.CONTROL, Status.CLEARED), 0.4),
    ((SuitePart.PRODUCTION, CaptureRole.UNDECIDED, Status.CANDIDATE), 0.35),
)
# Of which cases that flicker at all, a version fails one asking with at most this probability.
MOST_FLICKER = 0.3


def rows_of(part, role, status, sizes, rng, *, severity=2, heaviest=40.0):
    """Return rows of one part in families of these sizes, with weights from 1 to the heaviest."""
    family = np.repeat(np.arange(len(sizes)), sizes)
    weight = np.exp(rng.uniform(0, np.log(heaviest), family.size))
    return [
        SuiteRow(
            id=f"{part.value}-{status.value}-{severity}-{at:06d}",
            part=part,
            event=f"e{at}",
            occurred=START,
            window=START,
            role=role,
            weight=float(weight[at]),
            family=f"{part.value}-{status.value}-{severity}-{family[at]}",
            stratum="{}",
            model="arrival-delay",
            model_version="1",
            inputs={},
            context={},
            text=None,
            output="on-time",
            label="late",
            status=status.value,
            mode=None,
            severity=severity,
            criteria=(),
            met_by_log={CRITERION: False},
        )
        for at in range(family.size)
    ]


def suite(rng, *, families, members=1, critical=0):
    """Return the rows of a suite of so many families, and so many resolved cases of severity 1 besides."""
    rows = [row for part, share in PARTS for row in rows_of(*part, [members] * round(families * share), rng)]
    rows += rows_of(*RESOLVED, [1] * critical, rng, severity=1)
    whole = {role: sum(row.weight for row in rows if row.role is role) for role in CaptureRole}
    # What a role stands for is not what its rows add up to: of controls some were left out.
    return gate_rows(rows, {role.value: whole[role] * (3 if role is CaptureRole.CONTROL else 1) for role in CaptureRole})


@dataclass(frozen=True, kw_only=True)
class Versions:
    """Two versions, as they are in truth, row by row.

    `lost` and `won` are the probabilities that a family passes by the one alone; `fails` with which one asking of a row fails,
    of both alike, 0 of a row that does not flicker.
    """

    lost: np.ndarray
    won: np.ndarray
    fails: np.ndarray


def by_chance(fails, repeats):
    """Return the probability that two versions that fail one asking alike differ by their majorities."""
    wrong = sum(_binomial(repeats, k) * fails**k * (1 - fails) ** (repeats - k) for k in range(repeats // 2 + 1, repeats + 1))
    return 2 * wrong * (1 - wrong)


def _binomial(n, k):
    return float(np.prod([(n - i) / (k - i) for i in range(k)])) if k else 1.0


def versions(rows: GateRows, rng, *, guard=0.0, production=0.0, differing=DIFFERING, flicker=0.0, repeats=3):
    """Return versions that differ by `guard` on what the guard asks and by `production` on the whole, in truth.

    `differing` is the share of cases on which one alone passes, those by chance among them.
    """
    count = len(rows.every)
    share = shares_of(rows.production, rows.columns.role)[rows.columns.role]
    share = rows.columns.weight * share / np.bincount(rows.columns.role, weights=rows.columns.weight)[rows.columns.role]
    share /= share.sum()
    inside = np.zeros(count, dtype=bool)
    inside[rows.asked[GUARD]] = True
    # What the guard differs by is part of the whole; what is left to say is of the rest.
    rest = (production - guard * share[inside].sum()) / share[~inside].sum() if (~inside).any() else 0.0
    difference = np.where(inside, guard, rest)
    family = rows.columns.family
    flickers = (rng.random(int(family.max()) + 1) < flicker)[family]
    fails = np.where(flickers, rng.uniform(0, MOST_FLICKER, count), 0.0)
    surely = np.maximum(differing - by_chance(fails, repeats).mean(), np.abs(difference))
    assert (surely <= 1).all()
    return Versions(lost=(surely - difference) / 2, won=(surely + difference) / 2, fails=fails)


def played(rows: GateRows, truth: Versions, repeats, rng) -> Played:
    """Ask both versions once: families lose or win whole, and what flickers is asked anew each time."""
    drawn = rng.random(int(rows.columns.family.max()) + 1)[rows.columns.family]
    lost, won = drawn < truth.lost, drawn >= 1 - truth.won
    times = np.asarray(repeats)
    asked = np.arange(times.max()) < times[:, np.newaxis]

    def answers(fails):
        by_chance = (truth.fails > 0) & ~lost & ~won
        failed = np.where(by_chance[:, np.newaxis], rng.random(asked.shape) < truth.fails[:, np.newaxis], fails[:, np.newaxis])
        passed = np.where(asked, np.where(failed, NO, YES), UNKNOWN).astype(np.int8)
        met = np.where(asked, np.where(failed, YES, NO), UNKNOWN).astype(np.int8)
        return Answers(model=MODEL, passed=passed, met={CRITERION: met}, latency_ms=np.full(asked.shape, np.nan), first=[])

    return Played(rows=rows, baseline=answers(won), candidate=answers(lost))


def policy(**asked) -> GatePolicy:
    """Return a policy that asks this and nothing else."""
    nothing = {"guard": None, "production": None, "critical": None}
    return GatePolicy.model_validate({"gate": "release", "suites": ("a", "b"), **nothing, **asked})


def decided(asked: GatePolicy, by_suite) -> tuple[GateVerdict, dict[str, GateVerdict]]:
    """Return what a gate decides: its verdict, and that of each condition."""
    conditions, _ = conditions_of(asked, by_suite)
    return overall(each.verdict for each in conditions), {each.name: each.verdict for each in conditions}


def gates(asked: GatePolicy, rows: GateRows, truth: Versions, count: int, rng) -> list[GateVerdict]:
    """Return what so many gates decide, each of which asks both versions anew."""
    [repeats] = repeats_of(asked, [rows])
    return [decided(asked, {"a": played(rows, truth, repeats, rng)})[0] for _ in range(count)]


def printed(rows: GateRows, question: str, margin: float) -> float:
    """Return the power that is printed of a question when a suite is built."""
    each = {
        name: [getattr(row, name) for row in rows.every]
        for name in ("part", "status", "role", "met_by_log", "id", "family", "weight", "inputs")
    }
    repeated = {name: coded(each[name]) for name in ("part", "status", "role", "met_by_log")}
    # Texts as a suite has them: objects, of which families are told apart.
    texts = {name: np.array(each[name], dtype=object) for name in ("id", "family", "inputs")}
    single = {"weight": np.array(each["weight"]), **texts}
    return power(question, SuiteColumns(repeated=repeated, single=single, cells={}), margin, rows.production).passed
