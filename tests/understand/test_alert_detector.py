"""What a detector says of a window follows from that window and those before it, and its bets are fair."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from remiss.understand.alerts.detector import bets, level_of, ranks, shiryaev_roberts, watch
from remiss.understand.variance import HISTORY

SHARES = st.integers(0, 20).map(lambda of: of / 20)
TIES = st.integers(0, 999).map(lambda of: of / 1_000)
LEVEL = 2 / 52


@st.composite
def streams(draw):
    """Return rates of some windows, many of them equal, and what tells equal ones apart."""
    size = draw(st.integers(1, 60))
    return draw(arrays(float, size, elements=SHARES)), draw(arrays(float, size, elements=TIES))


@given(streams(), st.data())
def test_looking_after_each_window_says_the_same_as_replaying_all(stream, data):
    rates, ties = stream
    whole = watch(rates, ties, LEVEL)
    seen = data.draw(st.integers(1, len(rates)))
    so_far = watch(rates[:seen], ties[:seen], LEVEL)
    for now, then in zip(whole, so_far, strict=True):
        np.testing.assert_array_equal(now[:seen], then)


@given(streams(), streams())
def test_no_window_knows_of_one_after_it(stream, other):
    cut = min(len(stream[0]), len(other[0])) // 2
    changed = [np.concatenate([one[:cut], two[cut:]]) for one, two in zip(stream, other, strict=True)]
    np.testing.assert_array_equal(watch(*changed, LEVEL).evidence[:cut], watch(stream[0], stream[1], LEVEL).evidence[:cut])


@given(streams())
def test_many_streams_at_once_say_what_each_says_alone(stream):
    rates, ties = stream
    both = watch(np.stack([rates, rates[::-1]]), np.stack([ties, ties[::-1]]), LEVEL)
    np.testing.assert_array_equal(both.evidence[0], watch(rates, ties, LEVEL).evidence)
    np.testing.assert_array_equal(both.evidence[1], watch(rates[::-1], ties[::-1], LEVEL).evidence)


@given(arrays(float, st.integers(2, 30), elements=SHARES, unique=True), st.randoms(use_true_random=False))
def test_the_rank_of_the_last_window_does_not_ask_in_which_order_the_others_came(rates, order):
    before = list(rates[:-1])
    order.shuffle(before)
    ties = np.full(len(rates), 0.5)
    assert ranks(np.array([*before, rates[-1]]), ties)[-1] == ranks(rates, ties)[-1]


def test_a_bet_is_fair_on_a_rank_that_chance_gave():
    edges = np.linspace(0.0, 1.0, 2_000_001)
    middles = (edges[1:] + edges[:-1]) / 2
    assert bets(middles).mean() == pytest.approx(1.0, abs=2e-3)
    assert (np.diff(bets(middles)) <= 0).all()


def test_ranks_are_uniform_where_rates_are_all_the_same():
    rng = np.random.default_rng(3)
    p = ranks(np.zeros((4_000, 12)), rng.random((4_000, 12)))
    assert np.abs(np.quantile(p, [0.1, 0.5, 0.9], axis=0) - np.array([[0.1], [0.5], [0.9]])).max() < 0.04


@given(arrays(float, (3, 80), elements=st.floats(0, 50)), st.floats(0.005, 0.5))
def test_each_alarm_has_taken_bets_that_pay_for_it(values, level):
    evidence, alarms = shiryaev_roberts(values, level)
    assert ((evidence >= 1 / level) == alarms).all()
    # A sum starts anew after an alarm: what is held then is one bet alone.
    after = alarms[:, HISTORY:-1]
    np.testing.assert_array_equal(evidence[:, HISTORY + 1 :][after], values[:, HISTORY + 1 :][after])


def test_nothing_is_bet_on_the_first_windows():
    found = watch(np.linspace(0.0, 1.0, HISTORY), np.zeros(HISTORY), 1.0)
    assert not found.alarms.any()
    assert not found.evidence.any()


def test_a_level_is_the_budget_of_a_year_shared_by_windows_and_series():
    assert level_of(2, timedelta(days=1), 1) == pytest.approx(2 / 365.25)
    assert level_of(2, timedelta(weeks=1), 4) * 4 == pytest.approx(level_of(2, timedelta(weeks=1), 1))
    assert level_of(100, timedelta(weeks=52), 1) == 1.0
