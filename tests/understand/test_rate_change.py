"""A change of a rate is split into parts that add up, whatever was sampled."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from remiss.understand.drift.mixing import SlicedWindows, split

WEIGHTS = st.sampled_from([0.0, 0.0, 1.0, 1.5, 40.0, 1e6])


@st.composite
def changes(draw):
    slices = draw(st.integers(1, 6))
    sides = []
    for _ in range(2):
        windows = draw(st.integers(1, 12))
        cells = np.array(draw(st.lists(WEIGHTS, min_size=windows * slices * 2, max_size=windows * slices * 2)))
        cells = cells.reshape(windows, slices, 2)
        # A window without events is none.
        cells[:, 0, 0] += cells.sum(axis=(1, 2)) == 0
        sides.append(SlicedWindows(cells))
    return tuple(sides)


@given(sides=changes())
def test_mix_and_rate_of_all_slices_add_up_to_the_change(sides):
    before, after = sides
    found = split(before, after)
    change = after.rate - before.rate
    assert abs(sum(each.value for each in (*found.mix[:-1], *found.rate[:-1])) - change) < 1e-9
    assert abs(found.mix[-1].value + found.rate[-1].value - change) < 1e-9
    assert found.change.value == change
    enough = min(before.windows, after.windows) >= 8
    for each in (found.change, *found.mix, *found.rate):
        assert (each.low is not None) == enough
        assert not enough or each.low <= each.value <= each.high


@given(sides=changes())
def test_the_other_way_round_every_part_has_the_other_sign(sides):
    there, back = split(*sides), split(*reversed(sides))
    for name in ("mix", "rate"):
        for one, other in zip(getattr(there, name), getattr(back, name), strict=True):
            assert abs(one.value + other.value) < 1e-9


@given(sides=changes(), order=st.randoms(use_true_random=False))
def test_the_order_of_slices_changes_nothing(sides, order):
    slices = [*range(sides[0].weights.shape[1])]
    order.shuffle(slices)
    one, other = split(*sides), split(*(SlicedWindows(each.weights[:, slices]) for each in sides))
    for at, place in enumerate(slices):
        assert np.isclose(one.mix[place].value, other.mix[at].value, atol=1e-12)
        assert np.isclose(one.rate[place].value, other.rate[at].value, atol=1e-12)


def test_where_slices_only_grow_the_rate_changes_by_mix_alone_and_where_they_only_worsen_by_rate_alone():
    old = np.array([[[90.0, 10.0], [50.0, 50.0]]])
    grown, worse = old * np.array([[1.0], [3.0]]), np.array([[[80.0, 20.0], [50.0, 50.0]]])
    by_mix, by_rate = (split(SlicedWindows(old), SlicedWindows(new)) for new in (grown, worse))
    assert np.isclose(by_mix.mix[-1].value, 0.1)
    assert [each.value for each in by_mix.rate] == [0.0, 0.0, 0.0]
    assert np.isclose(by_rate.rate[0].value, 0.05)
    assert [each.value for each in by_rate.mix] == [0.0, 0.0, 0.0]
