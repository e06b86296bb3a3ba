"""Sampled events one by one, cases or not, on each database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from remiss.curate import labelling_actions as curate
from remiss.edges.stores.sampled import listing
from remiss.edges.stores.tables import cases, events
from remiss.errors import QueryError
from remiss.records.case import Sensitivity
from remiss.records.identity import case_id
from remiss.understand import sample_actions as samples
from tests.edges.stores.drawing import MONDAY, WEEK, drawn, file, member
from tests.edges.stores.test_blindness import FAILS, offered

CASE, CONTROL = (case_id("arrivals", name) for name in ("e1", "e2"))


@pytest.fixture
def captured(ws):
    file(ws, drawn([member(1, met=("missed", "slow")), member(2), member(3, week=1)], weeks=(0, 1)), run="run-a0000000")
    return ws


def lines(ws, query="", **more):
    return {line["event"]: line for line in samples.list_sample(ws, query, **more)}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_every_sampled_event_is_listed_with_how_it_was_drawn(captured):
    found = lines(captured)
    assert found.keys() == {"e1", "e2", "e3"}
    flagged, control = found["e1"], found["e2"]
    assert (flagged["id"], flagged["groups"], flagged["criteria"]) == (CASE, "missed, slow", "missed, slow")
    assert (control["id"], control["groups"], control["criteria"], control["outside"]) == (CONTROL, "control", "", "odd")
    assert (flagged["inclusion_probability"], flagged["weight"], flagged["stratum"]) == (0.25, 4.0, '{"context.airport":"EWR"}')
    assert (flagged["source"], flagged["protocol"], flagged["version"], flagged["run"]) == (
        "arrivals",
        "arrival-delay",
        1,
        "run-a0000000",
    )
    assert (flagged["window"], found["e3"]["window"]) == (MONDAY, MONDAY + WEEK)
    assert (flagged["inputs.distance"], flagged["context.airport"], flagged["text"]) == (101, "EWR", "Remarks of flight 1")
    assert (flagged["status"], control["status"], flagged["verdict"], flagged["hidden"]) == ("candidate", None, None, None)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_controls_are_found_by_their_group(captured):
    assert lines(captured, "group:control").keys() == {"e2", "e3"}
    assert lines(captured, "-group:control").keys() == {"e1"}
    assert lines(captured, "group:s* inputs.distance:101").keys() == {"e1"}
    assert lines(captured, "group:slow -criterion:slow") == {}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_what_people_came_to_is_told_once_they_have(captured, ws_as):
    ana, bo = ws_as("ana", role="verifier"), ws_as("bo", role="verifier")
    curate.annotate(ana, CASE, 1, FAILS)
    assert (lines(captured)["e1"]["status"], lines(captured)["e1"]["verdict"]) == ("annotated", None)
    curate.verify(bo, CASE, 2, FAILS)
    then = captured.position()
    found = lines(captured)["e1"]
    assert (found["status"], found["verdict"], found["mode"], found["severity"]) == ("verified", "failure", FAILS.mode, 2)
    assert lines(captured, "status:verified").keys() == {"e1"}
    assert lines(captured, as_of=then - 1)["e1"]["verdict"] is None


def test_a_list_is_turned_page_by_page(captured):
    seen, after = [], None
    while True:
        page = samples.list_sample(captured, limit=1, after=after)
        assert (page.total, page.blinded) == (3, 0)
        seen += page.column("event")
        after = page.next
        if after is None:
            break
    assert sorted(seen) == ["e1", "e2", "e3"]
    assert samples.list_sample(captured, limit=1, total=False).total is None


def test_words_are_looked_for_in_one_stretch_after_another(ws, monkeypatch):
    monkeypatch.setattr(listing, "FEWEST", -4)
    monkeypatch.setattr(listing, "MOST", 3)
    said = [member(number, text="gate closed" if number % 3 else "gate open") for number in range(1, 20)]
    file(ws, drawn(said), run="run-a0000000")
    for query, matching in (("closed", 13), ("-closed", 6), ("gate open OR inputs.distance:101", 7), ("nowhere", 0)):
        seen, after = [], None
        while after is not None or not seen:
            page = samples.list_sample(ws, query, limit=2, after=after)
            assert page.total == matching
            seen.append(page.column("event"))
            after = page.next
            if after is None:
                break
        assert sorted(name for names in seen for name in names) == sorted(lines(ws, query, limit=100))
        assert sum(map(len, seen)) == matching


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_cases_are_not_asked_by_groups(captured):
    from remiss.catalog import actions

    with pytest.raises(QueryError, match="sample list 'group:control'"):
        actions.search(captured, "group:control")


# What is told of an event by how it was drawn and what became of it.
TOLD = ("groups", "criteria", "undecided", "outside", "inclusion_probability", "weight", "status", "verdict", "mode", "severity")
ASKED = (
    *(
        "group:control",
        "group:*",
        "has:group",
        "has:criterion",
        "criterion:slow",
        "suggested_mode:*",
        "has:id",
        "status:candidate",
    ),
    *(
        "status:control",
        "status:annotated",
        "has:mode",
        "severity:<=4",
        "origin:captured",
        "has:revision",
        "revised:>=2013-01-01",
        "has:title",
    ),
    *("sensitivity:>=public", f"id:{CASE}", f"id:{CONTROL}"),
)


@pytest.mark.parametrize(
    ("role", "blinded"), [("reader", ()), ("steward", ()), ("annotator", ("e1", "e2", "e3")), ("admin", ("e1", "e2", "e3"))]
)
def test_who_may_still_label_an_event_is_told_nothing_that_its_case_or_the_lack_of_one_would_tell(captured, ws_as, role, blinded):
    ws = ws_as("cy", role=role)
    page = samples.list_sample(ws)
    assert page.blinded == len(blinded)
    found = {line["event"]: line for line in page}
    assert {event for event, line in found.items() if line["hidden"]} == set(blinded)
    assert all(found[event][name] is None for event in blinded for name in TOLD)
    assert all((found[event]["label"], found[event]["context.airport"]) == ("late", "EWR") for event in blinded)
    for query in ASKED if blinded else ():
        assert lines(ws, query) == {}
        assert lines(ws, f"-{query}").keys() == {"e1", "e2", "e3"}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_has_labelled_an_event_is_told_of_it_and_who_may_verify_it_is_not(captured, ws_as):
    ana, bo, dee = ws_as("ana", role="annotator"), ws_as("bo", role="verifier"), ws_as("dee", role="annotator")
    offered(captured, "e2")
    curate.annotate(ana, CASE, 1, FAILS)
    curate.annotate(ana, CONTROL, 1, FAILS)
    assert {name for name, line in lines(ana).items() if line["hidden"]} == {"e3"}
    assert {name for name, line in lines(bo).items() if line["hidden"]} == {"e1", "e2", "e3"}
    # They may not give its second labelling, and a case tells them why it was caught.
    assert {name for name, line in lines(dee).items() if line["hidden"]} == {"e3"}
    assert lines(ana, "group:control").keys() == {"e2"}
    assert lines(bo, "group:control") == {}
    curate.verify(bo, CASE, 2, FAILS)
    assert lines(bo, "status:verified").keys() == {"e1"}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_order_of_a_list_says_nothing_of_why_an_event_was_kept(ws, ws_as):
    # By priority the one kept by a criterion alone would stand behind all controls.
    kept = [member(number, met=("slow",) if number == 5 else ()) for number in (7, 3, 9, 5, 1)]
    members = [replace(each, priority=f"{place:013x}") for place, each in enumerate(kept)]
    file(ws, drawn(members), run="run-a0000000")
    assert samples.list_sample(ws_as("cy", role="annotator")).column("event") == ("e1", "e3", "e5", "e7", "e9")


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.parametrize("role", ["reader", "curator"])
def test_what_is_above_somebodys_clearance_is_not_there(captured, ws_as, role):
    with captured._store.engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(events).where(events.c.event_id == "e2").values(sensitivity=int(Sensitivity.RESTRICTED)))
        connection.execute(update(cases).where(cases.c.id == CASE).values(sensitivity=int(Sensitivity.SECRET)))
    ws, cleared = ws_as("cy", role=role), ws_as("di", role=role, clearance="secret")
    for query in ("", "remarks", "-group:nowhere", "inputs.distance:<200"):
        assert lines(ws, query).keys() == {"e3"}
        assert lines(cleared, query).keys() == {"e1", "e2", "e3"}
    assert samples.list_sample(ws, limit=1).total == 1
    assert lines(ws_as("ed", role=role, team="boarding")) == {}
