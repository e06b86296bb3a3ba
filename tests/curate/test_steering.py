"""Steering: what is open, in which order it comes, and that nothing is skipped within a batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest

from remiss.curate.batches import LEAST_VERDICTS, Batch
from remiss.curate.queueing import TaskChoice
from remiss.curate.steering import UNSTEERED, BatchScope, First, Steer, Steering
from remiss.curate.steering_view import GroupState, HeldUp, Steered, Way, done_of, of_versions, steered
from remiss.understand.intervals import FEW
from tests.curate.test_queueing import ANNOTATION, MONDAY, NEXT, desk, first, order, progress

ANYTHING = BatchScope()
GRAVE, MINOR = BatchScope(criterion="grave"), BatchScope(criterion="minor")
EWR, JFK = '{"airport":"EWR"}', '{"airport":"JFK"}'


def closed(*which):
    return Steering(steers=tuple(Steer(open=False, which=each) for each in which))


def acts(*said):
    """Return the steering after acts, each (opens, which) or (opens, which, alone)."""
    found = UNSTEERED
    for opens, which, *alone in said:
        found = replace(found, steers=found.after(Steer(open=opens, which=which), alone=bool(alone)))
    return found


def steered_desk(batches, steering, *, done=(), criteria=None, controls=0.0, **other):
    made = replace(order(batches, controls=controls, **other), criteria=criteria or {})
    return replace(desk(made, done=done), steering=lambda: {"delays": steering})


def test_of_the_acts_that_cover_a_batch_the_last_one_holds():
    batches = {Batch("grave", MONDAY): [1], Batch("grave", NEXT): [2], Batch("minor", NEXT): [3]}
    first_week = BatchScope(period=MONDAY)
    for said, expected in (
        ([], [1, 2, 3]),
        ([(False, GRAVE)], [3]),
        ([(False, ANYTHING)], []),
        ([(False, ANYTHING), (True, GRAVE)], [1, 2]),
        ([(True, GRAVE, "alone")], [1, 2]),
        ([(True, GRAVE, "alone"), (False, first_week)], [2]),
        ([(False, first_week), (True, BatchScope(criterion="grave", period=MONDAY))], [1, 2, 3]),
        ([(False, GRAVE), (True, ANYTHING)], [1, 2, 3]),
    ):
        assert first(steered_desk(batches, acts(*said))) == expected, said


def test_acts_that_have_no_say_any_more_are_not_kept():
    assert acts((True, ANYTHING)).steers == acts((False, GRAVE), (True, ANYTHING)).steers == ()
    assert len(acts((False, GRAVE), (False, GRAVE)).steers) == 1
    narrow = BatchScope(criterion="grave", period=MONDAY, stratum={"airport": "EWR"})
    assert acts((False, narrow), (True, GRAVE)).steers == ()
    assert len(acts((False, GRAVE), (True, narrow)).steers) == 2


def test_of_every_batch_that_the_figure_of_an_open_criterion_needs_people_are_given_the_beginning():
    batches = {Batch("grave", MONDAY): [1, 2], Batch("minor", MONDAY): [3, 4, 6, 7], Batch("odd", MONDAY): [5]}
    criteria = {Batch("minor", MONDAY): {"minor", "grave"}}
    only_grave = acts((True, GRAVE, "alone"))
    assert first(steered_desk(batches, only_grave, criteria=criteria)) == [1, 2, 3, 4]
    begun = [progress(1), progress(2), progress(3)]
    assert first(steered_desk(batches, only_grave, criteria=criteria, done=begun)) == [4]
    assert first(steered_desk(batches, only_grave, criteria=criteria, done=[*begun, progress(4)])) == []
    assert sorted(first(steered_desk(batches, closed(MINOR), criteria=criteria))) == [1, 2, 3, 4, 5]
    assert sorted(first(steered_desk(batches, closed(MINOR, GRAVE), criteria=criteria))) == [5]


def test_within_a_batch_nothing_is_skipped_whatever_is_opened_and_closed():
    batches = {Batch("grave", MONDAY): list(range(10)), Batch("minor", MONDAY): list(range(20, 30))}
    ways = [acts((True, MINOR, "alone")), UNSTEERED, closed(MINOR), Steering(first=First.NEWEST), closed(GRAVE)]
    done = []
    for at in range(18):
        (event,) = first(steered_desk(batches, ways[at % len(ways)], done=done), count=1)
        done.append(progress(event))
        labelled = {each.event for each in done}
        for events in batches.values():
            count = len(labelled & set(events))
            assert set(events[:count]) <= labelled


def test_the_newest_period_comes_first_where_the_queue_is_steered_so():
    batches = {Batch("grave", MONDAY): [1, 2], Batch("minor", NEXT): [3, 4], Batch("grave", NEXT): [5, 6]}
    assert first(steered_desk(batches, UNSTEERED)) == [1, 2, 5, 6, 3, 4]
    assert first(steered_desk(batches, Steering(first=First.NEWEST))) == [5, 6, 3, 4, 1, 2]


def test_of_two_protocols_each_keeps_its_own_order():
    one = order({Batch("grave", MONDAY): [1], Batch("grave", NEXT): [2]})
    two = replace(order({Batch("grave", MONDAY): [3], Batch("grave", NEXT): [4]}), protocol="prices")
    found = first(replace(desk(one, two), steering=lambda: {"prices": Steering(first=First.NEWEST)}))
    assert [each for each in found if each < 3] == [1, 2]
    assert [each for each in found if each > 2] == [4, 3]


@pytest.mark.parametrize("steering", [UNSTEERED, acts((True, GRAVE, "alone")), acts((True, MINOR, "alone"))])
def test_controls_are_mixed_in_at_the_same_share_whatever_is_open(steering):
    batches = {
        Batch("grave", MONDAY): list(range(400)),
        Batch("minor", MONDAY): list(range(400, 800)),
        Batch("control", MONDAY): list(range(1000, 1400)),
    }
    found = first(steered_desk(batches, steering, controls=0.3, budget=1000), count=300)
    assert 0.2 < sum(each >= 1000 for each in found) / len(found) < 0.4


def test_controls_stand_for_themselves_only_where_nothing_flagged_is_left_and_their_period_is_open():
    batches = {Batch("grave", MONDAY): [1], Batch("control", MONDAY): [7, 8], Batch("control", NEXT): [9]}
    done = [progress(1)]
    assert first(steered_desk(batches, UNSTEERED, done=done)) == [7, 8, 9]
    assert first(steered_desk(batches, closed(GRAVE), done=done)) == [9]
    assert first(steered_desk(batches, closed(GRAVE))) == [9]
    assert first(steered_desk(batches, closed(ANYTHING), done=done)) == []


def test_what_waits_is_counted_alike_whatever_is_open():
    batches = {Batch("grave", MONDAY): [1, 2, 3], Batch("control", MONDAY): [4, 5], Batch("minor", NEXT): [6]}
    counts = {
        steered_desk(batches, each).left(ANNOTATION)
        for each in (UNSTEERED, closed(ANYTHING), closed(GRAVE), Steering(first=First.NEWEST))
    }
    assert counts == {6}


APART = {
    Batch("grave", MONDAY, EWR): [1, 2, 3],
    Batch("grave", MONDAY, JFK): [4, 5, 6],
    Batch("control", MONDAY, EWR): list(range(10, 40)),
    Batch("control", MONDAY, JFK): list(range(50, 80)),
}


def test_a_stratum_is_opened_by_itself_and_its_controls_are_its_own():
    of_ewr = acts((True, BatchScope(stratum={"airport": "EWR"}), "alone"))
    found = first(steered_desk(APART, of_ewr, controls=0.7))
    assert {1, 2, 3} <= set(found) <= {1, 2, 3, *range(10, 40)}
    assert len(found) > 3


def test_whoever_labels_chooses_a_period_or_a_stratum_and_never_what_is_closed():
    two_weeks = steered_desk({Batch("grave", MONDAY): [1], Batch("grave", NEXT): [2]}, closed(BatchScope(period=MONDAY)))
    assert first(replace(two_weeks, choice=TaskChoice(at=NEXT))) == [2]
    assert first(replace(two_weeks, choice=TaskChoice(at=MONDAY))) == []
    mine = replace(steered_desk(APART, UNSTEERED, controls=0.7), choice=TaskChoice(stratum={"airport": "JFK"}))
    assert {4, 5, 6} <= set(first(mine)) <= {4, 5, 6, *range(50, 80)}
    # What is in no batch is in no period either.
    filed = [progress(90, people=(), status=progress(1).status.CANDIDATE, annotated=False)]
    assert first(replace(desk(done=filed), choice=TaskChoice(at=MONDAY))) == []


def seen(batches, steering=UNSTEERED, *, done=(), criteria=None, verify=None):
    made = replace(order(batches, controls=0.2), criteria=criteria or {})
    if verify is not None:
        made = replace(made, labelling=replace(made.labelling, verify=verify))
    return steered(made, done_of(desk(made, done=done), made), steering, (), 0)


HALF = {"1": 0.5, "2": 0.5, "3": 0.5, "4": 0.5, "rejected": 0.5, "cleared": 0.1}


def test_a_line_for_each_group_says_how_far_it_is_and_what_of_it_is_open():
    batches = {Batch("grave", MONDAY): [1, 2, 3], Batch("grave", NEXT): [4], Batch("control", MONDAY): [5]}
    found = seen(batches, closed(BatchScope(period=NEXT)), done=[progress(1), progress(3)])
    assert [(each.group, each.severity, each.periods, each.open) for each in found.groups] == [
        ("grave", 1, 2, 1),
        ("control", None, 1, 1),
    ]
    assert [(each.size, each.done, each.in_turn) for each in found.groups] == [(4, 2, 1), (1, 0, 0)]


def test_a_way_to_a_figure_says_how_many_labels_it_takes_and_of_which_periods():
    assert LEAST_VERDICTS == FEW
    batches = {Batch("grave", MONDAY): list(range(40)), Batch("minor", MONDAY): list(range(50, 64))}
    done = [progress(each) for each in range(12)]
    grave = min(seen(batches, done=done, verify=HALF).ways, key=lambda way: way.criterion)
    # Ten are verified of twenty that are annotated.
    assert grave == Way(criterion="grave", periods=(MONDAY,), open=True, annotations=8, verifications=4)
    # Of fourteen no ten are verified.
    minor = [way for way in seen(batches, done=done, verify=HALF).ways if way.criterion == "minor"]
    assert minor == []


def test_a_way_goes_by_what_is_begun_and_takes_as_many_periods_as_it_needs():
    batches = {Batch("grave", MONDAY): list(range(12)), Batch("grave", NEXT): list(range(20, 32))}
    done = [progress(each) for each in range(20, 25)]
    (way,) = seen(batches, closed(BatchScope(period=MONDAY)), done=done, verify=HALF).ways
    assert (way.periods, way.open, way.annotations) == ((MONDAY, NEXT), False, 15)


def test_a_way_begins_every_batch_that_a_figure_needs():
    batches = {Batch("grave", MONDAY): list(range(40)), Batch("minor", MONDAY): list(range(50, 54))}
    criteria = {Batch("minor", MONDAY): {"minor", "grave"}}
    done = [progress(each) for each in range(18)]
    (way,) = [each for each in seen(batches, done=done, criteria=criteria, verify=HALF).ways if each.criterion == "grave"]
    assert way.annotations == 4
    batches |= {Batch("grave", NEXT): list(range(60, 64))}
    (way,) = [each for each in seen(batches, done=done, criteria=criteria, verify=HALF).ways if each.criterion == "grave"]
    assert (way.periods, way.annotations) == ((MONDAY,), 4)


def test_where_a_figure_is_there_the_next_one_is_that_of_a_period():
    batches = {Batch("grave", MONDAY): list(range(40)), Batch("grave", NEXT): list(range(50, 90))}
    done = [progress(each) for each in range(30)]
    (way,) = seen(batches, done=done, verify=HALF).ways
    assert (way.periods, way.annotations, way.verifications) == ((NEXT,), 20, 10)
    assert Counter(len(each.ways) for each in [seen({Batch("grave", MONDAY): list(range(4))})]) == {0: 1}


def test_labels_given_as_a_way_says_make_the_figure_that_it_promises():
    batches = {Batch("grave", MONDAY): list(range(40)), Batch("minor", MONDAY): list(range(50, 90))}
    (way,) = [each for each in seen(batches, verify=HALF).ways if each.criterion == "grave"]
    done = []
    of_grave = steered_desk(batches, acts((True, GRAVE, "alone")))
    done = [progress(each) for each in islice(of_grave.work(ANNOTATION), way.annotations)]
    assert [each.criterion for each in seen(batches, done=done, verify=HALF).ways] == ["minor"]


def test_the_queues_of_a_protocols_versions_are_one_with_their_batches_added_up():
    def part(severity, size, way, held, **given):
        group = GroupState(group="slow", severity=severity, periods=2, open=1, size=size, done=1, in_turn=1)
        ways = (Way(criterion=way, periods=(), open=True, annotations=size, verifications=1),)
        lines = tuple(HeldUp(case=case, group="slow", period=MONDAY, people=1, all=False) for case in held)
        facts = {"steers": (), "person": None, "at": None, "apart": False, "held_count": len(held), "revision": 1}
        return Steered(source="s", protocol="p", first=First.GRAVEST, groups=(group,), ways=ways, held=lines, **facts, **given)

    found = of_versions([part(3, 10, "slow", ["a"]), part(2, 5, "missed", ["b", "c"])])
    [group] = found.groups
    assert (group.severity, group.periods, group.open, group.size, group.done) == (2, 4, 2, 15, 2)
    assert [each.criterion for each in found.ways] == ["missed", "slow"]
    assert ([each.case for each in found.held], found.held_count) == (["a", "b", "c"], 3)
