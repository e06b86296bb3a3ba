"""Signing in: the form behind a link, or for a token by itself, and the cookie that it is exchanged for.

Opening a link changes nothing (mail scanners and previews open links too); only sending the form does, and that once. A token
that goes on working is for the form, never for a link, which stays in histories and logs. A person who signs in gets a new
session, and the one that the browser had ends. Then they go on to the page that they had asked for (`next`), which the form says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from remiss.faces.identity import Identities
from remiss.faces.web.rendering import filled
from remiss.govern.tokens import SESSION_SECONDS, Sessions, Waits

STYLE = Path(__file__).parent / "static" / "sign-in.css"
# The link stands in the address of the form, and no other page is to read it there.
SILENT = {"Referrer-Policy": "strict-origin"}
HOME, MOST_NEXT = "/", 2048
Next = Annotated[str, Form(alias="next")]
# An address of a page as a browser sends it: no empty, "." or ".." segment, no coded slash, backslash or control character, and
# nothing but what RFC 3986 lets stand in a path and a query. Some are of no page to go on to.
_SEGMENT = r"(?!(?:\.|%2[Ee]){1,2}(?:[/?]|\Z))(?:[\w.~!$&'()*+,;=:@-]|%(?!2[Ff]|5[Cc]|[01]|7[Ff])[0-9A-Fa-f]{2})+"
_NEXT = re.compile(rf"/(?:{_SEGMENT}(?:/{_SEGMENT})*/?)?(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{{2}})*)?", re.ASCII)
_NO_PAGE = re.compile(r"/(?:sign-in|sign-out|api|parts|static|assets)(?:[/?]|\Z)")


def router(sessions: Sessions, identities: Identities, used: Callable[[], None]) -> APIRouter:
    """Return the routes of signing in and out."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in")
    def form(request: Request, token: str = "", asked: Annotated[str, Query(alias="next")] = HOME) -> Response:
        def known() -> bool | None:
            return sessions.knows_link(token) or identities.knows_link(token) or None

        try:
            found = bool(token) and identities.attempts.tried(request.state.address, token, known)
        except Waits as later:
            return _form(sessions, None, asked, waits=later)
        return _form(sessions, token if found else None, asked, dead=bool(token) and not found)

    @routes.get("/sign-in/style.css")
    async def style() -> Response:
        return FileResponse(STYLE, media_type="text/css")

    @routes.post("/sign-in")
    def sign_in(request: Request, token: Annotated[str, Form()] = "", asked: Next = HOME) -> Response:
        session = sessions.sign_in(token)
        if session is not None:
            used()
        elif token:
            try:
                session = identities.attempts.tried(request.state.address, token, lambda: identities.sign_in(token.strip()))
            except Waits as later:
                return _form(sessions, None, asked, waits=later)
        if session is None:
            return _form(sessions, None, asked, refused=bool(token))
        _sign_out(sessions, request)
        response = RedirectResponse(leads_to(asked), 303)
        response.set_cookie(sessions.cookie, session, SESSION_SECONDS, secure=sessions.secure, httponly=True, samesite="lax")
        return response

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        _sign_out(sessions, request)
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(sessions.cookie, path="/", secure=sessions.secure, httponly=True, samesite="lax")
        return response

    return routes


def leads_to(asked: str) -> str:
    """Return the page that somebody goes on to who signed in: the one that was asked for, if it is one of this server."""
    return asked if len(asked) <= MOST_NEXT and _NEXT.fullmatch(asked) and not _NO_PAGE.match(asked) else HOME


def _sign_out(sessions: Sessions, request: Request) -> None:
    cookies = request.headers.get("cookie")
    sessions.sign_out(None if cookies is None else cookies.encode("latin-1"))


def _form(
    sessions: Sessions, token: str | None, asked: str, *, refused: bool = False, dead: bool = False, waits: Waits | None = None
) -> Response:
    context = {"token": token, "refused": refused, "dead": dead, "operator": sessions.operator, "waits": waits}
    context |= {"next": leads_to(asked), "home": HOME}
    answer = filled("sign_in/form.html", context, status=429 if waits else 401 if token is None else 200)
    answer.headers.update(SILENT | ({"Retry-After": str(waits.seconds)} if waits else {}))
    return answer
