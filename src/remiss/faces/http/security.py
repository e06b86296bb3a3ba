"""What stands before every page and route: which requests are refused before anything else, and what every answer carries.

A page of another site must neither read the catalog nor change it, though the browser that shows it also holds a session here:
so the host must be ours (DNS rebinding), and whatever is not a plain read must come from a page of ours or from a program.
A link of another site leads a person here with their session (`SameSite=Lax`), which is noted. Sizes are bounded here.
Source: OWASP, Cross-Site Request Forgery Prevention; W3C, Fetch Metadata.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

from starlette.responses import PlainTextResponse

from remiss.version import __version__

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

ALIVE = PlainTextResponse("ok\n")
UNREADABLE = PlainTextResponse("the catalog cannot be read\n", 503)
READS = frozenset({"GET", "HEAD"})
# What anybody may send without being signed in: a token in a form.
MOST_TOKEN_BYTES = 8 * 1024
MOST_BODY_BYTES = 4 * 1024 * 1024
# A file that people add to a case: as it is, in a form, or in base64 within JSON, which takes a third more.
MOST_FILE_BYTES = 23 * 1024 * 1024
FILES = re.compile(r"/attachments|/cases/file|/api/v1/cases/[^/]+/attachments|/api/v1/actions/attachment\.add")
MOST_HEADER_BYTES = 32 * 1024
MOST_TARGET_BYTES = 16 * 1024
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not no-referrer: with that a browser sends our own forms with `Origin: null`, which is refused.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"server", f"remiss/{__version__}".encode()),
)
# By which a page that was opened from elsewhere has its scripts say so: what they load counts as opened from there, too.
CAME_FROM = b"remiss-came-from"
ELSEWHERE = {each.encode(): each for each in ("cross-site", "same-site", "unknown")}
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the value of a request's header; of several that should be one, all of them, so that none is overlooked."""
    found = [value for key, value in scope["headers"] if key == name]
    return b", ".join(found) if found else None


class Security:
    """Refuses foreign and oversized requests, names each request, and adds the security headers to every answer.

    `origins` are those under which this server is reached, for example `http://127.0.0.1:8765`.
    """

    def __init__(self, app: App, origins: Iterable[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)
        schemes = [origin.partition(b"://") for origin in self._origins]
        self._hosts = frozenset(host for _, _, host in schemes)
        # TLS ends before this server, and addresses that are told begin as people type them.
        self._encrypted = frozenset(host for scheme, _, host in schemes if scheme == b"https")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or what the server asks around requests."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        request_id = _named(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        scope["state"]["came_from"] = self._came_from(scope)
        answer = _with_headers(send, request_id.encode())
        refusal = self._refusal(scope)
        if refusal is not None:
            await refuse(answer, *refusal)
            return
        if header(scope, b"host") in self._encrypted:
            scope = {**scope, "scheme": "https"}
        if scope["path"] == "/livez" and scope["method"] in READS:
            # Here and not inside: the more there is to do for an answer, the oftener it waits for its turn behind who is at work.
            await ALIVE(scope, receive, answer)
            return
        if scope["method"] == "HEAD":
            # The answer is that of GET; the connection leaves its body out.
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, answer)

    def _refusal(self, scope: Scope) -> tuple[int, str, str, str] | None:
        if len(scope["raw_path"] or b"") + len(scope["query_string"]) > MOST_TARGET_BYTES:
            return 414, "too-large", f"the address is longer than {MOST_TARGET_BYTES >> 10} KB", "ask something shorter"
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADER_BYTES:
            return 431, "too-large", f"the headers have more than {MOST_HEADER_BYTES >> 10} KB", "send fewer, shorter ones"
        if header(scope, b"host") not in self._hosts:
            hosts = " or ".join(sorted(host.decode() for host in self._hosts))
            return 421, "foreign", "the request is for another host", f"use {hosts}"
        if header(scope, b"content-length") is not None and header(scope, b"transfer-encoding") is not None:
            return 400, "request", "the request has two lengths", "send Content-Length or Transfer-Encoding"
        length = header(scope, b"content-length") or b"0"
        most = most_bytes(scope)
        if not length.isdigit() or int(length) > most:
            return 413, "too-large", f"a request here may have {most:,} bytes", "send less"
        if scope["method"] in READS:
            return None
        origin, site = header(scope, b"origin"), header(scope, b"sec-fetch-site")
        foreign = (origin is not None and origin not in self._origins) or site not in {None, b"same-origin", b"none"}
        # A browser says at least one of the two with every write; a session without either is no browser's.
        unproven = origin is None and site is None and header(scope, b"cookie") is not None
        if foreign or unproven:
            return 403, "foreign", "the request comes from a page of another site", "use the pages of this server, or a token"
        return None

    def _came_from(self, scope: Scope) -> str | None:
        """Return from where a person was led here; None: by a page of ours or by themselves, or it is a program that asks."""
        site = header(scope, b"sec-fetch-site")
        if site in {b"same-origin", b"none"}:
            return ELSEWHERE.get(header(scope, CAME_FROM) or b"")
        if site is not None:
            return ELSEWHERE.get(site, "cross-site")
        # Browsers say nothing where others could listen: then it is a page of ours only if it names itself.
        named = {header(scope, b"origin"), b"/".join((header(scope, b"referer") or b"").split(b"/")[:3])}
        return None if named & self._origins or header(scope, b"cookie") is None else "unknown"


def _named(scope: Scope) -> str:
    given = header(scope, b"x-request-id")
    return given.decode() if given is not None and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _with_headers(send: Send, request_id: bytes) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", ()))
            names = {name.lower() for name, _ in given}
            fixed = [(name, value) for name, value in HEADERS if name not in names]
            if b"cache-control" not in names:
                # What a catalog holds belongs into no cache that outlives the session.
                fixed.append((b"cache-control", b"no-store"))
            message["headers"] = [*given, *fixed, (b"x-request-id", request_id)]
        await send(message)

    return answer


def most_bytes(scope: Scope) -> int:
    """Return how long the body of a request may be."""
    if scope["path"] == "/sign-in":
        return MOST_TOKEN_BYTES
    return MOST_FILE_BYTES if FILES.fullmatch(scope["path"]) else MOST_BODY_BYTES


async def refuse(send: Send, status: int, code: str, what: str, do: str, *extra: tuple[bytes, bytes]) -> None:
    """Answer with the published `error` object; the connection is closed, since a body may still be under way."""
    body = json.dumps({"error": {"code": code, "what": what, "where": None, "do": do}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"connection", b"close"), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
