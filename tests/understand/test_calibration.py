"""Confirmed figures of flagged events, whose number is exact or from all that were sampled, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.understand.estimators import IntervalEstimate
from remiss.understand.two_phase.design import two_phase
from remiss.understand.two_phase.estimators import (
    Among,
    Open,
    calibrated,
    calibrated_rate,
    calibrated_total,
    confirmed_share,
    confirmed_total,
)
from tests.understand.test_design import annotated, rows


def exactly(found, flagged):
    return calibrated(found, two_phase(found), flagged, np.ones(len(found.y)))


def total_of(found, flagged):
    counted = IntervalEstimate(value=flagged, low=flagged, high=flagged)
    return calibrated_total(found, exactly(found, flagged), counted, Open(population=flagged, least_probability=0.05))


def test_it_is_the_share_of_what_was_flagged():
    # 40 annotated at 1/4 stand for 160, but there are 150; 16 of 20 verified are failures.
    found = annotated(rows(16, 4, 20, 0.25, 0.5))
    figure = total_of(found, 150)
    share = confirmed_share(found, confirmed_total(found, two_phase(found), Open(population=150, least_probability=0.05)))
    assert figure.value == pytest.approx(0.8 * 150)
    assert (figure.low, figure.high) == pytest.approx((share.low * 150, share.high * 150))
    rate = calibrated_rate(figure, Among(total=600, windows=np.array([600.0])))
    assert (rate.value, rate.low, rate.high) == pytest.approx((figure.value / 600, figure.low / 600, figure.high / 600))


def test_the_windows_of_a_process_add_up_to_it():
    found = annotated(rows(16, 4, 20, 0.25, 0.5), windows=8)
    assert exactly(found, 150).parts.sum() == pytest.approx(0.8 * 150)


def test_what_was_seen_whole_is_counted():
    figure = total_of(annotated(rows(12, 3, 0, 1.0, 1.0)), 15)
    assert (figure.value, figure.low, figure.high) == (12, 12, 12)
    unseen = total_of(annotated(rows(12, 3, 0, 1.0, 1.0)), 30)
    assert unseen.low < 24 < unseen.high


def test_of_none_found_the_bound_is_that_of_what_could_be_missed():
    found = annotated(rows(0, 8, 8, 0.1, 0.5))
    plain = confirmed_total(found, two_phase(found), Open(population=160, least_probability=0.05))
    assert total_of(found, 160) == plain


def test_where_the_number_is_from_the_sample_only_annotating_draws_from_it():
    # 40 annotated, captured at 1/2 and annotated at 1/2 of those; all verified, of whom 30 are failures.
    found = annotated(rows(30, 10, 0, 0.25, 1.0))
    estimate = calibrated(found, two_phase(found), 150.0, np.full(40, 0.5))
    assert estimate.total == pytest.approx(0.75 * 150)
    # 30 failures: (1 - 1/2) / (1/4 1/2) to be captured; 40: (1 - 1/2) / (1/16) to be annotated, around 3/4; all of (150/160)^2.
    as_weighted = 30 * 0.5 / (0.5 * 0.25) + 0.5 / 0.25**2 * (30 * 0.25**2 + 10 * 0.75**2)
    assert estimate.variance == pytest.approx((150 / 160) ** 2 * as_weighted)


def test_an_interval_is_of_the_number_and_of_the_share_together():
    found = annotated(rows(16, 4, 20, 0.25, 0.5))
    sampled = IntervalEstimate(value=150.0, low=110.0, high=200.0)
    estimate = calibrated(found, two_phase(found), 150.0, np.full(40, 0.5))
    figure = calibrated_total(found, estimate, sampled, Open(population=400, least_probability=0.05))
    alone = total_of(found, 150)
    share = confirmed_share(found, sampled)
    assert figure.value == alone.value == pytest.approx(120)
    assert share.low * 110 < figure.low < alone.low
    assert alone.high < figure.high < share.high * 200


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.floats(0.01, 1), st.integers(0, 300))
def test_it_is_never_beyond_what_was_flagged(yes, no, rest, p12, more):
    found = annotated(rows(yes, no, rest, p12, 0.5) or rows(1, 0, 0, p12, 0.5))
    if found.known.any():
        flagged = len(found.y) + more
        figure = total_of(found, flagged)
        assert 0 <= figure.low <= figure.value + 1e-9 <= figure.high + 2e-9 <= flagged + 3e-9
        sampled = IntervalEstimate(value=float(flagged), low=flagged / 2, high=flagged * 2.0)
        estimate = calibrated(found, two_phase(found), float(flagged), np.full(len(found.y), max(p12, 0.5)))
        figure = calibrated_total(found, estimate, sampled, Open(population=flagged * 2.0, least_probability=0.05))
        assert 0 <= figure.low <= figure.value + 1e-9 <= flagged + 2e-9
        assert figure.value <= figure.high + 1e-9 <= flagged * 2 + 1e-6
