"""A log to sample from, and the true sampling design in numpy: coordinated bottom-k over overlapping groups.

The sampler here does for thousands of draws what `capture/sampling.py` does for one; a test compares the two event by event.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remiss.understand.estimators import Hidden, Weighted

CONTROL, UNDECIDED, ALL = "control", "undecided", "all"
# Of a priority, which is a fraction below 1; so there may be 1,023 groups.
BITS = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A log: one element an event. `met`, `undecided` and `outside` have a column for each criterion."""

    window: np.ndarray
    stratum: np.ndarray
    carrier: np.ndarray
    met: np.ndarray
    undecided: np.ndarray
    outside: np.ndarray
    windows: int
    strata: int

    @property
    def size(self) -> int:
        return len(self.window)

    @property
    def criteria(self) -> int:
        return self.met.shape[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How many events each kind of group keeps."""

    criterion: int = 10
    control: int = 20
    undecided: int = 10
    population: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One sample: who was kept, with what inclusion probability, and each event's probability whether kept or not."""

    kept: np.ndarray
    probability: np.ndarray
    thresholds: dict[str, np.ndarray]


def build(
    rng: np.random.Generator,
    *,
    windows: int = 20,
    strata: int = 3,
    per_window: float = 900.0,
    carriers: int = 8,
    rates: tuple[float, ...] = (0.06, 0.02),
    overlap: float = 0.3,
    unlabelled: float = 0.1,
    clustering: float = 0.0,
) -> World:
    """Return a log in which failures depend on carrier, stratum and window, and criteria overlap.

    Parameters
    ----------
    rates : mean rate of each criterion; the first reads the label, the last has an `among` that leaves a tenth outside
    overlap : chance that an event which meets the first criterion meets each other one too
    clustering : shape of the windows' own gamma-distributed rates as variance over squared mean; 0 for none
    """
    counts = rng.poisson(per_window / strata, size=(windows, strata))
    window = np.repeat(np.repeat(np.arange(windows), strata), counts.ravel())
    stratum = np.repeat(np.tile(np.arange(strata), windows), counts.ravel())
    size = len(window)
    shares = np.geomspace(1.0, 0.02, carriers)
    carrier = rng.choice(carriers, size=size, p=shares / shares.sum())
    by_carrier, by_stratum = np.linspace(0.6, 1.8, carriers), np.linspace(0.8, 1.3, strata)
    shock = rng.gamma(1 / clustering, clustering, size=windows) if clustering else np.ones(windows)
    factor = by_carrier[carrier] * by_stratum[stratum] * shock[window]
    met = np.stack([rng.random(size) < np.minimum(1.0, rate * factor) for rate in rates], axis=1)
    for other in range(1, len(rates)):
        met[:, other] |= met[:, 0] & (rng.random(size) < overlap)
    undecided, outside = np.zeros_like(met), np.zeros_like(met)
    undecided[:, 0] = rng.random(size) < unlabelled
    outside[:, -1] = rng.random(size) < 0.1
    met &= ~undecided & ~outside
    return World(
        window=window,
        stratum=stratum,
        carrier=carrier,
        met=met,
        undecided=undecided,
        outside=outside & ~undecided,
        windows=windows,
        strata=strata,
    )


def memberships(world: World, keep: Keep) -> list[tuple[str, np.ndarray, np.ndarray, int]]:
    """Return (name, events, group number of each, how many to keep) for each kind of group."""
    place = world.window * world.strata + world.stratum
    found = [(str(c), np.flatnonzero(world.met[:, c]), keep.criterion) for c in range(world.criteria)]
    none, doubt = ~world.met.any(axis=1), world.undecided.any(axis=1)
    found.append((CONTROL, np.flatnonzero(none & ~doubt), keep.control))
    found.append((UNDECIDED, np.flatnonzero(none & doubt), keep.undecided))
    lists = [(name, events, place[events], many) for name, events, many in found]
    return [*lists, (ALL, np.arange(world.size), world.window, keep.population)]


def draw(world: World, keep: Keep, priority: np.ndarray, groups: list[tuple[str, np.ndarray, np.ndarray, int]]) -> Draw:
    """Return the sample that these priorities give."""
    probability = np.zeros(world.size)
    thresholds = {}
    for name, events, place, many in groups:
        count = world.windows if name == ALL else world.windows * world.strata
        tau = bottom_thresholds(priority[events], place, many, count)
        thresholds[name] = tau
        # Whoever is below a group's threshold is kept by it, so the greatest threshold is the inclusion probability.
        np.maximum.at(probability, events, tau[place])
    return Draw(kept=priority < probability, probability=probability, thresholds=thresholds)


def bottom_thresholds(priority: np.ndarray, place: np.ndarray, many: int, count: int) -> np.ndarray:
    """Return tau of each group: its (k + 1)-th least priority, or 1 where it has no more than k events."""
    tau = np.ones(count)
    if not len(priority):
        return tau
    # One whole number says group and priority: to sort it takes a tenth of sorting by two, and a priority has no more bits.
    order = np.argsort((place.astype(np.int64) << BITS) + (priority * 2**BITS).astype(np.int64))
    sizes = np.bincount(place, minlength=count)
    starts = np.cumsum(sizes) - sizes
    big = np.flatnonzero(sizes > many)
    tau[big] = priority[order[starts[big] + many]]
    return tau


def domain_of(
    world: World, found: Draw, y: np.ndarray, x: np.ndarray | None = None, within: np.ndarray | None = None
) -> Weighted:
    """Return the sampled events as the arithmetic of figures takes them; `within` numbers those worth looking at."""
    looked = np.arange(world.size) if within is None else within
    kept = looked[found.kept[looked]]
    among = np.ones(len(kept)) if x is None else x[kept].astype(np.float64)
    return Weighted(
        y=y[kept].astype(np.float64), x=among, p=found.probability[kept], window=world.window[kept], windows=world.windows
    )


def hidden_of(found: Draw, scope: np.ndarray) -> Hidden:
    """Return what could match and not be sampled: `scope` numbers the events of the cells that the query leaves open."""
    chances = found.probability[scope]
    open_ = chances[chances < 1]
    return Hidden(population=len(open_), least_probability=float(open_.min()) if len(open_) else 1.0)
