"""Threads as published JSON (`remiss schema thread`): keys are only ever added."""

from __future__ import annotations

from remiss.records.discussion import Comment, Thread
from remiss.records.identity import format_time

Json = dict[str, object]


def thread_json(thread: Thread) -> Json:
    """Return the `thread` object."""
    return {
        "schema": "remiss/thread@1",
        "thread": thread.id,
        "case": thread.case,
        "status": thread.status.value,
        "comments": [comment_json(each) for each in thread.comments],
        "turned": [
            {"status": each.status.value, "person": each.person, "at": format_time(each.at), "position": each.position}
            for each in thread.turned
        ],
        "hidden": thread.hidden,
    }


def comment_json(comment: Comment) -> Json:
    """Return one of a thread's `comments`; its text is null once it was erased."""
    return {
        "number": comment.number,
        "person": comment.person,
        "at": format_time(comment.at),
        "position": comment.position,
        "text": comment.text,
        "mentions": list(comment.mentions),
    }
