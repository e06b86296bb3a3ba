"""Which annotated cases a second person labels."""

from __future__ import annotations

import pytest

from remiss.curate.batches import selected, share

VERIFY = {"1": 1.0, "2": 0.5, "3": 0.25, "4": 0.1, "rejected": 0.25, "cleared": 0.1}
IDS = [f"event-{at}" for at in range(4000)]


@pytest.mark.parametrize(("severity", "expected"), [(1, 1.0), (4, 0.1), (None, 0.25)])
def test_the_share_follows_from_the_annotators_grade(severity, expected):
    assert share(VERIFY, severity, flagged=True) == expected


@pytest.mark.parametrize(("severity", "expected"), [(1, 1.0), (4, 1.0), (None, 0.1)])
def test_a_failure_that_no_criterion_caught_is_always_verified_and_what_is_none_by_a_share_of_its_own(severity, expected):
    assert share(VERIFY, severity, flagged=False) == expected


@pytest.mark.parametrize("part", [0.05, 0.25, 1.0])
def test_that_share_of_cases_is_selected(part):
    assert sum(selected("2026", each, part, None) for each in IDS) / len(IDS) == pytest.approx(part, abs=0.02)


def test_who_is_selected_for_a_small_share_is_selected_for_a_greater_one():
    # A graver second look never takes a case out of the sample.
    small = {each for each in IDS if selected("2026", each, 0.1, None)}
    assert small < {each for each in IDS if selected("2026", each, 0.5, None)}
