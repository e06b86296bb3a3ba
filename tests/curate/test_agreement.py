from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.curate.agreement import FieldLabels, Ratings, acs, alphas, shares, specific_shares
from remiss.curate.agreement_statistics import masi_distance, near, nominal, of_sets, ordinal, same
from tests.curate.published import (
    BEN,
    BINARY_ALPHA,
    FOUR_INTERVAL,
    FOUR_NOMINAL,
    FOUR_OBSERVERS,
    FOUR_ORDINAL,
    GERRY,
    HIGH_AC1,
    HIGH_AGREEMENT,
    IRRCAC_AC1,
    IRRCAC_QUADRATIC,
    MEG,
    NOMINAL_ALPHA,
    OWEN,
    columns,
    table,
)


def interval(categories, chosen):
    numbers = np.array([float(each) for each in categories])
    return (numbers[:, None] - numbers[None, :]) ** 2


def alpha(labelled, metric=nominal, scale=None):
    ratings = Ratings.of(labelled, scale)
    return float(alphas(ratings, metric, ratings.once)[0])


def ac(labelled, weights=same, scale=None):
    ratings = Ratings.of(labelled, scale)
    return float(acs(ratings, weights(ratings.categories), ratings.once)[0])


def share(labelled, weights=same, scale=None):
    ratings = Ratings.of(labelled, scale)
    return float(shares(ratings, weights(ratings.categories), ratings.once)[0])


# ---- as printed


@pytest.mark.parametrize(
    ("observers", "metric", "printed"),
    [
        ((MEG, OWEN), nominal, BINARY_ALPHA),
        ((BEN, GERRY), nominal, NOMINAL_ALPHA),
        (FOUR_OBSERVERS, nominal, FOUR_NOMINAL),
        (FOUR_OBSERVERS, ordinal, FOUR_ORDINAL),
        (FOUR_OBSERVERS, interval, FOUR_INTERVAL),
    ],
)
def test_alpha_is_what_krippendorff_printed_in_2011(observers, metric, printed):
    assert round(alpha(columns(*observers), metric), 3) == printed


def test_ac1_is_what_gwet_printed_in_2008_where_nearly_all_are_alike():
    assert round(ac(table(HIGH_AGREEMENT)), 4) == HIGH_AC1
    assert alpha(table(HIGH_AGREEMENT)) < 0  # and this is why both are shown


def test_ac1_with_missing_labels_is_what_gwets_package_prints():
    agreed, _, printed = IRRCAC_AC1
    assert round(share(columns(*FOUR_OBSERVERS)), 7) == agreed
    assert round(ac(columns(*FOUR_OBSERVERS)), 5) == printed


def test_ac2_with_quadratic_weights_is_what_gwets_package_prints():
    def quadratic(categories):
        return 1 - interval(categories, None) / (len(categories) - 1) ** 2

    assert round(ac(columns(*FOUR_OBSERVERS), quadratic), 3) == IRRCAC_QUADRATIC


def test_masi_is_as_passonneau_defined_it_in_2006():
    a, b, c, d = "abcd"
    assert masi_distance({a, b}, {b, a}) == 0  # the same
    assert masi_distance({a}, {b, c}) == 1  # nothing in common
    assert masi_distance({a}, {a, b}) == pytest.approx(1 - 1 / 2 * 2 / 3)  # one holds the other
    assert masi_distance({a, b, c}, {b, c, d}) == pytest.approx(1 - 2 / 4 * 1 / 3)  # they overlap
    assert masi_distance(set(), set()) == 0
    assert masi_distance(set(), {a}) == 1


# ---- against the plainest computation


def naive_alpha(labelled, difference):
    """Every pair of labels, one by one: within cases what is observed, among all labels what chance gives."""
    cases = [each for each in labelled if len(each.labels) >= 2]
    said = [(each.weight, label) for each in cases for label in each.labels]
    observed = sum(
        each.weight * difference(first, second) / (len(each.labels) - 1)
        for each in cases
        for first, second in itertools.permutations(each.labels, 2)
    ) / sum(weight for weight, _ in said)
    pairs = list(itertools.permutations(said, 2))
    expected = sum(one * other * difference(first, second) for (one, first), (other, second) in pairs)
    expected /= sum(one * other for (one, _), (other, _) in pairs)
    return 1 - observed / expected if expected else math.nan


