"""What a person saw themselves: filed by hand, found again, counted, revised."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from remiss.catalog import actions as catalog
from remiss.catalog import similar_actions
from remiss.errors import Conflict, InputError, NotFound
from remiss.records.case import Filing, Sensitivity
from tests.stories.logs import MONDAY

BOARD = Filing(
    model="arrival-delay",
    at=MONDAY,
    title="The board showed the wrong terminal",
    note="Told by bo@example.com",
    model_version="41",
    output="on-time",
    label="late",
    mode="remiss:model/weak-slice",
    severity=2,
    inputs={"carrier": "UA", "flight": "1371", "distance": 200, "wind": -3.5, "diverted": False, "gate": None},
    context={"airport": "EWR", "seat": "=x"},
    text="Ask ana@example.com",
    team="arrivals",
    sensitivity=Sensitivity.RESTRICTED,
)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_filed_case_says_all_that_was_filed_redacted(ws):
    case = catalog.file(ws, BOARD)
    assert (case.origin, case.revision, case.captures) == ("filed", 1, ())
    assert (case.team, case.sensitivity, case.mode, case.severity) == ("arrivals", Sensitivity.RESTRICTED, BOARD.mode, 2)
    event = case.event
    assert (event.model, event.at, event.model_version, event.output, event.label) == (
        ("arrival-delay", MONDAY, "41", "on-time", "late")
    )
    assert (event.inputs, event.context) == (BOARD.inputs, BOARD.context)
    assert {name: type(value) for name, value in event.inputs.items()} == {
        name: type(value) for name, value in BOARD.inputs.items()
    }
    assert "[email:" in event.text
    assert "[email:" in case.note
    assert catalog.show(ws, case.id) == case


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_filing_the_same_again_gives_the_same_case(ws):
    assert catalog.file(ws, BOARD) == catalog.file(ws, BOARD)
    assert catalog.search(ws).total == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("case.duplicates", "case.search")
def test_before_filing_one_is_told_which_case_it_would_be_like_and_in_what(ws):
    filed = catalog.file(ws, BOARD)
    again = replace(BOARD, title="Wrong terminal again", at=MONDAY + timedelta(days=1), inputs={**BOARD.inputs, "carrier": "DL"})
    (found,) = similar_actions.duplicates(ws, again)
    assert (found["id"], round(found["likeness"], 2), found["fields"]) == (filed.id, 0.89, 9)
    assert "inputs.flight" in found["same"]
    assert "carrier" not in found["same"]
    assert catalog.search(ws).total == 1


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_filed_case_is_found_by_what_its_inputs_are(ws):
    filed = catalog.file(ws, BOARD)
    for query in ("inputs.distance:>100", "inputs.wind:<0", "inputs.diverted:false", "inputs.flight:1371", "-inputs.carrier:DL"):
        assert catalog.search(ws, query).column("id") == (filed.id,), query
    assert catalog.search(ws, "inputs.distance:>200").total == 0


@pytest.mark.every_way("case.facets")
def test_cases_are_counted_by_the_fields_that_are_asked_for(ws):
    for at in range(3):
        catalog.file(ws, Filing(model="m", at=MONDAY, title=f"Wrong gate {at}", context={"airport": ("EWR", "JFK")[at % 2]}))
    found = catalog.facets(ws, "", fields=("context.airport", "origin"))
    assert found.rows == (("context.airport", "EWR", 2), ("context.airport", "JFK", 1), ("origin", "filed", 3))
    assert set(catalog.facets(ws).column("field")) > {"context.airport", "status"}
    with pytest.raises(InputError):
        catalog.facets(ws, "", fields=("title",))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_page_without_a_total_is_the_same_page(ws):
    for at in range(3):
        catalog.file(ws, Filing(model="m", at=MONDAY + at * timedelta(hours=1), title=f"Wrong gate {at}"))
    page, counted = catalog.search(ws, limit=2, total=False), catalog.search(ws, limit=2)
    assert (page.rows, page.total, counted.total) == (counted.rows, None, 3)
    rest = catalog.search(ws, limit=2, after=page.next)
    assert (len(rest), rest.next) == (1, None)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("case.file", "case.revise", "case.history")
def test_a_revision_changes_what_it_names_and_keeps_what_was(ws):
    filed = catalog.file(ws, BOARD)
    revised = catalog.revise(ws, filed.id, 1, title="The board lied", severity=1)
    assert (revised.revision, revised.title, revised.severity) == (2, "The board lied", 1)
    assert (revised.mode, revised.note) == (filed.mode, filed.note)
    first, second = catalog.history(ws, filed.id)
    assert (first.title, first.severity, first.note) == (filed.title, 2, filed.note)
    assert (first.position_to, second.position_from, second.position_to) == (second.position_from, first.position_from + 1, None)
    assert (second.action, second.title) == ("case.revise", "The board lied")
    assert catalog.show(ws, filed.id, as_of=first.position_from) == filed


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_empty_note_takes_the_note_away(ws):
    filed = catalog.file(ws, BOARD)
    assert catalog.revise(ws, filed.id, 1, note="").note is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_cleared_is_taken_away_and_stays_in_the_history(ws):
    filed = catalog.file(ws, BOARD)
    cleared = catalog.revise(ws, filed.id, 1, note="Nobody knows", clear=("title", "mode", "severity"))
    assert (cleared.title, cleared.mode, cleared.severity, cleared.note) == (None, None, None, "Nobody knows")
    assert catalog.search(ws, "terminal").total == 0
    first, second = catalog.history(ws, filed.id)
    assert (first.title, first.mode, first.severity) == (filed.title, filed.mode, filed.severity)
    assert (second.title, second.mode, second.severity) == (None, None, None)
    assert catalog.revise(ws, filed.id, 2, clear=("note",)).note is None
    for change in ({"clear": ("note",)}, {"clear": ("title",), "title": "x"}, {"clear": ("status",)}):
        with pytest.raises(InputError):
            catalog.revise(ws, filed.id, 3, **change)
    assert catalog.show(ws, filed.id).revision == 3


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way
def test_who_read_an_older_revision_is_told_and_writes_nothing(ws):
    filed = catalog.file(ws, BOARD)
    catalog.revise(ws, filed.id, 1, severity=1)
    with pytest.raises(Conflict, match="nothing was written"):
        catalog.revise(ws, filed.id, 1, severity=3)
    assert catalog.show(ws, filed.id).severity == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_no_case_can_be_is_refused(ws):
    filed = catalog.file(ws, BOARD)
    for change in ({"severity": 5}, {"mode": "nope:x"}, {"title": " "}, {}):
        with pytest.raises(InputError):
            catalog.revise(ws, filed.id, 1, **change)
    with pytest.raises(NotFound):
        catalog.revise(ws, "zzzzzz", 1, severity=1)
    assert catalog.show(ws, filed.id) == filed
