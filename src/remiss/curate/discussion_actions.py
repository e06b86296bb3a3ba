"""What people do to discuss: comment on a case, resolve a thread or open it again, and see what waits for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from remiss.action import action
from remiss.catalog.actions import REDACTION
from remiss.curate import discussion
from remiss.curate.ports.discussion import DiscussionWorkspace
from remiss.records import look as looks
from remiss.records.discussion import Thread, ThreadStatus
from remiss.records.look import Kind, Look
from remiss.records.paging import Turn, check_length, list_name, token, turn
from remiss.records.position import reached
from remiss.records.rows import Rows

INBOX_LIMIT = 1_000


@action(name="case.comment", permission="thread:write", subject="case_id")
def comment(ws: DiscussionWorkspace, case_id: str, text: str, *, thread: str | None = None) -> Thread:
    """Say something about a case, in a thread or in a new one; `@name` puts it in that person's inbox.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    text : Markdown; redacted before it is kept
    thread : the id of the thread to answer in; default: a new one

    Raises
    ------
    NotFound, Ambiguous : no such case or thread, or a thread of another case
    InputError : an empty or too long text
    Denied : not in the case's team
    """
    ws.allow("thread:write", ws.governed(case_id).team)
    written = discussion.prepared(text, ws.keys.secret(REDACTION))
    return ws.threads.comment(case_id, thread, written, discussion.mentions(written))


def _of_case(ws: DiscussionWorkspace, given: Mapping[str, Any], found: tuple[Thread, ...]) -> Sequence[Look]:
    case = ws.governed(given["case_id"])
    ids = [each.id for each in found]
    return (Look(kind=Kind.LIST, subject=case.id, position=given["as_of"], ids=ids, count=len(ids), team=case.team),)


def _of_thread(ws: DiscussionWorkspace, given: Mapping[str, Any], found: Thread) -> Sequence[Look]:
    team = ws.governed(found.case).team
    return (Look(kind=Kind.CASE, subject=found.case, position=given["as_of"], ids=[found.id], team=team),)


@action(name="thread.list", permission="thread:read", reads=True, subject="case_id", views=_of_case)
def threads(ws: DiscussionWorkspace, case_id: str, *, as_of: int | None = None) -> tuple[Thread, ...]:
    """List the threads of a case with all their comments, the oldest first.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    as_of : a position of the catalog; default: now

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    return ws.threads.of_case(case_id, reached(as_of, ws.position()))


@action(name="thread.show", permission="thread:read", reads=True, subject="thread_id", views=_of_thread)
def thread(ws: DiscussionWorkspace, thread_id: str, *, as_of: int | None = None) -> Thread:
    """Show a thread with all its comments.

    Parameters
    ----------
    as_of : a position of the catalog; default: now

    Raises
    ------
    NotFound, InputError
    """
    return ws.threads.get(thread_id, reached(as_of, ws.position()))


@action(name="thread.resolve", permission="thread:resolve", subject="thread_id")
def resolve_thread(ws: DiscussionWorkspace, thread_id: str) -> Thread:
    """Say that a thread needs nothing more; its mentions wait no longer.

    Raises
    ------
    NotFound : no such thread; Conflict : it is resolved already; Denied : not in the case's team
    """
    return _turned(ws, thread_id, ThreadStatus.RESOLVED)


@action(name="thread.reopen", permission="thread:resolve", subject="thread_id")
def reopen_thread(ws: DiscussionWorkspace, thread_id: str) -> Thread:
    """Open a resolved thread again.

    Raises
    ------
    NotFound : no such thread; Conflict : it is open; Denied : not in the case's team
    """
    return _turned(ws, thread_id, ThreadStatus.OPEN)


def _turned(ws: DiscussionWorkspace, thread_id: str, status: ThreadStatus) -> Thread:
    ws.allow("thread:resolve", ws.governed(ws.threads.get(thread_id, None).case).team)
    return ws.threads.turn(thread_id, status)


@action(name="inbox.list", permission="inbox:read", reads=True, views=looks.listed)
def inbox(
    ws: DiscussionWorkspace, *, everything: bool = False, limit: int = 50, after: str | None = None, as_of: int | None = None
) -> Rows:
    """List where others mentioned you, the newest first: what waits for you, which is what you have not answered in.

    Parameters
    ----------
    everything : also what you answered and what is resolved
    limit : how many at most, 1 to 1,000
    after : the token of the page before
    as_of : a position of the catalog; default: now

    Raises
    ------
    InputError : a token of another list, a position that is not there yet
    """
    check_length(limit, INBOX_LIMIT)
    name = discussion.name_of(ws.actor.name)
    listed = list_name(f"inbox {everything} {name}", "newest", as_of)
    before = None if after is None else turn(after, listed, 1).last[0]
    position = reached(as_of, ws.position())
    page = ws.threads.inbox(name, everything=everything, limit=limit, before=before, position=position)
    following = None if page.last is None else token(Turn(of=listed, position=None, total=page.total, last=(page.last,)))
    at = page.head if position is None else position
    return Rows("mention", discussion.Mention._fields, page.lines, at, total=page.total, next=following)
