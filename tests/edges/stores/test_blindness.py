"""What a person can find out of another's labelling before their own is in: nothing, whatever they ask and however.

Whatever the first says, the second gets the same answers, by the same statements.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from remiss.catalog import actions
from remiss.codec import to_json
from remiss.curate import labelling_actions as curate
from remiss.edges.stores.labelling.uncased_events import offer
from remiss.edges.stores.tables import events
from remiss.errors import RemissError
from remiss.faces.http.answering import tagged
from remiss.records.identity import canonical, case_id
from remiss.records.labelling import Impact, Judgement, LabellingKind, Reproduced, Verdict
from remiss.records.states import Status
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import drawn, file, member

CASES = tuple(case_id("arrivals", f"e{number}") for number in range(1, 7))
CONTROLS = tuple(case_id("arrivals", f"e{number}") for number in (7, 8))
FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="feeder airports", quotes=("UA",))
GRAVEST = {"harm": "safety", "reach": "many", "detection": "never", "recovery": "impossible"}
SAID = (
    FAILS,
    replace(FAILS, mode=NOISE, modes=(WEAK,), answers=GRAVEST, impact=Impact(low=1, high=9, unit="EUR"), rationale=""),
    Judgement(verdict=Verdict.NOT_A_FAILURE),
    Judgement(verdict=Verdict.WRONG_LABEL, rationale="the board was right"),
    Judgement(verdict=Verdict.SAME_EVENT, target=CASES[5]),
)
QUERIES = (
    *(f"status:{status.value}" for status in Status),
    *(f"severity:{grade}" for grade in (1, 2, 3, 4)),
    *(f"mode:{mode}" for mode in (WEAK, NOISE, "*")),
    *(f"origin:{origin}" for origin in ("captured", "filed", "control", "missed")),
    *(
        "has:mode",
        "has:severity",
        "has:criterion",
        "criterion:slow",
        "criterion:s*",
        "-criterion:slow",
        "-severity:3",
        "-has:criterion",
        "suggested_mode:remiss:system/latency",
        "criterion:slow OR severity:1",
        "revision:2",
        "revision:>2",
        '"feeder airports"',
        "feeder",
        "EWR",
        "late",
        '"on time" -UA',
        "suggested_mode:*",
    ),
)
# Times, and what names the case: all that may differ.
APART = re.compile(r'\d{4}-\d\d-\d\dT[\d:.]+Z|datetime\.datetime\([^)]*\)+|"[0-9a-z]+\.[0-9a-f]{16}"')


@pytest.fixture
def ana(ws, ws_as):
    caught = [member(number, met=["slow"]) for number in range(1, 7)]
    file(ws, drawn([*caught, member(7), member(8)]), run="run-a0000000")
    # The controls are there to be labelled, as the queue gives them out.
    for number in (7, 8):
        offered(ws, f"e{number}")
    return ws_as("ana", role="verifier")


@pytest.fixture
def bo(ana, ws_as):
    return ws_as("bo", role="curator")


def attempt(call: Any, *arguments: Any, **named: Any) -> str:
    try:
        return repr(call(*arguments, **named))
    except RemissError as error:
        return f"{type(error).__name__}: {error} {getattr(error, 'fields', '')}"


def asked(ws, case: str) -> str:
    """Return everything that a person can find out of a case."""
    found: list[Any] = []
    for query in QUERIES:
        found += [(query, case in actions.search(ws, query, as_of=at).column("id")) for at in (None, ws.position())]
    at = ws.position()
    found += [
        actions.facets(ws, f"id:{case}", fields=fields, as_of=at).rows
        for fields in (("status", "mode"), ("severity", "origin"), ("criterion", "suggested_mode"))
    ]
    found += [actions.facets(ws, f"id:{case}", fields=("severity", "criterion", "mode"), as_of=then).rows for then in (1, at)]
    for sort in ("occurred", "-occurred", "severity", "-severity", "filed", "-filed", "mode", "-criteria", "suggested_mode"):
        found += [named_line(each) for then in (None, at) for each in actions.search(ws, f"id:{case}", sort=sort, as_of=then)]
    found += [len(actions.search(ws, f"id:{case}", as_of=at - 1)), actions.search(ws, f"id:{case}", sort="filed").total]
    return told(ws, case) + named(case, found)


def named_line(line) -> str:
    """Return a line of a list without what its event has of its own."""
    return repr({name: value for name, value in line.items() if name not in {"occurred", "event"}})


def told(ws, case: str) -> str:
    """Return everything that a person can read of a case, and what they are told when they try what they may not."""
    shown = actions.show(ws, case)
    document = to_json(shown)
    found: list[Any] = [canonical(document), tagged(document, shown.revision, None).headers["ETag"].partition(".")[0]]
    found += [to_json(actions.history(ws, case)), curate.form(ws, case), to_json(actions.compare(ws, case))]
    since = actions.history(ws, case)[0].position_from
    found += [attempt(lambda then=then: to_json(actions.history(ws, case, as_of=then))) for then in (1, since)]
    at = ws.position()
    found += [attempt(lambda then=then: actions.show(ws, case, as_of=then).labelling) for then in (at - 1, at)]
    wrong = Judgement(verdict=Verdict.FAILURE, mode="nope:x", quotes=("no such words",))
    for call in (curate.annotate, curate.verify, curate.adjudicate):
        found += [attempt(call, ws, case, revision, wrong) for revision in (shown.revision, 1)]
    found.append(attempt(curate.annotate, ws, case, shown.revision, FAILS))
    found += [attempt(curate.adjudicate, ws, case, shown.revision, FAILS), attempt(curate.reopen, ws, case, shown.revision, "x")]
    return named(case, found)


def named(case: str, found: Any) -> str:
    """Return answers as text, without what names the case, and when."""
    return APART.sub("", repr(found)).replace(case, "CASE").replace(event_of(case), "EVENT")


def event_of(case: str) -> str:
    return f"e{(*CASES, *CONTROLS).index(case) + 1}"


def plain(text: str) -> str:
    """Return answers without what differs between any two events: priorities, minutes, distances, positions, remarks."""
    return re.sub(r"\d+", "0", text)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whatever_the_first_says_the_second_is_answered_alike(ana, bo):
    # Each says something else of another case; the positions move on, and nothing else may.
    answers = set()
    for case, said in zip(CASES, SAID, strict=False):
        curate.annotate(ana, case, 1, said)
        answers.add(plain(asked(bo, case)))
    assert len(answers) == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_annotated_case_that_was_a_control_is_told_like_one_that_was_caught(ana, bo):
    curate.annotate(ana, CASES[0], 1, FAILS)
    caught = plain(asked(bo, CASES[0]))
    for control, said in zip(CONTROLS, SAID[:2], strict=True):
        curate.annotate(ana, control, 1, said)
        assert plain(asked(bo, control)) == caught
    assert actions.show(bo, CONTROLS[0]).hidden == "not visible until a second person has labelled the case independently"
    curate.verify(bo, CONTROLS[0], 2, FAILS)
    assert (actions.show(bo, CONTROLS[0]).criteria, actions.show(bo, CONTROLS[0]).hidden) == ((), None)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_no_comparison_names_a_control_that_is_to_be_verified(ws, ana, bo):
    curate.annotate(ana, CONTROLS[0], 1, FAILS)
    beside = {person: [each.event.id for each in actions.compare(person, CASES[0]).controls] for person in (ws, ana, bo)}
    assert {name: sorted(found) for name, found in zip("wab", beside.values(), strict=True)} == {
        "w": ["e7", "e8"],
        # Half of what was kept, for whoever labels: so their number tells nothing.
        "a": ["e8"],
        "b": ["e8"],
    }


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_has_a_case_in_hand_is_told_nothing_of_why_it_was_caught(ws, ana, bo, ws_as):
    dee = ws_as("dee", role="annotator")
    assert actions.show(dee, CASES[0]).criteria == ("slow",)
    hold(ws, "e1", "dee")
    shown, compared = actions.show(dee, CASES[0]), actions.compare(dee, CASES[0])
    assert shown.hidden == compared.hidden == "not visible until you have labelled the case, which you have in hand"
    assert (shown.criteria, shown.captures, shown.mode, shown.severity, shown.suggested_mode) == ((), (), None, None, None)
    assert (compared.kept_in, compared.probability, compared.controls) == ((), None, ())
    assert [(each.severity, each.hidden) for each in actions.history(dee, CASES[0])] == [(None, shown.hidden)]
    assert actions.show(bo, CASES[0]).criteria == ("slow",)
    curate.annotate(dee, CASES[0], 1, FAILS)
    assert actions.show(dee, CASES[0]).criteria == ("slow",)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_somebody_had_in_hand_too_long_is_told_again(ws, ana, ws_as):
    dee = ws_as("dee", role="annotator")
    hold(ws, "e1", "dee", minutes=-1)
    assert actions.show(dee, CASES[0]).criteria == ("slow",)


@unlisted("test.hold")
def hold(ws, event_id, person, minutes=30):
    """Give an event into somebody's hand, as the queue does."""
    with ws._store.reading() as connection:
        key = connection.execute(select(events.c.key).where(events.c.event_id == event_id)).scalar_one()
    ws.queue.reserve(key, LabellingKind.ANNOTATION, person, ws.now, ws.now + timedelta(minutes=minutes))


