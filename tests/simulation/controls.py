"""Controls that people label: strata and weeks of very different size, annotators who miss failures, and few who are verified.

Which events of a stratum and week are kept, and in which order they are labelled, is chance; only how many of those are failures
matters, so that a log is no more than counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remiss.understand.estimators import IntervalEstimate
from remiss.understand.two_phase.design import two_phase
from remiss.understand.two_phase.estimators import spanned
from remiss.understand.two_phase.labelled_events import REJECTED, UNGRADED, Annotated
from remiss.understand.two_phase.unflagged import Pools, unflagged_total


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """Events that no criterion caught (strata x weeks), how many of them fail, and how many of a week are annotated."""

    sizes: np.ndarray
    failures: np.ndarray
    annotated: np.ndarray
    keep: int = 20

    @property
    def truth(self) -> int:
        return int(self.failures.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who labels: which share of failures they miss, of others call a failure, and which share of the cleared is verified.

    `waiting` is the share of those to be verified at which nobody has looked a second time, `hard` the share of events of which
    nobody can tell what they are, of no failures and of failures.
    """

    missing: float = 0.15
    alarms: float = 0.05
    cleared: float = 0.1
    waiting: float = 0.0
    hard: tuple[float, float] = (0.0, 0.0)


def controls_of(
    rng: np.random.Generator, sizes: np.ndarray, rates: np.ndarray, annotated: np.ndarray, keep: int = 20
) -> Controls:
    """Return controls that fail at these rates, in whole numbers."""
    failures = np.floor(sizes * rates + rng.random(sizes.shape)).astype(np.intp)
    return Controls(sizes=sizes, failures=failures, annotated=annotated, keep=keep)


def figure(log: Controls, people: People, rng: np.random.Generator) -> IntervalEstimate:
    """Return the figure from one capture and labelling."""
    strata, weeks = log.sizes.shape
    kept = np.minimum(log.keep, log.sizes)
    found = rng.hypergeometric(log.failures, log.sizes - log.failures, kept)
    # The threshold of a group of N events of which k are kept is the (k + 1)-th least of N fractions.
    tau = np.where(kept < log.sizes, rng.beta(kept + 1, np.maximum(log.sizes - kept, 1)), 1.0)
    rows, fails, populations, chances = [], [], [], []
    for week in range(weeks):
        stratum = np.repeat(np.arange(strata), kept[:, week])
        turn = np.arange(len(stratum)) - np.repeat(np.cumsum(kept[:, week]) - kept[:, week], kept[:, week])
        p1 = tau[stratum, week]
        place = rng.random(len(p1)) * p1
        order = np.argsort(place)
        reach = place[order[log.annotated[week]]] if log.annotated[week] < len(order) else np.inf
        order = order[: log.annotated[week]]
        rows.append(np.minimum(p1[order], reach))
        fails.append(turn[order] < found[stratum[order], week])
        chance = np.minimum(tau[:, week], reach)
        pool = np.where(chance < reach, np.arange(strata) + 1, 0)
        size = np.bincount(pool, weights=log.sizes[:, week], minlength=strata + 1)
        done = np.bincount(pool[stratum[order]], minlength=strata + 1)
        populations.append(size[size > 0])
        chances.append(done[size > 0] / size[size > 0])
    p12, failure = np.concatenate(rows), np.concatenate(fails)
    count = len(p12)
    says = np.where(failure, rng.random(count) >= people.missing, rng.random(count) < people.alarms)
    p3 = np.where(says, 1.0, people.cleared)
    selected = rng.random(count) < p3
    hard = np.zeros(count, dtype=bool)
    if any(people.hard):
        hard = rng.random(count) < np.array(people.hard)[failure.astype(np.intp)]
        p3, selected = np.where(hard, 1.0, p3), selected | hard
    known = selected & ~hard & (says | (rng.random(count) >= people.waiting))
    zeros = np.zeros(count, dtype=np.intp)
    labelled = Annotated(
        y=(failure & known).astype(np.float64),
        p12=p12,
        p3=p3,
        kind=zeros + 1,
        pattern=zeros,
        grade=np.where(hard, UNGRADED, np.where(says, 2, REJECTED)).astype(np.intp),
        selected=selected,
        known=known,
        unsettled=hard,
        undecidable=hard,
        cluster=np.arange(count, dtype=np.intp),
        window=zeros,
        windows=1,
    )
    pools = Pools(populations=np.concatenate(populations), chances=np.concatenate(chances))
    ends = [labelled.settled(0.0), labelled.settled(1.0)] if hard.any() else [labelled]
    return spanned([unflagged_total(each, two_phase(each), pools, people.cleared) for each in ends])
