"""Sampled events that differ only in what is hidden from somebody are told to them letter by letter alike, on each database.

By lines, counts, queries and statements. What a person may know differs by their role: who labels nothing is told how each was
drawn, and nobody what is not decided.
"""

from __future__ import annotations

import pytest
from sqlalchemy import event

from remiss.codec import to_json
from remiss.curate import labelling_actions as curate
from remiss.records.identity import canonical, case_id
from remiss.records.labelling import Judgement, Verdict
from remiss.understand import sample_actions as samples
from tests.edges.stores.drawing import MONDAY, drawn, file, member
from tests.edges.stores.test_blindness import FAILS, GRAVEST, hold, offered
from tests.edges.stores.test_sample import ASKED
from tests.protocol.documents import WHOLE

# Every annotation is verified, whatever it says.
SHARES = '{"1": 1.0, "2": 1.0, "3": 1.0, "4": 1.0, rejected: 1.0, cleared: 1.0}'
SAME = {"at": MONDAY, "inputs": {"carrier": "UA"}, "text": "the same"}
ROLES = {
    "ana": "verifier",
    "bo": "verifier",
    "cy": "curator",
    "dee": "annotator",
    "eve": "reader",
    "flo": "steward",
    "gil": "admin",
}
FLAGGED, CONTROL, OTHER, ALONE = "e1", "e2", "e3", "e4"  # nobody has labelled them
FAILED, CLEARED, MISSED, WRONG, GRAVE = "e5", "e6", "e7", "e8", "e9"  # annotated by ana
UNSURE, UNASKED = "e10", "e11"  # controls; of one of them ana could not tell what it is
WAITING = (FLAGGED, CONTROL, OTHER, ALONE, UNSURE, UNASKED)
ANNOTATED = (FAILED, CLEARED, MISSED, WRONG, GRAVE)
SAID = {
    FAILED: FAILS,
    CLEARED: Judgement(verdict=Verdict.NOT_A_FAILURE),
    MISSED: FAILS,
    WRONG: Judgement(verdict=Verdict.WRONG_LABEL, rationale="the board was right"),
    GRAVE: Judgement(verdict=Verdict.FAILURE, mode=FAILS.mode, answers=GRAVEST),
    UNSURE: Judgement(verdict=Verdict.CANNOT_TELL, rationale="no text"),
}
# What each person is told alike: all that they may still label; of what somebody else decides, whatever was said first.
ALIKE = {
    "ana": [WAITING],
    "bo": [(*WAITING, *ANNOTATED)],
    "cy": [(*WAITING, *ANNOTATED)],
    "dee": [WAITING, (FAILED, CLEARED, WRONG, GRAVE)],
    "eve": [(FAILED, CLEARED, WRONG, GRAVE), (CONTROL, UNSURE, UNASKED)],
    "flo": [(FAILED, CLEARED, WRONG, GRAVE), (CONTROL, UNSURE, UNASKED)],
    "gil": [(*WAITING, *ANNOTATED)],
}


@pytest.fixture
def people(ws, ws_as, once):
    """A catalog in which every event says the same of itself, and people of all roles."""
    found = {name: ws_as(name, role=role) for name, role in ROLES.items()}
    once(ws, "sampled_alike", lambda: stand_alike(ws, found["ana"]))
    return found


def stand_alike(ws, ana):
    caught = [member(number, met=["slow"], **SAME) for number in (1, 5, 6, 8, 9)]
    others = [member(3, met=["missed", "slow"], **SAME), *(member(number, **SAME) for number in (2, 4, 7, 10, 11))]
    text = WHOLE.replace("version: 3", "version: 1").replace("team: arrivals", "team: default")
    run = file(ws, drawn([*caught, *others]), run="run-a0000000", text=text)
    for name in (CONTROL, ALONE, MISSED, UNSURE, UNASKED):
        offered(ws, name)
    for name, said in SAID.items():
        curate.annotate(ana, case_id("arrivals", name), 1, said)
    return run.id


def lines(ws, query="", **more):
    """Return the lines of a list by event, as published, without what names the event."""
    page = to_json(samples.list_sample(ws, query, **more))
    assert page["next"] is None
    return {
        line["event"]: canonical({key: value for key, value in line.items() if key not in {"id", "event"}})
        for line in page["items"]
    }


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.parametrize("name", ROLES)
def test_what_differs_only_in_what_is_hidden_is_told_alike(people, name):
    ws = people[name]
    for at in (None, ws.position() - 1):
        found = lines(ws, as_of=at)
        for alike in ALIKE[name]:
            assert len({found[each] for each in alike}) == 1, alike


@pytest.mark.postgresql_in_soak("the lines themselves are told alike there, to all roles")
@pytest.mark.parametrize("name", ["bo", "dee", "eve"])
def test_no_query_tells_apart_what_differs_only_in_what_is_hidden(people, name):
    for query in ASKED:
        found, others = (lines(people[name], f"{sign}{query}").keys() for sign in ("", "-"))
        assert found ^ others == {*WAITING, *ANNOTATED}
        for alike in ALIKE[name]:
            assert found >= set(alike) or found.isdisjoint(alike), (query, alike)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_a_role_may_know_is_told(people):
    for name in ("eve", "flo"):
        found = lines(people[name])
        assert found[FLAGGED] != found[CONTROL]
        assert samples.list_sample(people[name]).blinded == 0
    assert lines(people["ana"])[FAILED] != lines(people["ana"])[MISSED]
    assert samples.list_sample(people["bo"]).blinded == len(WAITING) + len(ANNOTATED)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_the_same_statements_are_asked(people, ws):
    cy, statements, taken = people["cy"], [], []
    listen = (ws._store.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))
    lines(cy)  # what is remembered of protocols is so by now
    event.listen(*listen)
    for name in (*WAITING, *ANNOTATED):
        statements.clear()
        lines(cy, f"event_id:{name} -group:control")
        samples.export_sample(cy, f"event_id:{name}")
        taken.append(tuple(statements))
    event.remove(*listen)
    assert len(set(taken)) == 1


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_what_somebody_has_in_hand_is_blinded_whatever_became_of_it(people, ws):
    """Also for somebody who may not annotate there: the queue gave it to them."""
    assert samples.list_sample(people["eve"], f"event_id:{FLAGGED}").blinded == 0
    curate.verify(people["bo"], case_id("arrivals", FAILED), 2, FAILS)
    for name in ("dee", "cy"):
        [line] = samples.list_sample(people[name], f"event_id:{FAILED}")
        assert (line["verdict"], line["groups"], line["hidden"]) == ("failure", "slow", None)
    hold(ws, FAILED, "dee")
    [line] = samples.list_sample(people["dee"], f"event_id:{FAILED}")
    assert (line["verdict"], line["groups"], line["status"]) == (None, None, None)


def test_of_a_case_that_is_labelled_anew_nobody_is_told_what_was_found_before_at_any_position(people, ws):
    case = case_id("arrivals", FAILED)
    curate.verify(people["bo"], case, 2, FAILS)
    then = ws.position()
    assert next(iter(samples.list_sample(people["eve"], f"event_id:{FAILED}", as_of=then)))["verdict"] == "failure"
    curate.reopen(people["cy"], case, 3, "anew")
    for at in (None, then):
        [line] = samples.list_sample(people["eve"], f"event_id:{FAILED}", as_of=at)
        assert (line["verdict"], line["mode"], line["severity"]) == (None, None, None)
    assert next(iter(samples.list_sample(ws, f"event_id:{FAILED}", as_of=then)))["verdict"] == "failure"
