"""What was drawn with a case, on each database."""

from __future__ import annotations

import pytest

from remiss.catalog import actions
from remiss.curate import labelling_actions as labelling
from remiss.errors import InputError, NotFound
from remiss.records.case import Filing
from remiss.records.identity import case_id
from remiss.records.run import ALL
from tests.edges.stores.drawing import MONDAY, WEEK, drawn, file, member
from tests.edges.stores.test_blindness import FAILS, offered

CASE = case_id("arrivals", "e1")


def compared(ws, **more):
    found = actions.compare(ws, CASE, **more)
    return [control.event.id for control in found.controls]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
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


@pytest.mark.postgresql_in_soak("others send it each of these statements")
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


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_run_in_force_is_the_one_that_is_told_of_and_the_past_can_be_asked(ws):
    first = file(ws, drawn([member(1, met=("slow",)), member(5)]), run="run-1")
    then = ws.position()
    second = file(ws, drawn([member(1, met=("slow",)), member(6)]), run="run-2")
    assert actions.compare(ws, CASE).run == second.id
    assert compared(ws) == ["e6"]
    found = actions.compare(ws, CASE, as_of=then)
    assert (found.run, found.in_force, found.position) == (first.id, True, then)
    assert [control.event.id for control in found.controls] == ["e5"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_no_run_drew_is_said(ws):
    case = actions.file(ws, Filing(model="m", at=MONDAY, title="seen"))
    with pytest.raises(NotFound, match="no run drew"):
        actions.compare(ws, case.id)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("controls", [-1, 101])
def test_a_number_of_controls_out_of_bounds_is_refused(ws, controls):
    with pytest.raises(InputError):
        actions.compare(ws, CASE, controls=controls)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_before_the_case_was_there_there_is_none(ws):
    file(ws, drawn([member(1, met=("slow",))]), run="run-1")
    with pytest.raises(NotFound):
        actions.compare(ws, CASE, as_of=1)


def control(number: int) -> str:
    return case_id("arrivals", f"e{number}")


@pytest.fixture
def kept(ws):
    """A run that kept two cases and twelve controls in one window and stratum."""
    file(ws, drawn([member(1, met=("slow",)), member(2, met=("slow",)), *map(member, range(10, 22))]), run="run-1")
    for number in range(10, 22):
        offered(ws, f"e{number}")


def shown_to(ws, **more):
    return len(actions.compare(ws, CASE, controls=100, **more).controls)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_how_many_controls_a_comparison_shows_does_not_tell_how_many_of_them_are_to_be_verified(ws, kept, ws_as):
    bo, ana, reader = (ws_as(name, role=role) for name, role in (("bo", "curator"), ("ana", "verifier"), ("di", "reader")))
    assert [shown_to(each) for each in (ws, reader, bo, ana)] == [12, 12, 6, 6]
    then, known = ws.position(), []
    for number in (2, 10, 11, 12, 13, 14, 15):
        labelling.annotate(ana, control(number), 1, FAILS)
        found = actions.compare(bo, CASE, controls=100)
        known.append(len(found.controls))
        assert shown_to(bo, as_of=then) == shown_to(bo, as_of=ws.position()) == known[-1]
        assert {each.event.id for each in found.controls}.isdisjoint({f"e{each}" for each in range(10, number + 1)})
    assert known == [6] * 7
    # More than half of them wait.
    labelling.annotate(ana, control(16), 1, FAILS)
    assert [shown_to(each) for each in (ws, reader, bo)] == [12, 12, 0]


def test_whatever_was_annotated_the_comparisons_of_a_window_show_the_same_controls_together(ws, kept, ws_as):
    bo, ana = ws_as("bo", role="curator"), ws_as("ana", role="verifier")
    labelling.annotate(ana, control(10), 1, FAILS)
    together = set()
    for number in (1, 2):
        together |= {each.event.id for each in actions.compare(bo, control(number), controls=100).controls}
    assert len(together) == 6
