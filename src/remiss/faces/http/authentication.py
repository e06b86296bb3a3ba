"""The door: everything but health and signing in asks who is there, before any page or route is looked for."""

from __future__ import annotations

from urllib.parse import urlencode

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from remiss.errors import RemissError
from remiss.faces.http.answering import DOCUMENTS
from remiss.faces.http.security import App, Receive, Scope, Send, header, refuse
from remiss.faces.identity import Caller, Identities
from remiss.govern.tokens import Waits, address_of

# The only paths that answer to anybody. The style of the sign-in page and the OpenAPI document show nothing of the catalog.
OPEN = frozenset({"/livez", "/readyz", "/sign-in", "/sign-in/style.css", *DOCUMENTS})
# Threads of its own: a caller who signs in does not wait for those who are at work inside.
THREADS = 8


class Authentication:
    """Lets in the operator and people, and notes who came; answers 401 to everybody else."""

    def __init__(self, app: App, identities: Identities, inside: FastAPI) -> None:
        self._app = app
        self._inside = inside
        self._identities = identities
        self._threads = CapacityLimiter(THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or what the server asks around requests."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = {**scope, "headers": self._identities.own_cookie(scope["headers"])}
        address = address_of(scope["client"][0] if scope.get("client") else "", header(scope, b"x-forwarded-for"))
        if scope["path"] in OPEN:
            scope.setdefault("state", {})["address"] = address
            await self._app(scope, receive, send)
            return
        try:
            caller = await self._caller(scope, address)
        except Waits as later:
            await refuse(send, 429, "waits", str(later), "try again then", (b"retry-after", b"%d" % later.seconds))
            return
        except RemissError as error:
            # Who it is cannot be looked up: said as inside, where a person gets a page.
            scope["app"] = self._inside
            answer: Response = await to_thread.run_sync(self._inside.state.known, Request(scope), error, limiter=self._threads)
            await answer(scope, receive, send)
            return
        if caller is not None:
            scope.setdefault("state", {})["caller"] = caller
            await self._app(scope, receive, send)
        elif not scope["path"].startswith("/api/") and b"text/html" in (header(scope, b"accept") or b""):
            asked = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
            # Of what was sent to be changed nothing is kept, and so there is nothing to go on to.
            query = urlencode({"next": asked}).encode() if scope["method"] == "GET" else b""
            form = {"method": "GET", "path": "/sign-in", "raw_path": b"/sign-in", "query_string": query}
            await self._app({**scope, **form}, receive, send)
        else:
            challenge = (b"www-authenticate", b'Bearer realm="remiss"')
            do = "sign in with your token, or send it as Authorization: Bearer; the operator's are in what remiss serve prints"
            await refuse(send, 401, "unauthenticated", "nobody is signed in", do, challenge)

    async def _caller(self, scope: Scope, address: str) -> Caller | None:
        authorization, cookies = header(scope, b"authorization"), header(scope, b"cookie")
        if authorization is None and cookies is None:
            return None
        operator = self._identities.operator(authorization, cookies)
        if operator is not None:
            return operator
        return await to_thread.run_sync(self._identities.caller, authorization, cookies, address, limiter=self._threads)
