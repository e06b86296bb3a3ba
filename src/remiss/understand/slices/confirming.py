"""Later windows decide: what a slice is there beside the rest, and what all that was ever asked of these windows may claim.

Whoever tries twenty hypotheses on the same windows finds one by chance, and whoever asks every week finds one in time. So every
attempt counts for all that share windows with it, and the k-th attempt of a slice has 1/2^k of the level. What is confirmed was
chosen by its own figures: its interval allows for that, and the effect that is told is shrunken by what is known of all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from remiss.records.case import Sensitivity
from remiss.records.slice import KeptSlice, SliceAttempt, SliceState
from remiss.understand.multiple_testing import Numbers, holm

LEVEL = 0.05
# Of an error of rounding, beside which a p-value is still at the level.
ALIKE = 1e-12


@dataclass(frozen=True, slots=True)
class _Entry:
    """An attempt of the ledger with what decides which others count for it."""

    slice: str
    source: str
    team: str
    failure: str
    sensitivity: Sensitivity
    attempt: SliceAttempt

    def counts_for(self, other: _Entry) -> bool:
        """Return whether this one was made against any of the same windows. What is more sensitive tells others nothing."""
        mine, theirs = self.attempt, other.attempt
        shared = (self.source, self.team) == (other.source, other.team) and self.sensitivity <= other.sensitivity
        return shared and mine.since < theirs.until and theirs.since < mine.until


def decided(kept: Sequence[KeptSlice]) -> tuple[KeptSlice, ...]:
    """Return all slices of a ledger with what their attempts may claim together.

    Each attempt is held against all that were made on any of the same windows, by Holm's step-down of p 2^k for the k-th attempt
    of a slice. The interval of one that is confirmed has the level 1 - 0.05 R/m, where m attempts were made and R is how many
    are confirmed whatever its own figure is, as long as it is confirmed itself. Differences are shrunken towards none by
    their mean square beyond their errors, over all attempts about the same failures.

    Source: Holm 1979; Benjamini and Yekutieli, False discovery rate-adjusted multiple confidence intervals for selected
    parameters, Journal of the American Statistical Association 100 (2005) 71-81; Efron and Morris, ibid. 70 (1975) 311-319.
    """
    ledger = [
        _Entry(each.id, each.source, each.team, each.failure, each.sensitivity, attempt)
        for each in kept
        for attempt in each.attempts
    ]
    told = {(each.slice, each.attempt.number): _decided(each, ledger) for each in ledger}
    return tuple(_with(each, tuple(told[each.id, attempt.number] for attempt in each.attempts)) for each in kept)


def _with(kept: KeptSlice, attempts: tuple[SliceAttempt, ...]) -> KeptSlice:
    confirmed = any(each.confirmed for each in attempts)
    state = SliceState.CONFIRMED if confirmed else SliceState.UNCONFIRMED if attempts else SliceState.HYPOTHESIS
    used = max([kept.used_until, *(each.until for each in attempts)])
    return replace(kept, attempts=attempts, state=state, used_until=used)


def _decided(one: _Entry, ledger: Sequence[_Entry]) -> SliceAttempt:
    family = [each for each in ledger if each.counts_for(one)]
    p = np.array([min(1.0, each.attempt.p * 2.0**each.attempt.number) for each in family])
    at = next(place for place, each in enumerate(family) if each is one)
    adjusted = float(holm(p)[at])
    confirmed = adjusted <= LEVEL
    level = LEVEL * _least_confirmed(p, at) / len(family) if confirmed else LEVEL
    attempt = one.attempt
    half = float(scipy.special.stdtrit(attempt.degrees, 1 - level / 2)) * attempt.error
    return replace(
        attempt,
        beside=len(family),
        adjusted=adjusted,
        confirmed=confirmed,
        low=attempt.difference - half,
        high=attempt.difference + half,
        told=attempt.difference * shrinkage(attempt, [each.attempt for each in ledger if _alike(each, one)]),
    )


def _alike(one: _Entry, other: _Entry) -> bool:
    shared = (one.source, one.team, one.failure) == (other.source, other.team, other.failure)
    return shared and one.sensitivity <= other.sensitivity


def _least_confirmed(p: Numbers, at: int) -> int:
    """Return of how many, it among them, Holm claims something whatever p-value this one has that is small enough itself.

    >>> _least_confirmed(np.array([0.001, 0.03, 0.5]), 0), _least_confirmed(np.array([0.001, 0.002, 0.5]), 1)
    (1, 2)
    """
    others = np.sort(np.delete(p, at))
    bounds = LEVEL / (len(p) - np.arange(len(others)))
    before = int(np.logical_and.accumulate(others <= bounds * (1 + ALIKE)).sum())
    largest = p.copy()
    largest[at] = LEVEL / (len(p) - before)
    return int(np.sum(holm(largest) <= LEVEL * (1 + ALIKE)))


def shrinkage(attempt: SliceAttempt, every: Sequence[SliceAttempt]) -> float:
    """Return the part of a difference that is no chance, in [0, 1], by how much all differ beyond their errors."""
    beyond = max(0.0, float(np.mean([each.difference**2 - each.error**2 for each in every])))
    return 0.0 if beyond == 0 or not math.isfinite(beyond) else beyond / (beyond + attempt.error**2)
