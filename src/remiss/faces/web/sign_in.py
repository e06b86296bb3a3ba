"""Signing in: the form behind a link, or for a token by itself, and the cookie that it is exchanged for.

Opening a link changes nothing (mail scanners and previews open links too); only sending the form does, and that once. A token
that goes on working is for the form, never for a link, which stays in histories and logs. A person who signs in gets a new
session, and the one that the browser had ends.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from remiss.faces.identity import Identities
from remiss.faces.web.rendering import filled
from remiss.govern.tokens import SESSION_SECONDS, Sessions, Waits

STYLE = Path(__file__).parent / "static" / "sign-in.css"
# The link stands in the address of the form, and no other page is to read it there.
SILENT = {"Referrer-Policy": "strict-origin"}


def router(sessions: Sessions, identities: Identities, used: Callable[[], None]) -> APIRouter:
    """Return the routes of signing in and out."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in")
    def form(request: Request, token: str = "") -> Response:
        def known() -> bool | None:
            return sessions.knows_link(token) or identities.knows_link(token) or None

        try:
            found = bool(token) and identities.attempts.tried(request.state.address, token, known)
        except Waits as later:
            return _form(sessions, None, waits=later)
        return _form(sessions, token if found else None, dead=bool(token) and not found)

    @routes.get("/sign-in/style.css")
    async def style() -> Response:
        return FileResponse(STYLE, media_type="text/css")

    @routes.post("/sign-in")
    def sign_in(request: Request, token: Annotated[str, Form()] = "") -> Response:
        session = sessions.sign_in(token)
        if session is not None:
            used()
        elif token:
            try:
                session = identities.attempts.tried(request.state.address, token, lambda: identities.sign_in(token.strip()))
            except Waits as later:
                return _form(sessions, None, waits=later)
        if session is None:
            return _form(sessions, None, refused=bool(token))
        _sign_out(sessions, request)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            sessions.cookie,
            session,
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=sessions.secure,
            path="/",
        )
        return response

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        _sign_out(sessions, request)
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(sessions.cookie, path="/", secure=sessions.secure, httponly=True, samesite="strict")
        return response

    return routes


def _sign_out(sessions: Sessions, request: Request) -> None:
    cookies = request.headers.get("cookie")
    sessions.sign_out(None if cookies is None else cookies.encode("latin-1"))


def _form(
    sessions: Sessions, token: str | None, *, refused: bool = False, dead: bool = False, waits: Waits | None = None
) -> Response:
    context = {"token": token, "refused": refused, "dead": dead, "operator": sessions.operator, "waits": waits}
    answer = filled("sign_in/form.html", context, status=429 if waits else 401 if token is None else 200)
    answer.headers.update(SILENT | ({"Retry-After": str(waits.seconds)} if waits else {}))
    return answer
