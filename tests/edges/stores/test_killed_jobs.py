"""Runners of jobs that die or stand still at any moment: no job is lost, no step is done twice, and progress is true."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from remiss.edges.stores.crashing import JobPoint, Point
from tests.forks import start

MODULE = "tests.edges.stores.jobs_at_work"
POINTS = (*get_args(JobPoint), *get_args(Point))
# Where a runner has no transaction under way: that it stands still holds up nobody.
OUTSIDE = ("after-take", "after-plan", "before-begin", "after-commit")


@pytest.fixture
def environment(environment):
    return {**environment, "REMISS_JOB_LEASE": "3"}


def told(work, *arguments, environment, within=120):
    return json.loads(start(MODULE, work, *arguments, environment=environment).finish(within=within))


def true(found):
    """Whether what is said of a job is what happened: its steps filed a run each, which the journal has, and no other."""
    return (
        len(found["runs"]) == found["done"] == len(set(found["runs"]))
        and found["filed"]
        and found["entries"] == ["test.step"] * found["done"]
        and not found["strangers"]
    )


def done(found):
    return found["state"] == "done" and found["done"] == found["steps"] and true(found)


def check_died(address, environment, points):
    for before, (point, found) in enumerate(zip(points, told("crash", address, *points, environment=environment), strict=True)):
        assert found["signal"] == 9, point
        assert true(found["after"]), point
        assert found["after"]["done"] == (point == "after-commit"), point
        assert found["after"]["state"] == ("waiting" if point == "during-take" else "running"), point
        assert found["again"] == 0, point
        assert done(found["at_last"]), point
        assert found["at_last"]["all_runs"] == 2 * (before + 1), point
        # Each run has its evidence, and there is none of anything else.
        assert len(found["at_last"]["files"]) == 2 * (before + 1), point
        assert all(name.endswith(".bundle") for name in found["at_last"]["files"]), point


def test_a_runner_that_dies_at_a_named_point_leaves_whole_steps_and_another_goes_on(address, environment):
    check_died(address, environment, ("after-plan", "before-commit", "after-commit"))


@pytest.mark.soak
def test_a_runner_that_dies_at_any_point_leaves_whole_steps_and_another_goes_on(address, environment):
    check_died(address, environment, POINTS)


def check_stopped(address, environment, points):
    for before, (point, found) in enumerate(zip(points, told("stop", address, *points, environment=environment), strict=True)):
        assert found["stood"], point
        assert true(found["at_stop"]), point
        assert found["at_stop"]["done"] == (point == "after-commit"), point
        assert (found["first"], found["second"]) == (0, 0), point
        assert done(found["before"]), point
        # The first, when it goes on, changes nothing and puts no file in place.
        assert {**found["after"], "files": None} == {**found["before"], "files": None}, point
        assert set(found["after"]["files"]) <= set(found["before"]["files"]), point
        assert found["after"]["all_runs"] == 2 * (before + 1), point


def test_a_runner_that_stood_still_until_another_had_finished_does_nothing_more(address, environment):
    check_stopped(address, environment, ("before-begin", "after-commit"))


@pytest.mark.soak
def test_a_runner_that_stood_still_anywhere_outside_of_a_transaction_does_nothing_more(address, environment):
    check_stopped(address, environment, OUTSIDE)


# A process that stands still in a transaction keeps the lock of a file for as long; a server takes it away.
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("point", ["during-take", "before-position"])
def test_a_server_takes_the_job_from_a_runner_that_stands_still_in_the_middle_of_a_transaction(address, environment, point):
    check_stopped(address, environment, (point,))


@pytest.mark.slow(reason="it outlasts two leases")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_runner_that_stands_still_while_it_sends_rows_holds_up_nobody_for_longer_than_its_lease(address, environment):
    found = told("stop-in-a-copy", address, environment=environment)
    assert found["stood"]
    assert (found["first"], found["second"]) == (0, 0)
    assert done(found["before"])
    assert done(found["other"])
    assert {**found["after"], "files": None} == {**found["before"], "files": None}


@pytest.mark.soak
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_takes_the_job_from_a_runner_that_stands_still_at_any_point(address, environment):
    check_stopped(address, environment, POINTS)


def check_killed(address, environment, times):
    found = told("kill", address, str(times), "1", environment=environment, within=1200)
    assert found["killed"]
    assert all(map(true, found["told"]))
    assert all(done(each) for each in found["told"][::3])
    assert found["told"][-1]["all_runs"] == 3 * (times + 1)


def test_runners_killed_at_two_moments_leave_whole_steps_only(address, environment):
    check_killed(address, environment, 1)


@pytest.mark.soak
def test_runners_killed_at_many_moments_leave_whole_steps_only(address, environment):
    check_killed(address, environment, 12)


@pytest.mark.soak
def test_runners_that_stand_still_at_any_moment_do_no_step_twice(address, environment):
    times = 8
    found = told("stand-still", address, str(times), "2", environment=environment, within=1200)
    assert all(done(each["at_last"]) for each in found)
    assert found[-1]["at_last"]["all_runs"] == 3 * (times + 1)


def check_in_a_storm(address, environment, times, seed):
    found = told("storm", address, str(times), str(seed), environment=environment, within=1200)
    assert found["told"]
    assert all(map(true, found["told"]))
    assert all(map(done, found["at_last"])), [each for each in found["at_last"] if not done(each)]
    assert {each["all_runs"] for each in found["at_last"]} == {3 * len(found["at_last"])}
    return found


def test_of_two_runners_that_are_killed_and_stopped_no_step_is_lost_or_done_twice(address, environment):
    check_in_a_storm(address, environment, 3, 1)


@pytest.mark.soak
def test_of_two_runners_that_are_killed_and_stopped_time_and_again_no_step_is_lost_or_done_twice(address, environment):
    found = check_in_a_storm(address, environment, 30, 2)
    assert found["killed"] >= 7
    assert found["stood still"] >= 7


def check_shared(address, environment, runners, count):
    found = told("share", address, str(runners), str(count), environment=environment, within=600)
    assert all(map(done, found))
    assert {each["all_runs"] for each in found} == {2 * count}
    assert {each["position"] for each in found} == {1 + 3 * count}


def test_two_runners_share_many_jobs_and_do_each_step_once(address, environment):
    check_shared(address, environment, 2, 3)


@pytest.mark.soak
def test_five_runners_share_a_long_queue_and_do_each_step_once(address, environment):
    check_shared(address, environment, 5, 30)
