"""A capture killed at any moment: the catalog has the whole run or nothing of it, and the next try works."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from remiss.edges.stores.crashing import Point
from tests.edges.stores.writers import EACH, HERE
from tests.forks import start

pytestmark = pytest.mark.slow(reason="processes are started and killed")

POINTS = get_args(Point)


def whole(found, runs):
    return {"runs": found["runs"], "events": found["events"], "cases": found["cases"]} == {
        "runs": runs,
        "events": runs * EACH,
        "cases": runs * EACH // 2,
    }


def test_a_process_that_dies_at_a_named_point_leaves_the_whole_run_or_nothing(address, environment):
    told = json.loads(start(HERE, "crash", address, *POINTS, environment=environment).finish(within=120))
    for before, (point, found) in enumerate(zip(POINTS, told, strict=True)):
        assert found["signal"] == 9, point
        survived = point == "after-commit"
        assert whole(found, before + survived), point
        assert found["position"] == 1 + before + survived, point
        assert found["again"] == ("was there" if survived else "filed"), point


def check_killed(address, environment, times):
    told = json.loads(start(HERE, "kill", address, str(times), "1", environment=environment).finish(within=600))
    # Run 0 was filed in peace, to see how long it takes.
    for before, found in enumerate(told, 1):
        assert whole(found, before + (found["again"] == "was there")), found
    assert {found["signal"] for found in told} <= {0, 9}
    assert any(found["again"] == "filed" for found in told)


def test_a_process_killed_at_five_moments_leaves_whole_runs_only(address, environment):
    check_killed(address, environment, 5)


@pytest.mark.soak
def test_a_process_killed_at_many_moments_leaves_whole_runs_only(address, environment):
    check_killed(address, environment, 25)
