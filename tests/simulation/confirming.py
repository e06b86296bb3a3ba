"""Coverage of confirmed figures: many captures of one log, each labelled by people anew, against what is truly in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from remiss.understand.estimators import IntervalEstimate, weighted_total
from remiss.understand.two_phase.design import TwoPhase, two_phase
from remiss.understand.two_phase.estimators import Open, calibrated, calibrated_total, confirmed_share, confirmed_total
from remiss.understand.two_phase.labelled_events import Annotated
from tests.simulation.labelled import SHARES, Truth, labelled, truth_of
from tests.simulation.study import Domain, Outcome
from tests.simulation.world import Draw, Keep, World, build, domain_of, draw, hidden_of, memberships

# Of logs and of people: how often a flag is right, how many failures nothing caught, windows in a batch, how far people get.
WORLDS: tuple[tuple[dict[str, object], Keep, dict[str, float], float], ...] = (
    ({}, Keep(), {"precision": 0.8, "missed": 0.0}, 0.4),
    ({"per_window": 3000.0, "windows": 12, "clustering": 0.2}, Keep(), {"precision": 0.5, "missed": 0.0}, 0.6),
    (
        {"per_window": 1200.0, "windows": 10, "strata": 5, "rates": (0.03, 0.01, 0.02)},
        Keep(criterion=8, control=5, undecided=3, population=60),
        {"precision": 0.8, "missed": 0.0, "windows_a_batch": 2},
        0.5,
    ),
    (
        {"per_window": 1500.0, "windows": 16, "overlap": 0.9, "rates": (0.1, 0.05)},
        Keep(criterion=15, control=10, undecided=5, population=40),
        {"precision": 0.3, "missed": 0.0},
        0.4,
    ),
)


def domains_in(world: World, truth: Truth, carriers: Iterable[int]) -> Iterator[Domain]:
    """Yield confirmed failures by carrier, which is no stratum, and of all, by criterion; over all windows and over few."""
    either = truth.flagged
    for span in (world.windows, world.windows // 3):
        within = world.window < span
        for carrier in (*carriers, None):
            of = within if carrier is None else within & (world.carrier == carrier)
            for c in range(world.criteria):
                yield domain(f"{c}/{carrier}/{span}", world.met[:, c] & of, truth.failure, world.met[:, c] & within)
            yield domain(f"any/{carrier}/{span}", either & of, truth.failure, either & within)


def domain(name: str, of: np.ndarray, failure: np.ndarray, open_: np.ndarray) -> Domain:
    return Domain(name=name, y=of & failure, within=of, open_y=np.flatnonzero(open_))


def flagged_in(world: World, kept: Draw, domain: Domain) -> IntervalEstimate:
    """Return how many events of a domain machines flagged: counted where it is whole cells, else by those that were sampled."""
    if len(domain.open_y) == domain.within.sum():
        count = float(len(domain.open_y))
        return IntervalEstimate(value=count, low=count, high=count)
    every = domain_of(world, kept, domain.within, within=np.flatnonzero(domain.within))
    return weighted_total(every, hidden_of(kept, domain.open_y))


def variance_of(found: Annotated, estimate: TwoPhase, *, rates: bool) -> float:
    if not rates:
        return estimate.variance
    among = np.sum(1 / found.p12)
    return float(two_phase(found, around=estimate.total / among, cells=estimate.cells).variance / among**2)


TOTALS, SHARES_OF_FLAGGED = False, True


def study(
    draws: int, kinds: tuple[bool, ...] = (TOTALS,), *, silent: float = 0.0, right: float | None = None
) -> dict[bool, list[Outcome]]:
    """Return the outcome of every domain of every world, as totals, as shares of the events flagged, or as both of one labelling.

    Parameters
    ----------
    silent : the share of verdicts that are still to come
    right : how often a flag is right, whatever the world says
    """
    found: dict[bool, list[Outcome]] = {rates: [] for rates in kinds}
    for number, (shape, keep, people, least) in enumerate(WORLDS):
        rng = np.random.default_rng([2014, number])
        world = build(rng, **shape)  # type: ignore[arg-type]
        truth = truth_of(world, rng, **people)  # type: ignore[arg-type]
        if right is not None:
            truth = replace(truth, failure=truth.flagged & (rng.random(world.size) < right))
        for rates, outcomes in study_world(world, truth, keep, draws, rng, least=least, silent=silent, kinds=kinds).items():
            found[rates] += outcomes
    return found


def study_world(
    world: World,
    truth: Truth,
    keep: Keep,
    draws: int,
    rng: np.random.Generator,
    *,
    least: float,
    silent: float,
    kinds: tuple[bool, ...],
) -> dict[bool, list[Outcome]]:
    """Return how each domain of one log fared over that many captures and labellings."""
    groups = memberships(world, keep)
    # Few draws are of half of the carriers, large and small: most of the time goes into the figures of each.
    domains = [each for each in domains_in(world, truth, range(0, 8, 1 if draws > 100 else 2)) if each.truth > 0]
    tallies = [Tally(rates=rates, domains=len(domains), draws=draws) for rates in kinds]
    for at in range(draws):
        kept = draw(world, keep, rng.random(world.size), groups)
        every, counts = labelled(world, truth, kept, rng, least=least, silent=silent)
        for row, domain in enumerate(domains):
            found = every.only(domain.within[counts])
            open_ = np.isin(counts, domain.open_y, assume_unique=True)
            least_p = float((every.p12 * SHARES.min())[open_].min(initial=1.0))
            estimate, unseen = two_phase(found), Open(population=float(len(domain.open_y)), least_probability=least_p)
            direct = confirmed_total(found, estimate, unseen)
            for tally in tallies:
                figure, best = direct, estimate
                if tally.rates:
                    figure = confirmed_share(found, direct, estimate.cells)
                elif found.known.any():
                    flagged, first = flagged_in(world, kept, domain), kept.probability[counts][domain.within[counts]]
                    exact = flagged.low == flagged.high
                    best = calibrated(found, estimate, flagged.value, np.ones(len(first)) if exact else first)
                    figure = calibrated_total(found, best, flagged, unseen)
                    assert figure.value <= flagged.value * (1 + 1e-9)
                tally.count(row, at, domain, figure, found, best)
    return {tally.rates: [tally.outcome(row, domain) for row, domain in enumerate(domains)] for tally in tallies}


class Tally:
    """How the domains of one log fared so far, in one kind of figure."""

    def __init__(self, *, rates: bool, domains: int, draws: int) -> None:
        self.rates = rates
        self.draws = draws
        self.values, self.hits, self.sampled, self.variances = (np.full((domains, draws), np.nan) for _ in range(4))

    def truth(self, domain: Domain) -> float:
        return domain.truth / (float(domain.within.sum()) if self.rates else 1.0)

    def count(self, row: int, at: int, domain: Domain, figure: IntervalEstimate, found: Annotated, estimate: TwoPhase) -> None:
        if figure.value is None:
            return
        truth = self.truth(domain)
        self.values[row, at] = figure.value
        self.hits[row, at] = figure.low - 1e-9 <= truth <= figure.high + 1e-9
        self.sampled[row, at] = float((found.y > 0).sum())
        self.variances[row, at] = variance_of(found, estimate, rates=self.rates)

    def outcome(self, row: int, domain: Domain) -> Outcome:
        return Outcome(
            name=domain.name,
            truth=self.truth(domain),
            sampled=float(np.nanmean(self.sampled[row])),
            coverage=float(np.nanmean(self.hits[row])),
            mean=float(np.nanmean(self.values[row])),
            error_of_mean=float(np.nanstd(self.values[row]) / np.sqrt(self.draws)),
            draws=self.draws,
            variance=float(np.nanvar(self.values[row])),
            estimated_variance=float(np.nanmean(self.variances[row])),
        )
