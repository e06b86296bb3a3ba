"""The interval of a paired difference: values of the literature, and what must hold of any counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.safeguard.paired_difference import chance_of_no_worse, combined_ends, score_ends, z_of

Z = z_of(0.025)


def ends(lost, won, pairs, z=Z):
    return [float(end) for end in score_ends(np.array(float(lost)), np.array(float(won)), np.array(float(pairs)), z)]


@pytest.mark.parametrize(
    ("lost", "won", "pairs", "low", "high"),
    [
        # Airway hyper-responsiveness before and after stem cell transplantation, 21 children: Fagerland, Lydersen and Laake,
        # Recommended tests and confidence intervals for paired binomial proportions, Statistics in Medicine 33 (2014) 2850-2875.
        pytest.param(7, 1, 21, -0.517, -0.026, id="airways"),
        # Complete response of 161 children with neuroblastoma-like tumours in that paper's second table is given to fewer digits.
        # Nothing tells the versions apart: solved by hand, -+z^2 / (n + z^2).
        pytest.param(0, 0, 100, -(Z**2) / (100 + Z**2), Z**2 / (100 + Z**2), id="no-difference-seen"),
    ],
)
def test_known_intervals_are_reproduced(lost, won, pairs, low, high):
    assert ends(lost, won, pairs) == pytest.approx([low, high], abs=5e-4)


counts = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200)).filter(lambda c: sum(c) > 0)


@settings(max_examples=200)
@given(counts)
def test_the_ends_are_where_the_score_test_changes_its_mind(counted):
    lost, won, same = counted
    pairs = lost + won + same
    low, high = ends(lost, won, pairs)
    assert -1 <= low <= (won - lost) / pairs <= high <= 1
    # Exchanging the versions turns the interval around.
    assert ends(won, lost, pairs) == pytest.approx([-high, -low], abs=1e-9)
    # At a lower level it is wider.
    assert ends(lost, won, pairs, 2.5)[0] <= low
    if low > 0:
        assert statistic(lost, won, pairs, low) == pytest.approx(Z, abs=1e-3)


def statistic(lost, won, pairs, difference):
    """Return the score statistic by maximising the likelihood numerically, not by its closed form."""
    p_lost = np.linspace(max(0.0, -difference), (1 - difference) / 2, 200_001)[1:-1]
    p_won = p_lost + difference
    same = 1 - p_lost - p_won
    kept = (p_won > 0) & (same > 0)
    p_lost, p_won, same = p_lost[kept], p_won[kept], same[kept]
    likeliest = p_lost[np.argmax(lost * np.log(p_lost) + won * np.log(p_won) + (pairs - lost - won) * np.log(same))]
    variance = pairs * (2 * likeliest + difference * (1 - difference))
    return (won - lost - pairs * difference) / np.sqrt(variance)


def test_one_stratum_is_combined_to_itself_and_two_to_less_than_the_worse():
    lost, won, pairs = np.array([7.0]), np.array([1.0]), np.array([21.0])
    difference, low, high = combined_ends(lost, won, pairs, np.array([1.0]), Z)
    assert [difference, low, high] == pytest.approx([-6 / 21, *ends(7, 1, 21)])
    twice = combined_ends(np.array([7.0, 7.0]), np.array([1.0, 1.0]), np.array([21.0, 21.0]), np.array([0.5, 0.5]), Z)
    assert low < twice[1] < twice[0] < twice[2] < high


def test_the_chance_is_the_level_at_which_the_upper_end_is_the_margin():
    lost, won, pairs, shares = np.array([30.0, 9.0]), np.array([4.0, 2.0]), np.array([150.0, 80.0]), np.array([0.7, 0.3])
    chance = float(chance_of_no_worse(lost, won, pairs, shares, 0.05))
    assert 0 < chance < 0.5
    assert float(combined_ends(lost, won, pairs, shares, z_of(chance))[2]) == pytest.approx(-0.05, abs=1e-9)
    assert float(chance_of_no_worse(lost, won, pairs, shares, 0.5)) == 1.0
