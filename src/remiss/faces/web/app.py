"""The pages, added to the application that also has the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from remiss.errors import RemissError
from remiss.faces.auth import Sessions
from remiss.faces.callers import Callers
from remiss.faces.web import sign_in
from remiss.faces.web.pages import (
    agreement,
    attachments,
    audit,
    case,
    cases,
    discussion,
    estimates,
    evidence,
    filing,
    inbox,
    investigation,
    moving,
    overview,
    people,
    protocols,
    queue,
    runs,
)
from remiss.faces.web.pages.problem import ProblemPage
from remiss.faces.web.rendering import Shell, filled, render

HERE = Path(__file__).parent
PAGES = (
    overview.router,
    cases.router,
    filing.router,
    case.router,
    discussion.router,
    investigation.router,
    moving.router,
    inbox.router,
    queue.router,
    evidence.router,
    attachments.router,
    runs.router,
    estimates.router,
    agreement.router,
    protocols.router,
    people.router,
    audit.router,
)
HEADINGS = {
    403: "This is not for you to do or see",
    404: "There is no such page or thing",
    409: "That does not go together",
    503: "The catalog cannot be read",
}


def add_pages(app: FastAPI, sessions: Sessions, callers: Callers, used: Callable[[], None]) -> None:
    """Add all pages.

    Parameters
    ----------
    used : called when the one-time link has been used, so that there is a new one
    """
    app.state.problem = problem
    app.include_router(sign_in.router(sessions, callers, used))
    for page in PAGES:
        app.include_router(page, include_in_schema=False)
    app.mount("/static", Files(directory=HERE / "static"), name="static")
    app.mount("/assets", Files(directory=HERE / "assets", check_dir=False), name="assets")


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
    page = ProblemPage(heading=HEADINGS.get(status, "That did not work"), what=said["what"], do=said["do"])
    if request.headers.get("hx-request"):
        # A script asked for a piece of a page, and puts there whatever comes.
        return filled("_parts/problem.html", {"page": page}, status=status)
    ws = request.app.state.workspace
    try:
        position = ws.serving("problem").position()
    except RemissError:
        position = 0
    caller = getattr(request.state, "caller", None)
    who = "" if caller is None or caller.person is None else caller.person.name
    around = Shell(title=page.heading, section="", catalog=ws.address.rpartition("/")[2], position=position, twins=(), who=who)
    return render(page, around, status=status)
