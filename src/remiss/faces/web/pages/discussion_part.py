"""What people say to one another about a case, as a section of its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from markupsafe import Markup

from remiss.curate import discussion_actions as curate
from remiss.faces.web.markdown import markdown
from remiss.records.case import Case
from remiss.records.discussion import Comment, Thread, ThreadStatus, Turned

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentShown:
    """A comment as it is shown; without a text it was erased."""

    anchor: str
    person: str
    at: datetime
    html: Markup | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPart:
    """A thread as it is shown: `turned` is how it came to be as it is, if anybody ever resolved it.

    `hidden` says why comments are left out, where some are. `answerable` is whether who looks may answer, `turnable` whether
    they may resolve it or open it again.
    """

    id: str
    open: bool
    comments: tuple[CommentShown, ...]
    turned: Turned | None
    hidden: str | None
    answerable: bool
    turnable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedComment:
    """A comment that was not taken: in which thread ('' for a new one), as it was typed, and why."""

    thread: str
    typed: str
    problem: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscussionPart:
    """case/discussion.html: the threads of a case; `writable` for who may begin one, of the case as it is now.

    `notes` say which names of the comment that was just written reach nobody.
    """

    threads: tuple[ThreadPart, ...]
    writable: bool
    unsent: TypedComment | None
    notes: tuple[str, ...]


def discussion_of(
    ws: Workspace, case: Case, as_of: int | None, unsent: TypedComment | None, mentioned: Sequence[str]
) -> DiscussionPart:
    """Return the discussion of a case, open threads first, else in the order in which they began."""
    writes, answers, turns = (as_of is None and ws.may(each, case.team) for each in (curate.WRITE, curate.ANSWER, curate.RESOLVE))
    found = [
        thread_part(each, answerable=writes or (answers and curate.was_asked(each, ws.actor.name)), turnable=turns)
        for each in curate.list_threads(ws, case.id, as_of=as_of)
    ]
    found.sort(key=lambda each: not each.open)
    notes = curate.unreached(ws, case.id, mentioned) if writes or answers else ()
    return DiscussionPart(threads=tuple(found), writable=writes, unsent=unsent, notes=notes)


def thread_part(thread: Thread, *, answerable: bool, turnable: bool) -> ThreadPart:
    """Return a thread as it is shown."""
    return ThreadPart(
        id=thread.id,
        open=thread.status is ThreadStatus.OPEN,
        comments=tuple(comment_shown(thread.id, each) for each in thread.comments),
        turned=thread.turned[-1] if thread.turned else None,
        hidden=thread.hidden,
        answerable=answerable,
        turnable=turnable,
    )


def comment_shown(thread: str, comment: Comment) -> CommentShown:
    """Return a comment as it is shown."""
    return CommentShown(
        anchor=f"{thread}-{comment.number}",
        person=comment.person,
        at=comment.at,
        html=None if comment.text is None else markdown(comment.text),
    )
