"""Lists, queries and counts tell whoever labels no more of a case than the case itself does, on each database."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import update

from remiss.capture import run_actions
from remiss.catalog import actions, similar_actions
from remiss.catalog.listing import CaseLine, Order
from remiss.curate import labelling_actions as curate
from remiss.edges.stores.tables import events
from remiss.records.case import Filing, Sensitivity
from remiss.records.identity import case_id
from remiss.records.run import Change
from remiss.records.states import Status
from tests.edges.stores.drawing import MONDAY, drawn, file, member
from tests.edges.stores.test_blindness import FAILS, hold, offered
from tests.edges.stores.test_shapes import in_order
from tests.protocol.documents import WHOLE

SECOND = "not visible until a second person has labelled the case independently"
MINE = "not visible until you have labelled the case, which you have in hand"
# Ana owns the model by the version that captured the cases.
OWNED = WHOLE.replace("version: 3", "version: 1").replace("team: arrivals", "team: default")
NAMES = tuple(case_id("arrivals", f"e{number}") for number in range(1, 8))
TAKEN, OWN, WAITING, HELD, CONTROL, DONE, LATER = NAMES
FIELDS = ("severity", "mode", "suggested_mode")
ORDERS = tuple(order.value for order in Order if order not in {Order.FIELD, Order.FILED})


@pytest.fixture
def people(ws, ws_as, once):
    """Cases that stand in every way, and some people; of whom ana owns the model, bo verifies, dee labels and eve reads."""
    roles = {"ana": "verifier", "bo": "verifier", "cy": "curator", "dee": "annotator", "eve": "reader"}
    found = {name: ws_as(name, role=role) for name, role in roles.items()}
    once(ws, "stands_in_every_way", lambda: stand_in_every_way(ws, found))
    return {**found, "ws": ws}


def stand_in_every_way(ws, found):
    members = [member(number, met=["slow", "missed"] if number % 2 else ["slow"]) for number in (1, 2, 3, 4, 6, 7)]
    run = file(ws, drawn([*members, member(5)]), run="run-a0000000", text=OWNED)
    offered(ws, "e5")
    actions.file(ws, Filing(model="other", at=MONDAY, title="seen", severity=1, mode="remiss:data/label-noise"))
    for case, person in ((TAKEN, "cy"), (OWN, "bo"), (CONTROL, "cy"), (DONE, "cy"), (LATER, "cy")):
        curate.annotate(found[person], case, 1, FAILS)
    curate.verify(found["bo"], DONE, 2, FAILS)
    hold(ws, "e4", "dee")
    hold(ws, "e1", "dee")
    return run.id


NAMED = ("ana", "bo", "cy", "dee", "eve", "ws")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_it_is_withheld_from_whoever_has_a_case_in_hand_or_may_verify_it(people):
    why = {name: {line["id"]: line["hidden"] for line in actions.search(people[name], "") if line["hidden"]} for name in NAMED}
    # What ana owns she never verifies; what cy annotated he knows.
    assert why["ana"] == why["eve"] == why["ws"] == {}
    assert why["bo"] == {TAKEN: SECOND, CONTROL: SECOND, LATER: SECOND}
    assert why["cy"] == {OWN: SECOND}
    assert why["dee"] == {TAKEN: SECOND, HELD: MINE}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("name", NAMED)
def test_a_line_tells_what_the_case_tells(people, name):
    ws = people[name]
    for line in actions.search(ws, ""):
        case = actions.show(ws, str(line["id"]))
        assert (line["severity"], line["mode"], line["suggested_mode"]) == (case.severity, case.mode, case.suggested_mode)
        assert line["hidden"] == case.hidden
        assert line["criteria"] == ", ".join(sorted(case.criteria))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("past", [False, True])
def test_queries_and_counts_know_what_the_lines_tell(people, name, past):
    ws = people[name]
    at = ws.position() if past else None
    every = list(actions.search(ws, "", as_of=at))
    for query, holds in {
        "criterion:slow": lambda line: "slow" in line["criteria"],
        "-criterion:missed": lambda line: "missed" not in line["criteria"],
        "has:criterion": lambda line: line["criteria"],
        "severity:<=2": lambda line: line["severity"] in {1, 2},
        "severity:3 status:annotated": lambda line: line["severity"] == 3 and line["status"] == "annotated",
        "-has:severity": lambda line: line["severity"] is None,
        "suggested_mode:remiss:system/*": lambda line: (line["suggested_mode"] or "").startswith("remiss:system"),
        "mode:remiss:data/*": lambda line: (line["mode"] or "").startswith("remiss:data"),
        "criterion:slow OR severity:1": lambda line: "slow" in line["criteria"] or line["severity"] == 1,
    }.items():
        found = actions.search(ws, query, as_of=at)
        assert sorted(found.column("id")) == sorted(line["id"] for line in every if holds(line)), query
        assert actions.search(ws, query, as_of=at, limit=1).total == len(found)
    counts = {field: Counter(line[field] for line in every) for field in FIELDS}
    counts["criterion"] = Counter(each for line in every for each in str(line["criteria"]).split(", ") if each)
    for field, counted in counts.items():
        found = {row[1]: row[2] for row in actions.facets(ws, "", fields=(field,), as_of=at).rows}
        assert found == counted, field


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.parametrize("name", ["bo", "dee", "ws"])
@pytest.mark.parametrize("sort", ["severity", "-severity", "-occurred", "filed", "mode", "-criteria"])
def test_a_list_is_turned_page_by_page_in_the_order_of_what_is_told(people, name, sort):
    ws, ids, after = people[name], [], None
    whole = actions.search(ws, "", sort=sort)
    while True:
        page = actions.search(ws, "", sort=sort, limit=2, after=after)
        ids += page.column("id")
        assert page.total == whole.total == len(whole)
        if page.next is None:
            break
        after = page.next
    assert tuple(ids) == whole.column("id")
    if sort.endswith("severity"):
        grades = [grade for grade in whole.column("severity") if grade is not None]
        assert grades == sorted(grades, reverse=sort.startswith("-"))
        assert set(whole.column("severity")[len(grades) :]) <= {None}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.parametrize("name", NAMED)
def test_no_order_tells_more_than_the_lines_do(people, name):
    ws = people[name]
    at = ws.position()
    for order, sign, position in product(ORDERS, ("", "-"), (None, at)):
        lines = [CaseLine(**_typed(line)) for line in actions.search(ws, "", sort=sign + order, as_of=position)]
        assert len(lines) > len(NAMES) - 3
        # Whose value is hidden stands among those that have none, by when it happened.
        assert in_order(lines, sign + order), (order, sign)


def _typed(line):
    criteria = tuple(line["criteria"].split(", ")) if line["criteria"] else ()
    return {**line, "criteria": criteria, "status": Status(line["status"])}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_order_of_filing_has_no_case_that_would_stand_out_by_it(people):
    listed = {str(name) for name in actions.search(people["bo"], "", sort="filed").column("id")}
    assert {TAKEN, CONTROL, LATER}.isdisjoint(listed)
    assert {OWN, HELD, DONE} <= listed


def test_a_case_that_waits_for_its_second_labelling_was_not_there_before_its_first(people):
    before = actions.history(people["ws"], LATER)[0].position_from
    for name, seen in (("bo", False), ("ws", True), ("eve", True)):
        ws = people[name]
        assert (LATER in actions.search(ws, "", as_of=before).column("id")) is seen
        assert (LATER in similar_actions.similar(ws, DONE, as_of=before, limit=50).column("id")) is seen
        assert LATER in similar_actions.similar(ws, DONE, limit=50).column("id")
        assert actions.facets(ws, f"id:{LATER}", fields=("status",), as_of=before).rows == (
            (("status", "candidate", 1),) if seen else ()
        )


def test_what_a_recapture_changed_of_a_case_is_not_told_to_whoever_is_not_told_why_it_was_caught(people):
    """For that names the criteria that it met before and after."""
    told = [Change(event=f"e{number}", kind="changed", window=MONDAY, detail="met: slow -> none") for number in range(1, 8)]
    again = drawn([member(number) for number in range(1, 8)])
    file(people["ws"], replace(again, digest="again"), run="run-b0000000", changes=told)
    shown = {name: {line["event"] for line in run_actions.diff(people[name], "run-b0000000")} for name in NAMED}
    everything = {each.event for each in told}
    assert shown["ana"] == shown["eve"] == shown["ws"] == everything
    assert shown["bo"] == everything - {"e1", "e5", "e7"}
    assert shown["cy"] == everything - {"e2"}
    assert shown["dee"] == everything - {"e1", "e4"}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_a_run_changed_of_an_event_that_became_more_guarded_is_not_told_to_whoever_does_not_see_it(people):
    told = [Change(event=f"e{number}", kind="gone", window=MONDAY) for number in (6, 7)]
    file(people["ws"], replace(drawn([member(5)]), digest="again"), run="run-b0000000", changes=told)
    with people["ws"]._store.engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(events).where(events.c.event_id == "e6").values(sensitivity=int(Sensitivity.SECRET)))
    assert [line["event"] for line in run_actions.diff(people["eve"], "run-b0000000")] == ["e7"]
    assert len(run_actions.diff(people["ws"], "run-b0000000")) == 2


def test_how_many_cases_there_were_tells_no_control_from_a_case_that_was_there_before(people):
    """What there was before the annotation of a control is one case less; of any other it is as many."""
    last = people["ws"].position()
    counts = {name: [len(actions.search(people[name], "", as_of=at, limit=100)) for at in range(1, last + 1)] for name in NAMED}
    facts = {name: [actions.info(people[name], as_of=at).cases for at in range(1, last + 1)] for name in NAMED}
    assert facts == counts
    assert facts["bo"] != facts["eve"]
