"""What was drawn with a case, on each database."""

from __future__ import annotations

import pytest

from remiss.catalog import actions
from remiss.errors import InputError, NotFound
from remiss.records.case import Filing
from remiss.records.identity import case_id
from remiss.records.run import ALL
from tests.edges.stores.drawing import MONDAY, WEEK, drawn, file, member

CASE = case_id("arrivals", "e1")


def compared(ws, **more):
    found = actions.compare(ws, CASE, **more)
    return [control.event.id for control in found.controls]


def test_controls_are_of_the_same_window_and_stratum_the_likest_first(ws):
    file(
        ws,
        drawn(
            [
                member(1, met=("slow",)),
                member(2, met=("slow",)),
                member(90),
                member(5),
                member(3, airport="JFK"),
                member(4, week=1),
            ],
            weeks=(0, 1),
        ),
        run="run-1",
    )
    assert compared(ws) == ["e5", "e90"]
    assert compared(ws, controls=1) == ["e5"]
    assert compared(ws, controls=0) == []


def test_it_says_how_the_case_was_drawn(ws):
    run = file(ws, drawn([member(1, met=("missed", "slow")), member(5)]), run="run-1")
    found = actions.compare(ws, CASE)
    assert (found.case, found.run, found.protocol, found.protocol_version) == (CASE, run.id, "arrival-delay", 1)
    assert (found.window, found.until, found.stratum) == (MONDAY, MONDAY + WEEK, {"context.airport": "EWR"})
    assert (found.population, found.labelled, found.provisional) == (100, 90, False)
    assert (found.kept_in, found.probability, found.in_force) == (("missed", "slow"), 0.25, True)
    assert [group.criterion for group in found.groups] == ["control", "missed", "slow"]
    assert ALL not in found.kept_in
    assert found.event == actions.show(ws, CASE).event
    assert found.deciding is not None
    assert found.deciding.population == 40


def test_the_run_in_force_is_the_one_that_is_told_of_and_the_past_can_be_asked(ws):
    first = file(ws, drawn([member(1, met=("slow",)), member(5)]), run="run-1")
    then = ws.position()
    second = file(ws, drawn([member(1, met=("slow",)), member(6)]), run="run-2")
    assert actions.compare(ws, CASE).run == second.id
    assert compared(ws) == ["e6"]
    found = actions.compare(ws, CASE, as_of=then)
    assert (found.run, found.in_force, found.position) == (first.id, True, then)
    assert [control.event.id for control in found.controls] == ["e5"]


def test_what_no_run_drew_is_said(ws):
    case = actions.file(ws, Filing(model="m", at=MONDAY, title="seen"))
    with pytest.raises(NotFound, match="no run drew"):
        actions.compare(ws, case.id)


@pytest.mark.parametrize("controls", [-1, 101])
def test_a_number_of_controls_out_of_bounds_is_refused(ws, controls):
    with pytest.raises(InputError):
        actions.compare(ws, CASE, controls=controls)


def test_before_the_case_was_there_there_is_none(ws):
    file(ws, drawn([member(1, met=("slow",))]), run="run-1")
    with pytest.raises(NotFound):
        actions.compare(ws, CASE, as_of=1)
