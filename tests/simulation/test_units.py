"""Figures of a log that was sampled by unit: no bias, and intervals that know that events of a unit come in together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from remiss.capture.sampling import PopulationPart, as_fraction, groups, key, priority, selections
from remiss.understand.variance import between_windows, log_variance
from tests.simulation.units import build_units, draw_units, rate_of, total_of
from tests.simulation.world import Keep, memberships

DRAWS = [pytest.param(60, id="short"), pytest.param(500, marks=pytest.mark.soak, id="long")]
KEEP = Keep(criterion=6, control=8, undecided=4, population=25)


@dataclass(frozen=True)
class Fared:
    """How one figure fared over all draws; `worth` is how many equal units the sampled ones are worth in the mean."""

    name: str
    truth: float
    values: np.ndarray
    covered: float
    worth: float

    @property
    def deviation(self) -> float:
        """How many of its standard errors the mean is off."""
        return float((self.values.mean() - self.truth) / (self.values.std() / np.sqrt(len(self.values))))


@dataclass(frozen=True)
class Study:
    totals: list[Fared]
    rates: list[Fared]
    differences: np.ndarray
    variances: np.ndarray


@pytest.fixture(scope="module", params=DRAWS)
def study(request):
    return studied(request.param)


def studied(draws: int) -> Study:
    rng = np.random.default_rng(7)
    world, units = build_units(rng)
    every = memberships(world, KEEP)
    everywhere = np.ones(world.size, dtype=bool)
    domains = {}
    for version in (None, 0, 1):
        for carrier in (None, 0, 3):
            mine = everywhere if version is None else units.version == version
            mine = mine if carrier is None else mine & (world.carrier == carrier)
            domains |= {(c, version, carrier): (world.met[:, c], mine & ~world.undecided[:, c]) for c in range(2)}
    kinds = [(name, rate) for name in domains for rate in (False, True)]
    values, hits, worth = (np.zeros((len(kinds), draws)) for _ in range(3))
    truth = np.zeros(len(kinds))
    signs = np.where(units.version == 1, 1.0, -1.0)
    differences, variances = np.zeros(draws), np.zeros((draws, 3))
    for at in range(draws):
        drawn = draw_units(world, units, rng.random(units.count), every)
        for row, (name, rate) in enumerate(kinds):
            met, mine = domains[name]
            truth[row] = (met & mine).sum() / (mine.sum() if rate else 1)
            figure = rate_of(world, units, drawn, met, mine) if rate else total_of(world, units, drawn, met & mine, met)
            values[row, at], worth[row, at] = figure.value, figure.effective
            hits[row, at] = figure.low - 1e-9 <= truth[row] <= figure.high + 1e-9
        kept = np.flatnonzero(drawn.kept & world.met[:, 0])
        p, unit = drawn.probability[kept], units.of[kept]
        differences[at] = np.sum(signs[kept] / p)
        apart, _ = between_windows(1 / p, p, unit, world.window[kept])
        variances[at] = log_variance(signs[kept], p, unit), log_variance(np.ones(len(p)), p, unit), apart
    fared = [
        Fared(str(name), truth[row], values[row], float(hits[row].mean()), float(worth[row].mean()))
        for row, (name, _) in enumerate(kinds)
    ]
    return Study(
        totals=[one for one, (_, rate) in zip(fared, kinds, strict=True) if not rate],
        rates=[one for one, (_, rate) in zip(fared, kinds, strict=True) if rate],
        differences=differences,
        variances=variances,
    )


def test_no_total_and_no_rate_is_biased(study):
    deviations = np.array([one.deviation for one in study.totals])
    assert np.sqrt(np.mean(deviations**2)) < 1.5
    assert np.abs(deviations).max() < 3
    # A ratio is unbiased to first order alone.
    assert max(abs(one.values.mean() / one.truth - 1) for one in study.rates) < 0.1


def test_intervals_cover_93_to_99_percent_and_more_where_few_units_were_drawn(study):
    slack = 2 * (0.95 * 0.05 / len(study.differences)) ** 0.5 / 3
    for fared in (study.totals, study.rates):
        many = [one.covered for one in fared if one.worth >= 20]
        assert len(many) >= 5
        assert 0.93 - slack <= np.mean(many) <= 0.99
        few = [one.covered for one in fared if one.worth < 20]
        assert not few or np.mean(few) >= 0.93 - slack


def test_the_variance_knows_that_events_of_a_unit_come_in_together(study):
    [total] = [one for one in study.totals if one.name == "(0, None, None)"]
    _, variance, between = study.variances.mean(axis=0)
    spread = np.var(total.values)
    tolerance = 4 * (2 / len(total.values)) ** 0.5
    assert variance / spread == pytest.approx(1, abs=tolerance)
    # Some flights are asked about again in the next window, with the same priority.
    assert 0.03 < between / spread < 0.5


def test_two_versions_that_answer_one_flight_are_drawn_together_and_their_difference_is_known_better(study):
    variance = study.variances[:, 0].mean()
    assert variance / np.var(study.differences) == pytest.approx(1, abs=4 * (2 / len(study.differences)) ** 0.5)
    # As two samples apart they would differ by as much as both vary.
    first, second = (next(one for one in study.totals if one.name == f"(0, {version}, None)") for version in (0, 1))
    assert np.var(study.differences) < 0.8 * (np.var(first.values) + np.var(second.values))


def test_the_vectorised_sampler_of_units_is_the_one_that_captures_use():
    world, units = build_units(np.random.default_rng(3), windows=3, flights=150)
    ids = [f"event-{at}" for at in range(world.size)]
    fractions = np.array([as_fraction(priority("2026", f"flight-{unit}")) for unit in range(units.count)])
    drawn = draw_units(world, units, fractions, memberships(world, KEEP))
    sizes = {"0": 6, "1": 6, "control": 8, "undecided": 4, "all": 25}
    keys = [key("2026", one, f"flight-{units.of[at]}") for at, one in enumerate(ids)]
    parts = [
        PopulationPart(
            window=int(world.window[at]),
            stratum=(int(world.stratum[at]),),
            met=tuple(str(c) for c in range(2) if world.met[at, c]),
            undecided=("0",) if world.undecided[at, 0] else (),
            population=1,
            labelled=1,
            least=(keys[at],),
        )
        for at in range(world.size)
    ]
    whole = [
        PopulationPart(
            window=window,
            stratum=(),
            met=(),
            undecided=(),
            population=1,
            labelled=0,
            least=tuple(keys[at] for at in np.flatnonzero(world.window == window)),
        )
        for window in range(world.windows)
    ]
    chosen = selections(groups(parts, whole, sizes, by_unit=True), ["0", "1"])
    assert {one.key.partition(":")[2]: one.probability for one in chosen} == {
        ids[at]: drawn.probability[at] for at in np.flatnonzero(drawn.kept)
    }


def covariances_of(keep: int, draws: int) -> np.ndarray:
    """Return the mean products of the weights of events in overlapping groups of units, of which some have two events."""
    unit = np.array([0, 0, 1, 1, 2, 3, 4, 5])
    groups_ = [(0, 2, 4, 5, 6), (1, 3, 5, 6, 7), (1, 2, 4, 6, 7), (0, 3, 4, 7)]
    fractions = np.random.default_rng(5).random((draws, 6))
    probability = np.zeros((draws, len(unit)))
    for members in groups_:
        mine = fractions[:, unit[list(members)]]
        tau = np.sort(mine, axis=1)[:, keep : keep + 1]
        probability[:, members] = np.maximum(probability[:, members], np.where(mine < tau, tau, 0))
    weights = np.divide(1.0, probability, out=np.zeros_like(probability), where=probability > 0)
    products: np.ndarray = weights.T @ weights / draws
    return products


def test_units_have_no_covariance_though_their_groups_overlap_in_other_events_of_theirs():
    products = covariances_of(keep=2, draws=400_000)
    unit = np.array([0, 0, 1, 1, 2, 3, 4, 5])
    assert products[unit[:, None] != unit] == pytest.approx(1, abs=0.05)
