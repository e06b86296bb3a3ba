"""The second phase: verdicts that wait, and what waits for another reason than its turn. The truth is in the interval."""

from __future__ import annotations

import numpy as np
import pytest

from remiss.curate.agreement import FieldLabels, Ratings, shares
from remiss.curate.agreement_statistics import same
from tests.simulation.people import Labelling, batch_of, figures, labelled
from tests.simulation.test_log_figures import lowest_plausible

DRAWS = [pytest.param(60, id="short"), pytest.param(500, id="long", marks=pytest.mark.soak)]


def studied(how, draws, seed, **batch):
    """Return how often the intervals of total and precision held the truth, and values and truth of the total."""
    rng = np.random.default_rng([2026, seed])
    log = batch_of(rng, **batch)
    truth = log.failure.sum()
    held, values = [], []
    for _ in range(draws):
        total, share = figures(labelled(log, how, rng), float(log.size))
        held.append((total.low <= truth <= total.high, share.low <= truth / log.size <= share.high))
        values.append(total.value)
    return np.mean(held, axis=0), np.array(values), truth


@pytest.mark.parametrize("draws", DRAWS)
@pytest.mark.parametrize("precision", [0.3, 0.6, 0.9])
def test_disputes_that_wait_do_not_lead_a_figure_astray(draws, precision):
    # Before a dispute was told apart from what waits for its turn, intervals held it in 0 to 80 % of the draws.
    held, values, truth = studied(Labelling(settles=False), draws, 1, precision=precision)
    assert min(held) > lowest_plausible(0.95, draws)
    # The value is in the middle, which nothing speaks for; it is not far off.
    assert abs(values.mean() / truth - 1) < 0.25


@pytest.mark.parametrize("draws", DRAWS)
def test_what_nobody_has_looked_at_a_second_time_is_spoken_for_by_the_rest(draws):
    held, values, truth = studied(Labelling(unseen=0.4), draws, 2)
    assert abs(values.mean() - truth) < 3 * values.std() / np.sqrt(draws)
    assert min(held) > lowest_plausible(0.94, draws)
    assert held.mean() <= 0.99


@pytest.mark.parametrize("draws", DRAWS)
def test_what_was_begun_anew_is_one_or_none(draws):
    held, values, truth = studied(Labelling(reopened=0.05), draws, 3)
    assert min(held) > lowest_plausible(0.95, draws)
    assert abs(values.mean() / truth - 1) < 0.05


@pytest.mark.parametrize("draws", DRAWS)
@pytest.mark.parametrize("problems", [10, 40])
def test_cases_that_take_the_verdict_of_one_are_no_more_than_one_draw(draws, problems):
    # Half of the flagged events are of so few problems. Taken for draws of their own, intervals left the truth out in 13 to 34 %.
    held, values, truth = studied(Labelling(), draws, 4, problems=problems)
    assert abs(values.mean() - truth) < 3.3 * values.std() / np.sqrt(draws)
    assert min(held) > lowest_plausible(0.94, draws)


@pytest.mark.parametrize("draws", DRAWS)
def test_agreement_is_that_of_all_annotated_cases_however_much_of_each_grade_is_verified(draws):
    # Two agree on nine of ten grave cases, all of which are verified, and on six of ten that the first finds none, of which
    # one in ten is. By the chance of the capture alone their agreement is too high by a tenth.
    rng = np.random.default_rng([2026, 5])
    how = Labelling(shares=(1.0, 1.0, 0.5, 0.25, 0.1))
    log = batch_of(rng, precision=0.5)
    agreeing = np.array([0.95, 0.9, 0.8, 0.7, 0.6])
    found, former, true = [], [], []
    for _ in range(draws):
        said = labelled(log, how, rng)
        agree = rng.random(len(said.y)) < agreeing[said.grade]
        true.append(np.average(agreeing[said.grade], weights=1 / said.p12))
        for into, weights in ((found, 1 / (said.p12 * said.p3)), (former, 1 / said.p12)):
            cases = [
                FieldLabels(case=str(at), labels=("a", "a" if agree[at] else "b"), weight=weights[at])
                for at in np.flatnonzero(said.known)
            ]
            ratings = Ratings.of(cases)
            into.append(float(shares(ratings, same(ratings.categories), ratings.once)[0]))
    assert abs(np.mean(found) - np.mean(true)) < 3 * np.std(found) / np.sqrt(draws)
    assert np.mean(former) - np.mean(true) > 0.05
