"""Slices: what predicates hold of, that every slice is counted as by hand, and what of what is found adds nothing."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from remiss.catalog.query.expression import And, Level, Not, Operator, Term
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.records.event import Scalar
from remiss.understand.sampling_facts import FieldColumn
from remiss.understand.slices.counting import SliceSample, Support, counted_slices
from remiss.understand.slices.predicates import SliceField, slice_field
from remiss.understand.slices.search import FoundSlice, folded, search
from remiss.understand.slices.testing import WindowCounts, pooled_correlation, scores, window_parts

WINDOWS = 10


def column(values, name="inputs.field"):
    """Return a field with a value for each event."""
    distinct: list[Scalar] = []
    codes = []
    for value in values:
        known = [at for at, other in enumerate(distinct) if isinstance(other, bool) is isinstance(value, bool) and other == value]
        codes.append(known[0] if known else len(distinct))
        distinct += [] if known else [value]
    return FieldColumn(name, distinct, np.array(codes, dtype=np.intp))


def field_of(values, **more):
    made = column(values)
    return slice_field(made, np.ones(len(made.codes), dtype=bool), np.ones(len(made.codes)), **more)


def fulfils(value, predicate):
    """Return whether a value is what a predicate asks for, by plain comparison; numbers, texts and truths are three kinds."""
    match predicate:
        case And(parts):
            return all(fulfils(value, part) for part in parts)
        case Not(Term(operator=Operator.PRESENT)):
            return value is None
        case Term(operator=Operator.EQUAL, value=wanted):
            return value == wanted and isinstance(value, bool) is isinstance(wanted, bool)
        case Term(operator=Operator.LESS, value=wanted):
            return value is not None and value < wanted
        case Term(operator=Operator.AT_LEAST, value=wanted):
            return value is not None and value >= wanted


VALUES = st.one_of(
    st.lists(st.one_of(st.none(), st.integers(-5, 40), st.floats(-1e6, 1e6)), min_size=2, max_size=60),
    st.lists(
        st.one_of(st.none(), st.booleans(), st.sampled_from(["a", "b b", '"', "1"]), st.integers(0, 2)), min_size=2, max_size=60
    ),
)


@given(values=VALUES, bins=st.integers(2, 6))
def test_of_every_event_the_predicate_holds_that_its_code_names_and_no_other(values, bins):
    field = field_of(values, bins=bins)
    if field is None:
        return
    for value, code in zip(values, field.codes, strict=True):
        assert [at for at, predicate in enumerate(field.predicates, 1) if fulfils(value, predicate)] == [code]


@given(values=VALUES)
def test_a_predicate_is_a_query_that_reads_back(values):
    field = field_of(values)
    for predicate in () if field is None else field.predicates:
        assert parse(unparse(predicate)) == predicate


def test_numbers_fall_into_equally_common_bins_of_the_uniform_sample():
    values = [float(each) for each in range(100)] + [1e9] * 50
    uniform = np.array([True] * 100 + [False] * 50)
    made = column(values)
    field = slice_field(made, uniform, np.ones(150), bins=4)
    assert [unparse(each) for each in field.predicates] == [
        "inputs.field:<25.0",
        "inputs.field:>=25.0 inputs.field:<50.0",
        "inputs.field:>=50.0 inputs.field:<75.0",
        "inputs.field:>=75.0",
    ]
    assert np.bincount(field.codes).tolist() == [0, 25, 25, 25, 75]


def test_of_many_categories_the_commonest_in_the_log_are_asked_for():
    names = [f"c{number:03}" for number in range(80)]
    made = column(names)
    weights = np.arange(80, 0, -1, dtype=float)
    field = slice_field(made, np.ones(80, dtype=bool), weights)
    assert len(field.predicates) == 50
    assert (field.codes > 0).tolist() == [True] * 50 + [False] * 30


def test_what_was_erased_is_not_taken_for_missing():
    erased = float("nan")
    text = field_of(["a", "b", None, erased])
    number = field_of([*map(float, range(20)), None, erased])
    assert text.codes.tolist()[-2:] == [3, 0]
    assert number.codes.tolist()[-2:] == [len(number.predicates), 0]


def sample_of(rng, count, sizes, rate=0.3, windows=WINDOWS, weights=None):
    fields = []
    for at, size in enumerate(sizes):
        name = f"inputs.f{at}"
        predicates = tuple(Term(name, Operator.EQUAL, str(code), Level.EVENT) for code in range(1, size + 1))
        fields.append(SliceField(name=name, predicates=predicates, codes=rng.integers(0, size + 1, count)))
    return SliceSample(
        fields=fields,
        weights=np.ones(count) if weights is None else weights,
        failed=rng.random(count) < rate,
        window=rng.integers(0, windows, count),
        windows=windows,
    )


@given(seed=st.integers(0, 10_000), weighted=st.booleans())
def test_every_slice_with_support_is_counted_as_by_hand(seed, weighted):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 4, 4).tolist()
    count = int(rng.integers(60, 400))
    weights = rng.choice([1.0, 2.5, 40.0], count) if weighted else None
    sample = sample_of(rng, count, sizes, weights=weights)
    needed = Support(expected=2.0, windows=3)
    found = {}
    for each in counted_slices(sample, needed):
        for codes, among, failing in zip(each.codes.tolist(), each.among, each.failing, strict=True):
            found[tuple(zip(each.fields, codes, strict=True))] = (among, failing)
    assert list(found) == sorted(found, key=lambda parts: (len(parts), [at for at, _ in parts]))
    assert found.keys() == expected_slices(sample, needed)
    for parts, (among, failing) in found.items():
        of = np.logical_and.reduce([sample.fields[at].codes == code for at, code in parts])
        assert sample.events(parts).tolist() == np.flatnonzero(of).tolist()
        assert among == pytest.approx(np.bincount(sample.window, sample.weights * of, WINDOWS))
        assert failing == pytest.approx(np.bincount(sample.window, sample.weights * of * sample.failed, WINDOWS))


def expected_slices(sample, needed):
    """Return the slices with support that have not all events of a shorter one, one by one."""
    total, failures = sample.weights.sum(), sample.failed.sum()

    def mask(parts):
        return (
            np.logical_and.reduce([sample.fields[at].codes == code for at, code in parts])
            if parts
            else np.ones(len(sample.weights), dtype=bool)
        )

    found = set()
    for depth in (1, 2, 3):
        for fields in combinations(range(len(sample.fields)), depth):
            for codes in product(*(range(1, sample.fields[at].size) for at in fields)):
                parts = tuple(zip(fields, codes, strict=True))
                of = mask(parts)
                if not of.any() or failures * sample.weights[of].sum() / total < needed.expected - 1e-9:
                    continue
                if len(set(sample.window[of].tolist())) < needed.windows:
                    continue
                if any((mask(shorter) == of).all() for shorter in combinations(parts, depth - 1)):
                    continue
                found.add(parts)
    return found


@given(seed=st.integers(0, 10_000))
def test_the_score_is_that_of_what_the_windows_add(seed):
    rng = np.random.default_rng(seed)
    all_among = rng.integers(50, 500, 12).astype(float)
    all_failing = rng.binomial(all_among.astype(int), 0.2).astype(float)
    failing = rng.binomial(all_failing.astype(int), 0.3, (5, 12)).astype(float)
    among = failing + rng.binomial((all_among - all_failing).astype(int), 0.3, (5, 12))
    whole = WindowCounts(all_among, all_failing)
    parts, found = window_parts(among, failing, whole), scores(among, failing, whole)
    rest = (all_failing.sum() - failing.sum(axis=1)) / (all_among.sum() - among.sum(axis=1))
    assert parts.sum(axis=1) == pytest.approx(failing.sum(axis=1) - rest * among.sum(axis=1), abs=1e-9)
    assert found.excess == pytest.approx(parts.sum(axis=1), abs=1e-9)
    assert found.t == pytest.approx(parts.sum(axis=1) / np.sqrt(12 * parts.var(axis=1, ddof=1)), rel=1e-6)
    assert found.p == pytest.approx(special.stdtr(found.degrees, -found.t))


def test_a_slice_in_which_nothing_failed_still_has_a_variance():
    # Windows of different size: what was expected of each, and did not come, differs.
    whole = WindowCounts(np.full(8, 100.0), np.full(8, 10.0))
    found = scores(np.array([[10.0, 20, 10, 20, 10, 20, 10, 20]]), np.zeros((1, 8)), whole)
    assert found.t[0] < -5
    assert found.p[0] > 0.99


def test_correlated_windows_widen_every_test():
    rng = np.random.default_rng(7)
    noise = rng.normal(size=(200, 40))
    alike = noise.copy()
    for at in range(1, 40):
        alike[:, at] = 0.7 * alike[:, at - 1] + noise[:, at]
    assert pooled_correlation(noise) == 0
    assert pooled_correlation(alike) == pytest.approx(0.7, abs=0.08)
    among, failing = np.full((1, 10), 50.0), np.array([[9.0, 8, 10, 7, 9, 8, 9, 8, 10, 9]])
    whole = WindowCounts(np.full(10, 500.0), np.full(10, 60.0))
    assert scores(among, failing, whole, 0.5).p[0] > scores(among, failing, whole).p[0]


def planted(count=20_000, seed=3):
    """Return a sample in which one pair of predicates fails three times as often, and nothing else does."""
    rng = np.random.default_rng(seed)
    sample = sample_of(rng, count, [4, 4, 4, 4], rate=0.1, windows=20)
    there = (sample.fields[0].codes == 1) & (sample.fields[2].codes == 3)
    failed = np.where(there, rng.random(count) < 0.3, sample.failed)
    return SliceSample(fields=sample.fields, weights=sample.weights, failed=failed, window=sample.window, windows=20)


def test_what_only_repeats_a_fault_is_folded_into_it():
    found = search(planted(), needed=Support())
    kept = [each for each in found.found if each.into is None]
    assert [each.parts for each in kept] == [((0, 1), (2, 3))]
    place = found.found.index(kept[0])
    assert {each.into for each in found.found if each is not kept[0]} == {place}
    assert len(found.found) == found.significant > 5
    assert found.tested > 300


def test_a_slice_that_asks_for_less_gives_way_to_the_one_that_holds_its_failures():
    sample = planted()
    wider = FoundSlice(parts=((0, 1),), p=1e-9, q=1e-9, t=9.0)
    own = FoundSlice(parts=((0, 1), (2, 3)), p=1e-8, q=1e-8, t=8.0)
    [first, second] = folded([wider, own], sample)
    assert (first.into, second.into) == (1, None)


def test_nothing_is_found_where_nothing_is_to_be_found_in_a_log_of_one_field():
    rng = np.random.default_rng(5)
    found = search(sample_of(rng, 3_000, [3]), needed=Support())
    assert (found.found, found.tested) == ((), 3)


def test_without_any_support_nothing_is_tested():
    found = search(sample_of(np.random.default_rng(5), 100, [3, 3]), needed=Support(expected=1_000))
    assert (found.tested, found.significant, found.found) == (0, 0, ())
