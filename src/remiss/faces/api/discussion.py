"""Routes on threads, and on what waits for whoever asks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from remiss.curate import discussion_actions as curate
from remiss.curate.discussion_rendering import thread_json
from remiss.faces import answers
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.listing import Listed
from remiss.faces.api.serving import Asked, Ws

router = APIRouter(tags=["discussion"])


class Comment(Asked):
    """What to say about a case."""

    text: str = Field(description="Markdown; `@name` puts it in that person's inbox.")
    thread: str | None = Field(None, description="The thread to answer in; default: a new one.")


class Inbox(AsOf):
    """Which mentions, how many."""

    all: bool = Field(False, description="Also what was answered and what is resolved.")
    limit: int = Field(50, ge=1, le=1_000, description="How many at most.")
    after: str | None = Field(None, description="`next` of the page before.")


@router.post(
    "/cases/{case}/comments",
    operation_id="case.comment",
    status_code=201,
    responses=documented("thread", 404, 409, status=201),
)
def comment(ws: Ws, case: str, body: Comment) -> Response:
    """Say something about a case, in a thread or in a new one."""
    found = curate.comment(ws, case, body.text, thread=body.thread)
    return as_json(thread_json(found), status=201, headers={"Location": f"/api/v1/threads/{found.id}"})


@router.get("/cases/{case}/threads", operation_id="thread.list", responses=documented("list", 404, 409))
def threads(ws: Ws, case: str, asked: Annotated[AsOf, Query()]) -> Response:
    """List the threads of a case with all their comments, the oldest first."""
    found = curate.threads(ws, case, as_of=asked.as_of)
    return as_json(answers.listed("thread", found, thread_json))


@router.get("/threads/{thread}", operation_id="thread.show", responses=documented("thread", 404))
def show(ws: Ws, thread: str, asked: Annotated[AsOf, Query()]) -> Response:
    """Show a thread with all its comments."""
    return as_json(thread_json(curate.thread(ws, thread, as_of=asked.as_of)))


@router.post("/threads/{thread}/resolve", operation_id="thread.resolve", responses=documented("thread", 404, 409))
def resolve(ws: Ws, thread: str) -> Response:
    """Say that a thread needs nothing more."""
    return as_json(thread_json(curate.resolve_thread(ws, thread)))


@router.post("/threads/{thread}/reopen", operation_id="thread.reopen", responses=documented("thread", 404, 409))
def reopen(ws: Ws, thread: str) -> Response:
    """Open a resolved thread again."""
    return as_json(thread_json(curate.reopen_thread(ws, thread)))


@router.get("/inbox", operation_id="inbox.list", responses=documented("list", csv=True))
def inbox(ws: Ws, listed: Listed, asked: Annotated[Inbox, Query()]) -> Response:
    """List where others mentioned whoever asks, the newest first."""
    page = curate.inbox(ws, everything=asked.all, limit=asked.limit, after=asked.after, as_of=asked.as_of)
    return listed(page)
