"""A batch of flagged events that people label: who errs, who disputes, and what waits; light enough for many draws.

An event is captured by chance, annotated in the order q = v p1 up to a place, and verified where its fraction is below the share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remiss.understand.estimators import IntervalEstimate
from remiss.understand.two_phase.design import two_phase
from remiss.understand.two_phase.estimators import Open, calibrated, calibrated_total, confirmed_share, spanned
from remiss.understand.two_phase.labelled_events import REJECTED, UNGRADED, Annotated

ERRING = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The flagged events of a log: how likely each is captured, whether it is a failure and how grave (0 to 3).

    `problem` has the number of the problem that an event is one of many of; its own where it is of none.
    """

    p1: np.ndarray
    failure: np.ndarray
    grade: np.ndarray
    pattern: np.ndarray
    problem: np.ndarray

    @property
    def size(self) -> int:
        return len(self.p1)


def batch_of(
    rng: np.random.Generator, *, size: int = 4000, precision: float = 0.6, problems: int = 0, alike: float = 0.5
) -> Batch:
    """Return a batch of which a fifth is captured five times as often as the rest.

    Parameters
    ----------
    problems : that many, to which the share `alike` of the events belongs; those of one are failures together, or none
    """
    problem, failure = np.arange(size), rng.random(size) < precision
    if problems:
        of_one = rng.random(size) < alike
        problem[of_one] = size + rng.integers(problems, size=int(of_one.sum()))
        verdicts = np.arange(problems) < round(precision * problems)
        failure[of_one] = verdicts[problem[of_one] - size]
    return Batch(
        p1=np.where(rng.random(size) < 0.2, 0.5, 0.1),
        failure=failure,
        grade=rng.choice(4, size, p=[0.05, 0.25, 0.4, 0.3]),
        pattern=(rng.random(size) < 0.3).astype(np.intp),
        problem=problem,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """How people label: shares by grade and rejected, how much of what is captured is annotated, and what has not come yet.

    `unseen` is the share of selected cases at which nobody has looked a second time, `reopened` that of all annotated ones which
    are begun anew; no dispute is settled unless `settles`. `unsure` is how often a person cannot tell what an event is, and
    `hard` the share of events of which nobody can (but half of the annotators guess), each of no failures and of failures.
    """

    shares: tuple[float, ...] = (0.5,) * 5
    done: float = 0.7
    unseen: float = 0.0
    reopened: float = 0.0
    settles: bool = True
    unsure: tuple[float, float] = (0.0, 0.0)
    hard: tuple[float, float] = (0.0, 0.0)


def labelled(batch: Batch, how: Labelling, rng: np.random.Generator) -> Annotated:
    """Return the annotated events of one capture and labelling of a batch."""
    kept = np.flatnonzero(rng.random(batch.size) < batch.p1)
    place = rng.random(len(kept)) * batch.p1[kept]
    order = np.argsort(place)
    count = int(how.done * len(kept))
    event, t = kept[order[:count]], place[order[count]]
    # The first of a problem is labelled, and the others take its verdict.
    _, first, cluster = np.unique(batch.problem[event], return_index=True, return_inverse=True)
    errs = (rng.random(count) < ERRING)[first][cluster]
    says = batch.failure[event] ^ errs
    near = np.clip(batch.grade[event] + rng.integers(-1, 2, count), 0, 3)[first][cluster]
    grade = np.where(says, near, REJECTED)
    p3 = np.array(how.shares)[grade]
    selected = rng.random(count)[first][cluster] < p3
    # Two disagree where the annotator errs, and a third finds what is so.
    disputed = selected & errs & (not how.settles)
    reopened = rng.random(count) < how.reopened
    ungraded, untold = undecidable(batch.failure[event], how, rng)
    grade, p3 = np.where(ungraded, UNGRADED, grade), np.where(ungraded, 1.0, p3)
    lasting = ungraded | (selected & untold)
    selected, disputed = selected | ungraded, disputed & ~lasting
    unseen = selected & ~reopened & ~lasting & (rng.random(count) < how.unseen)
    known = selected & ~disputed & ~unseen & ~reopened & ~lasting
    return Annotated(
        y=(batch.failure[event] & known).astype(np.float64),
        p12=np.minimum(batch.p1[event], t),
        p3=p3,
        kind=np.zeros(count, dtype=np.intp),
        pattern=batch.pattern[event],
        grade=grade.astype(np.intp),
        selected=selected,
        known=known,
        unsettled=selected & ~known & ~unseen,
        cluster=cluster.astype(np.intp),
        window=np.zeros(count, dtype=np.intp),
        windows=1,
        undecidable=lasting,
    )


def undecidable(failure: np.ndarray, how: Labelling, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return of which events two annotators cannot tell, and of which others two of those who look at them again."""
    if not any((*how.unsure, *how.hard)):
        return np.zeros(len(failure), dtype=bool), np.zeros(len(failure), dtype=bool)
    number = failure.astype(np.intp)
    hard = rng.random(len(failure)) < np.array(how.hard)[number]
    cannot = rng.random((4, len(failure))) < np.array(how.unsure)[number]
    guessed = rng.random(len(failure)) < 0.5
    ungraded = (hard & ~guessed) | (cannot[0] & cannot[1])
    return ungraded, ~ungraded & (hard | (cannot[2] & cannot[3]))


def figures(found: Annotated, flagged: float) -> tuple[IntervalEstimate, IntervalEstimate]:
    """Return the total of events of which so many were flagged, and the precision."""
    counted = IntervalEstimate(value=flagged, low=flagged, high=flagged)
    totals, shares = [], []
    for each in (found.settled(0.0), found.settled(1.0)):
        estimate = calibrated(each, two_phase(each), flagged, np.ones(len(each.y)))
        totals.append(calibrated_total(each, estimate, counted, Open(population=flagged, least_probability=0.001)))
        shares.append(confirmed_share(each, totals[-1], estimate.cells))
    return spanned(totals), spanned(shares)
