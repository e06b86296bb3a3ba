"""Stale cases, on each database: found now and as of any position, and shown as they stood then."""

from __future__ import annotations

from importlib import import_module

import pytest
from sqlalchemy import delete, select

from remiss.catalog import actions
from remiss.catalog.query.expression import EVERYTHING
from remiss.catalog.query.parsing import parse
from remiss.curate import labelling_actions as curate
from remiss.edges.stores.in_force import stale
from remiss.edges.stores.tables import cases, stale_cases
from remiss.records.identity import case_id
from remiss.records.labelling import Judgement, Verdict
from tests.curate.standings import ANSWERS, WEAK
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import drawn, file, member

CASES = tuple(case_id("arrivals", f"e{number}") for number in range(1, 6))
FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)
NO = Judgement(verdict=Verdict.NOT_A_FAILURE)
UNSURE = Judgement(verdict=Verdict.CANNOT_TELL, rationale="no text")


def captured(ws, run, *changed, label="early"):
    """File a run that sees all five events, some with another label."""
    seen = [member(number, met=["slow"], label=label if number in changed else "late") for number in range(1, 6)]
    file(ws, drawn(seen), run=run)
    return ws.position()


@pytest.fixture
def ana(ws, ws_as):
    captured(ws, "run-a0000000")
    return ws_as("ana", role="verifier")


@pytest.fixture
def bo(ana, ws_as):
    return ws_as("bo", role="verifier")


def revision(ws, case):
    return actions.show(ws, case).revision


@pytest.fixture
def changing(ws, ana, bo):
    """Positions at which other cases were stale: annotated, decided and undecidable ones, one reopened, and one candidate."""
    for case in CASES[:3]:
        curate.annotate(ana, case, 1, FAILS)
    for person in (ana, bo):
        curate.annotate(person, CASES[3], revision(ws, CASES[3]), UNSURE)
    curate.verify(bo, CASES[1], 2, FAILS)
    found = {ws.position(): ()}
    found[captured(ws, "run-b0000000", 1, 2, 5)] = CASES[:2]
    # Another state of the case, which is as stale as before.
    actions.revise(ana, CASES[0], revision(ana, CASES[0]), title="Newark again")
    found[ws.position()] = CASES[:2]
    curate.annotate(bo, CASES[1], revision(bo, CASES[1]), NO)
    found[ws.position()] = CASES[:1]
    found[captured(ws, "run-c0000000", 1, 2, 3, 4, 5)] = (CASES[0], *CASES[2:4])
    curate.annotate(ana, CASES[0], revision(ana, CASES[0]), NO)
    curate.annotate(ana, CASES[3], revision(ana, CASES[3]), FAILS)
    found[ws.position()] = CASES[2:3]
    found[captured(ws, "run-d0000000", label="late")] = (*CASES[:2], *CASES[2:4])
    return found


def test_stale_cases_are_found_now_and_as_of_any_position(ws, ana, changing):
    for asker in (ws, ana):
        for position, there in changing.items():
            # What was before somebody's own labelling of a case is not shown to them.
            seen = {*actions.search(asker, "", as_of=position).column("id")}
            assert seen == {*CASES} or asker is ana
            assert {*actions.search(asker, "is:stale", as_of=position).column("id")} == seen & {*there}
            assert {*actions.search(asker, "-is:stale", as_of=position).column("id")} == seen - {*there}
            assert {case for case in seen if actions.show(asker, case, as_of=position).stale} == seen & {*there}
        assert {*actions.search(asker, "is:stale").column("id")} == {*actions.search(asker, "has:is").column("id")} == {*there}
        assert {case for case in CASES if actions.show(asker, case).stale} == {*there}
        assert actions.search(asker, "is:stale status:annotated -criterion:missed").total == len(there)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_figures_are_asked_for_what_was_stale_then(ws, changing):
    for position, there in changing.items():
        with ws.reading():
            (frame,) = ws.evidence.frames(position)
            marked = ws.evidence.sampled(frame, parse("is:stale"), EVERYTHING, None, position)
        assert sum(each.inside for each in marked) == len(there)


@unlisted("test.refill")
def refill(ws):
    """Forget since when cases were stale, and have the migration find it out; return what it found."""
    connection = ws._store.transaction.connection
    connection.execute(delete(stale_cases))
    import_module("remiss.edges.stores.migrations.0038_post_stale_cases").fill(connection)
    return kept(connection)


def kept(connection):
    return [tuple(row) for row in connection.execute(select(stale_cases).order_by("case_key", "position_from"))]


def test_what_is_kept_agrees_with_the_cases_and_is_found_by_the_migration_too(ws, changing):
    with ws._store.reading() as connection:
        for of in (stale(), cases.c.stale):
            now = connection.execute(select(cases.c.id).where(of)).scalars().all()
            assert sorted(now) == sorted(CASES[:4])
        before = kept(connection)
    assert len(before) == 7
    assert refill(ws) == before