def naive_ac(labelled, nearness, scale):
    cases = [each for each in labelled if len(each.labels) >= 2]
    agreed = sum(
        each.weight * np.mean([nearness(*pair) for pair in itertools.permutations(each.labels, 2)]) for each in cases
    ) / sum(each.weight for each in cases)
    whole = sum(each.weight for each in labelled if each.labels)
    chosen = {
        category: sum(each.weight * each.labels.count(category) / len(each.labels) for each in labelled if each.labels) / whole
        for category in scale
    }
    if sum(1 for each in chosen.values() if each) < 2:
        return math.nan
    weights = sum(nearness(first, second) for first in scale for second in scale)
    by_chance = weights / (len(scale) * (len(scale) - 1)) * sum(each * (1 - each) for each in chosen.values())
    return (agreed - by_chance) / (1 - by_chance)


SCALE = (1, 2, 3, 4)
WEIGHTS = st.floats(0.5, 400)
CASES = st.lists(st.tuples(st.lists(st.sampled_from(SCALE), min_size=0, max_size=4), WEIGHTS), min_size=1, max_size=12).map(
    lambda drawn: [FieldLabels(case=str(at), labels=tuple(said), weight=weight) for at, (said, weight) in enumerate(drawn)]
)
SETS = st.lists(
    st.tuples(st.lists(st.frozensets(st.sampled_from("abc")), min_size=2, max_size=2), WEIGHTS), min_size=2, max_size=10
).map(lambda drawn: [FieldLabels(case=str(at), labels=tuple(said), weight=weight) for at, (said, weight) in enumerate(drawn)])


@given(CASES)
def test_alpha_of_names_is_that_of_every_pair_of_labels(labelled):
    expected = naive_alpha(labelled, lambda first, second: float(first != second)) if paired(labelled) else math.nan
    assert alpha(labelled) == pytest.approx(expected, nan_ok=True, abs=1e-9)


@given(CASES)
def test_alpha_of_ranks_is_that_of_every_pair_of_labels(labelled):
    chosen = {grade: sum(each.weight * each.labels.count(grade) for each in labelled if len(each.labels) >= 2) for grade in SCALE}

    def ranks(first, second):
        low, high = sorted((first, second))
        between = sum(chosen[grade] for grade in range(low, high + 1))
        return (between - (chosen[low] + chosen[high]) / 2) ** 2

    expected = naive_alpha(labelled, ranks) if paired(labelled) else math.nan
    assert alpha(labelled, ordinal, SCALE) == pytest.approx(expected, nan_ok=True, abs=1e-9)


@given(SETS)
def test_alpha_of_sets_is_that_of_every_pair_of_labels(labelled):
    assert alpha(labelled, of_sets) == pytest.approx(naive_alpha(labelled, masi_distance), nan_ok=True, abs=1e-9)


@given(CASES)
def test_ac2_is_that_of_every_pair_of_labels(labelled):
    weights = near(SCALE)
    expected = naive_ac(labelled, lambda a, b: weights[a - 1, b - 1], SCALE) if paired(labelled) else math.nan
    assert ac(labelled, near, SCALE) == pytest.approx(expected, nan_ok=True, abs=1e-9)


def paired(labelled):
    return [each for each in labelled if len(each.labels) >= 2]


# ---- what must always hold


@given(CASES, st.randoms(use_true_random=False))
def test_neither_the_order_of_cases_nor_that_of_people_matters(labelled, order):
    turned = [
        FieldLabels(case=each.case, labels=tuple(order.sample(each.labels, len(each.labels))), weight=each.weight)
        for each in order.sample(labelled, len(labelled))
    ]
    assert alpha(turned, ordinal, SCALE) == pytest.approx(alpha(labelled, ordinal, SCALE), nan_ok=True, abs=1e-9)
    assert ac(turned) == pytest.approx(ac(labelled), nan_ok=True, abs=1e-9)


