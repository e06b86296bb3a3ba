"""Which controls are shown beside a case."""

from __future__ import annotations

from datetime import UTC, datetime

from remiss.catalog.likeness import likest
from remiss.records.event import Event


def event(id_: str, **inputs: object) -> Event:
    return Event(id=id_, at=datetime(2013, 6, 3, tzinfo=UTC), model="m", inputs=inputs, context={"airport": "EWR"})


def found(case: Event, *others: Event, count: int = 10) -> list[tuple[str, float]]:
    return [(control.event.id, round(control.likeness, 3)) for control in likest(case, others, count)]


def test_the_same_values_are_wholly_alike():
    assert found(event("a", x=1, y="u"), event("b", x=1, y="u")) == [("b", 1.0)]


def test_numbers_are_alike_by_their_distance_among_all_that_are_compared():
    case = event("a", x=0)
    assert found(case, event("far", x=100), event("near", x=10)) == [("near", 0.95), ("far", 0.5)]


def test_a_truth_is_no_number_and_text_is_alike_or_not():
    case = event("a", x=True, y="u")
    assert found(case, event("b", x=False, y="u"), event("c", x=True, y="v")) == [("b", 0.667), ("c", 0.667)]


def test_a_field_that_only_one_of_both_knows_does_not_count():
    case = event("a", x=1, y="u")
    assert found(case, event("b", x=1, y=None)) == [("b", 1.0)]
    nothing = Event(id="n", at=case.at, model="m")
    assert found(case, nothing) == [("n", 0.0)]


def test_only_as_many_as_asked_and_among_equals_by_id():
    case = event("a", x=1)
    assert found(case, event("d", x=1), event("c", x=1), event("b", x=1), count=2) == [("b", 1.0), ("c", 1.0)]
