"""Coverage studies: many draws from logs whose truth is known, and how often the intervals contain it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from remiss.understand.estimators import HiddenParts, IntervalEstimate, weighted_rate, weighted_total
from tests.simulation.world import Draw, Keep, World, build, domain_of, draw, hidden_of, memberships


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A figure to be estimated: the events of its numerator and, for a rate, of its denominator.

    `open_y` and `open_rest` number the events of the cells that its query leaves open, `within` those of the domain.
    """

    name: str
    y: np.ndarray
    open_y: np.ndarray
    within: np.ndarray
    x: np.ndarray | None = None
    open_rest: np.ndarray | None = None

    @property
    def truth(self) -> float:
        return float(self.y.sum()) if self.x is None else float(self.y.sum() / max(self.x.sum(), 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a domain fared over all draws; `sampled` is the expected number of its numerator's events in a sample."""

    name: str
    truth: float
    sampled: float
    coverage: float
    mean: float
    error_of_mean: float
    draws: int
    variance: float
    estimated_variance: float

    @property
    def bias(self) -> float:
        """Return the relative bias."""
        return self.mean / self.truth - 1


WORLDS: tuple[tuple[dict[str, object], Keep], ...] = (
    ({}, Keep()),
    ({"per_window": 5000.0, "windows": 12, "clustering": 0.2}, Keep()),
    (
        {"per_window": 1200.0, "windows": 10, "strata": 5, "rates": (0.03, 0.01, 0.02)},
        Keep(criterion=4, control=5, undecided=3, population=60),
    ),
    (
        {"per_window": 1500.0, "windows": 16, "overlap": 0.9, "rates": (0.1, 0.05)},
        Keep(criterion=2, control=2, undecided=2, population=40),
    ),
)


def total(name: str, y: np.ndarray, open_: np.ndarray) -> Domain:
    return Domain(name=name, y=y, open_y=np.flatnonzero(open_), within=np.flatnonzero(y))


def totals_in(world: World) -> Iterator[Domain]:
    """Yield totals of failures by carrier, which is no stratum, over all windows and over few; and of all events."""
    either = world.met.any(axis=1)
    for span in (world.windows, world.windows // 3, 2):
        within = world.window < span
        for carrier in range(8):
            of = within & (world.carrier == carrier)
            for c in range(world.criteria):
                yield total(f"{c}/{carrier}/{span}", world.met[:, c] & of, world.met[:, c] & within)
            yield total(f"any/{carrier}/{span}", either & of, either & within)
            yield total(f"events/{carrier}/{span}", of, within)


def rates_in(world: World) -> Iterator[Domain]:
    """Yield rates with their default denominators: the events of a carrier that a criterion applies to and could judge."""
    for span in (world.windows, 2):
        within = world.window < span
        for carrier in range(8):
            for c in range(world.criteria):
                x = within & (world.carrier == carrier) & ~world.undecided[:, c] & ~world.outside[:, c]
                met = world.met[:, c]
                yield Domain(
                    name=f"{c}/{carrier}/{span}",
                    y=x & met,
                    open_y=np.flatnonzero(met & within),
                    within=np.flatnonzero(x),
                    x=x,
                    open_rest=np.flatnonzero(within & ~met & ~world.undecided[:, c]),
                )


def figure_of(world: World, kept: Draw, domain: Domain) -> IntervalEstimate:
    """Return the figure of a domain in one sample."""
    numerator = hidden_of(kept, domain.open_y)
    arrays = domain_of(world, kept, domain.y, domain.x, domain.within)
    if domain.open_rest is None:
        return weighted_total(arrays, numerator)
    return weighted_rate(arrays, HiddenParts(numerator=numerator, rest=hidden_of(kept, domain.open_rest)))


def study(domains_in: Callable[[World], Iterator[Domain]], draws: int) -> list[Outcome]:
    """Return the outcome of every domain of every world that the sample does not simply contain."""
    found = []
    for number, (shape, keep) in enumerate(WORLDS):
        rng = np.random.default_rng([2013, number])
        world = build(rng, **shape)  # type: ignore[arg-type]
        found += study_world(world, keep, [one for one in domains_in(world) if one.truth > 0], draws, rng)
    return found


def study_world(world: World, keep: Keep, domains: list[Domain], draws: int, rng: np.random.Generator) -> list[Outcome]:
    """Return the outcome of each domain over that many draws of one log."""
    groups = memberships(world, keep)
    values, hits, sampled, variances, sure = (np.full((len(domains), draws), np.nan) for _ in range(5))
    for at in range(draws):
        kept = draw(world, keep, rng.random(world.size), groups)
        for row, domain in enumerate(domains):
            figure = figure_of(world, kept, domain)
            if figure.value is None:
                continue
            values[row, at] = figure.value
            hits[row, at] = figure.low - 1e-9 <= domain.truth <= figure.high + 1e-9
            mine = domain.within[kept.kept[domain.within] & domain.y[domain.within]]
            p = kept.probability[mine]
            sampled[row, at], variances[row, at] = len(p), np.sum((1 - p) / p**2)
            sure[row, at] = (p >= 1).sum()
    return [
        Outcome(
            name=domain.name,
            truth=domain.truth,
            sampled=float(np.nanmean(sampled[row])),
            coverage=float(np.nanmean(hits[row])),
            mean=float(np.nanmean(values[row])),
            error_of_mean=float(np.nanstd(values[row]) / np.sqrt(draws)),
            draws=draws,
            variance=float(np.nanvar(values[row])),
            estimated_variance=float(np.nanmean(variances[row])),
        )
        for row, domain in enumerate(domains)
        if np.nanmean(sure[row]) < domain.y.sum() - 0.5
    ]


def between(outcomes: list[Outcome], least: float, most: float) -> list[Outcome]:
    """Return the outcomes with that many expected sampled events."""
    return [one for one in outcomes if least <= one.sampled < most]


def mean_coverage(outcomes: list[Outcome]) -> float:
    return float(np.mean([one.coverage for one in outcomes]))
