"""Conditions of a gate that are no question of a margin: severity 1, open cases, what people decided, and latency.

One new break of a case of severity 1 is one too many, so nothing is weighed against it. What protects an unchanged model that
answers by chance are repeats: a case counts as broken only where the baseline passed each time and the candidate never did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from remiss.records.gate import SHOWN_EVIDENCE, GateCondition, GateVerdict
from remiss.records.states import DECIDED, Status
from remiss.records.suite import TARGET, CaptureRole, SuiteRow
from remiss.safeguard.asking import Answers
from remiss.safeguard.gate_policy import GatePolicy
from remiss.safeguard.judging import NO, UNKNOWN, YES, majority
from remiss.safeguard.non_inferiority import families_lost_and_won
from remiss.safeguard.suite_assembly import CRITICAL, GateRows
from remiss.safeguard.waiving import OPEN_CRITICAL, RESOLVED_CRITICAL
from remiss.understand.multiple_testing import mcnemar_better

# What the conditions on severity 1 are called.


# How likely it may be that any of the cases breaks by chance: a fair coin that shows heads r times and then tails r times, 4^-r.
BY_CHANCE = 0.01


def repeats_needed(cases: int) -> int:
    """Return the least odd number of repeats with which one of so many cases breaks by chance in at most one gate of a hundred.

    >>> [repeats_needed(cases) for cases in (1, 10, 11, 163, 164, 2621)]
    [5, 5, 7, 7, 9, 9]
    """
    repeats = 1
    while cases > BY_CHANCE * 4**repeats:
        repeats += 2
    return repeats


class CriticalOutcome(StrEnum):
    """What became of one critical case."""

    HELD = "held"  # the candidate passed each time
    FLICKERING = "flickering"  # it passed most times
    WAVERING = "wavering"  # it failed most times, but not each
    BROKEN = "broken"  # the baseline passed each time, the candidate failed each time
    NO_GROUND = "no ground"  # the baseline did not pass each time: the case cannot show a break


VERDICTS = {CriticalOutcome.BROKEN: GateVerdict.FAIL, CriticalOutcome.WAVERING: GateVerdict.INCONCLUSIVE}


def outcome_of(baseline: int, candidate: int, failed: int, repeats: int) -> CriticalOutcome:
    """Return what became of a case that each version was asked so often, and passed, or the candidate failed, so often.

    Where it gave no answer it did neither.

    >>> [outcome_of(*counts, 5).value for counts in ((5, 0, 5), (5, 2, 3), (5, 4, 1), (4, 0, 5), (5, 0, 4))]
    ['broken', 'wavering', 'flickering', 'no ground', 'wavering']
    """
    if baseline < repeats:
        return CriticalOutcome.NO_GROUND
    if candidate == repeats:
        return CriticalOutcome.HELD
    if failed == repeats:
        return CriticalOutcome.BROKEN
    return CriticalOutcome.FLICKERING if 2 * candidate > repeats else CriticalOutcome.WAVERING


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalCase:
    """One case of severity 1, by its place: of so many repeats, those that each version passed and that the candidate failed."""

    case: int
    baseline: int
    candidate: int
    failed: int
    repeats: int

    @property
    def outcome(self) -> CriticalOutcome:
        """What became of it."""
        return outcome_of(self.baseline, self.candidate, self.failed, self.repeats)


def critical_verdict(cases: Sequence[CriticalCase], *, without_ground: float = 1.0) -> GateVerdict:
    """Return the verdict over all critical cases: any that broke fails; any that wavers leaves it open.

    Parameters
    ----------
    without_ground : the greatest share of cases that may not show a break, as the policy says; above it nothing is known,
        so it is left open
    """
    outcomes = [case.outcome for case in cases]
    if CriticalOutcome.BROKEN in outcomes:
        return GateVerdict.FAIL
    lacking = outcomes.count(CriticalOutcome.NO_GROUND)
    if CriticalOutcome.WAVERING in outcomes or lacking > without_ground * len(outcomes):
        return GateVerdict.INCONCLUSIVE
    return GateVerdict.PASS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Played:
    """The rows of a suite with what both versions made of them."""

    rows: GateRows
    baseline: Answers
    candidate: Answers


def repeats_of(policy: GatePolicy, suites: Iterable[GateRows]) -> list[list[int]]:
    """Return how often each row of each suite is asked: those of severity 1 as often as chance demands of all there are."""
    every = list(suites)
    needed = max(policy.repeats, repeats_needed(sum(rows.critical.size for rows in every)))
    made = []
    for rows in every:
        times = np.full(len(rows.every), policy.repeats)
        times[rows.critical] = needed
        made.append([int(each) for each in times])
    return made


def thresholds(policy: GatePolicy, played: Played) -> list[GateCondition]:
    """Return the conditions that are in no family."""
    made = []
    if policy.critical is not None:
        made.append(_critical(policy.critical.without_ground, played))
    if policy.target is not None:
        made.append(_target(policy.target.level, played))
    if policy.open_critical is not None:
        made.append(_open_critical(policy.open_critical, played))
    if policy.verified is not None:
        made.append(_verified(policy.verified, played))
    if policy.latency is not None:
        made.append(_latency(policy.latency.p95_ms, played))
    return made


def _critical(without_ground: float, played: Played) -> GateCondition:
    was, now, times = played.baseline.passed, played.candidate.passed, played.candidate.times
    cases = [
        CriticalCase(
            case=int(at),
            baseline=int((was[at] == YES).sum()),
            candidate=int((now[at] == YES).sum()),
            failed=int((now[at] == NO).sum()),
            repeats=int(times[at]),
        )
        for at in played.rows.critical
    ]
    if not cases:
        return GateCondition(
            name=RESOLVED_CRITICAL, verdict=GateVerdict.PASS, says="the suite has no resolved case of severity 1"
        )
    verdict = critical_verdict(cases, without_ground=without_ground)
    by = {outcome: [each.case for each in cases if each.outcome is outcome] for outcome in CriticalOutcome}
    said = ", ".join(f"{len(those):,} {outcome.value}" for outcome, those in by.items() if those)
    broke = [*by[CriticalOutcome.BROKEN], *by[CriticalOutcome.WAVERING], *by[CriticalOutcome.FLICKERING]]
    shares = [
        f"{played.rows.every[each.case].id} flickers: {each.candidate} of {each.repeats}"
        for each in cases
        if each.outcome is CriticalOutcome.FLICKERING and played.rows.named([each.case])
    ]
    return GateCondition(
        name=RESOLVED_CRITICAL,
        verdict=verdict,
        says=f"of {len(cases):,} resolved cases of severity 1: {said}",
        value=float(len(by[CriticalOutcome.BROKEN])),
        threshold=0.0,
        events=len(cases),
        evidence=tuple(played.rows.named(broke)),
        notes=tuple(shares if len(shares) <= SHOWN_EVIDENCE else [*shares[:SHOWN_EVIDENCE], _more(len(shares))]),
    )


def _target(level: float, played: Played) -> GateCondition:
    places = played.rows.asked[TARGET]
    was, now = (majority(answers.passed[places]) for answers in (played.baseline, played.candidate))
    both = (was != UNKNOWN) & (now != UNKNOWN)
    pairs = played.rows.columns.pairs(places[both], was[both] == YES, now[both] == YES)
    lost, won = families_lost_and_won(pairs)
    chance = mcnemar_better(lost, won)
    fixed, broken = (
        played.rows.named(places[both][those]) for those in (pairs.candidate & ~pairs.baseline, pairs.baseline & ~pairs.candidate)
    )
    more = len(fixed) > SHOWN_EVIDENCE
    counted = "unweighted, near-duplicates as one" if np.unique(pairs.family).size < pairs.family.size else "unweighted"
    return GateCondition(
        name=TARGET,
        verdict=GateVerdict.PASS if chance <= level else GateVerdict.INCONCLUSIVE,
        says=f"{int(both.sum()):,} open cases: it fixes {won:,} and breaks {lost:,} (exact McNemar, {counted}: p {chance:.2g})",
        value=chance,
        threshold=level,
        events=int(both.sum()),
        evidence=tuple(broken),
        notes=(f"it fixes {', '.join(fixed[:SHOWN_EVIDENCE])}{'; ' * more}{_more(len(fixed)) * more}",) if fixed else (),
    )


def _more(count: int) -> str:
    return f"{SHOWN_EVIDENCE} of {count:,} shown"


def _open_critical(most: int, played: Played) -> GateCondition:
    now, rows = majority(played.candidate.passed), played.rows
    still = [at for at in rows.asked[TARGET] if rows.every[at].severity == CRITICAL and now[at] != YES]
    failing = sum(now[at] == NO for at in still)
    untold = f" and {len(still) - failing:,} cannot be told" if failing < len(still) else ""
    surely = GateVerdict.FAIL if failing > most else GateVerdict.INCONCLUSIVE
    return GateCondition(
        name=OPEN_CRITICAL,
        verdict=GateVerdict.PASS if len(still) <= most else surely,
        says=f"{failing:,} open cases of severity 1 still fail{untold}, at most {most:,} may",
        value=float(len(still)),
        threshold=float(most),
        events=len(still),
        evidence=tuple(rows.named(still)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedShare:
    """Of how many flagged events of a suite people have decided how many, and what share of their weight that is."""

    flagged: int
    decided: int
    share: float


def coverage_of(rows: Sequence[SuiteRow]) -> DecidedShare:
    """Return how far people have come with the flagged events among some rows."""
    flagged = [row for row in rows if row.role is CaptureRole.CANDIDATE]
    done = [row for row in flagged if row.status is not None and Status(row.status) in DECIDED]
    share = sum(row.weight for row in done) / max(sum(row.weight for row in flagged), 1e-300)
    return DecidedShare(flagged=len(flagged), decided=len(done), share=min(share, 1.0))


def _verified(least: float, played: Played) -> GateCondition:
    found = coverage_of(played.rows.every)
    says = f"people have decided {found.decided:,} of {found.flagged:,} flagged events, {found.share:.1%} by weight"
    return GateCondition(
        name="verified",
        verdict=GateVerdict.PASS if found.flagged and found.share >= least else GateVerdict.FAIL,
        says=f"{says}; {least:.1%} are asked for",
        value=found.share,
        threshold=least,
        events=found.flagged,
    )


def _latency(most: float, played: Played) -> GateCondition:
    known = played.candidate.latency_ms[~np.isnan(played.candidate.latency_ms)]
    if not known.size:
        return GateCondition(name="latency", verdict=GateVerdict.INCONCLUSIVE, says="the model says no latency", threshold=most)
    found = float(np.percentile(known, 95))
    return GateCondition(
        name="latency",
        verdict=GateVerdict.PASS if found <= most else GateVerdict.FAIL,
        says=f"95 of 100 answers came within {found:.3g} ms, {most:g} are allowed; measured where the gate ran",
        value=found,
        threshold=most,
        events=int(known.size),
    )
