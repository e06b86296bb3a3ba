"""What people do to discuss: comment on a case, resolve a thread or open it again, and see what waits for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from remiss.action import action
from remiss.curate import discussion
from remiss.curate.ports.contributions import DiscussionWorkspace
from remiss.govern.redaction.written import gate
from remiss.parameters import CaseId, Help, Option, PageToken, Position, Range
from remiss.records import view_entry as looks
from remiss.records.catalog import reached, read_at
from remiss.records.discussion import CaseThreads, Thread, ThreadStatus
from remiss.records.rows import Rows, Turn, list_name, token, turn
from remiss.records.view_entry import ViewEntry, ViewKind

INBOX_LIMIT = 1_000
# To begin threads and answer in any; and to answer where one was mentioned, which everybody may who reads.
WRITE, ANSWER, RESOLVE = "thread:write", "thread:answer", "thread:resolve"
ThreadId = Annotated[str, Help("The id of a thread.")]


@action("case.comment", permission=ANSWER, http="POST /cases/{case}/comments", created="thread.show", subject="case")
def comment(
    ws: DiscussionWorkspace, case: CaseId, text: str, *, thread: Annotated[str, Option(metavar="ID")] | None = None
) -> Thread:
    """Comment TEXT on CASE; @name puts it in that person's inbox.

    It answers in a thread, or opens one; whoever may not write threads answers where they were mentioned. Personal data is
    replaced before anything is kept. A note names each mention that reaches nobody who may
    see the case.

    Example: remiss case comment k7m4-qp "Is this the feed again, @bo?"

    Parameters
    ----------
    text : Markdown; redacted before it is kept
    thread : the id of the thread to answer in; default: a new one

    Raises
    ------
    NotFound, Ambiguous : no such case or thread, or a thread of another case
    InputError : an empty or too long text
    Denied : not in the case's team, or mentioned nowhere in the thread
    """
    team = ws.governed(case).team
    asked = thread is not None and was_asked(ws.threads.get(thread, None), ws.actor.name)
    ws.allow(ANSWER if asked else WRITE, team)
    written = discussion.prepared(text, gate(ws))
    named = discussion.mentions(written)
    return replace(ws.threads.comment(case, thread, written, named), notes=unreached(ws, case, named))


def unreached(ws: DiscussionWorkspace, case: str, named: Sequence[str]) -> tuple[str, ...]:
    """Return a note for each name of a comment that nobody has who may see its case."""
    return discussion.unreached(named, ws.people.everybody(None), ws.governed(case)) if named else ()


def waiting(ws: DiscussionWorkspace) -> int:
    """Return how many mentions wait for the actor: a number, which is no look at any of them."""
    return ws.threads.inbox(discussion.name_of(ws.actor.name), everything=False, limit=1, before=None, position=None).total


def was_asked(thread: Thread, person: str) -> bool:
    """Return whether somebody else mentioned a person in a thread, as far as its comments may be read."""
    name = discussion.name_of(person)
    return any(name in each.mentions and discussion.name_of(each.person) != name for each in thread.comments)


def _of_case(ws: DiscussionWorkspace, given: Mapping[str, Any], found: CaseThreads) -> Sequence[ViewEntry]:
    case = ws.governed(given["case"])
    ids = [each.id for each in found]
    return (ViewEntry(kind=ViewKind.LIST, subject=case.id, position=given["as_of"], ids=ids, count=len(ids), team=case.team),)


def _of_thread(ws: DiscussionWorkspace, given: Mapping[str, Any], found: Thread) -> Sequence[ViewEntry]:
    team = ws.governed(found.case).team
    return (ViewEntry(kind=ViewKind.CASE, subject=found.case, position=given["as_of"], ids=[found.id], team=team),)


@action("thread.list", permission="thread:read", http="GET /cases/{case}/threads", reads=True, subject="case", views=_of_case)
def list_threads(ws: DiscussionWorkspace, case: CaseId, *, as_of: Position | None = None) -> CaseThreads:
    """List the threads of CASE with all their comments, the oldest first.

    Example: remiss thread list k7m4-qp

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    head = ws.position()
    return CaseThreads(position=read_at(as_of, head), items=ws.threads.of_case(case, reached(as_of, head)))


@action("thread.show", permission="thread:read", http="GET /threads/{thread}", reads=True, subject="thread", views=_of_thread)
def show_thread(ws: DiscussionWorkspace, thread: ThreadId, *, as_of: Position | None = None) -> Thread:
    """Show THREAD with all its comments.

    Example: remiss thread show thread-4f7q2m9x3kbd

    Raises
    ------
    NotFound, InputError
    """
    return ws.threads.get(thread, reached(as_of, ws.position()))


@action("thread.resolve", permission=RESOLVE, http="POST /threads/{thread}/resolve", subject="thread")
def resolve_thread(ws: DiscussionWorkspace, thread: ThreadId) -> Thread:
    """Resolve THREAD: its mentions wait no longer.

    Example: remiss thread resolve thread-4f7q2m9x3kbd

    Raises
    ------
    NotFound : no such thread; Conflict : it is resolved already; Denied : not in the case's team
    """
    return _turned(ws, thread, ThreadStatus.RESOLVED)


@action("thread.reopen", permission=RESOLVE, http="POST /threads/{thread}/reopen", subject="thread")
def reopen_thread(ws: DiscussionWorkspace, thread: ThreadId) -> Thread:
    """Open the resolved THREAD again.

    Example: remiss thread reopen thread-4f7q2m9x3kbd

    Raises
    ------
    NotFound : no such thread; Conflict : it is open; Denied : not in the case's team
    """
    return _turned(ws, thread, ThreadStatus.OPEN)


def _turned(ws: DiscussionWorkspace, thread: str, status: ThreadStatus) -> Thread:
    ws.allow(RESOLVE, ws.governed(ws.threads.get(thread, None).case).team)
    return ws.threads.set_status(thread, status)


@action("inbox.list", permission="inbox:read", http="GET /inbox", reads=True, views=looks.listed)
def list_inbox(
    ws: DiscussionWorkspace,
    *,
    everything: Annotated[bool, Option("--all")] = False,
    limit: Annotated[int, Range(1, INBOX_LIMIT), Help("How many at most.")] = 50,
    after: PageToken | None = None,
    as_of: Position | None = None,
) -> Rows:
    """List where others mentioned you and wait for your answer.

    The newest come first.

    Example: remiss inbox list --all

    Parameters
    ----------
    everything : also what you answered and what is resolved

    Raises
    ------
    InputError : a token of another list, a position that is not there yet
    """
    name = discussion.name_of(ws.actor.name)
    listed = list_name(f"inbox {everything} {name}", "newest", as_of)
    before = None if after is None else turn(after, listed, (int,)).last[0]
    position = reached(as_of, ws.position())
    page = ws.threads.inbox(name, everything=everything, limit=limit, before=before, position=position)
    following = None if page.last is None else token(Turn(of=listed, position=None, total=None, last=(page.last,)))
    at = page.head if position is None else position
    return Rows("mention", discussion.Mention._fields, page.lines, at, total=page.total, next=following)
