"""Actions that are performed within one reading share a snapshot and what was read of it, on each database."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text

from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.curate import discussion_actions as discussion
from remiss.errors import Denied, NotFound, StorageError
from remiss.govern import audit_actions as audit
from remiss.records.case import Filing
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import MONDAY
from tests.edges.stores.test_views import logged


@pytest.fixture
def case(ws):
    return catalog.file(ws, Filing(model="m", at=MONDAY, title="seen")).id


def test_what_is_read_in_a_block_is_of_one_moment_whatever_others_write_meanwhile(ws, case):
    other = ws.serving("other")
    with ws.reading():
        before = catalog.show(ws, case)
        _in_a_thread(lambda: catalog.revise(other, case, 1, title="new"))
        assert catalog.show(ws, case) == before
        assert [each.revision for each in catalog.history(ws, case)] == [1]
        assert ws.position() == 2
    assert catalog.show(ws, case).title == "new"


def test_which_case_it_is_is_asked_once_whatever_asks(ws, case):
    asked = []
    event.listen(ws._store.engine, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))
    with ws.reading():
        catalog.show(ws, case)
        once = len(asked)
        catalog.show(ws, case[:9])
        assert len(asked) == once + 1
        catalog.show(ws, case)
        discussion.list_threads(ws, case)
        attachments.list_attachments(ws, case)
        catalog.history(ws, case)
    assert sum("WHERE cases.id >= " in each for each in asked) == 2
    assert sum(each.startswith("SELECT catalog_head.position") for each in asked) == 1


def test_what_is_written_in_a_block_is_written_and_what_is_read_after_it_knows_it(ws, case):
    with ws.reading(held=True):
        assert catalog.show(ws, case).title == "seen"
        assert catalog.revise(ws, case, 1, title="new").title == "new"
        assert catalog.show(ws, case).title == "new"
        assert ws.position() == 3


def test_nobody_writes_while_something_is_being_read(ws, case):
    with ws.reading(), ws._store.reading(), pytest.raises(RuntimeError, match="under way already"):
        catalog.revise(ws, case, 1, title="new")


@unlisted("test.fails", reads=True)
def fails(ws):
    """Ask the database for nonsense."""
    with ws._store.reading() as connection:
        connection.execute(text("SELECT nonsense FROM nowhere"))


def test_after_a_statement_that_failed_the_block_goes_on(ws, case):
    with ws.reading():
        catalog.show(ws, case)
        with pytest.raises(Exception, match="nowhere"):
            fails(ws)
        assert catalog.show(ws, case).title == "seen"


def test_what_a_held_answer_shows_is_one_entry_that_is_found_by_all_it_names(ws, case):
    with ws.reading(held=True):
        catalog.show(ws, case)
        discussion.list_threads(ws, case)
        catalog.search(ws, "seen")
        assert logged(ws) == []
    (entry,) = logged(ws)
    assert (entry["action"], entry["kind"], entry["subject"], entry["n"]) == ("case.show", "case", case, 1)
    threads, found = entry["also"]
    assert threads == {"action": "thread.list", "kind": "list", "count": 0}
    assert {name: found[name] for name in ("action", "kind", "subject", "count")} == {
        "action": "case.search",
        "kind": "list",
        "subject": None,
        "count": 1,
    }
    assert found["digests"].keys() == {"ids", "query"}
    for wanted in ({"kind": "case"}, {"kind": "list"}, {"action": "thread.list"}, {"action": "case.search"}, {"subject": case}):
        # The oldest: to search the log is a look, too.
        *_, line = audit.search_audit(ws, log="views", **wanted)
        assert (line["entry"], line["also"]) == ("views-1", "thread.list, case.search")
    assert len(audit.search_audit(ws, log="views", kind="figure")) == 0
    assert len(audit.search_audit(ws, log="views", action="case.history")) == 0


def test_without_a_promise_that_the_answer_is_held_each_action_records_before_it_answers(ws, case):
    with ws.reading():
        catalog.show(ws, case)
        assert [each["action"] for each in logged(ws)] == ["case.show"]
        discussion.list_threads(ws, case)
    assert [each["action"] for each in logged(ws)] == ["case.show", "thread.list"]
    assert all("also" not in each for each in logged(ws))


def test_what_was_seen_before_something_went_wrong_is_recorded_with_the_refusal(ws, ws_as, case):
    bo = ws_as("bo", role="reader")

    def both():
        with bo.reading(held=True):
            catalog.show(bo, case)
            catalog.revise(bo, case, 1, title="mine")

    with pytest.raises(Denied):
        both()
    assert [(each["action"], each["kind"]) for each in logged(ws)] == [("case.show", "case"), ("case.revise", "refused")]
    with bo.reading(held=True), pytest.raises(NotFound):
        catalog.show(bo, "zzzz-zzzz-zzzz")
    assert logged(ws)[-1]["kind"] == "refused"


def test_a_block_whose_views_cannot_be_recorded_ends_with_that(ws, case, monkeypatch):
    def full(_):
        raise StorageError("there is no room left", do="make room")

    monkeypatch.setattr(ws._store.views._groups, "_commit", full)
    with pytest.raises(StorageError, match="nothing is shown, because it cannot be recorded"), ws.reading(held=True):
        catalog.show(ws, case)


def test_others_in_the_same_block_are_recorded_as_themselves(ws, ws_as, case):
    bo = ws_as("bo", role="reader")
    with ws.reading(held=True):
        catalog.show(ws, case)
        catalog.show(bo, case)
    assert [(each["actor"] == "bo", each["action"]) for each in logged(ws)] == [(True, "case.show"), (False, "case.show")]


def _in_a_thread(call):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        pool.submit(call).result()
