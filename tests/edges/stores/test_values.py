"""What logs hold and databases choke on: kept alike on every database."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from remiss.capture.sql.plan import Shape
from remiss.capture.values import value_of
from remiss.catalog import actions as catalog
from tests.edges.stores.drawing import drawn, file, member

ODD = {
    "big": 2**70,
    "negative": -(2**63),
    "tiny": 5e-324,
    "large": 1234567890123.25,
    "truth": True,
    "nothing": None,
    "quotes": 'it\'s "quoted" \\ and %s :bound ?',
    "lines": "one\ntwo\r\n\ttab",
    "wide": "naïve 東京 🛫",
    "empty": "",
    "tag": "int:5",
}


def kept(ws, **event):
    draw = drawn([member(1, met=["slow"], **event)])
    file(ws, draw, run="run-aaaaaaaa")
    return ws.runs.members("run-aaaaaaaa")[0].event


def test_every_kind_of_value_comes_back_as_it_went_in(ws):
    event = kept(ws, inputs=ODD, context=ODD, output=2**60, label=False, id="e\"1\n'", text=ODD["quotes"])
    assert event.inputs == ODD
    assert event.context == ODD
    assert (event.output, event.label, event.id, event.text) == (2**60, False, "e\"1\n'", ODD["quotes"])


def test_numbers_that_json_cannot_say_come_back(ws):
    inputs = kept(ws, inputs={"nan": math.nan, "inf": math.inf, "low": -math.inf}).inputs
    assert math.isnan(inputs["nan"])
    assert (inputs["inf"], inputs["low"]) == (math.inf, -math.inf)


def test_a_large_number_beside_one_that_json_cannot_say_stays_a_number(ws):
    inputs = {"inf": math.inf, "big": 2**70, "low": -(2**60), "tag": "int:5"}
    assert kept(ws, inputs=inputs).inputs == inputs


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_times_keep_their_microseconds_in_any_year(ws, year):
    at = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert kept(ws, at=at).at == at


def test_a_character_that_no_database_holds_is_kept_as_a_capture_keeps_it(ws):
    event = kept(ws, text="a\0b", inputs={"x": "a\0b"}, output="a\0b", model_version="1\0")
    captured = value_of("a\0b", Shape.TEXT)
    assert captured == "a\N{REPLACEMENT CHARACTER}b"
    assert (event.text, event.inputs, event.output) == (captured, {"x": captured}, captured)
    assert event.model_version == value_of("1\0", Shape.TEXT)


def test_what_is_kept_for_a_character_that_no_database_holds_is_found_again(ws):
    kept(ws, text="gate\0closed", inputs={"x": "a\0b"}, output="a\0b")
    [case] = [line["id"] for line in catalog.search(ws)]
    for query in ('output:"a\N{REPLACEMENT CHARACTER}b"', 'inputs.x:"a\N{REPLACEMENT CHARACTER}b"', "gate", "closed"):
        assert [line["id"] for line in catalog.search(ws, query)] == [case], query
