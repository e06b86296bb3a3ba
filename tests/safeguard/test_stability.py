"""What a scenario tells when the model did not answer it."""

from __future__ import annotations

import pytest

from remiss.records.model import AWAY, ModelAnswer, ModelTrouble, TroubleKind
from remiss.records.scenario import ScenarioExpectation, ScenarioExpectationKind
from remiss.safeguard.scenarios.stability import holds_beside

SAME = ScenarioExpectation(kind=ScenarioExpectationKind.INVARIANCE)


@pytest.mark.parametrize("kind", TroubleKind)
def test_a_model_that_breaks_at_a_change_flips_and_one_that_could_not_be_asked_does_not(kind):
    broken, sound = ModelAnswer(trouble=ModelTrouble(kind=kind, message="it")), ModelAnswer(output="late")
    told = None if kind in AWAY or kind is TroubleKind.NOT_ASKED else False
    assert holds_beside(SAME, sound, broken) is told
    # Without an answer to the parent there is nothing to flip.
    assert holds_beside(SAME, broken, sound) is None
