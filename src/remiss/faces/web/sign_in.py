"""Signing in: the form behind the one-time link, and the cookie that it is exchanged for.

Opening the link changes nothing (mail scanners and previews open links too); only sending the form uses it up.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from remiss.faces.auth import SESSION_SECONDS, Sessions
from remiss.faces.web.rendering import filled

STYLE = Path(__file__).parent / "static" / "sign-in.css"
# The link stands in the address of the form, and no other page is to read it there.
SILENT = {"Referrer-Policy": "strict-origin"}


def router(sessions: Sessions, used: Callable[[], None]) -> APIRouter:
    """Return the routes of signing in and out."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in")
    async def form(token: str = "") -> Response:
        known = sessions.knows_link(token)
        return _form(token if known else None)

    @routes.get("/sign-in/style.css")
    async def style() -> Response:
        return FileResponse(STYLE, media_type="text/css")

    @routes.post("/sign-in")
    async def sign_in(token: Annotated[str, Form()] = "") -> Response:
        session = sessions.sign_in(token)
        if session is None:
            return _form(None)
        used()
        response = RedirectResponse("/", 303)
        response.set_cookie(sessions.cookie, session, max_age=SESSION_SECONDS, httponly=True, samesite="strict", path="/")
        return response

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        cookies = request.headers.get("cookie")
        sessions.sign_out(None if cookies is None else cookies.encode("latin-1"))
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(sessions.cookie, path="/")
        return response

    return routes


def _form(token: str | None) -> Response:
    answer = filled("sign_in/form.html", {"token": token}, status=401 if token is None else 200)
    answer.headers.update(SILENT)
    return answer
