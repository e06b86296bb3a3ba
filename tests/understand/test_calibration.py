"""Confirmed figures of an exact number of flagged events, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.understand.calibration import calibrated, calibrated_rate, calibrated_total
from remiss.understand.confirmed import Among, Open, confirmed_share, confirmed_total
from remiss.understand.second_phase import two_phase
from tests.understand.test_second_phase import annotated, rows


def total_of(found, flagged):
    return calibrated_total(found, calibrated(found, two_phase(found), flagged), Open(population=flagged, least_probability=0.05))


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
    assert calibrated(found, two_phase(found), 150).parts.sum() == pytest.approx(0.8 * 150)


def test_what_was_seen_whole_is_counted():
    figure = total_of(annotated(rows(12, 3, 0, 1.0, 1.0)), 15)
    assert (figure.value, figure.low, figure.high) == (12, 12, 12)
    unseen = total_of(annotated(rows(12, 3, 0, 1.0, 1.0)), 30)
    assert unseen.low < 24 < unseen.high


def test_of_none_found_the_bound_is_that_of_what_could_be_missed():
    found = annotated(rows(0, 8, 8, 0.1, 0.5))
    plain = confirmed_total(found, two_phase(found), Open(population=160, least_probability=0.05))
    assert total_of(found, 160) == plain


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.floats(0.01, 1), st.integers(0, 300))
def test_it_is_never_beyond_what_was_flagged(yes, no, rest, p12, more):
    found = annotated(rows(yes, no, rest, p12, 0.5) or rows(1, 0, 0, p12, 0.5))
    if found.known.any():
        flagged = len(found.y) + more
        figure = total_of(found, flagged)
        assert 0 <= figure.low <= figure.value + 1e-9 <= figure.high + 2e-9 <= flagged + 3e-9
