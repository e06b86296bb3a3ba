"""Measures of drift beside plain ones, and what must always hold of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from remiss.understand.drift.counting import CountedEvents, field_counts
from remiss.understand.drift.measures import CATEGORY, NUMBER, FieldCounts, jensen_shannon, pool, psi, wasserstein
from remiss.understand.drift.null import fitted, missing_by_chance, together_by_chance
from remiss.understand.drift.testing import drifted
from remiss.understand.sampling_facts import FieldColumn

COUNTS = st.lists(st.integers(0, 40), min_size=3, max_size=8)


@given(own=COUNTS, beside=COUNTS)
def test_measures_are_those_of_scipy(own, beside):
    size = min(len(own), len(beside))
    a, b = np.array(own[:size]) + 1, np.array(beside[:size]) + 1
    other, coarse = pool(b[None], np.ones(1)), np.arange(size)
    apart = jensen_shannon(a, other, coarse, size)
    assert abs(float(apart) - distance.jensenshannon(a, b, base=2)) < 1e-7
    places = np.cumsum(np.arange(1.0, size + 1))
    assert np.isclose(wasserstein(a, other, places), stats.wasserstein_distance(places, places, a, b))
    assert float(psi(a, other, coarse, size)) >= 0
    assert float(psi(b, other, coarse, size)) < 1e-12


@given(missing=st.integers(0, 20), gone=st.integers(0, 60))
def test_exchanged_missing_values_are_as_fishers_test_counts_them(missing, gone):
    own, every = 20, 80
    total = missing + gone
    here = np.arange(own + 1)
    chances = stats.hypergeom(own + every, total, own).pmf(here)
    far = np.abs(here / own - (total - here) / every) >= abs(missing / own - gone / every) - 1e-12
    expected = 1.0 if total in {0, own + every} else chances[far].sum()
    assert np.isclose(missing_by_chance(missing, own, gone, every), min(1.0, expected))


@given(events=st.lists(st.integers(1, 6), min_size=1, max_size=8), observed=st.integers(0, 12))
def test_values_that_are_new_by_chance_are_counted_exactly(events, observed):
    chances = {0: 1.0}
    for count in events:
        chances = {
            total: chances.get(total, 0) * (1 - 0.3**count) + chances.get(total - count, 0) * 0.3**count
            for total in {*chances, *(each + count for each in chances)}
        }
    expected = sum(chance for total, chance in chances.items() if total >= observed)
    assert np.isclose(together_by_chance(np.array(events), 0.3, observed), expected)


@given(scores=st.lists(st.floats(1e-6, 10), min_size=8, max_size=26), more=st.floats(1.01, 50))
def test_the_further_a_window_the_less_likely_and_never_likelier_than_by_exchange(scores, more):
    permuted = np.random.default_rng(1).chisquare(3, 200)
    null = fitted(np.array(scores), permuted, 0.1, np.full(len(scores), 0.1))
    assert 0 <= null.p(more) <= null.p(1.0) <= 1
    roots = np.cbrt(permuted)
    assert null.p(more) >= stats.norm.sf((np.cbrt(more) - roots.mean()) / roots.std(ddof=1)) - 1e-12
    assert np.isclose(null.p(null.upper(0.01)), 0.01, atol=1e-4)


@given(order=st.randoms(use_true_random=False))
def test_the_order_of_values_and_of_reference_windows_changes_nothing(order):
    rng = np.random.default_rng(3)
    counts = rng.integers(20, 60, (10, 4))
    windows, values = [*range(9)], [*range(4)]
    order.shuffle(windows)
    order.shuffle(values)
    one = _category(counts, tuple("abcd"))
    other = _category(counts[[*windows, 9]][:, values], tuple("abcd"[at] for at in values))
    for measured, again in zip(_values(one), _values(other), strict=True):
        assert np.isclose(measured, again)


def _category(counts, values):
    windows = len(counts)
    missing = np.zeros(windows, dtype=np.int64)
    return FieldCounts(
        name="f", kind=CATEGORY, values=values, counts=counts, missing=missing, scale=np.ones(windows), distinct=len(values)
    )


def _values(field):
    [found] = drifted([field], 9, np.arange(9))
    return [each.value for each in found.scores]


@given(values=st.lists(st.one_of(st.none(), st.integers(-3, 3), st.just(float("nan"))), min_size=1, max_size=40))
def test_every_event_is_counted_once_and_what_was_erased_nowhere(values):
    values = ["erased" if isinstance(value, float) else value for value in values]
    distinct = [*dict.fromkeys(values)]
    codes = np.array([distinct.index(value) for value in values])
    column = FieldColumn("f", [float("nan") if each == "erased" else each for each in distinct], codes)
    window = np.arange(len(values)) % 2
    both = CountedEvents(counted=np.ones(len(values), dtype=bool), window=window, windows=2, scale=np.ones(2))
    found = field_counts(column, both)
    known = [value for value in values if isinstance(value, int)]
    assert found.counts.sum() == len(known)
    assert found.missing.sum() == values.count(None)
    assert found.kind == (NUMBER if known else CATEGORY)
    for at in range(2):
        assert sorted(value for value, count in zip(found.values, found.counts[at], strict=True) for _ in range(count)) == sorted(
            value for value, here in zip(values, window, strict=True) if here == at and value in known
        )
