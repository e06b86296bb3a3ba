"""Many processes on one catalog: nothing is lost, and nothing appears below a position that was read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import remiss
from remiss.catalog import actions
from remiss.records.case import Filing
from tests.edges.stores.drawing import MONDAY, drawn, file, member
from tests.edges.stores.writers import at_once

pytestmark = pytest.mark.slow(reason="several processes are started")


def test_eight_processes_that_revise_the_same_case_lose_no_update(address, environment):
    with remiss.open(address, environment=environment) as ws:
        case = actions.file(ws, Filing(model="m", at=datetime(2026, 1, 1, tzinfo=UTC), title="first"))
        names = [f"writer{number}" for number in range(8)]
        told = at_once(*(("revise", address, case.id, name, "3") for name in names), environment=environment)
        history = actions.history(ws, case.id)
    assert [state.revision for state in history] == list(range(1, 26))
    assert sorted(state.title or "" for state in history[1:]) == sorted(
        f"{name} {number}" for name in names for number in range(3)
    )
    assert [state.position_to for state in history[:-1]] == [state.position_from for state in history[1:]]
    assert history[-1].position_to is None
    # Whoever lost a race was told; nobody was told so without having lost one.
    assert sum(one["lost"] for one in told) >= 1


def test_what_was_read_at_a_position_is_read_again_alike_while_others_write(address, environment):
    with remiss.open(address, environment=environment) as ws:
        actions.file(ws, Filing(model="m", at=datetime(2026, 1, 1, tzinfo=UTC), title="first"))
    writers = [("file", address, f"writer{number}", "8") for number in range(4)]
    watchers = [("watch", address, "34")] * 2
    for watched in at_once(*watchers, *writers, environment=environment)[:2]:
        assert watched["reached"] == 34
        assert watched["snapshots"] > 2


def test_captures_of_the_same_events_at_once_are_filed_one_after_another(address, environment):
    with remiss.open(address, environment=environment) as ws:
        file(ws, drawn([]), run="run-00000000")
        runs = [f"run-{letter * 8}" for letter in "abcd"]
        told = at_once(*(("capture", address, run, "0", "40") for run in runs), environment=environment)
        assert sorted(one["position"] for one in told) == [3, 4, 5, 6]
        assert sorted(one["cases_new"] for one in told) == [0, 0, 0, 20]
        assert sorted(one["events_new"] for one in told) == [0, 0, 0, 40]
        last = max(zip(told, runs, strict=True), key=lambda pair: pair[0]["position"])[1]
        assert [item.run for item in ws.runs.in_force("arrivals", "arrival-delay")] == [last]
        known = ws.runs.known("arrivals", "arrival-delay", MONDAY, datetime(2014, 1, 1, tzinfo=UTC))
    assert len(known) == 40


def test_a_capture_and_the_people_who_revise_its_cases_do_not_block_each_other(address, environment):
    with remiss.open(address, environment=environment) as ws:
        file(ws, drawn([member(1, met=["slow"])]), run="run-00000000")
        (line,) = actions.search(ws)
        revising = [("revise", address, str(line["id"]), f"w{number}", "3") for number in range(2)]
        capturing = [("capture", address, f"run-{name * 8}", "0", "60") for name in "abc"]
        at_once(*revising, *capturing, environment=environment)
        assert len(actions.history(ws, str(line["id"]))) == 7
