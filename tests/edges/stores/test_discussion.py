"""Threads on each database: who said what when, what was resolved, and what waits for whom."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import delete, select

import remiss
from remiss.catalog import actions as catalog
from remiss.curate import discussion_actions as curate
from remiss.edges.stores.discussion import ThreadStore
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import comment_texts, journal
from remiss.errors import Conflict, Denied, InputError, NotFound
from remiss.govern.ports.actor import Actor, Scope
from remiss.records.case import Filing, Sensitivity
from remiss.records.discussion import Thread, ThreadStatus
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import MONDAY
from tests.hostile.strings import hostile


@pytest.fixture
def case(ws):
    return catalog.file(ws, Filing(model="m", at=MONDAY, title="The board lied")).id


@contextmanager
def being(ws: remiss.Workspace, name: str) -> Iterator[remiss.Workspace]:
    """Have somebody else act."""
    before, ws.actor = ws.actor, Actor(name=name)
    yield ws
    ws.actor = before


def says(ws: remiss.Workspace, name: str, case: str, text: str, thread: str | None = None) -> Thread:
    with being(ws, name):
        return curate.comment(ws, case, text, thread=thread)


def inbox(ws: remiss.Workspace, name: str, **asked: object) -> list[tuple[str, object]]:
    with being(ws, name):
        return [(str(line["status"]), line["text"]) for line in curate.list_inbox(ws, **asked)]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_thread_is_told_in_order_and_answered_by_its_id(ws, case):
    first = says(ws, "ana", case, "The feed is *late*, @bo?")
    second = says(ws, "chen", case[:7], "Another thing")
    answered = says(ws, "bo", case, "It is.", first.id)
    assert [(each.number, each.person, each.text, each.mentions) for each in answered.comments] == [
        (1, "ana", "The feed is *late*, @bo?", ("bo",)),
        (2, "bo", "It is.", ()),
    ]
    assert curate.list_threads(ws, case).items == (answered, second)
    assert curate.show_thread(ws, first.id) == answered
    assert (answered.case, answered.status, answered.turned) == (case, ThreadStatus.OPEN, ())
    assert first.id != second.id


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_thread_is_resolved_and_opened_again_and_the_journal_knows(ws, case):
    thread = says(ws, "ana", case, "Why?").id
    with being(ws, "chen"):
        assert curate.resolve_thread(ws, thread).status is ThreadStatus.RESOLVED
        with pytest.raises(Conflict, match="resolved already, since chen did so"):
            curate.resolve_thread(ws, thread)
        again = curate.reopen_thread(ws, thread)
    assert again.status is ThreadStatus.OPEN
    assert [(each.status.value, each.person) for each in again.turned] == [("resolved", "chen"), ("open", "chen")]
    with ws._store.reading() as connection:
        rows = connection.execute(select(journal).order_by(journal.c.position)).all()
    assert [(row.action, set(row.subjects)) for row in rows[-3:]] == [
        ("case.comment", {case, thread}),
        ("thread.resolve", {case, thread}),
        ("thread.reopen", {case, thread}),
    ]


def test_threads_are_read_as_they_stood(ws, case):
    before = ws.position()
    thread = says(ws, "ana", case, "@bo one").id
    said = ws.position()
    says(ws, "bo", case, "two", thread)
    curate.resolve_thread(ws, thread)
    assert curate.list_threads(ws, case, as_of=before).items == ()
    then = curate.show_thread(ws, thread, as_of=said)
    assert ([each.text for each in then.comments], then.status) == (["@bo one"], ThreadStatus.OPEN)
    assert curate.show_thread(ws, thread, as_of=said + 1).status is ThreadStatus.OPEN
    with pytest.raises(NotFound):
        curate.show_thread(ws, thread, as_of=before)
    with pytest.raises(InputError, match="has no position"):
        curate.list_threads(ws, case, as_of=99)
    assert inbox(ws, "bo") == []
    assert inbox(ws, "bo", as_of=said) == [("waiting", "@bo one")]
    assert inbox(ws, "bo", as_of=said + 1, everything=True) == [("answered", "@bo one")]
    assert inbox(ws, "bo", as_of=before, everything=True) == []


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_mention_waits_in_an_inbox_until_it_is_answered_or_resolved(ws, case):
    first = says(ws, "ana", case, "@Bo, is it the feed? (@ana asks, @chen too)").id
    second = says(ws, "ana", case, "@bo: and here?").id
    assert inbox(ws, "BO") == [("waiting", "@bo: and here?"), ("waiting", "@Bo, is it the feed? (@ana asks, @chen too)")]
    assert inbox(ws, "ana", everything=True) == []
    says(ws, "bo", case, "Yes", first)
    with being(ws, "chen"):
        curate.resolve_thread(ws, second)
    assert inbox(ws, "bo") == []
    assert [status for status, _ in inbox(ws, "bo", everything=True)] == ["resolved", "answered"]
    assert [status for status, _ in inbox(ws, "chen")] == ["waiting"]
    with being(ws, "chen"):
        curate.reopen_thread(ws, second)
    assert [status for status, _ in inbox(ws, "bo")] == ["waiting"]


def test_an_inbox_is_read_page_by_page_while_more_comes(ws, case):
    for number in range(7):
        says(ws, "ana", case, f"@bo {number}")
    seen: list[object] = []
    after = None
    while True:
        with being(ws, "bo"):
            page = curate.list_inbox(ws, limit=3, after=after)
        seen += page.column("text")
        if (after := page.next) is None:
            break
        says(ws, "ana", case, "@bo later")
    assert seen == [f"@bo {number}" for number in range(6, -1, -1)]
    with being(ws, "bo"), pytest.raises(InputError, match="another query"):
        curate.list_inbox(ws, everything=True, after=curate.list_inbox(ws, limit=1).next)
    with pytest.raises(InputError, match="invalid limit"):
        curate.list_inbox(ws, limit=0)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_not_there_is_not_found_and_a_thread_stays_with_its_case(ws, case):
    other = catalog.file(ws, Filing(model="m", at=MONDAY, title="Another")).id
    thread = says(ws, "ana", case, "here").id
    with pytest.raises(NotFound, match=f"case {other} has no thread"):
        curate.comment(ws, other, "there", thread=thread)
    for name in ("thread-000000000000", "", "x' OR 1=1 --"):
        with pytest.raises(NotFound, match="there is no thread"):
            curate.comment(ws, case, "there", thread=name)
        with pytest.raises(NotFound):
            curate.resolve_thread(ws, name)
    with pytest.raises(NotFound):
        curate.comment(ws, "zzzzzz", "there")
    assert len(curate.list_threads(ws, case)) == 1


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_of_a_case_that_one_may_not_see_there_is_nothing(ws):
    secret = catalog.file(ws, Filing(model="m", at=MONDAY, title="Closed", sensitivity=Sensitivity.SECRET))
    thread = says(ws, "ana", secret.id, "@bo look").id
    for scope in (Scope.everywhere(Sensitivity.INTERNAL), Scope.of({"other": Sensitivity.SECRET})):
        seen = ThreadStore(Reader(ws._store, scope, ws.viewer))
        with pytest.raises(NotFound) as hidden:
            seen.get(thread, None)
        with pytest.raises(NotFound) as unknown:
            seen.get("thread-000000000000", None)
        assert str(hidden.value).replace(thread, "") == str(unknown.value).replace("thread-000000000000", "")
        with pytest.raises(NotFound):
            seen.of_case(secret.id, None)
        assert seen.inbox("bo", everything=True, limit=9, before=None, position=None).total == 0

        @unlisted("test.write")
        def write(_: remiss.Workspace, seen: ThreadStore) -> None:
            seen.set_status(thread, ThreadStatus.RESOLVED)

        with pytest.raises(NotFound):
            write(ws, seen)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_text_that_was_erased_leaves_the_thread_as_it_is(ws, case):
    thread = says(ws, "ana", case, "@bo my secret").id

    @unlisted("test.erase")
    def erase(ws: remiss.Workspace) -> None:
        ws._store.transaction.connection.execute(delete(comment_texts))

    erase(ws)
    assert [(each.person, each.text) for each in curate.show_thread(ws, thread).comments] == [("ana", None)]
    assert inbox(ws, "bo") == [("waiting", None)]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_texts_come_back_as_they_were_written_once_redacted(ws, case):
    thread = None
    kept = [text.strip() for text in hostile()[::25] if text.strip() and "\0" not in text and "@" not in text]
    for text in kept:
        thread = says(ws, "ana", case, text, thread and thread.id)
    assert [each.text for each in thread.comments] == kept
    marked = says(ws, "ana", case, "mail ana@example.org", thread.id).comments[-1].text
    assert "@example" not in marked


def test_two_who_comment_at_once_both_have_their_say(ws, case):
    thread = says(ws, "ana", case, "begin").id
    faults: list[BaseException] = []

    def speak(number: int) -> None:
        try:
            curate.comment(ws, case, f"from {number}", thread=thread if number % 2 else None)
        except BaseException as error:  # noqa: BLE001 - told below
            faults.append(error)

    started = [threading.Thread(target=speak, args=(number,)) for number in range(6)]
    for each in started:
        each.start()
    for each in started:
        each.join()
    assert faults == []
    found = curate.list_threads(ws, case)
    assert [each.number for each in found[0].comments] == [1, 2, 3, 4]
    assert len(found) == 4


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_may_read_may_not_write_and_whoever_writes_may_not_close(ws, ws_as, case):
    reader, annotator, curator = (ws_as(name, role=name) for name in ("reader", "annotator", "curator"))
    with pytest.raises(Denied, match="thread:write"):
        curate.comment(reader, case, "hello")
    thread = curate.comment(annotator, case, "@reader, hello").id
    assert curate.list_threads(reader, case)[0].comments[0].person == "annotator"
    assert curate.list_inbox(reader).column("thread") == (thread,)
    with pytest.raises(Denied, match="thread:resolve"):
        curate.resolve_thread(annotator, thread)
    assert curate.resolve_thread(curator, thread).status is ThreadStatus.RESOLVED


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_in_another_team_one_is_told_of_nothing(ws, ws_as, case):
    thread = curate.comment(ws, case, "@eve, look").id
    eve = ws_as("eve", role="admin", team="other")
    for call in (
        lambda: curate.comment(eve, case, "hello"),
        lambda: curate.list_threads(eve, case),
        lambda: curate.show_thread(eve, thread),
        lambda: curate.reopen_thread(eve, thread),
    ):
        with pytest.raises(NotFound):
            call()
    assert len(curate.list_inbox(eve, everything=True)) == 0
