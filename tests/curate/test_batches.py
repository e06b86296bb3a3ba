"""Batches: their order, how far people got, and the chance that it gave each event."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.capture.sampling import priority
from remiss.curate.batches import Batch, batch_of, group_of, place, reach, served
from remiss.curate.tally import BatchMembers, in_any_order
from remiss.understand.two_phase.labelling_order import reaches, second_probability

WEEK = timedelta(weeks=1)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def test_an_event_is_in_the_batch_of_the_rarest_criterion_that_it_met_in_its_period():
    met = {"slow": 80, "odd": 3, "late": 3}.__getitem__
    assert group_of(["slow", "odd"], [], met) == "odd"
    assert group_of(["slow", "odd", "late"], [], met) == "late"
    assert group_of([], ["late"], met) == "undecided"
    assert group_of([], [], met) == "control"
    wednesday = MONDAY + timedelta(days=2)
    assert batch_of("slow", wednesday, WEEK) == Batch("slow", MONDAY)
    assert batch_of("slow", wednesday + WEEK, WEEK) == Batch("slow", MONDAY + WEEK)


def test_the_order_has_nothing_to_do_with_the_order_of_capture():
    ids = [f"event-{at}" for at in range(200)]
    by_capture = sorted(ids, key=lambda each: priority("2026", each))
    by_label = served((place("2026", each, 0.5), each) for each in ids)
    together = len(set(by_capture[:100]) & set(by_label[:100]))
    assert 35 < together < 65


IDS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)


@given(
    st.lists(st.tuples(IDS, st.floats(0.01, 1), st.integers(1, 2**40)), min_size=1, max_size=20, unique_by=lambda each: each[2])
)
def test_members_of_a_batch_are_put_in_order_by_place_and_id_and_are_the_same_whatever_is_asked_first(drawn):
    events, other = (BatchMembers("2026", drawn) for _ in range(2))
    assert (len(events), [*in_any_order(events)]) == (len(drawn), [key for _, _, key in drawn])
    expected = [key for _, _, key in sorted((place("2026", name, chance), name, key) for name, chance, key in drawn)]
    assert [*events] == expected == [*events[:]]
    assert (other[0], other[-1]) == (expected[0], expected[-1])
    assert sorted(in_any_order(events)) == sorted(expected)


def test_out_of_turn_labels_do_not_count_until_the_gap_is_closed():
    members = [(0.1, True), (0.2, True), (0.3, False), (0.4, True), (0.5, False)]
    assert reach(members) == 0.3
    assert reach([(0.1, True), (0.2, True), (0.3, True), (0.4, True), (0.5, False)]) == 0.5


def test_a_batch_is_begun_with_two_labelled_events_or_with_all():
    assert reach([(0.1, True), (0.2, False), (0.3, True)]) == 0.0
    assert reach([(0.1, True)]) == math.inf


def test_the_chance_of_an_event_is_how_far_people_got_in_its_batch():
    one, other = Batch("one", MONDAY), Batch("other", MONDAY)
    places = np.array([0.1, 0.2, 0.3, 0.4, 0.25, 0.05])
    labelled = np.array([True, True, True, False, False, True])
    # In `one` the event at 0.25 is waiting; in `other` that at 0.4.
    found = reaches(places, labelled, [one, one, other, other, one, other])
    assert found.batches == {one: 0.25, other: 0.4}
    assert found.events.tolist() == [0.25, 0.25, 0.4, 0.4, 0.25, 0.4]
    assert second_probability(np.array([0.2, 0.5, 0.5, 0.5, 0.5, 0.3]), found.events).tolist() == [0.2, 0.25, 0.4, 0.4, 0.25, 0.3]


def test_a_batch_without_sampled_events_is_done():
    found = reaches(np.array([]), np.array([], dtype=bool), [])
    assert found.begun(Batch("slow", MONDAY))


@given(st.lists(st.tuples(st.floats(0, 1, allow_nan=False), st.booleans()), max_size=30, unique_by=lambda each: each[0]))
def test_whoever_is_before_the_reach_is_labelled_and_the_reach_itself_is_not(members):
    found = reach(members)
    assert all(labelled for at, labelled in members if at < found)
    assert found in {0.0, math.inf} or (found, False) in members


def test_the_labelled_beginnings_of_a_batch_stand_for_all_of_it():
    # 1/min(p1, t) over the first k of n events adds up to n on the average: they are a sample of known chances.
    rng = np.random.default_rng(5)
    p1 = rng.uniform(0.02, 1.0, 40)
    sums = []
    for _ in range(4000):
        kept = rng.random(40) < p1
        q = (rng.random(40) * p1)[kept]
        order = np.argsort(q)
        labelled = np.zeros(len(q), dtype=bool)
        labelled[order[:8]] = True
        t = reach(list(zip(q.tolist(), labelled.tolist(), strict=True)))
        sums.append(np.sum(1 / second_probability(p1[kept], np.full(len(q), t))[q < t]))
    assert np.mean(sums) == pytest.approx(40, abs=3.5 * np.std(sums) / len(sums) ** 0.5)
