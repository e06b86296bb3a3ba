"""Discussing a case on its page, and the inbox, without any script."""

from __future__ import annotations

import html
import re

import pytest

from remiss.catalog import actions as catalog
from remiss.curate import discussion_actions as curate
from remiss.govern import people_actions
from remiss.govern.ports.actor import Actor
from remiss.records.case import Filing
from tests.edges.stores.drawing import MONDAY


@pytest.fixture
def case(there):
    return catalog.file(there.workspace, Filing(model="m", at=MONDAY, title="The board lied")).id


def said_by(there, name, case, text):
    """Have somebody else say something."""
    ws, before = there.workspace, there.workspace.actor
    ws.actor = Actor(name=name)
    found = curate.comment(ws, case, text)
    ws.actor = before
    return found


def plain(answer) -> str:
    return html.unescape(answer.text)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_comment_is_a_form_and_leads_to_what_was_said(there, case):
    with there.browser() as client:
        # Where nothing is said yet stands one button.
        assert '<summary class="btn">Comment</summary>' in client.get(f"/cases/{case}").text
        answer = client.post(f"/cases/{case}/comments", data={"text": "Is it *the feed*?\r\nAgain?"})
        assert answer.status_code == 303
        [thread] = curate.list_threads(there.workspace, case)
        assert answer.headers["location"] == f"/cases/{case}#{thread.id}-1"
        page = client.get(f"/cases/{case}").text
        assert f'id="{thread.id}-1"' in page
        assert "<em>the feed</em>" in page
        client.post(f"/cases/{case}/comments", data={"text": "Yes", "thread": thread.id})
        assert client.get(f"/threads/{thread.id}").headers["location"] == f"/cases/{case}#{thread.id}"
    [thread] = curate.list_threads(there.workspace, case)
    assert [each.text for each in thread.comments] == ["Is it *the feed*?\nAgain?", "Yes"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_not_taken_is_shown_again_where_it_was_typed(there, case):
    thread = said_by(there, "ana", case, "begin").id
    typed = " ".join(f"@person{number} <b>" for number in range(30))
    with there.browser() as client:
        for where in ("", thread):
            answer = client.post(f"/cases/{case}/comments", data={"text": typed, "thread": where})
            assert answer.status_code == 422
            # It is said in the form, above what was typed.
            before, _, after = plain(answer).partition("mentions more than 20 people")
            assert after.count(typed) == 1
            assert typed not in before
            assert (f'value="{thread}"' in before.rpartition("<form")[2]) is bool(where)
        assert client.post(f"/cases/{case}/comments", data={"text": "x", "thread": "thread-none"}).status_code == 404


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_thread_is_closed_and_opened_by_buttons(there, case):
    thread = said_by(there, "ana", case, "begin").id
    with there.browser() as client:
        for verb, status in (("resolve", "resolved"), ("resolve", "resolved"), ("reopen", "open"), ("reopen", "open")):
            answer = client.post(f"/threads/{thread}/{verb}")
            assert answer.headers["location"] == f"/cases/{case}#{thread}"
            assert curate.show_thread(there.workspace, thread).status.value == status
        page = client.get(f"/cases/{case}").text
    assert f'action="/threads/{thread}/resolve"' in page


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_as_it_stood_shows_what_was_said_by_then_and_takes_nothing(there, case):
    said_by(there, "ana", case, "early words")
    position = there.workspace.position()
    said_by(there, "ana", case, "late words")
    with there.browser() as client:
        page = client.get(f"/cases/{case}", params={"as_of": position}).text
    assert "early words" in page
    assert "late words" not in page
    assert "/comments" not in page


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_an_inbox_shows_what_waits_and_leads_there(there, case):
    me = there.workspace.actor.name
    thread = said_by(there, "bo", case, f"@{me} look at **this**")
    with there.browser() as client:
        page = client.get("/inbox")
        assert "<strong>this</strong>" in page.text
        assert f'href="/cases/{case}#{thread.id}-1"' in page.text
        [twin] = re.findall(r'rel="alternate" type="application/json" href="([^"]*)"', page.text)
        assert client.get(twin).json()["items"][0]["thread"] == thread.id
        client.post(f"/cases/{case}/comments", data={"text": "I did", "thread": thread.id})
        assert "Nothing is waiting for you" in client.get("/inbox").text
        assert "answered" in client.get("/inbox?all=true").text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_inbox_of_many_goes_on_to_older_ones(there, case):
    me = there.workspace.actor.name
    for number in range(33):
        said_by(there, "bo", case, f"@{me} number {number}.")
    with there.browser() as client:
        first = plain(client.get("/inbox"))
        [older] = re.findall(r'href="(/inbox\?[^"]*after=[^"]*)"', first)
        second = plain(client.get(older))
    assert "number 32." in first
    assert "33 waiting for you" in first
    assert all(f"number {number}." in second for number in range(3))
    assert "Older ones" not in second


def test_who_mentions_nobody_that_may_see_the_case_is_told_so_with_near_names(there, case):
    """Somebody of another team is told of like somebody who is not there."""
    ana, _, _ = (there.person(name, role="annotator", team=of) for name, of in (("ana", "*"), ("nora", "default"), ("bo", "b")))
    people = there.workspace.serving("people")
    people_actions.add_person(people, "anni")  # who has no role
    with there.browser_of(ana) as client:
        answer = client.post(f"/cases/{case}/comments", data={"text": "Is it the feed, @nore? @bo, @Nora, `@code`"})
        assert answer.status_code == 303
        page = plain(client.get(answer.headers["location"]))
        assert "@nore reaches nobody: nobody who may see this case is called that. Did you mean @nora?" in page
        assert "@bo reaches nobody: nobody who may see this case is called that." in page
        assert page.count("reaches nobody") == 2
        assert "Is it the feed, @nore?" in page
    with there.program(ana) as client:
        found = client.post(f"/api/v1/cases/{case}/comments", json={"text": "@anni and @nora"}).json()
        assert found["notes"] == ["@anni reaches nobody: nobody who may see this case is called that. Did you mean @ana?"]
        assert client.get(f"/api/v1/threads/{found['thread']}").json()["notes"] == []


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_in_a_catalog_without_people_any_name_may_be_mentioned(there, case):
    assert said_by(there, "ana", case, "@bo, look").notes == ()
