"""Where windows only differ as they always do hardly any arrow shows, and the power that is worked out is met."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulation.drift import FIELDS, found, world
from tests.simulation.drift_power import power

LONG = pytest.mark.soak
LEVEL = 0.05


@pytest.mark.slow(reason="some hundred windows of twelve fields, each permuted")
@pytest.mark.parametrize("draws", [30, pytest.param(1_000, marks=LONG)])
@pytest.mark.parametrize(
    ("references", "between", "uneven"), [(8, 0.0, False), (8, 0.2, False), (12, 0.1, True), (26, 0.2, False)]
)
def test_where_nothing_drifted_hardly_any_window_has_an_arrow(references, between, uneven, draws):
    rng = np.random.default_rng(references)
    shown = sum(bool(found(world(rng, references, between=between, uneven=uneven), references)) for _ in range(draws))
    print(f"{references} windows that differ by {between} sd: an arrow in {shown} of {draws}")
    assert shown <= LEVEL * draws + 3 * (LEVEL * (1 - LEVEL) * draws) ** 0.5


@pytest.mark.slow(reason="some hundred windows of twelve fields, each permuted")
@pytest.mark.parametrize("draws", [30, pytest.param(1_000, marks=LONG)])
@pytest.mark.parametrize("between", [0.0, 0.08, 0.12])
def test_half_a_standard_deviation_is_seen_as_often_as_is_said(between, draws):
    rng, references = np.random.default_rng(5), 12
    said = power(shift=0.5, between=between, events=500, references=references, fields=FIELDS)
    seen = (
        sum("inputs.f00" in found(world(rng, references, between=between, shift=0.5), references) for _ in range(draws)) / draws
    )
    print(f"windows that differ by {between} sd: said {said:.3f}, seen {seen:.3f} of {draws}")
    assert abs(said - seen) <= 0.05 + (0 if draws >= 1_000 else 3 * (said * (1 - said) / draws) ** 0.5)
