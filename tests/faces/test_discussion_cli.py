"""Discussing a case at a terminal."""

from __future__ import annotations

import jsonschema

from remiss import codec


def test_a_comment_a_thread_and_an_inbox_at_a_terminal(cli, captured):
    case = cli("case", "search", "--limit", "1", "--format", "json").json["items"][0]["id"]
    said = cli("case", "comment", case, "Is it the feed, @bo?\nAgain?", "--format", "json").json
    jsonschema.validate(said, codec.published("thread"))
    thread = said["thread"]
    answer = cli("case", "comment", case[:9], "It is.", "--thread", thread)
    told = [line.strip() for line in answer.out.splitlines() if line.startswith("    ")]
    assert told == ["Is it the feed, @bo?", "Again?", "It is."]
    assert "resolved" in cli("thread", "resolve", thread).out
    again = cli("thread", "resolve", thread)
    assert (again.status, "resolved already" in again.err) == (2, True)
    assert "open" in cli("thread", "reopen", thread).out
    listed = cli("thread", "list", case, "--format", "json").json
    jsonschema.validate(listed, codec.published("list"))
    assert [item["thread"] for item in listed["items"]] == [thread]
    assert cli("thread", "show", thread, "--format", "json").json == {**listed["items"][0], "position": listed["position"]}
    assert cli("inbox", "list", "--all", "--format", "json").json["total"] == 0
    assert cli("thread", "show", "thread-0").status == 2
