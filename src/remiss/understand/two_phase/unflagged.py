"""What no criterion caught: how many failures there are among controls and undecided events, of which few are labelled.

Failures are rare there and the weights of the labelled events differ by a hundred: a week that people have just begun with, a
small stratum beside a large one. Shapes that need many found are no use, and most often none is found. What holds then is the
greatest number of failures of which none would be found in one of twenty labellings (`most_unseen`), whichever events they are.
It takes the place of the greatest weight in the gamma interval where some are found.

What annotators found is verified always, and what they cleared by a share: two parts, each with its own weights. The distances of
their upper ends add up as squares (MOVER).

Source: Fay and Feuer, Statistics in Medicine 16 (1997) 791-801; Zou and Donner, Statistics in Medicine 27 (2008) 1693-1702. How
this was chosen: docs/adr/0039.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import numpy as np

from remiss.understand.domain import DomainCell
from remiss.understand.estimators import IntervalEstimate
from remiss.understand.intervals import LEVEL, few_interval
from remiss.understand.sampling_facts import Pattern, pattern_of
from remiss.understand.two_phase.design import TwoPhase
from remiss.understand.two_phase.labelled_events import REJECTED, Annotated, Flags
from remiss.understand.two_phase.labelling_order import LabellingOrder
from remiss.understand.variance import Numbers, kish_size, together_by

# How many failures, each to be found with a small chance p, are missed with a chance of 5 % when p times their number is this.
MISSED = -math.log(1 - LEVEL)
# A window, and the chance of each event of some of its cells to be annotated.
Pool: TypeAlias = tuple[datetime, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """The events that no criterion caught, in parts whose events had the same chance to be annotated.

    `populations` is how many events each has, `chances` the chance of each of them to be among those annotated in turn: the part
    of the pool that is, since which of a pool they are is chance.
    """

    populations: Numbers
    chances: Numbers

    @property
    def total(self) -> float:
        """How many events there are."""
        return float(self.populations.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class UnflaggedCells:
    """The cells of events that no criterion caught, in pools: those of a window whose events have the same chance.

    `pool` is that of each cell, by its identity; `population` and `annotated` are how many events each pool has, and how many of
    them are annotated in turn. `split` are the cells of windows that several periods touch.
    """

    pool: Mapping[int, Pool]
    population: Mapping[Pool, int]
    annotated: Mapping[Pool, int]
    split: frozenset[int]

    def pools(self, own: Sequence[DomainCell]) -> Pools:
        """Return the events of some of these cells in pools; how many of a pool are annotated is known."""
        mine: dict[Pool, int] = defaultdict(int)
        for placed in own:
            mine[self.pool[id(placed)]] += placed.cell.population
        # A window that several periods touch was annotated up to several places: there the least chance is known, and no more.
        split = {placed.cell.window for placed in own if id(placed) in self.split}
        chances = [each[1] if each[0] in split else self.annotated.get(each, 0) / self.population[each] for each in mine]
        return Pools(
            populations=np.array(list(mine.values()), dtype=np.float64), chances=np.array([min(1.0, each) for each in chances])
        )


def unflagged_cells(cells: Iterable[DomainCell], order: LabellingOrder, chance: Callable[[DomainCell], float]) -> UnflaggedCells:
    """Return those of some cells whose events no criterion caught.

    Parameters
    ----------
    chance : the least chance of an event of a cell to be captured and annotated in turn
    """
    pool: dict[int, Pool] = {}
    # What is annotated is counted by what an event shares with those of its cell, but for what it is outside of: that changes no
    # chance.
    alike: dict[Pattern, Pool] = {}
    population: dict[Pool, int] = defaultdict(int)
    split = set()
    for placed in cells:
        cell = placed.cell
        if cell.met:
            continue
        own = pool[id(placed)] = cell.window, chance(placed)
        alike[pattern_of(cell.window, cell.stratum, cell.met, cell.undecided, ())] = own
        population[own] += cell.population
        if len(order.places_of(cell)) > 1:
            split.add(id(placed))
    annotated: dict[Pool, int] = defaultdict(int)
    for pattern, count in order.unflagged_in_prefix.items():
        if pattern in alike:
            annotated[alike[pattern]] += count
    return UnflaggedCells(pool=pool, population=population, annotated=annotated, split=frozenset(split))


def most_unseen(pools: Pools, share: float = 1.0) -> float:
    """Return the greatest number of failures of which none would be found with a chance of 5 %, wherever they are.

    Worst is where they are least likely to be found: each pool is filled with failures, the least likely first, until the chance
    to find none, the product of (1 - p) over the failures, is 5 %. With one chance for all this is the rule of three, 3/p.

    Parameters
    ----------
    share : of the annotated events that decide, each drawn by itself

    >>> most_unseen(Pools(populations=np.array([1000.0]), chances=np.array([0.01])))  # doctest: +ELLIPSIS
    298.07...
    >>> most_unseen(Pools(populations=np.array([20.0, 1000.0]), chances=np.array([0.001, 0.01])))  # doctest: +ELLIPSIS
    316.08...
    >>> most_unseen(Pools(populations=np.array([20.0, 1000.0]), chances=np.array([0.0, 1.0])))
    20.0
    """
    found = 0.0
    left = MISSED
    chances = np.minimum(pools.chances * share, 1.0)
    for at in np.argsort(chances, kind="stable"):
        chance, population = float(chances[at]), float(pools.populations[at])
        if chance >= 1:
            break
        cost = -math.log1p(-chance)
        if cost * population > left:
            return found + left / cost
        found, left = found + population, left - cost * population
    return found


def at_most_unseen(population: float, labelled: float) -> float:
    """Return the greatest number of failures among events of which none was found among so many labelled ones, at 95 %.

    Parameters
    ----------
    population : N, how many such events there are
    labelled : n, how many of them, all with the same chance, were labelled

    Source: the exact binomial bound; Hanley and Lippman-Hand, JAMA 249 (1983) 1743-1745.

    >>> round(at_most_unseen(20_000, 30))
    1901
    """
    return population if labelled == 0 else population * (1 - math.exp(math.log(1 - LEVEL) / labelled))


def unseen_bound(pools: Pools, share: float, decided: int, size: float = 1.0) -> float:
    """Return how many failures may be there of which none was found.

    Parameters
    ----------
    share : of the annotated events that decide
    decided : how many of these there are
    size : how many of them come by one draw
    """
    if len(pools.chances) and np.ptp(pools.chances) <= 1e-9 * pools.chances[0]:
        return 0.0 if pools.chances[0] * share >= 1 else at_most_unseen(pools.total, decided / size)
    return most_unseen(pools, share) * size


def unflagged_total(found: Annotated, estimate: TwoPhase, pools: Pools, share: float) -> IntervalEstimate:
    """Return the estimated number of confirmed failures that no criterion caught.

    Parameters
    ----------
    found : the annotated ones, without what is unsettled
    pools : all of them
    share : of those that annotators cleared which is verified

    Returns
    -------
    The total with its interval, whose low end is at least how many were found and whose high end at most how many there are,
    unless the estimate is greater.
    """
    cleared = found.grade == REJECTED
    chosen, looked = int(np.sum(found.selected & cleared)), int(np.sum(found.known & cleared))
    # As long as nobody has looked at those chosen, what annotators cleared may be anything.
    part = share * (looked / chosen if chosen else 1.0)
    hits = found.known & (found.y > 0)
    weights = estimate.weights
    certain = hits & (found.p12 * found.p3 >= 1) & (np.abs(weights - 1) < 1e-9)
    sure, open_ = float(certain.sum()), hits & ~certain
    total = float(np.sum(weights[open_]))

    def of(chosen: Flags) -> Numbers:
        # Those that share a verdict were found by one choice.
        return together_by(found.choice[chosen], weights[chosen])

    if part >= 1:
        distances = [beyond(of(open_), unseen_bound(pools, 1.0, int(found.known.sum()), found.unit_size))]
    else:
        distances = [
            beyond(of(open_ & ~cleared), most_unseen(pools) * found.unit_size),
            beyond(of(open_ & cleared), unseen_bound(pools, part, looked, found.unit_size)),
        ]
    low = 0.0 if total <= 0 else few_interval(total, float(np.sum(of(open_) ** 2)), 1.0)[0]
    value = sure + total
    return IntervalEstimate(
        value=value,
        low=max(float(hits.sum()), sure + low),
        high=max(min(value + math.hypot(*distances), pools.total), value),
        effective=kish_size(1 / of(hits)) if hits.any() else 0.0,
    )


def beyond(weights: Numbers, unseen: float) -> float:
    """Return how far the upper end of a sum of weights is above it.

    Parameters
    ----------
    weights : of the failures found
    unseen : how many there may be where none is found

    >>> beyond(np.array([]), 300.0)
    300.0
    >>> round(beyond(np.array([100.0]), 300.0), 1)
    457.6
    """
    if not len(weights):
        return unseen
    total = float(weights.sum())
    return few_interval(total, float(np.sum(weights**2)), unseen / MISSED)[1] - total
