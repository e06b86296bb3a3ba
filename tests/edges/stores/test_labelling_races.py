"""People who label, revise and lose their roles at once: one wins, the others are told, and the journal has an order for it."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import select

from remiss.catalog import actions
from remiss.curate import labelling_actions as curate
from remiss.edges.stores.tables import journal, labellings
from remiss.errors import InputError
from remiss.govern import people_actions as people
from remiss.govern.authority import Granted, actor_of
from remiss.govern.roles import holds
from remiss.records.identity import case_id
from remiss.records.labelling import Judgement, Verdict
from remiss.records.states import Status
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.drawing import drawn, file, member
from tests.edges.stores.test_blindness import offered

FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="w")
SAYS = (FAILS, replace(FAILS, mode=NOISE), Judgement(verdict=Verdict.NOT_A_FAILURE, rationale="w"))
AT_ONCE = 4
NAMES = ("ana", "bo", "cy", "dee")


def as_granted(ws, name):
    """Return the catalog as a server gives it to a person: by what they hold at that moment."""
    person = ws.people.find(name)
    return ws.serving(f"as-{name}", actor=actor_of(person), authority=Granted(person))


def attempt(barrier, call):
    barrier.wait()
    try:
        return call()
    except InputError:
        return None


def race(ws, draw, pool, case, team):
    """Have people do things to one annotated or disputed case at once, and return how many of them wrote."""
    ana, bo, cy, dee = (team[name] for name in NAMES)
    first, other = draw.sample(SAYS, 2)
    shown = curate.annotate(ana, case, 1, first)
    if draw.random() < 0.3:
        shown = curate.verify(bo, case, 2, other)
    said = [draw.choice(SAYS) for _ in range(3)]
    ways = [
        lambda: curate.verify(bo, case, shown.revision, said[0]),
        lambda: curate.verify(cy, case, shown.revision, said[1]),
        lambda: curate.adjudicate(dee, case, shown.revision, said[1]),
        lambda: curate.adjudicate(cy, case, shown.revision, said[0]),
        lambda: curate.annotate(ana, case, shown.revision, said[2]),
        lambda: actions.revise(dee, case, shown.revision, title=f"title {draw.random()}"),
    ]
    loses = draw.random() < 0.2
    chosen = draw.sample(ways, AT_ONCE - loses)
    if loses:
        chosen.append(lambda: people.revoke_person(ws, "cy", "verifier"))
    barrier = Barrier(AT_ONCE)
    done = list(pool.map(lambda call: attempt(barrier, call), chosen))
    if loses:
        assert done.pop() is not None
        people.grant(ws, "cy", "verifier")
        team["cy"] = as_granted(ws, "cy")
    wrote = sum(each is not None for each in done)
    after = actions.show(ws, case)
    assert after.revision == shown.revision + wrote
    assert wrote <= 1
    by = [each.person for each in after.labelling.labellings]
    assert len(by) == len(set(by))
    assert (after.status in {Status.VERIFIED, Status.REJECTED}) <= (len(by) >= 2)
    return wrote


@pytest.mark.slow(reason="five threads race for forty cases")
@pytest.mark.parametrize("times", [40, pytest.param(2_500, marks=pytest.mark.soak)])
def test_of_those_who_do_something_to_a_case_at_once_one_writes_and_none_without_a_role(ws, times):
    draw = random.Random(times)
    for name in NAMES:
        people.add_person(ws, name)
        people.grant(ws, name, "verifier")
    file(ws, drawn([member(number, met=["slow"]) for number in range(times)]), run="run-a0000000")
    team = {name: as_granted(ws, name) for name in NAMES}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrote = sum(race(ws, draw, pool, case_id("arrivals", f"e{number}"), team) for number in range(times))
    assert wrote > times / 2
    with ws._store.reading() as connection:
        found = select(journal.c.position, journal.c.actor).where(journal.c.action.in_(["case.verify", "case.adjudicate"]))
        for position, actor in connection.execute(found).all():
            person = ws.people.find(actor, position - 1)
            assert any(holds(each.role, "case:verify") for each in person.grants), (position, actor)
        written = connection.execute(select(labellings.c.position)).scalars().all()
        assert len(written) == len(set(written))


UNSURE = Judgement(verdict=Verdict.CANNOT_TELL, rationale="cut off")


def test_of_two_who_cannot_tell_at_once_neither_is_lost_and_the_case_is_undecidable(ws):
    times = 6
    caught = [member(number, met=["slow"]) for number in range(times)]
    file(ws, drawn([*caught, *(member(number) for number in range(times, 2 * times))]), run="run-a0000000")
    for number in range(times, 2 * times):
        offered(ws, f"e{number}")
    for name in NAMES[:2]:
        people.add_person(ws, name)
        people.grant(ws, name, "verifier")
    team = [as_granted(ws, name) for name in NAMES[:2]]
    with ThreadPoolExecutor(2) as pool:
        for number in range(2 * times):
            case, barrier = case_id("arrivals", f"e{number}"), Barrier(2)
            calls = [lambda person=person, case=case: curate.annotate(person, case, 1, UNSURE) for person in team]
            done = list(pool.map(lambda call, barrier=barrier: attempt(barrier, call), calls))
            assert sorted(each.status.value for each in done) == sorted(
                [("candidate" if number < times else "control"), "undecidable"]
            )
            shown = actions.show(ws, case)
            assert (shown.status, shown.revision, len(shown.labelling.labellings)) == (Status.UNDECIDABLE, 2, 2)
