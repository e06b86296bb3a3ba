"""Figures of agreement over cases that were labelled twice: which cases count, and when there is no figure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.curate.agreement import FieldLabels, Ratings, acs, alphas
from remiss.curate.agreement_actions import FEWEST, agreement_of
from remiss.curate.agreement_statistics import ENOUGH, near, nominal, ordinal, same
from remiss.present import agreement
from remiss.records.agreement import By, Double, Field, Given
from remiss.records.labelling import Verdict

MARCH = datetime(2026, 3, 2, tzinfo=UTC)
WEAK, NOISE = "remiss:model/weak-slice", "remiss:data/label-noise"


def says(person="ana", verdict=Verdict.FAILURE, mode=WEAK, modes=(), severity=2):
    failed = verdict is Verdict.FAILURE
    return Given(
        person=person,
        verdict=verdict,
        mode=mode if failed else None,
        modes=modes if failed else (),
        severity=severity if failed else None,
    )


def double(number, first=None, second=None, weight=1.0, at=MARCH):
    return Double(case=f"c{number:03}", weight=weight, at=at, first=first or says(), second=second or says("bo"))


def measured(double_labelled, by=None):
    return agreement_of(double_labelled, query="", by=by, position=7)


def rows_of(double_labelled, by=None):
    return {(row.key, row.field): row for row in measured(double_labelled, by).rows}


def mixed(size, weight=1.0):
    """Cases of which every third is seen differently."""
    second = (says("bo"), says("bo", mode=NOISE, severity=4), says("bo", Verdict.NOT_A_FAILURE))
    return [double(number, second=second[number % 3], weight=weight) for number in range(size)]


def test_each_field_is_measured_on_the_cases_that_have_two_labels_of_it():
    found = rows_of(mixed(30))
    assert {key: row.cases for key, row in found.items()} == {
        (None, Field.VERDICT): 30,
        (None, Field.MODE): 20,
        (None, Field.SEVERITY): 20,
        (None, Field.MODES): 20,
    }
    labels = [(WEAK, WEAK), (WEAK, NOISE)] * 10
    ratings = Ratings.of(FieldLabels(case=str(at), labels=pair) for at, pair in enumerate(labels))
    mode = found[None, Field.MODE]
    assert mode.agreed.value == pytest.approx(0.5)
    assert mode.alpha.value == pytest.approx(float(alphas(ratings, nominal, ratings.once)[0]))
    assert mode.ac.value == pytest.approx(float(acs(ratings, same(ratings.categories), ratings.once)[0]))
    grades = Ratings.of((FieldLabels(case=str(at), labels=(2, 2 if at % 2 else 4)) for at in range(20)), (1, 2, 3, 4))
    severity = found[None, Field.SEVERITY]
    assert severity.alpha.value == pytest.approx(float(alphas(grades, ordinal, grades.once)[0]))
    assert severity.ac.value == pytest.approx(float(acs(grades, near(grades.categories), grades.once)[0]))


def test_sets_of_modes_that_overlap_are_near():
    alike = [double(number, says(mode=mode), says("bo", mode=mode)) for number, mode in enumerate([WEAK, NOISE] * 10)]
    overlapping = [double(number, says(modes=(NOISE,)), says("bo")) for number in range(20, 26)]
    apart = [double(number, says(mode="remiss:data/drift"), says("bo")) for number in range(20, 26)]
    near_ones, far_ones = (rows_of([*alike, *each])[None, Field.MODES] for each in (overlapping, apart))
    assert near_ones.agreed.value == far_ones.agreed.value == pytest.approx(20 / 26)
    assert near_ones.alpha.value > far_ones.alpha.value
    assert near_ones.ac.value > far_ones.ac.value


def test_a_case_weighs_as_many_events_as_it_stands_for():
    differ = [double(number, second=says("bo", Verdict.NOT_A_FAILURE), weight=9.0) for number in range(10)]
    agree = [double(number, weight=1.0) for number in range(10, 20)]
    assert rows_of([*differ, *agree])[None, Field.VERDICT].agreed.value == pytest.approx(0.1)


def test_what_no_run_in_force_drew_is_left_out_and_that_is_said():
    found = measured([*mixed(9), double(99, weight=None)])
    assert found.cases == 9
    assert "1 case labelled twice left out" in found.notes[0]


@pytest.mark.parametrize("size", [0, 1, FEWEST - 1])
def test_of_fewer_cases_than_say_anything_there_is_no_figure(size):
    row = rows_of(mixed(size))[None, Field.VERDICT]
    assert (row.cases, row.agreed.value, row.alpha.value, row.ac.value) == (size, None, None, None)
    assert "too few" in row.note


def test_an_interval_needs_twenty_cases():
    few, enough = (rows_of(mixed(size))[None, Field.VERDICT] for size in (ENOUGH - 1, ENOUGH))
    assert (few.alpha.low, few.ac.high) == (None, None)
    assert "no interval" in few.note
    assert enough.alpha.low < enough.alpha.value < enough.alpha.high
    assert enough.agreed.low < enough.agreed.value < enough.agreed.high


def test_where_all_say_the_same_agreement_beyond_chance_is_undefined():
    row = rows_of([double(number) for number in range(30)])[None, Field.VERDICT]
    assert (row.agreed.value, row.alpha.value, row.ac.value) == (1.0, None, None)
    assert "undefined" in row.note
    assert agreement.cells(row, None)[3:5] == ("undefined", "undefined")


def test_by_mode_it_is_how_often_the_other_says_it_too():
    found = rows_of(mixed(30), By.MODE)
    assert set(found) == {(WEAK, Field.MODE), (NOISE, Field.MODE)}
    # Ten say it both, ten say it one of the two: 2 * 10 of 30 times that it is said.
    assert found[WEAK, Field.MODE].agreed.value == pytest.approx(20 / 30)
    assert found[NOISE, Field.MODE].agreed.value == 0
    assert found[WEAK, Field.MODE].alpha.value is None


def test_by_pair_and_by_month_each_has_its_rows():
    turned = [double(number, says("bo"), says("ana")) for number in range(6)]
    others = [double(number, says("chen"), says("bo"), at=MARCH + timedelta(days=40)) for number in range(6, 12)]
    assert {key for key, _ in rows_of([*turned, *mixed(3), *others], By.PAIR)} == {"ana and bo", "bo and chen"}
    months = rows_of([*turned, *others], By.MONTH)
    assert {key: row.cases for key, row in months.items() if key[1] is Field.VERDICT} == {
        ("2026-03", Field.VERDICT): 6,
        ("2026-04", Field.VERDICT): 6,
    }


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(24)), factor=st.sampled_from((0.5, 1.0, 7.0)))
def test_neither_the_order_of_cases_nor_what_weights_add_up_to_matters(order, factor):
    double_labelled = mixed(24)
    turned = [
        Double(case=each.case, weight=factor, at=each.at, first=each.first, second=each.second)
        for each in (double_labelled[at] for at in order)
    ]
    for one, other in zip(measured(double_labelled).rows, measured(turned).rows, strict=True):
        for name in ("agreed", "alpha", "ac"):
            assert getattr(one, name).value == pytest.approx(getattr(other, name).value)
            assert getattr(one, name).low == pytest.approx(getattr(other, name).low)
