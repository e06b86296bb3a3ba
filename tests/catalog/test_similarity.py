"""Which controls are shown beside a case."""

from __future__ import annotations

from datetime import UTC, datetime

from remiss.catalog.similarity import duplicates, most_similar
from remiss.records.event import Event


def event(id_: str, **inputs: object) -> Event:
    return Event(id=id_, at=datetime(2013, 6, 3, tzinfo=UTC), model="m", inputs=inputs, context={"airport": "EWR"})


def found(case: Event, *others: Event, count: int = 10) -> list[tuple[str, float]]:
    return [(control.event.id, round(control.likeness, 3)) for control in most_similar(case, others, count)]


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


def peers(case: Event, *others: Event) -> list[tuple[str, float, int]]:
    return [(peer.event.id, round(peer.likeness, 3), peer.fields) for peer in duplicates(case, others, 10)]


def filed(id_: str, output: str | None = None, text: str | None = None, **inputs: object) -> Event:
    return Event(id=id_, at=datetime(2013, 6, 3, tzinfo=UTC), model="m", inputs=inputs, output=output, text=text)


def test_of_what_only_one_of_both_knows_nothing_is_the_same():
    whole = event("whole", carrier="UA", origin="EWR", distance=200)
    assert peers(filed("own", carrier="UA"), whole) == [("whole", 0.25, 4)]
    assert peers(filed("own", carrier="UA"), filed("other", carrier="UA")) == [("other", 1.0, 1)]
    assert peers(filed("own"), whole) == [("whole", 0.0, 4)]


def test_a_number_that_somebody_typed_is_one():
    assert peers(filed("own", distance="200", carrier="7"), filed("b", distance=200, carrier="7")) == [("b", 1.0, 2)]


def test_what_the_model_said_and_the_words_of_the_text_count_too():
    own = filed("own", output="late", text="Wrong gate at Newark")
    assert peers(
        own, filed("b", output="late", text="wrong GATE at newark"), filed("c", output="on-time", text="gate at C7")
    ) == [
        ("b", 1.0, 2),
        ("c", 0.2, 2),
    ]


def test_it_is_told_which_fields_are_wholly_the_same():
    own = filed("own", output="late", text="Wrong gate", gate="C7", weather="fog")
    (peer,) = duplicates(own, [filed("b", output="late", text="wrong gate", gate="C8", seat="3A")], 1)
    assert peer.same == ("output", "text")
