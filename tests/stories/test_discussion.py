"""People discuss a case: in the library on both databases, and from afar."""

from __future__ import annotations

import pytest

from remiss import catalog, curate
from remiss.errors import Conflict, InputError
from remiss.records.case import Filing
from remiss.records.discussion import ThreadStatus
from tests.stories.logs import MONDAY


@pytest.mark.every_way("case.comment", "inbox.list", "thread.list", "thread.reopen", "thread.resolve", "thread.show")
def test_a_question_is_asked_answered_and_settled(ws):
    case = catalog.file(ws, Filing(model="arrival-delay", at=MONDAY, title="Wrong gate"))
    asked = curate.comment(ws, case.id, "Is it the feed, @bo? Write to ana@example.org")
    assert asked.comments[0].mentions == ("bo",)
    assert "example.org" not in asked.comments[0].text
    answered = curate.comment(ws, case.id, "It is.", thread=asked.id)
    assert [each.number for each in answered.comments] == [1, 2]
    assert curate.resolve_thread(ws, asked.id).status is ThreadStatus.RESOLVED
    with pytest.raises(Conflict):
        curate.resolve_thread(ws, asked.id)
    assert curate.reopen_thread(ws, asked.id) == curate.show_thread(ws, asked.id) == curate.list_threads(ws, case.id)[0]
    assert len(curate.list_inbox(ws)) == 0
    with pytest.raises(InputError, match="empty"):
        curate.comment(ws, case.id, " ")
