"""What is odd about how many events a criterion caught, or could judge."""

from __future__ import annotations

import pytest

from remiss.capture.criterion_counts import CriterionCount, PatternCount, criterion_counts, warnings
from remiss.present.legible import NARROW_SPACE


def count(**numbers):
    return CriterionCount(**{"criterion": "slow", "met": 0, "judged": 0, "undecided": 0, "outside": 0, "nulls": 0, **numbers})


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (count(met=50, judged=1_000), None),
        (count(met=0, judged=500), None),
        (count(met=2, judged=20_000), "criterion slow caught 2 of 20,000 events that it could judge"),
        (count(met=0, judged=20_000), "criterion slow caught none of 20,000 events that it could judge"),
        (count(met=950, judged=1_000), "criterion slow caught 950 (95.0 %) of 1,000 events that it could judge"),
        (
            count(met=95, judged=100, nulls=4),
            "criterion slow caught 95 (95.0 %) of 100 events that it could judge; on 4 of them a value that it reads was null",
        ),
        (
            count(met=4, judged=1_000, nulls=990),
            "criterion slow read a null on 990 (99.0 %) of 1,000 events: they count as not met, as it has no `nulls: undecided`",
        ),
        (
            count(met=4, judged=10, undecided=990, nulls=990),
            "criterion slow read a null on 990 (99.0 %) of 1,000 events: they are undecided on it, as it says",
        ),
        (count(undecided=30), "criterion slow could judge none of 30 events: their labels are missing"),
        (count(outside=30), None),
    ],
)
def test_what_nobody_can_have_meant_is_said_with_numbers(found, says):
    assert (found.warning or "").replace(NARROW_SPACE, " ") == (says or "")


def test_disjoint_counts_add_up_to_what_each_criterion_is():
    patterns = [
        PatternCount(("a",), (), ("b",), 5),
        PatternCount(("a", "b"), (), (), 3),
        PatternCount((), ("b",), (), 2),
        PatternCount((), (), (), 90),
    ]
    a, b = criterion_counts(["a", "b"], patterns, [{"b": 1}, {"b": 2, "a": 4}])
    assert (a.met, a.judged, a.undecided, a.outside, a.nulls) == (8, 100, 0, 0, 4)
    assert (b.met, b.judged, b.undecided, b.outside, b.nulls) == (3, 93, 2, 5, 3)
    assert warnings([a, b]) == ()
