"""People in a simulation: batches worked out of order and not to their end, annotators who err, and verifiers who do not.

What a case truly is, is what two people find in the end; annotators find something else of 15 in 100.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remiss.understand.two_phase.labelled_events import REJECTED, Annotated
from remiss.understand.two_phase.labelling_order import first_unlabelled, second_probability
from tests.simulation.world import Draw, World

ERRING = 0.15
CLEARED = 0.1
SHARES = np.array([1.0, 0.5, 0.25, 0.1, 0.25])


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What each event of a log truly is: whether a failure and how grave (0 to 3); and in which batch it is."""

    failure: np.ndarray
    grade: np.ndarray
    pattern: np.ndarray
    flagged: np.ndarray
    batch: np.ndarray
    batches: int


def truth_of(world: World, rng: np.random.Generator, *, precision: float, missed: float, windows_a_batch: int = 1) -> Truth:
    """Return a truth in which carriers differ in how often a flag is right.

    Parameters
    ----------
    precision : how often flagged events are failures, on the whole
    missed : how often events that no criterion caught are failures
    """
    flagged = world.met.any(axis=1)
    chance = np.where(flagged, np.clip(precision * np.linspace(0.8, 1.2, 8)[world.carrier], 0, 1), missed)
    doubt = world.undecided.any(axis=1)
    group = np.where(flagged, home_of(world), world.criteria + doubt)
    period = world.window // windows_a_batch
    periods = int(period.max()) + 1
    pattern = world.met @ (1 << np.arange(world.criteria)) + 2**world.criteria * (~flagged & doubt)
    return Truth(
        failure=rng.random(world.size) < chance,
        grade=rng.choice(4, size=world.size, p=[0.05, 0.25, 0.4, 0.3]),
        pattern=pattern,
        flagged=flagged,
        batch=group * periods + period,
        batches=periods * (world.criteria + 2),
    )


def home_of(world: World) -> np.ndarray:
    """Return the number of the criterion in whose batch each event is labelled: the rarest in its window and stratum."""
    place = world.window * world.strata + world.stratum
    met = [np.bincount(place[own], minlength=place.max() + 1)[place] for own in world.met.T]
    rarest: np.ndarray = np.where(world.met, np.stack(met, axis=1), np.iinfo(np.intp).max).argmin(axis=1)
    return rarest


def worked(truth: Truth, kept: Draw, places: np.ndarray, rng: np.random.Generator, least: float) -> np.ndarray:
    """Return which sampled events are annotated: of each batch from that share on up to all, some of them still unfinished.

    Where somebody sits over a case longer is a matter of its turn, not of what it is. Besides, one in twenty was annotated
    out of turn by who came upon it.
    """
    annotated = kept.kept & (rng.random(len(kept.kept)) < 0.05)
    event = np.flatnonzero(kept.kept)
    event = event[np.lexsort((places[event], truth.batch[event]))]
    batch = truth.batch[event]
    sizes = np.bincount(batch, minlength=truth.batches)
    turn = np.arange(len(batch)) - (np.cumsum(sizes) - sizes)[batch]
    upto = np.maximum(2, np.ceil(sizes * rng.uniform(least, 1.3, truth.batches)))
    not_begun = (turn >= np.maximum(2, 0.8 * upto[batch])) & (rng.random(len(batch)) < 0.15)
    annotated[event[(turn < upto[batch]) & ~not_begun]] = True
    return annotated


def labelled(
    world: World, truth: Truth, kept: Draw, rng: np.random.Generator, *, least: float, silent: float = 0.0
) -> tuple[Annotated, np.ndarray]:
    """Return the annotated events that count, y as their final verdict, and their numbers in the log.

    Parameters
    ----------
    least : the least share of a batch that is worked
    silent : the share of selected cases whose verdict is still to come
    """
    places = rng.random(world.size) * kept.probability
    annotated = worked(truth, kept, places, rng, least)
    sampled = np.flatnonzero(kept.kept)
    t = first_unlabelled(places[sampled], annotated[sampled], truth.batch[sampled], truth.batches)
    counts = sampled[places[sampled] < t[truth.batch[sampled]]]
    errs = rng.random(len(counts)) < ERRING
    says = truth.failure[counts] ^ errs
    near = np.clip(truth.grade[counts] + rng.integers(-1, 2, len(counts)), 0, 3)
    grade = np.where(says, near, REJECTED)
    p3 = np.where(truth.flagged[counts], SHARES[grade], np.where(says, 1.0, CLEARED))
    selected = rng.random(len(counts)) < p3
    known = selected & (rng.random(len(counts)) >= silent)
    found = Annotated(
        y=(truth.failure[counts] & known).astype(np.float64),
        p12=second_probability(kept.probability[counts], t[truth.batch[counts]]),
        p3=p3,
        kind=(~truth.flagged[counts]).astype(np.intp),
        pattern=truth.pattern[counts],
        grade=grade.astype(np.intp),
        selected=selected,
        known=known,
        unsettled=np.zeros(len(counts), dtype=bool),
        cluster=np.arange(len(counts), dtype=np.intp),
        window=world.window[counts],
        windows=world.windows,
    )
    return found, counts