def test_whatever_the_first_says_the_second_s_questions_take_the_same_statements(ws, ana, bo):
    for case, said in zip(CASES, SAID, strict=False):
        curate.annotate(ana, case, 1, said)
    taken = []
    statements: list[str] = []
    listen = (ws._store.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))
    asked(bo, CASES[0])  # what is remembered of statements and protocols is so by now
    event.listen(*listen)
    for case, _ in zip(CASES, SAID, strict=False):
        statements.clear()
        actions.show(bo, case), actions.history(bo, case), curate.form(bo, case)
        attempt(curate.annotate, bo, case, 2, FAILS)
        taken.append(tuple(statements))
    event.remove(*listen)
    assert len(set(taken)) == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_neither_the_name_of_who_labelled_nor_how_often_they_changed_their_verdict_is_told(ana, bo):
    curate.annotate(ana, CASES[0], 1, FAILS)
    curate.annotate(ana, CASES[0], 2, Judgement(verdict=Verdict.NOT_A_FAILURE))
    told = repr((actions.show(bo, CASES[0]), actions.history(bo, CASES[0]), curate.form(bo, CASES[0])))
    assert "'ana'" not in told
    assert [each.actor for each in actions.history(ana, CASES[0])][1:] == ["ana", "ana"]
    curate.verify(bo, CASES[0], 3, Judgement(verdict=Verdict.NOT_A_FAILURE, reproduced=Reproduced.NO))
    assert [each.actor for each in actions.history(bo, CASES[0])][1:] == ["ana", "ana", "bo"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_while_a_case_is_labelled_anew_what_was_said_before_is_hidden_too(ana, bo, ws_as):
    curate.annotate(ana, CASES[0], 1, FAILS)
    curate.verify(bo, CASES[0], 2, FAILS)
    curate.reopen(bo, CASES[0], 3, "anew")
    cy = ws_as("cy", role="verifier")
    assert [each.actor for each in actions.history(cy, CASES[0])][1:3] == ["(hidden)", "(hidden)"]
    for position in range(1, cy.position() + 1):
        told = attempt(lambda at=position: actions.show(cy, CASES[0], as_of=at))
        assert "feeder" not in told


@unlisted("test.offer")
def offered(ws, event_id, source="arrivals"):
    connection = ws._store.transaction.connection
    key = connection.execute(select(events.c.key).where(events.c.event_id == event_id)).scalar_one()
    return offer(connection, [(case_id(source, event_id), key)])[0]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_that_an_annotated_case_was_a_control_is_told_once_it_is_decided(ws, ana, bo):
    file(ws, drawn([member(9)], weeks=[0]), run="run-b0000000")
    control = offered(ws, "e9")
    curate.annotate(ana, control, 1, FAILS)
    assert actions.show(bo, control).origin == "captured"
    assert control in actions.search(bo, "origin:captured").column("id")
    assert len(actions.search(bo, "origin:missed")) == 0
    assert {row[1] for row in actions.facets(bo, "", fields=("origin",)).rows} == {"captured"}
    curate.verify(bo, control, 2, FAILS)
    assert actions.search(bo, "origin:missed").column("id") == (control,)


def rounds(ws, ana, bo, case: str, *, moves: str) -> None:
    """Have a case labelled, settled and begun anew: a step for each letter."""
    steps = {
        "n": lambda revision: curate.annotate(ana, case, revision, Judgement(verdict=Verdict.NOT_A_FAILURE)),
        "f": lambda revision: curate.annotate(ana, case, revision, FAILS),
        "v": lambda revision: curate.verify(bo, case, revision, Judgement(verdict=Verdict.NOT_A_FAILURE)),
        "r": lambda revision: curate.reopen(bo, case, revision, "anew"),
    }
    for at, move in enumerate(moves):
        steps[move](actions.show(ws, case).revision if at else 1)


# Of what was caught and of a control, such that they stand alike in the end. One that is no failure clears a control.
ALIKE = {"annotated anew": ("nvrf", "nrf"), "disputed": ("fv", "fv"), "begun anew": ("nvr", "nr"), "annotated": ("f", "f")}


@pytest.mark.postgresql_in_soak("a case that is labelled anew is read there as of every position, too")
@pytest.mark.parametrize("stands", ALIKE)
def test_read_as_of_any_position_a_control_that_is_to_be_labelled_answers_like_what_was_caught(ws, ana, bo, ws_as, stands):
    cy, found = ws_as("cy", role="curator"), []
    for case, event_id, moves in zip((CASES[0], CONTROLS[0]), ("e1", "e7"), ALIKE[stands], strict=True):
        before = ws.position()
        rounds(ws, ana, bo, case, moves=moves)
        hold(ws, event_id, "cy")
        since = actions.history(cy, case)[0].position_from
        told = [asked_at(cy, case, position) for position in range(1, cy.position() + 1)]
        assert len(set(told[: since - 1])) == 1, "nothing is told from before its present round"
        found.append((told[0], told[before], told[since - 1 :][0]))
    assert found[0] == found[1]


def asked_at(ws, case: str, position: int) -> str:
    """Return what a person can read of a case as of a position, in every way."""
    found: list[Any] = [
        attempt(lambda: actions.show(ws, case, as_of=position)),
        attempt(lambda: [(each.status, each.action, each.hidden) for each in actions.history(ws, case, as_of=position)]),
        attempt(lambda: to_json(actions.compare(ws, case, as_of=position))["hidden"]),
        [named_line(each) for each in actions.search(ws, f"id:{case}", as_of=position)],
        [actions.search(ws, f"id:{case} status:{each.value}", as_of=position).total for each in Status],
        actions.facets(ws, f"id:{case}", fields=("status", "origin"), as_of=position).rows,
    ]
    return plain(named(case, found))
