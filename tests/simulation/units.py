"""A log whose events come in units, and the sampling design by units in numpy: a group keeps the events of its k least units.

A unit has 2 to 30 events: two versions answer each question about a flight, which is asked again and again, also in the windows
after, and one that fails once fails again more likely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remiss.understand.estimators import HiddenParts, IntervalEstimate, Weighted, weighted_rate, weighted_total
from tests.simulation.world import ALL, Draw, World, bottom_thresholds, hidden_of

MOST = 30
# Of the questions about a flight so many come in one window.
IN_A_WINDOW = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The unit and the version of each event of a log, and how many units there are."""

    of: np.ndarray
    version: np.ndarray
    count: int


def build_units(rng: np.random.Generator, *, windows: int = 12, strata: int = 2, flights: int = 900) -> tuple[World, Units]:
    """Return a log of flights that are asked about again and again, and what belongs together in it."""
    asked = np.minimum(rng.geometric(0.4, flights), MOST // 2)
    flight = np.repeat(np.arange(flights), 2 * asked)
    version = np.arange(len(flight)) % 2
    turn = (np.arange(len(flight)) - np.repeat(np.cumsum(2 * asked) - 2 * asked, 2 * asked)) // 2
    window = np.minimum(rng.integers(0, windows, flights)[flight] + turn // IN_A_WINDOW, windows - 1)
    hard = np.minimum(1.0, rng.beta(0.25, 2.0, flights)[flight] * np.array([0.8, 1.2])[version])
    wrong = rng.random(len(flight)) < hard
    slow = rng.random(len(flight)) < np.where(wrong, 0.3, 0.03)
    doubt = rng.random(len(flight)) < 0.1
    world = World(
        window=window,
        stratum=rng.integers(0, strata, flights)[flight],
        carrier=flight % 8,
        met=np.stack([wrong & ~doubt, slow], axis=1),
        undecided=np.stack([doubt, np.zeros_like(doubt)], axis=1),
        outside=np.zeros((len(flight), 2), dtype=bool),
        windows=windows,
        strata=strata,
    )
    return world, Units(of=flight, version=version, count=flights)


def draw_units(world: World, units: Units, priority: np.ndarray, groups: list[tuple[str, np.ndarray, np.ndarray, int]]) -> Draw:
    """Return the sample that these priorities of units give; `groups` from `memberships`, whose numbers count units."""
    probability = np.zeros(world.size)
    thresholds = {}
    for name, events, place, many in groups:
        count = world.windows if name == ALL else world.windows * world.strata
        pairs = np.unique(place * units.count + units.of[events])
        tau = bottom_thresholds(priority[pairs % units.count], pairs // units.count, many, count)
        thresholds[name] = tau
        np.maximum.at(probability, events, tau[place])
    return Draw(kept=priority[units.of] < probability, probability=probability, thresholds=thresholds)


def arrays_of(world: World, units: Units, found: Draw, y: np.ndarray, x: np.ndarray) -> Weighted:
    """Return the sampled events of a domain as the arithmetic of figures takes them."""
    kept = np.flatnonzero(found.kept & x)
    return Weighted(
        y=y[kept].astype(np.float64),
        x=np.ones(len(kept)),
        p=found.probability[kept],
        window=world.window[kept],
        windows=world.windows,
        unit=units.of[kept],
    )


def total_of(world: World, units: Units, found: Draw, y: np.ndarray, open_: np.ndarray) -> IntervalEstimate:
    """Return the figure of a total: y among all events, of which those of `open_` could be in it."""
    every = np.ones(world.size, dtype=bool)
    return weighted_total(arrays_of(world, units, found, y, every), hidden_of(found, np.flatnonzero(open_)))


def rate_of(world: World, units: Units, found: Draw, y: np.ndarray, x: np.ndarray) -> IntervalEstimate:
    """Return the figure of a rate of y among x."""
    parts = HiddenParts(numerator=hidden_of(found, np.flatnonzero(y)), rest=hidden_of(found, np.flatnonzero(x & ~y)))
    return weighted_rate(arrays_of(world, units, found, y & x, x), parts)
