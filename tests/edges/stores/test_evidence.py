"""Sampling facts at a position, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remiss.catalog.query.expression import EVERYTHING
from remiss.catalog.query.parsing import parse
from tests.edges.stores.drawing import MONDAY, WEEK, drawn, file, member


def sampled(ws, query="", of=None, by=None, position=None, frame=0):
    position = ws.position() if position is None else position
    chosen = ws.evidence.frames(position)[frame]
    wanted = parse(query) if query else EVERYTHING
    return ws.evidence.sampled(chosen, wanted, None if of is None else parse(of), by, position)


@pytest.fixture
def filed(ws):
    members = [
        member(1, met=["slow"], airport="EWR", latency_ms=300.0),
        member(2, airport="JFK", output=2.5),
        member(3, met=["missed", "slow"], airport="LGA", week=1, text=None, label=None),
    ]
    file(ws, drawn(members, weeks=(0, 1)), run="run-aaaaaaaa")
    return ws


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_frame_is_a_source_and_a_digest_with_its_windows_in_force(filed):
    file(filed, drawn([], name="other"), run="run-bbbbbbbb")
    first, second = filed.evidence.frames(filed.position())
    assert (first.source, first.protocol, first.version) == ("arrivals", "arrival-delay", 1)
    assert first.digest == "protocol-arrival-delay-1"
    assert [item.window for item in first.windows] == [MONDAY, MONDAY + WEEK]
    assert (first.refused, first.admitted, first.earlier) == (3, 200, ())
    assert second.protocol == "other"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_there_is_no_frame_before_the_first_capture(filed):
    assert filed.evidence.frames(1) == ()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_windows_of_another_version_are_another_frame_and_remember_the_first(filed):
    file(filed, drawn([member(3, week=1)], weeks=(1,), version=2), run="run-bbbbbbbb", version=2)
    first, second = filed.evidence.frames(filed.position())
    assert [item.window for item in first.windows] == [MONDAY]
    assert [item.window for item in second.windows] == [MONDAY + WEEK]
    assert first.earlier == ()
    assert [(item.window, item.version, item.position) for item in second.earlier] == [(MONDAY + WEEK, 1, 2)]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_groups_and_cells_are_those_of_the_runs_in_force(filed):
    frame = filed.evidence.frames(2)[0]
    whole = drawn([], weeks=(0, 1))
    assert filed.evidence.groups(frame, 2) == list(whole.groups)
    assert len(filed.evidence.cells(frame, 2)) == len(whole.cells)
    file(filed, drawn([], weeks=(1,), version=2), run="run-bbbbbbbb", version=2)
    later = filed.evidence.frames(3)[0]
    assert {group.window for group in filed.evidence.groups(later, 3)} == {MONDAY}
    assert {cell.window for cell in filed.evidence.cells(later, 3)} == {MONDAY}
    assert filed.evidence.groups(frame, 2) == list(whole.groups)


def test_every_sampled_event_is_returned_and_marked_by_what_it_matches(filed):
    found = sampled(filed, "latency_ms:>250", of="context.airport:EWR OR context.airport:LGA")
    assert {(item.window, item.met, item.inside, item.of) for item in found} == {
        (MONDAY, (), False, False),
        (MONDAY, ("slow",), True, True),
        (MONDAY + WEEK, ("missed", "slow"), False, True),
    }
    (control,) = [item for item in found if not item.met]
    assert (control.probability, control.outside, control.labelled) == (0.25, ("odd",), True)
    assert control.stratum == {"context.airport": "JFK"}
    assert [item.labelled for item in found if "missed" in item.met] == [False]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_phrase_is_looked_for_in_the_text_of_events_that_are_no_cases_too(filed):
    assert [item.met for item in sampled(filed, '"flight 2"') if item.inside] == [()]


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_word_is_looked_for_in_the_values_of_events_that_are_no_cases_too(filed):
    assert [item.met for item in sampled(filed, "102") if item.inside] == [()]
    assert {item.met for item in sampled(filed, "LGA OR 101") if item.inside} == {("slow",), ("missed", "slow")}
    assert sum(item.inside for item in sampled(filed, '"on-time"')) == 2
    assert sum(item.inside for item in sampled(filed, '-"on-time" 2.5')) == 1
    assert not any(item.inside for item in sampled(filed, 'carrier OR "EWR late"'))


@pytest.mark.parametrize(
    ("by", "values"),
    [
        ("context.airport", ["EWR", "JFK", "LGA"]),
        ("inputs.distance", [101, 102, 103]),
        ("output", [2.5, "on-time", "on-time"]),
        ("model_version", ["1", "1", "1"]),
        ("label", [None, "late", "late"]),
        ("context.gate", [None, None, None]),
        ("month", ["2013-06", "2013-06", "2013-06"]),
        ("week", ["2013-06-03", "2013-06-03", "2013-06-10"]),
        ("day", ["2013-06-03", "2013-06-03", "2013-06-10"]),
        ("window", ["2013-06-03T00:00:00Z", "2013-06-03T00:00:00Z", "2013-06-10T00:00:00Z"]),
    ],
)
def test_an_event_has_the_value_that_the_estimate_is_broken_down_by(filed, by, values):
    assert sorted((item.key for item in sampled(filed, by=by)), key=str) == values


def test_an_earlier_position_shows_what_the_run_in_force_then_saw(filed):
    again = [member(1, met=["missed"], label="early"), member(2)]
    file(filed, drawn(again, weeks=(0,)), run="run-bbbbbbbb")
    assert {item.met for item in sampled(filed, position=2)} == {(), ("slow",), ("missed", "slow")}
    assert {item.met for item in sampled(filed, position=3)} == {(), ("missed",), ("missed", "slow")}
    assert [item.inside for item in sampled(filed, "label:early", position=2)] == [False, False, False]
    assert sum(item.inside for item in sampled(filed, "label:early", position=3)) == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_event_that_was_only_read_again_has_no_weight(filed):
    read_again = replace(member(1, met=["missed"]), groups=(), probability=0.0)
    run = file(filed, drawn([read_again, member(2)]), run="run-bbbbbbbb")
    assert (run.events_known, run.cases_known) == (1, 0)
    assert [item.event.id for item in filed.runs.members(run.id)] == ["e2"]
    assert [item.met for item in sampled(filed) if item.window == MONDAY] == [()]
    assert [item.event for item in filed.runs.known("arrivals", "arrival-delay", MONDAY, MONDAY + WEEK)] == ["e2"]
