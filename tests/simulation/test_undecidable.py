"""People who cannot tell, at random or because of what a case is: the truth is between both ends.

Without them nothing changes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from remiss.understand.two_phase.design import merged, two_phase
from remiss.understand.two_phase.labelled_events import UNGRADED
from tests.simulation.controls import People, controls_of, figure
from tests.simulation.people import Labelling, batch_of, figures, labelled
from tests.simulation.test_log_figures import lowest_plausible
from tests.simulation.test_second_phase import DRAWS, studied

# Of no failures and of failures.
AT_RANDOM, BY_TRUTH = (0.1, 0.1), (0.03, 0.2)
HOW = {
    "each person at random": Labelling(unsure=AT_RANDOM),
    "each person, of failures more": Labelling(unsure=BY_TRUTH),
    "nobody, of a tenth": Labelling(hard=AT_RANDOM),
    "nobody, of failures more": Labelling(hard=BY_TRUTH),
    "both, and disputes wait": Labelling(unsure=BY_TRUTH, hard=BY_TRUTH, settles=False),
}


@pytest.mark.parametrize("draws", DRAWS)
@pytest.mark.parametrize("how", HOW)
def test_what_people_cannot_tell_of_is_between_none_and_all(how, draws):
    held, values, truth = studied(HOW[how], draws, 6)
    assert min(held) > lowest_plausible(0.93, draws)
    assert abs(values.mean() / truth - 1) < 0.25


@pytest.mark.parametrize("draws", DRAWS)
@pytest.mark.parametrize("hard", [AT_RANDOM, BY_TRUTH])
def test_of_what_nothing_caught_too(hard, draws):
    rng = np.random.default_rng([2026, 7])
    log = controls_of(rng, np.full((1, 12), 3000), 0.02 * np.ones((1, 12)), np.full(12, 20))
    found = [figure(log, People(hard=hard), rng) for _ in range(draws)]
    assert np.mean([each.low <= log.truth <= each.high for each in found]) > lowest_plausible(0.93, draws)


def test_leaving_out_what_people_cannot_tell_of_would_lead_a_figure_astray():
    rng = np.random.default_rng([2026, 8])
    log = batch_of(rng)
    held = []
    for _ in range(60):
        said = labelled(log, Labelling(hard=(0.0, 0.3)), rng)
        total, _ = figures(said.only(~said.lasting), float(log.size))
        held.append(total.low <= log.failure.sum() <= total.high)
    assert np.mean(held) < 0.5


def test_where_nobody_says_so_nothing_changes():
    rng = np.random.default_rng([2026, 9])
    said = labelled(batch_of(rng), Labelling(settles=False), rng)
    assert not said.lasting.any()
    without = replace(said, undecidable=None)
    assert np.array_equal(merged(said), merged(without))
    assert figures(said, 4000.0) == figures(without, 4000.0)
    # What nobody graded speaks for itself alone: the others' cells and weights are the same beside it.
    more = labelled(batch_of(rng), Labelling(hard=AT_RANDOM), rng).settled(0.0)
    graded = more.grade != UNGRADED
    assert 0 < graded.sum() < len(graded)
    assert np.allclose(two_phase(more).weights[graded], two_phase(more.only(graded)).weights)
    assert np.allclose(two_phase(more).weights[~graded], 1 / more.p12[~graded])
