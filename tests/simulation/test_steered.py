"""A steered queue leaves confirmed figures as they are: the real queue serves, whoever steers does their worst.

Half of the rare criterion's events met the frequent, graver one too and are in the rare one's batch. Two people find the truth of
half of what is annotated. Each draw captures and labels one log anew, and compares with what is true of the weeks in a figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

import numpy as np
import pytest

from remiss.curate.batches import Batch, group_of
from remiss.curate.queueing import Desk, Progress
from remiss.curate.steering import UNSTEERED, BatchScope, First, Steer, Steering
from remiss.curate.tally import BatchOrder, Ownership
from remiss.protocol.terms import LabellingDesign
from remiss.records.case import Sensitivity
from remiss.records.labelling import LabellingKind
from remiss.records.states import Status
from remiss.understand.estimators import IntervalEstimate
from remiss.understand.two_phase.labelled_events import REJECTED, Annotated
from remiss.understand.two_phase.labelling_order import first_unlabelled
from tests.simulation.people import figures
from tests.simulation.test_log_figures import lowest_plausible

MONDAY, WEEK = datetime(2026, 1, 5, tzinfo=UTC), timedelta(weeks=1)
WEEKS, A_WEEK, SHARE, AT_ONCE = 4, 700, 0.5, 6
STRATA = ('{"airport":"EWR"}', '{"airport":"JFK"}')
OURS = Ownership("default", Sensitivity.INTERNAL)


@dataclass(frozen=True, slots=True)
class Log:
    """A log: of each event its week and stratum, whether it met `grave` and `minor`, whether it fails, how likely it is drawn."""

    week: np.ndarray
    stratum: np.ndarray
    grave: np.ndarray
    minor: np.ndarray
    failure: np.ndarray
    p1: np.ndarray


def log_of(rng: np.random.Generator) -> Log:
    size = WEEKS * A_WEEK
    grave, minor, both = rng.random((3, size)) < np.array([[0.1], [0.04], [0.4]])
    grave = grave | (minor & both)
    # What is worse differs by week, stratum and pattern: to take one for another would show.
    week, stratum = np.repeat(np.arange(WEEKS), A_WEEK), rng.integers(2, size=size)
    chance = 0.25 + 0.12 * week + 0.2 * stratum - 0.2 * (minor & grave)
    return Log(week, stratum, grave, minor, rng.random(size) < chance, np.where(minor, 0.9, np.where(grave, 0.5, 0.05)))


# What somebody does to the queue after some labels, given how many failures people have found.
Steers = Callable[[int, int], Steering]


def only(criterion: str, steering: Steering = UNSTEERED) -> Steering:
    return replace(steering, steers=steering.after(Steer(open=True, which=BatchScope(criterion=criterion)), alone=True))


def closing(steering: Steering, **which: object) -> Steering:
    return replace(steering, steers=steering.after(Steer(open=False, which=BatchScope(**which))))  # type: ignore[arg-type]


NEWEST = Steering(first=First.NEWEST)
POLICIES: dict[str, Steers] = {
    "nobody steers": lambda done, found: UNSTEERED,
    "the gravest alone": lambda done, found: only("grave"),
    "the newest first": lambda done, found: NEWEST,
    "the newest first, of the gravest alone, and its last week closed midway": lambda done, found: (
        only("grave", NEWEST) if done < 40 else closing(only("grave", NEWEST), period=MONDAY + 3 * WEEK)
    ),
    "another criterion after every handful": lambda done, found: only("grave" if done // AT_ONCE % 2 else "minor"),
    "the gravest until it is closed midway": lambda done, found: (
        only("grave") if done < 30 else closing(UNSTEERED, criterion="grave")
    ),
}
OF_STRATA: dict[str, Steers] = {
    "one stratum alone": lambda done, found: closing(UNSTEERED, stratum={"airport": "JFK"}),
    "one stratum, then the other": lambda done, found: closing(UNSTEERED, stratum={"airport": "JFK" if done < 50 else "EWR"}),
}

WORST = (
    "the newest first, of the gravest alone, and its last week closed midway",
    "another criterion after every handful",
    "one stratum, then the other",
)
STUDIES = [
    *(pytest.param(name, 60, id=f"{name}-short") for name in WORST),
    *(pytest.param(name, 500, id=f"{name}-long", marks=pytest.mark.soak) for name in POLICIES | OF_STRATA),
]


def order_of(log: Log, sampled: np.ndarray, places: np.ndarray, *, apart: bool) -> BatchOrder:
    batches: dict[Batch, list[tuple[float, int]]] = {}
    criteria: dict[Batch, set[str]] = {}
    for event in sampled:
        met = [name for name, of in (("grave", log.grave), ("minor", log.minor)) if of[event]]
        group = group_of(met, (), {"grave": 9, "minor": 4}.__getitem__)
        batch = Batch(group, MONDAY + int(log.week[event]) * WEEK, STRATA[log.stratum[event]] if apart else "")
        batches.setdefault(batch, []).append((places[event], int(event)))
        criteria.setdefault(batch, set()).update(met)
    ordered = {batch: [event for _, event in sorted(members)] for batch, members in sorted(batches.items())}
    return BatchOrder(
        source="log",
        protocol="delays",
        labelling=LabellingDesign(every=WEEK, budget=1000, controls=0.2, verify={"1": SHARE, "rejected": SHARE, "cleared": 0.1}),
        seed="1",
        severities={"grave": 1, "minor": 4},
        batches=ordered,
        of={event: batch for batch, events in ordered.items() for event in events},
        ownerships={batch.period: {OURS} for batch in ordered},
        criteria=criteria,
    )


def progress(event: int) -> Progress:
    said = {"status": Status.ANNOTATED, "people": frozenset({"ana"}), "severity": 1, "annotated": True}
    return Progress(event=event, id="", model="m", ownership=OURS, since=1, stale=False, linked=False, **said)  # type: ignore[arg-type]


PROGRESS = [progress(event) for event in range(WEEKS * A_WEEK)]


def worked(log: Log, order: BatchOrder, steers: Steers, rng: np.random.Generator, *, labels: int) -> list[int]:
    """Return the events that people annotate, a handful at a time, as the queue gives them out."""
    done: dict[int, Progress] = {}
    chances = iter(rng.random(100_000))
    while len(done) < labels:
        found = sum(bool(log.failure[event]) for event in done)
        desk = Desk(
            person="bo",
            orders=[order],
            progress=done,
            taken={},
            owners=lambda team, model: {},
            theirs=lambda kind, ownership: True,
            chance=lambda name: next(chances),
            steering=partial(dict, delays=steers(len(done), found)),
        )
        some = list(islice(desk.work(LabellingKind.ANNOTATION), AT_ONCE))
        done |= {event: PROGRESS[event] for event in some}
        if not some:
            break
    return list(done)


def figure(
    log: Log,
    order: BatchOrder,
    sampled: np.ndarray,
    places: np.ndarray,
    done: list[int],
    rng: np.random.Generator,
    of: np.ndarray,
) -> tuple[IntervalEstimate, IntervalEstimate, float, float] | None:
    """Return total and precision of a criterion, and the true total and size of what they are of; None where nothing is begun."""
    number = {batch: at for at, batch in enumerate(order.batches)}
    batch = np.array([number[order.of[int(event)]] for event in sampled])
    t = first_unlabelled(places[sampled], np.isin(sampled, done), batch, len(number))
    cell = log.week[sampled] * 2 + (log.stratum[sampled] if next(iter(number)).stratum else 0)
    mine = of[sampled]
    # A week is left out unless people have begun with each batch that has such events.
    begun = set(cell[mine]) - set(cell[mine & (t[batch] == 0)])
    scope = of & np.isin(log.week * 2 + (log.stratum if next(iter(number)).stratum else 0), list(begun))
    counts = np.flatnonzero(mine & np.isin(cell, list(begun)) & (places[sampled] < t[batch]))
    if not len(counts):
        return None
    event = sampled[counts]
    known = rng.random(len(event)) < SHARE
    found = Annotated(
        y=(log.failure[event] & known).astype(np.float64),
        p12=np.minimum(log.p1[event], t[batch[counts]]),
        p3=np.full(len(event), SHARE),
        kind=np.zeros(len(event), dtype=np.intp),
        pattern=log.minor[event].astype(np.intp),
        grade=np.where(log.failure[event], 1, REJECTED).astype(np.intp),
        selected=known,
        known=known,
        unsettled=np.zeros(len(event), dtype=bool),
        cluster=np.arange(len(event), dtype=np.intp),
        window=np.zeros(len(event), dtype=np.intp),
        windows=1,
    )
    if known.sum() < 2:
        return None
    total, precision = figures(found, float(scope.sum()))
    return total, precision, float(log.failure[scope].sum()), float(scope.sum())


def studied(policy: Steers, draws: int, seed: int, *, apart: bool = False, labels: int = 90):
    """Return of each criterion how often its intervals held the truth, and by how much its totals and precisions were off."""
    rng = np.random.default_rng([2026, seed])
    log = log_of(rng)
    outcomes: dict[str, list[tuple[bool, bool, float]]] = {"grave": [], "minor": []}
    for _ in range(draws):
        sampled = np.flatnonzero(rng.random(len(log.p1)) < log.p1)
        places = rng.random(len(log.p1)) * log.p1
        order = order_of(log, sampled, places, apart=apart)
        done = worked(log, order, policy, rng, labels=labels)
        for name, found in outcomes.items():
            made = figure(log, order, sampled, places, done, rng, getattr(log, name))
            if made is not None:
                total, share, truth, size = made
                held = total.low <= truth <= total.high, share.low <= truth / size <= share.high
                found.append((*held, share.value - truth / size))
    return {name: np.array(found) for name, found in outcomes.items() if len(found) > draws / 2}


@pytest.mark.parametrize(("policy", "draws"), STUDIES)
def test_whatever_is_opened_closed_or_put_first_figures_have_no_bias_and_hold_the_truth(policy, draws):
    apart = policy in OF_STRATA
    found = studied((POLICIES | OF_STRATA)[policy], draws, 1, apart=apart)
    assert "grave" in found
    for outcomes in found.values():
        held, off = outcomes[:, :2].mean(axis=0), outcomes[:, 2]
        assert abs(off.mean()) < 3 * off.std() / np.sqrt(len(off))
        assert min(held) > lowest_plausible(0.94, len(outcomes))
