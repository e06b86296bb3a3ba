"""The door: everything but health and signing in asks who is there, before any page or route is looked for."""

from __future__ import annotations

from remiss.faces.auth import Sessions
from remiss.faces.guard import App, Receive, Scope, Send, header, refuse

# The only paths that answer to anybody. The style belongs to the sign-in page and shows nothing of the catalog.
OPEN = frozenset({"/livez", "/readyz", "/sign-in", "/sign-in/style.css"})


class Doorkeeper:
    """Lets in who has a session or the token; answers 401 to everybody else."""

    def __init__(self, app: App, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or what the server asks around requests."""
        admitted = (
            scope["type"] != "http"
            or scope["path"] in OPEN
            or self._sessions.admits(header(scope, b"authorization"), header(scope, b"cookie"))
        )
        if admitted:
            await self._app(scope, receive, send)
        elif not scope["path"].startswith("/api/") and b"text/html" in (header(scope, b"accept") or b""):
            await self._app(
                {**scope, "method": "GET", "path": "/sign-in", "raw_path": b"/sign-in", "query_string": b""}, receive, send
            )
        else:
            challenge = (b"www-authenticate", b'Bearer realm="remiss"')
            do = "open the link that remiss serve prints, or send its token as Authorization: Bearer"
            await refuse(send, 401, "unauthenticated", "nobody is signed in", do, challenge)
