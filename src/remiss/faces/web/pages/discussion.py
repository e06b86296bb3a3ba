"""Saying something about a case, and closing a thread, by forms of its page."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from remiss.catalog import actions as catalog
from remiss.curate import discussion_actions as curate
from remiss.errors import Conflict, InputError
from remiss.faces.serving import Ws
from remiss.faces.web.pages import case as pages
from remiss.faces.web.pages.discussion_part import TypedComment
from remiss.faces.web.rendering import address, segment
from remiss.records.discussion import Thread

router = APIRouter()


@router.post("/cases/{case}/comments")
def comment(ws: Ws, case: str, text: Annotated[str, Form()] = "", thread: Annotated[str, Form()] = "") -> Response:
    """Say something in a thread or in a new one; what is not taken is shown again as it was typed."""
    written = text.replace("\r\n", "\n")
    try:
        found = curate.comment(ws, case, written, thread=thread or None)
    except InputError as error:
        if error.code != "input":
            raise
        unsent = TypedComment(thread=thread, typed=written, problem=(error.what, error.do))
        return pages.shown(ws, catalog.show(ws, case), pages.CaseOptions(), unsent=unsent, status=422)
    if found.notes:
        named = " ".join(found.comments[-1].mentions)
        return RedirectResponse(address(f"/cases/{segment(found.case)}", mentioned=named) + "#discussion", 303)
    return _back(found, found.comments[-1].number)


@router.get("/threads/{thread}")
def show(ws: Ws, thread: str) -> Response:
    """Lead to a thread on the page of its case."""
    return _back(curate.show_thread(ws, thread), 0)


@router.post("/threads/{thread}/resolve")
def resolve(ws: Ws, thread: str) -> Response:
    """Resolve a thread; one that somebody else has resolved meanwhile is as it should be."""
    with suppress(Conflict):
        curate.resolve_thread(ws, thread)
    return _back(curate.show_thread(ws, thread), 0)


@router.post("/threads/{thread}/reopen")
def reopen(ws: Ws, thread: str) -> Response:
    """Open a thread again; likewise."""
    with suppress(Conflict):
        curate.reopen_thread(ws, thread)
    return _back(curate.show_thread(ws, thread), 0)


def _back(thread: Thread, number: int) -> Response:
    """Lead to a comment of a thread, or to the thread."""
    place = f"{thread.id}-{number}" if number else thread.id
    return RedirectResponse(f"/cases/{segment(thread.case)}#{place}", 303)
