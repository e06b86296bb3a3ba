"""A word is found in the values of a case too: as they are now, as they were, and by nobody who may not see them."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from remiss.catalog import actions
from remiss.edges.stores.case_writing import index_anew
from remiss.edges.stores.tables import cases, event_contents
from remiss.records.case import Filing, Sensitivity
from remiss.records.identity import case_id
from tests.edges.stores.drawing import MONDAY, drawn, file, member

CASE = case_id("arrivals", "e1")
ASIDE = {"text": None, "airport": "JFK", "output": None, "label": None}


def total(ws, query, **more):
    return actions.search(ws, query, **more).total


@pytest.fixture
def captured(ws):
    inputs = {"distance": 12.5, "carrier": "Übermut Air", "rebooked": True, "gate": None}
    one = member(1, met=["slow"], text=None, inputs=inputs)
    file(ws, drawn([one, member(2, met=["slow"], **ASIDE)]), run="run-aaaaaaaa")
    return ws


def test_a_word_is_found_in_inputs_context_output_and_label_as_they_are_written(captured):
    for query in ("EWR", "ubermut", "12.5", "true", '"on-time"', "late", "EWR late", "EWR OR nowhere", '"Ubermut air"'):
        assert actions.search(captured, query).column("id") == (CASE,), query
    # Not in names, nor across two values, nor in what is suggested.
    for query in ("airport", "distance", "none", '"late EWR"', '"on time late"', "slow", "latency", "candidate", "é", "e"):
        assert total(captured, query) == 0, query
    assert total(captured, "-EWR") == 1
    assert actions.facets(captured, "EWR", fields=["status"]).rows == (("status", "candidate", 1),)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_recapture_is_found_by_what_it_saw_and_the_past_by_what_was_seen_then(captured):
    before = captured.position()
    file(captured, drawn([member(1, met=["slow"], label="diverted"), member(3, met=["slow"], **ASIDE)]), run="run-bbbbbbbb")
    assert (total(captured, "late"), total(captured, "diverted")) == (0, 1)
    assert (total(captured, "late", as_of=before), total(captured, "diverted", as_of=before)) == (1, 0)
    assert (total(captured, "EWR", as_of=before), total(captured, "-late", as_of=before)) == (1, 1)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_what_is_filed_and_revised_by_hand_is_found_by_its_values(ws):
    case = actions.file(ws, Filing(model="m", at=MONDAY, title="seen", output="late", inputs={"tail": "N42"}, context={"n": 7}))
    assert [total(ws, query) for query in ("N42", "7", "late", "seen")] == [1, 1, 1, 1]
    actions.revise(ws, case.id, 1, title="known")
    assert [total(ws, query) for query in ("N42", "7", "late", "seen", "known")] == [1, 1, 1, 0, 1]


def test_nobody_learns_of_a_value_by_a_word_of_a_case_that_they_do_not_see(ws, ws_as):
    secret = Filing(model="m", at=MONDAY, title="closed", context={"airport": "EWR"}, sensitivity=Sensitivity.SECRET)
    actions.file(ws, secret)
    before = ws.position()
    reader = ws_as("rosa", role="reader")
    assert total(ws, "EWR") == 1
    for asked in ({}, {"as_of": before}):
        assert (total(reader, "EWR", **asked), total(reader, "-EWR", **asked)) == (0, 0)
    assert actions.facets(reader, "EWR").rows == ()


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_no_word_is_left_of_content_that_was_erased(captured):
    with captured._store.engine.execution_options(writes=True).begin() as connection:
        row = connection.execute(select(cases.c.key, cases.c.event_key).where(cases.c.id == CASE)).one()
        connection.execute(delete(event_contents).where(event_contents.c.event_key == row.event_key))
        index_anew(connection, [row.key])
    assert [total(captured, query) for query in ("EWR", "ubermut", "late", "12.5")] == [0, 0, 0, 0]
