"""The queue: what comes next for whom, in which order, and with how many controls among it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest

from remiss.capture.sampling import fraction
from remiss.curate.batches import Batch
from remiss.curate.queueing import Desk, Progress
from remiss.curate.tally import BatchOrder, Ownership
from remiss.protocol.terms import LabellingDesign
from remiss.records.case import Sensitivity
from remiss.records.labelling import LabellingKind
from remiss.records.states import Status

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
NEXT = MONDAY + timedelta(weeks=1)
VERIFY = {"1": 1.0, "2": 0.5, "3": 0.25, "4": 0.1, "rejected": 0.25, "cleared": 0.1}
ANNOTATION, VERIFICATION, ADJUDICATION = LabellingKind
OURS, FOREIGN = Ownership("default", Sensitivity.INTERNAL), Ownership("boarding", Sensitivity.INTERNAL)


def order(batches, *, budget=100, controls=0.0):
    return BatchOrder(
        source="log",
        protocol="delays",
        labelling=LabellingDesign(every=timedelta(weeks=1), budget=budget, controls=controls, verify=VERIFY),
        seed="1",
        severities={"grave": 1, "minor": 4},
        batches=batches,
        of={event: batch for batch, events in batches.items() for event in events},
        ownerships={batch.period: {OURS} for batch in batches},
    )


def progress(event, status=Status.ANNOTATED, *, people=("ana",), severity=1, since=1, **other):
    given = {"annotated": status is not Status.CANDIDATE, "stale": False, "linked": False, "model": "delays"}
    given |= {"ownership": OURS, **other}
    return Progress(event=event, id=f"e{event}", status=status, people=frozenset(people), severity=severity, since=since, **given)


def chance(name):
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 16**8


def desk(*orders, done=(), taken=None, person="bo", owners=None, passed=(), abstained=None):
    return Desk(
        person=person,
        orders=orders,
        progress={each.event: each for each in done},
        taken=taken or {},
        owners=lambda team, model: owners or {},
        theirs=lambda kind, ownership: ownership == OURS,
        chance=chance,
        passed=frozenset(passed),
        abstained=abstained or {},
    )


def first(desk, kind=ANNOTATION, count=100):
    return list(islice(desk.work(kind), count))


def test_batches_come_by_suggested_severity_then_age():
    found = first(desk(order({Batch("minor", MONDAY): [1, 2], Batch("grave", NEXT): [3, 4], Batch("grave", MONDAY): [5, 6]})))
    assert found == [5, 6, 3, 4, 1, 2]


def test_every_batch_of_a_period_is_begun_and_then_gets_its_share_before_one_gets_more():
    batches = {Batch("grave", MONDAY): list(range(1, 20)), Batch("minor", MONDAY): list(range(31, 40))}
    served, done = [], []
    for _ in range(10):
        event = first(desk(order(batches, budget=10), done=done), count=1)
        served += event
        done += [progress(each) for each in event]
    assert served == [1, 2, 31, 32, 3, 4, 5, 33, 34, 35]


def test_a_batch_of_one_is_begun_with_it_and_a_period_nobody_works_at_waits():
    batches = {Batch("grave", MONDAY): [1, 2, 3], Batch("minor", MONDAY): [4], Batch("minor", NEXT): [5, 6]}
    served, done = [], []
    for _ in range(6):
        event = first(desk(order(batches), done=done), count=1)
        served += event
        done += [progress(each) for each in event]
    assert served == [1, 2, 4, 3, 5, 6]


def test_a_period_ends_with_its_budget():
    batches = {Batch("grave", MONDAY): [1, 2, 3], Batch("grave", NEXT): [4]}
    done = [progress(1), progress(2)]
    assert first(desk(order(batches, budget=2), done=done)) == [4]
    assert desk(order(batches, budget=2), done=done).left(ANNOTATION) == 1


def test_what_is_annotated_linked_or_in_another_hand_is_passed_over():
    batches = {Batch("grave", MONDAY): [1, 2, 3, 4]}
    done = [progress(1), progress(2, Status.CANDIDATE, annotated=False, linked=True)]
    assert first(desk(order(batches), done=done, taken={ANNOTATION: {3}})) == [4]
    assert first(desk(order(batches), done=done, taken={VERIFICATION: {3}})) == [3, 4]


def test_what_one_passed_or_could_not_tell_is_given_to_others_alone():
    batches = {Batch("grave", MONDAY): [1, 2, 3, 4]}
    left = {"passed": {1}, "abstained": {2: {"bo"}}}
    assert first(desk(order(batches), **left)) == [3, 4]
    assert first(desk(order(batches), **left, person="Bo")) == [3, 4]
    # The operator knows that others could not tell, and is given it.
    assert first(desk(order(batches), abstained={2: {"ana"}})) == [1, 2, 3, 4]
    for kind, status in ((VERIFICATION, Status.ANNOTATED), (ADJUDICATION, Status.DISPUTED)):
        done = [progress(each, status) for each in batches[Batch("grave", MONDAY)]]
        assert first(desk(order(batches), done=done, **left), kind) == [3, 4]
    filed = [progress(9, Status.CANDIDATE, annotated=False, people=())]
    assert first(desk(done=filed)) == [9]
    assert first(desk(done=filed, passed={9})) == []


def test_whoever_leaves_everything_has_nothing_left_and_what_waits_for_others_is_counted_until_it_is_done():
    batches = {Batch("grave", MONDAY): [1, 2, 3], Batch("control", MONDAY): [4, 5]}
    for budget in (2, 100):
        mine = desk(order(batches, budget=budget, controls=0.5), passed={1, 2, 3, 4}, abstained={5: {"bo"}})
        assert (first(mine), mine.left(ANNOTATION), mine.waiting()) == ([], 0, 5)
    done = [progress(1), progress(5, Status.UNDECIDABLE, people=(), annotated=True)]
    assert desk(order(batches), done=done, passed={1, 2}, abstained={5: {"ana", "bo"}}).waiting() == 1
    # What is in no batch holds nothing.
    assert desk(order(batches), passed={9}).waiting() == 0


def test_of_a_period_whose_budget_is_not_spent_one_is_given_as_many_as_before():
    batches = {Batch("grave", MONDAY): list(range(20))}
    mine = desk(order(batches, budget=5), done=[progress(0)], passed={1, 2})
    assert (first(mine), mine.left(ANNOTATION)) == ([3, 4, 5, 6], 4)


def test_what_comes_after_a_case_that_was_passed_is_no_likelier_to_be_like_it():
    """Else whoever looks at the page of what they passed would know of the next one whether it is a control."""
    batches = {Batch("grave", MONDAY): list(range(2000)), Batch("control", MONDAY): list(range(2000, 4000))}
    passed, controls = set(), []
    for _ in range(300):
        [event] = first(desk(order(batches, budget=10, controls=0.5), passed=passed), count=1)
        controls.append(event >= 2000)
        passed.add(event)
    alike = sum(one == other for one, other in pairwise(controls))
    assert 120 < sum(controls) < 180
    assert 120 < alike < 180


def test_controls_and_undecided_are_a_share_in_places_that_follow_no_pattern():
    batches = {
        Batch("grave", MONDAY): list(range(1000)),
        Batch("control", MONDAY): list(range(1000, 2000)),
        Batch("undecided", MONDAY): list(range(2000, 3000)),
    }
    served, done = [], []
    for _ in range(200):
        (event,) = first(desk(order(batches, budget=400, controls=0.2), done=done), count=1)
        served.append(event)
        done.append(progress(event))
    unflagged = [event for event in served if event >= 1000]
    assert 25 <= len(unflagged) <= 55
    assert abs(sum(event < 2000 for event in unflagged) - len(unflagged) / 2) <= 1
    assert [event for event in served if event < 1000] == list(range(200 - len(unflagged)))
    gaps = {later - earlier for earlier, later in zip(*(iter(at for at, e in enumerate(served) if e >= 1000),) * 2, strict=False)}
    assert len(gaps) > 3


def test_controls_alone_are_served_too():
    assert first(desk(order({Batch("control", MONDAY): [1, 2]}, controls=0.2))) == [1, 2]


def test_what_changed_after_people_labelled_it_comes_first_and_filed_cases_last():
    batches = {Batch("grave", MONDAY): [1, 2]}
    done = [
        progress(2, stale=True, since=9),
        progress(7, Status.VERIFIED, stale=True, since=3),
        progress(8, Status.CANDIDATE, annotated=False, people=()),
    ]
    assert first(desk(order(batches), done=done)) == [7, 2, 1, 8]
    assert desk(order(batches), done=done).left(ANNOTATION) == 4


def test_nobody_verifies_their_own_or_a_model_of_theirs():
    done = [progress(1, people=("ana",)), progress(2, people=("bo",))]
    assert first(desk(done=done), VERIFICATION) == [1]
    assert first(desk(done=done, person="Ana"), VERIFICATION) == [2]
    assert first(desk(done=done, person="Chen", owners={"chen": ("delays@1 of team default",)}), VERIFICATION) == []


def test_verifications_are_those_that_are_selected_the_oldest_first():
    events = list(range(400))
    batches = {Batch("minor", MONDAY): events}
    done = [progress(each, severity=4, since=1000 - each) for each in events]
    wanted = [each for each in events if fraction("verify", "1", f"e{each}") < 0.1]
    assert first(desk(order(batches), done=done), VERIFICATION, 400) == sorted(wanted, reverse=True)
    assert 20 < len(wanted) < 60


def test_of_controls_all_failures_are_verified_and_a_share_of_those_that_were_cleared():
    events = list(range(400))
    batches = {Batch("control", MONDAY): events}
    failures = [progress(each, severity=4, since=1000 - each) for each in events[:20]]
    none = [progress(each, severity=None, since=1000 - each) for each in events[20:]]
    wanted = [each for each in events if each < 20 or fraction("verify", "1", f"e{each}") < 0.1]
    assert sorted(first(desk(order(batches), done=failures + none), VERIFICATION, 400)) == wanted


def test_what_is_in_no_batch_is_always_verified():
    done = [progress(each, severity=4) for each in range(20)]
    assert len(first(desk(done=done), VERIFICATION)) == 20


@pytest.mark.parametrize(("person", "expected"), [("cy", [2, 1]), ("bo", [2])])
def test_disputes_are_for_a_third_person(person, expected):
    done = [
        progress(1, Status.DISPUTED, people=("ana", "bo"), since=5),
        progress(2, Status.DISPUTED, people=("ana", "dee"), since=2),
    ]
    assert first(desk(done=done, person=person), ADJUDICATION) == expected


def test_what_is_not_for_somebody_is_neither_given_to_them_nor_counted():
    mine, theirs = order({Batch("grave", MONDAY): [1, 2]}), order({Batch("grave", MONDAY): [3, 4, 5]})
    theirs = replace(theirs, ownerships={MONDAY: {FOREIGN}})
    done = [
        progress(10),
        progress(11, ownership=FOREIGN),
        progress(12, Status.DISPUTED, people=("ana", "cy"), ownership=FOREIGN),
        progress(13, Status.CANDIDATE, ownership=FOREIGN, people=()),
        progress(14, stale=True, ownership=FOREIGN),
    ]
    found = desk(mine, theirs, done=done)
    assert first(found) == [1, 2]
    assert [found.left(kind) for kind in LabellingKind] == [2, 1, 0]
    assert (found.shows(mine, MONDAY), found.shows(theirs, MONDAY)) == (True, False)


def test_of_a_period_that_runs_of_several_drew_one_is_given_what_one_sees_and_not_told_how_much_there_is():
    both = replace(order({Batch("grave", MONDAY): [1, 2]}), ownerships={MONDAY: {OURS, FOREIGN}})
    assert first(desk(both)) == [1, 2]
    assert desk(both).left(ANNOTATION) == 0
    assert not desk(both).shows(both, MONDAY)
