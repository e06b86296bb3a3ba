"""Cases of severity 1: no margin, and repeats enough that chance hardly turns one red.

One new break of a critical case is one too many, so nothing is weighed against it. What protects an unchanged model that answers
by chance are repeats: a case counts as broken only where the baseline passed each time and the candidate never did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from remiss.records.gate import GateVerdict

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
    BROKEN = "broken"  # the baseline passed each time, the candidate never
    NO_GROUND = "no ground"  # the baseline did not pass each time: the case cannot show a break


VERDICTS = {CriticalOutcome.BROKEN: GateVerdict.FAIL, CriticalOutcome.WAVERING: GateVerdict.INCONCLUSIVE}


def outcome_of(baseline: int, candidate: int, repeats: int) -> CriticalOutcome:
    """Return what became of a case that each version was asked so often and passed so often.

    >>> [outcome_of(baseline, candidate, 5).value for baseline, candidate in ((5, 0), (5, 2), (5, 4), (4, 0))]
    ['broken', 'wavering', 'flickering', 'no ground']
    """
    if baseline < repeats:
        return CriticalOutcome.NO_GROUND
    if candidate == repeats:
        return CriticalOutcome.HELD
    if candidate == 0:
        return CriticalOutcome.BROKEN
    return CriticalOutcome.FLICKERING if 2 * candidate > repeats else CriticalOutcome.WAVERING


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalCase:
    """One case of severity 1: how often each version passed it in how many repeats."""

    case: str
    baseline: int
    candidate: int
    repeats: int

    @property
    def outcome(self) -> CriticalOutcome:
        """What became of it."""
        return outcome_of(self.baseline, self.candidate, self.repeats)


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