@given(CASES, st.permutations("wxyz"))
def test_names_of_categories_do_not_matter(labelled, names):
    renamed = [
        FieldLabels(case=each.case, labels=tuple(names[label - 1] for label in each.labels), weight=each.weight)
        for each in labelled
    ]
    assert alpha(renamed) == pytest.approx(alpha(labelled), nan_ok=True, abs=1e-9)
    assert ac(renamed) == pytest.approx(ac(labelled), nan_ok=True, abs=1e-9)


@given(CASES, st.floats(0.01, 100))
def test_only_the_proportions_of_weights_matter(labelled, factor):
    scaled = [FieldLabels(case=each.case, labels=each.labels, weight=each.weight * factor) for each in labelled]
    assert alpha(scaled) == pytest.approx(alpha(labelled), nan_ok=True, abs=1e-9)
    assert ac(scaled, near, SCALE) == pytest.approx(ac(labelled, near, SCALE), nan_ok=True, abs=1e-9)


@given(CASES)
def test_no_coefficient_is_above_1_and_1_is_where_all_agree(labelled):
    for found in (alpha(labelled), alpha(labelled, ordinal, SCALE), ac(labelled), ac(labelled, near, SCALE)):
        assert math.isnan(found) or found <= 1 + 1e-12
    agreeing = [FieldLabels(case=each.case, labels=(each.labels[0],) * 2, weight=each.weight) for each in labelled if each.labels]
    found = alpha(agreeing)
    assert math.isnan(found) if len({each.labels for each in agreeing}) < 2 else found == pytest.approx(1)


def test_where_only_one_category_occurs_nothing_is_defined():
    alike = [FieldLabels(case=str(at), labels=("yes", "yes")) for at in range(30)]
    assert math.isnan(alpha(alike))
    assert math.isnan(ac(alike))
    assert math.isnan(ac(alike, same, ("yes", "no")))
    assert share(alike) == 1


def test_where_nothing_was_labelled_twice_nothing_is_defined():
    once = [FieldLabels(case="1", labels=("yes",)), FieldLabels(case="2", labels=("no",))]
    assert math.isnan(alpha(once))
    assert math.isnan(ac(once))
    assert math.isnan(alpha([]))


def test_a_heavy_case_counts_for_more():
    cases = [
        FieldLabels(case="1", labels=("a", "a")),
        FieldLabels(case="2", labels=("b", "b")),
        FieldLabels(case="3", labels=("a", "b")),
    ]
    heavy = [*cases[:2], FieldLabels(case="3", labels=("a", "b"), weight=10)]
    assert alpha(heavy) < alpha(cases)
    assert ac(heavy) < ac(cases)
    assert share(cases) == pytest.approx(2 / 3)
    assert share(heavy) == pytest.approx(2 / 12)


def test_how_often_another_says_the_same_is_counted_by_mode():
    said = Ratings.of(table({"yy": 8, "yn": 3, "ny": 1, "nn": 20}))
    assert float(specific_shares(said, "y", said.once)[0]) == pytest.approx(16 / 20)


def test_labels_beside_the_scale_and_weights_of_nothing_are_refused():
    with pytest.raises(ValueError, match="not on the scale"):
        Ratings.of([FieldLabels(case="1", labels=(5, 4))], SCALE)
    with pytest.raises(ValueError, match="weighs 0"):
        Ratings.of([FieldLabels(case="1", labels=(3, 4), weight=0)])


def test_resamples_of_cases_are_the_figures_of_cases_written_out():
    rolled = random.Random(5)
    labelled = [
        FieldLabels(case=str(at), labels=tuple(rolled.choices(SCALE, k=2)), weight=rolled.uniform(1, 9)) for at in range(8)
    ]
    ratings = Ratings.of(labelled, SCALE)
    copies = np.array([[2.0, 0, 1, 1, 3, 0, 1, 0]])
    written = [
        FieldLabels(case=f"{each.case}/{at}", labels=each.labels, weight=each.weight)
        for each, times in zip(labelled, copies[0], strict=True)
        for at in range(int(times))
    ]
    assert float(alphas(ratings, ordinal, copies)[0]) == pytest.approx(alpha(written, ordinal, SCALE))
    assert float(alphas(ratings, nominal, copies)[0]) == pytest.approx(alpha(written, nominal, SCALE))
    assert float(acs(ratings, near(SCALE), copies)[0]) == pytest.approx(ac(written, near, SCALE))
