"""The pages, added to the application that also has the API; and the two of no section: help, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from remiss.documentation import SECTIONS, as_html, documents, words_of
from remiss.errors import NotFound, RemissError
from remiss.faces.identity import OPERATOR, Caller, Identities
from remiss.faces.serving import Ws, in_one_reading
from remiss.faces.web import sign_in
from remiss.faces.web.pages import (
    agreement,
    alerts,
    attachments,
    audit,
    case,
    case_forms,
    cases,
    clusters,
    drifts,
    filing,
    gates,
    heatmaps,
    inbox,
    investigation,
    jobs,
    overview,
    patterns,
    people,
    protocols,
    queue,
    queue_steering,
    runs,
    saved_views,
    search_box,
    slices,
    suites,
    trends,
)
from remiss.faces.web.rendering import HelpPage, ProblemPage, filled, render, shell
from remiss.govern.roles import ROLES, holds
from remiss.govern.tokens import Sessions

if TYPE_CHECKING:
    from remiss.workspace import Workspace

HERE = Path(__file__).parent
help_pages = APIRouter()
PAGES = (
    overview.router,
    cases.router,
    saved_views.router,
    search_box.router,
    filing.router,
    case.router,
    case_forms.router,
    investigation.router,
    inbox.router,
    queue_steering.router,
    queue.router,
    attachments.router,
    runs.router,
    jobs.router,
    trends.router,
    heatmaps.router,
    slices.router,
    clusters.router,
    patterns.router,
    drifts.router,
    alerts.router,
    suites.router,
    gates.router,
    agreement.router,
    protocols.router,
    people.router,
    audit.router,
    help_pages,
)
UNAVAILABLE, FORBIDDEN = 503, 403
# How a refusal for want of a permission says which.
NEEDS = ": it needs "
HEADINGS = {
    FORBIDDEN: "You do not have access to this",
    404: "Page not found",
    409: "This is no longer possible",
    UNAVAILABLE: "The catalog cannot be read",
}


def add_pages(app: FastAPI, sessions: Sessions, identities: Identities, used: Callable[[], None]) -> None:
    """Add all pages.

    Parameters
    ----------
    used : called when the one-time link has been used, so that there is a new one
    """
    app.state.problem = problem
    app.include_router(sign_in.router(sessions, identities, used))
    app.router.routes.extend(_routes())
    app.mount("/static", Files(directory=HERE / "static"), name="static")
    app.mount("/assets", Files(directory=HERE / "assets", check_dir=False), name="assets")


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Return the routes of the pages, which are the same for every catalog."""
    made = APIRouter()
    for page in PAGES:
        made.include_router(in_one_reading(page), include_in_schema=False)
    return tuple(made.routes)


def roles_with(permission: str) -> str:
    """Return which roles have a permission, in a sentence.

    >>> roles_with("queue:work")
    'this needs the role annotator, verifier, curator or admin'
    """
    names = [role for role in ROLES if holds(role, permission)]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"this needs the role {listed}"


@help_pages.get("/help")
@help_pages.get("/help/{name:path}")
def show_help(ws: Ws, name: str = "index") -> Response:
    """Show a page of docs, by its name or by the section that it helps in, with the words of the glossary that it uses."""
    document = documents().get(SECTIONS.get(name, name))
    if document is None:
        raise NotFound("there is no help under this name", do="begin at /help")
    words = tuple((word, as_html(meaning)) for word, meaning in words_of(document))
    page = HelpPage(title=document.title, html=as_html(document.text), words=words)
    return render(page, shell(ws, f"Help: {document.title}", name if name in SECTIONS else ""))


class Files(StaticFiles):
    """Styles and scripts, the same for every catalog: a browser keeps them, and asks each time whether they are current."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or that it has not changed."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "private, no-cache"
        return response


def problem(request: Request, status: int, document: dict[str, Any]) -> Response:
    """Return an error as a page."""
    said = document["error"]
    what, do = said["what"], said["do"]
    if (status, what) == (404, "not found"):
        # No thing was asked for: the address is none of the pages.
        what, do = f"there is nothing at {request.url.path[:200]}", "begin at Home, or search for a case by its id"
    if status == FORBIDDEN and NEEDS in what:
        what, do = roles_with(what.rpartition(NEEDS)[2].partition(" ")[0]), "ask an admin of this catalog"
    page = ProblemPage(heading=HEADINGS.get(status, "Something is not right"), what=what, do=do)
    if request.headers.get("hx-request"):
        # A script asked for a piece of a page, and puts there whatever comes.
        return filled("_parts/problem.html", {"page": page}, status=status)
    caller: Caller | None = getattr(request.state, "caller", None)
    known = OPERATOR if caller is None else caller
    ws: Workspace = request.app.state.workspace.serving("problem", actor=known.actor, authority=known.authority)
    try:
        # Of a catalog that is away nothing is asked once more, which would be waited for.
        position = 0 if status == UNAVAILABLE else ws.position()
    except RemissError:
        position = 0
    around = shell(ws, page.heading, "", position=position)
    if caller is None:
        around = replace(around, groups=())
    for section in chain.from_iterable(group for _, group in around.groups):
        if (status, request.method, request.url.path) == (404, "GET", f"/{section.words.lower()}"):
            return RedirectResponse(section.href, 302)
    return render(page, around, status=status)
