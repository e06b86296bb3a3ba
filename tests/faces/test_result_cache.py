"""Answers that a server remembers: one working out for each question, however many ask, and none for long that may change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier, Event
from time import monotonic

import pytest

from remiss.errors import QueryError
from remiss.govern.authority import Granted, LocalOwner
from remiss.govern.ports.actor import Actor, Authority
from remiss.records.case import Sensitivity
from remiss.records.person import Grant, Person
from remiss.result_cache import ResultCache


@dataclass
class Catalog:
    """Somebody at a catalog, as far as questions know one."""

    actor: Actor = field(default_factory=lambda: Actor(name="ana"))
    asked: list[object] = field(default_factory=list)
    authority: Authority = field(default_factory=LocalOwner)
    let_go_of: list[object] = field(default_factory=list)

    def let_go(self) -> None:
        self.let_go_of.append("a snapshot")


def question(ws, query="", *, as_of=None):
    ws.asked.append((query, as_of))
    if query == "nonsense":
        raise QueryError("no such thing")
    return f"{query} at {as_of}"


def glance(ws):
    ws.asked.append("glance")
    return len(ws.asked)


def test_a_question_is_worked_out_once_at_each_position():
    ws, answers = Catalog(), ResultCache()
    assert [answers.ask(ws, question, at, query="slow") for at in (1, 1, 2)] == ["slow at 1", "slow at 1", "slow at 2"]
    assert ws.asked == [("slow", 1), ("slow", 2)]


def test_nothing_is_ready_before_it_was_asked_and_asking_whether_it_is_works_nothing_out():
    ws, answers = Catalog(), ResultCache()
    assert answers.ready(ws, question, 1, query="slow") is None
    answers.ask(ws, question, 1, query="slow")
    assert answers.ready(ws, question, 1, query="slow") == "slow at 1"
    assert len(ws.asked) == 1


def test_what_somebody_was_answered_is_not_for_others():
    ana, bo, answers = Catalog(), Catalog(Actor(name="bo")), ResultCache()
    answers.ask(ana, question, 1)
    assert answers.ready(bo, question, 1) is None


def test_what_somebody_was_answered_is_not_for_them_with_other_roles():
    held = Grant(role="reader", team="a", clearance=Sensitivity.SECRET)
    former = Catalog(authority=Granted(Person(name="ana", grants=(held,))))
    ana, answers = Catalog(authority=Granted(Person(name="ana"))), ResultCache()
    answers.ask(former, question, 1)
    assert answers.ready(ana, question, 1) is None
    assert answers.ready(former, question, 1) is not None


def test_all_who_ask_at_once_wait_for_one_working_out_and_hold_nothing_meanwhile():
    ws, answers, begin = Catalog(), ResultCache(), Barrier(8)
    started, go = Event(), Event()

    def slow(ws, *, as_of):
        started.set()
        assert go.wait(10)
        return question(ws, as_of=as_of)

    def ask():
        begin.wait(10)
        return answers.ask(ws, slow, 1)

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(ask) for _ in range(8)]
        assert started.wait(10)
        assert answers.ready(ws, slow, 1) is None
        until = monotonic() + 10
        while len(ws.let_go_of) < 7 and monotonic() < until:
            go.wait(0.01)
        assert len(ws.let_go_of) == 7
        go.set()
        assert {each.result(10) for each in waiting} == {" at 1"}
    assert len(ws.asked) == 1


def test_an_error_is_raised_and_not_remembered():
    ws, answers = Catalog(), ResultCache()
    for _ in range(2):
        with pytest.raises(QueryError):
            answers.ask(ws, question, 1, query="nonsense")
    assert answers.ready(ws, question, 1, query="nonsense") is None
    assert len(ws.asked) == 2


def test_the_longest_unused_answer_makes_room():
    ws, answers = Catalog(), ResultCache(most=2)
    for query in ("a", "b", "a", "c"):
        answers.ask(ws, question, 1, query=query)
    assert [answers.ready(ws, question, 1, query=query) is not None for query in ("a", "b", "c")] == [True, False, True]


def test_a_glance_at_the_world_is_kept_for_a_while():
    now = [0.0]
    ws, answers = Catalog(), ResultCache(clock=lambda: now[0])
    found = []
    for now[0] in (0, 59, 61):
        found.append(answers.ask(ws, glance, 1, seconds=60))
    assert found == [1, 1, 2]


def granted(name, *roles):
    person = Person(name=name, grants=tuple(Grant(role=role, team="a", clearance=Sensitivity.SECRET) for role in roles))
    return Catalog(Actor(name=name), authority=Granted(person))


def test_people_who_label_nothing_and_may_the_same_share_answers():
    answers = ResultCache()
    answers.ask(granted("ana", "reader"), question, 1)
    assert answers.ready(granted("bo", "reader"), question, 1) == " at 1"
    assert answers.ready(granted("cy", "reader", "steward"), question, 1) is None
    for labels in ("annotator", "verifier", "curator", "admin"):
        answers.ask(granted("ana", labels), question, 1)
        assert answers.ready(granted("bo", labels), question, 1) is None, labels


def test_what_does_not_change_with_every_position_is_kept_by_what_it_rests_on():
    ws, answers = Catalog(), ResultCache()
    assert answers.ask(ws, question, 1, standing=("run-1",)) == " at 1"
    assert answers.ask(ws, question, 2, standing=("run-1",)) == " at 1"
    assert answers.ask(ws, question, 2, standing=("run-2",)) == " at 2"
    assert answers.ready(ws, question, 2) is None


def test_the_answer_of_an_earlier_position_is_there_until_rights_change():
    answers, ana = ResultCache(), granted("ana", "reader")
    assert answers.earlier(ana, question, 3) is None
    answers.ask(ana, question, 1)
    answers.ask(ana, question, 2)
    assert answers.earlier(ana, question, 3) == (" at 2", 2)
    assert answers.earlier(ana, question, 3, query="slow") is None
    assert answers.earlier(ana, question, 1) is None
    assert answers.earlier(granted("ana", "reader", "steward"), question, 3) is None
