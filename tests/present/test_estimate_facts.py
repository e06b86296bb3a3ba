"""Estimates in words: digits that follow certainty, marks of a row, and notes that name their rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remiss.present import estimate_facts
from remiss.present.chart import chart
from remiss.records.estimate import THIS_LOG, Estimate, EstimateRow

ROW = EstimateRow(key="UA", value=1234.5, low=900.0, high=1700.0, method="weighted", variance="process", sampled=40)
LOG = replace(ROW, key="B6", variance="sample", notes=(THIS_LOG,))


def estimate(*rows: EstimateRow, by: str | None = "inputs.carrier") -> Estimate:
    return Estimate(query="criterion:missed", of=None, by=by, position=1, rows=rows)


@pytest.mark.parametrize(
    ("changed", "interval"),
    [
        ({}, "given"),
        ({"low": None, "high": None}, "unknown"),
        ({"low": None, "high": None, "method": "counted"}, "unknown"),
        ({"low": None, "high": None, "method": "counted", "variance": "sample"}, "exact"),
        ({"low": 1234.5, "high": 1234.5}, "exact"),
        ({"value": None, "low": None, "high": None}, "undefined"),
    ],
)
def test_a_row_says_what_its_missing_ends_mean(changed, interval):
    row = replace(ROW, **changed)
    assert row.interval == interval
    assert estimate(row).to_arrow().column("interval").to_pylist() == [interval]


@pytest.mark.parametrize("key", ["", " ", "\n"])
def test_a_value_of_no_letters_has_a_name_that_can_be_read_and_followed(key):
    blank = replace(ROW, key=key)
    assert estimate_facts.key_of(blank) == "(empty)"
    drawn = chart(estimate(ROW, blank), href=lambda _: "/cases")
    assert "<title>(empty)" in drawn.svg


def test_a_value_without_an_interval_has_no_more_digits_than_its_events_bear_out():
    unknown = {"low": None, "high": None}
    assert estimate_facts.figure_of(replace(ROW, **unknown), rate=False) == ("1,230", "")
    assert estimate_facts.figure_of(replace(ROW, **unknown, effective=3.0), rate=False) == ("1,200", "")
    assert estimate_facts.figure_of(replace(ROW, **unknown, method="counted", value=1234), rate=False) == ("1,234", "")
    rate = replace(ROW, **unknown, value=0.12345, effective=30.0)
    assert estimate_facts.figure_of(rate, rate=True)[0].startswith("12")
    assert "." not in estimate_facts.figure_of(rate, rate=True)[0]


def test_a_row_of_this_log_only_is_marked_and_drawn_with_open_ends():
    found = estimate(ROW, LOG, replace(LOG, key="VX", few=True, sampled=4))
    assert [estimate_facts.remarks(row) for row in found.rows] == ["", "this log only", "this log only, few"]
    assert "Dotted ends: this log only" in chart(found).legend
    assert "under 10 sampled" in chart(found).legend
    assert "Dotted ends" not in chart(estimate(ROW)).legend


def test_a_note_of_several_rows_is_said_once_with_their_names():
    rows = [replace(ROW, key=f"K{at}", notes=("one", *(("two",) if at < 2 else ()))) for at in range(8)]
    rows.append(replace(ROW, key="last"))
    assert estimate_facts.notes(estimate(*rows)) == ["K0, K1, K2, K3 and 4 more: one", "K0, K1: two"]


def test_a_note_of_rows_with_long_names_is_a_line_that_can_be_read():
    names = [f"a station of a name that goes on and on {at} " * 4 for at in range(9)]
    found = estimate(ROW, *(replace(LOG, key=each) for each in names))
    [note] = estimate_facts.rows_own(found, [])
    assert len(note) <= 180
    assert note.endswith(f" and 7 more: {THIS_LOG}")
    assert note.startswith("a station of a")


def test_what_could_not_be_judged_is_told_in_plain_words():
    of = {"value": 0.1, "low": 0.05, "high": 0.2, "judged": 0.9, "bounds": (0.09, 0.19)}
    [note] = [each for each in estimate_facts.notes(replace(estimate(replace(ROW, **of), LOG), rate=True)) if "unjudged" in each]
    assert note == "if unjudged: what the rate would be if none, or all, of the events that could not be judged matched"
