"""The forms on the page of a case: saying something, having a model asked again, resolving it, and asking for the raw event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss import safeguard
from remiss.catalog import actions as catalog
from remiss.catalog import evidence_actions as evidence
from remiss.catalog.evidence_actions import PURPOSE_LIMIT
from remiss.curate import discussion_actions as curate
from remiss.errors import Conflict, Denied, InputError
from remiss.faces.serving import Ws, download, status_of
from remiss.faces.web.pages import case as pages
from remiss.faces.web.pages.discussion_part import TypedComment
from remiss.faces.web.pages.replay_part import replays_of
from remiss.faces.web.rendering import address, render, segment, shell
from remiss.records.discussion import Thread
from remiss.records.evidence import RawEvent

if TYPE_CHECKING:
    from remiss.workspace import Workspace

router = APIRouter()
# What was typed wrong, or cannot be done: told beside the form. Of anything else a page of its own tells.
TOLD = frozenset({"input", "denied", "model", "not-found", "ambiguous", "conflict", "precondition"})


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
def show_thread(ws: Ws, thread: str) -> Response:
    """Lead to a thread on the page of its case."""
    return _back(curate.show_thread(ws, thread), 0)


@router.post("/threads/{thread}/resolve", name="thread.resolve")
def resolve_thread(ws: Ws, thread: str) -> Response:
    """Resolve a thread; one that somebody else has resolved meanwhile is as it should be."""
    with suppress(Conflict):
        curate.resolve_thread(ws, thread)
    return _back(curate.show_thread(ws, thread), 0)


@router.post("/threads/{thread}/reopen", name="thread.reopen")
def reopen_thread(ws: Ws, thread: str) -> Response:
    """Open a thread again; likewise."""
    with suppress(Conflict):
        curate.reopen_thread(ws, thread)
    return _back(curate.show_thread(ws, thread), 0)


def _back(thread: Thread, number: int) -> Response:
    """Lead to a comment of a thread, or to the thread."""
    place = f"{thread.id}-{number}" if number else thread.id
    return RedirectResponse(f"/cases/{segment(thread.case)}#{place}", 303)


@router.post("/cases/{case}/replay")
def replay(ws: Ws, case: str, model: Annotated[str, Form()] = "", purpose: Annotated[str, Form()] = "") -> Response:
    """Have a model asked, and lead back to what it answered; what is not taken is shown again with why."""
    asked = {"model": model, "purpose": purpose}
    return _done(ws, case, lambda: safeguard.replay(ws, case, model=model, purpose=purpose.strip() or None), asked)


@router.post("/cases/{case}/resolve")
def resolve(ws: Ws, case: str, revision: Annotated[int, Form()], model: Annotated[str, Form()] = "") -> Response:
    """Resolve a case by a model; where it still fails, the page says what it answered."""
    return _done(ws, case, lambda: safeguard.resolve_case(ws, case, revision, model), {"model": model})


@router.post("/cases/{case}/expect")
def expect(ws: Ws, case: str, revision: Annotated[int, Form()], expectations: Annotated[str, Form()] = "") -> Response:
    """Write what is expected of a case, a line each."""
    lines = tuple(filter(None, map(str.strip, expectations.splitlines())))
    typed = {"expectations": expectations}
    return _done(ws, case, lambda: safeguard.expect(ws, case, revision, expectations=lines), typed)


def _done(ws: Ws, case: str, do: Callable[[], object], typed: Mapping[str, str]) -> Response:
    try:
        do()
    except InputError as error:
        if error.code not in TOLD or error.field == "case":
            raise
        found = catalog.show(ws, case)
        part = replays_of(ws, found, None, (error.what, error.do), **typed)
        return pages.shown(ws, found, pages.CaseOptions(), replays=part, status=status_of(error))
    return RedirectResponse(f"/cases/{segment(catalog.show(ws, case).id)}#replays", 303)


class TypedPurpose(BaseModel):
    """What stands in the form, and whether the answer is wanted as a page or as a file."""

    purpose: str = ""
    run: str = ""
    wanted: Literal["page", "file"] = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePage:
    """evidence/page.html: the form; what was found, field by field; or why nothing is shown."""

    template: ClassVar[str] = "evidence/page.html"
    case: str
    runs: tuple[str, ...]
    typed: TypedPurpose
    most: int
    found: RawEvent | None = None
    problem: tuple[str, str] | None = None


@router.get("/cases/{case}/evidence")
def ask_purpose(ws: Ws, case: str) -> Response:
    """Ask what the raw event is needed for."""
    found = catalog.show(ws, case)
    if case != found.id:
        return RedirectResponse(f"/cases/{segment(found.id)}/evidence", 302)
    ws.allow("evidence:read", found.team)  # before they write what for
    return _evidence(ws, case, TypedPurpose())


@router.post("/cases/{case}/evidence", name="evidence.show")
def show_evidence(ws: Ws, case: str, typed: Annotated[TypedPurpose, Form()]) -> Response:
    """Show the raw event, or give it as a file; what is refused is said above the form."""
    try:
        found = evidence.show_evidence(ws, case, typed.purpose, run=typed.run or None)
    except InputError as error:
        if not isinstance(error, Denied) and error.code not in {"input", "not-found"}:
            raise
        return _evidence(ws, case, typed, problem=(error.what, error.do), status=status_of(error))
    if typed.wanted == "file":
        return download(found.content.encode(), f"event-{found.case}.json", "application/json")
    return _evidence(ws, case, typed, found=found)


def _evidence(
    ws: Workspace,
    case: str,
    typed: TypedPurpose,
    *,
    found: RawEvent | None = None,
    problem: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    known = catalog.show(ws, case)
    page = EvidencePage(
        case=known.id,
        runs=tuple(each.run for each in known.captures),
        typed=typed,
        most=PURPOSE_LIMIT,
        found=found,
        problem=problem,
    )
    return render(page, shell(ws, f"Raw event of {known.id}", "cases"), status=status)
