"""Who may ask anything at all, until people and roles come: the holder of the server's token, or of a session.

`remiss serve` prints a link with a token that works once. Opening it shows a form; sending the form exchanges the token for a
session, kept in a cookie that scripts cannot read and that no other site's request carries. Programs send the server's token as
`Authorization: Bearer`. Both are random, compared in constant time, and kept here as digests only. Nobody else gets further
than the health routes and the sign-in page.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

SESSION_SECONDS = 12 * 3600
MOST_SESSIONS = 64


def fresh() -> str:
    """Return a secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Sessions:
    """The one-time link and the sessions that it opened. A server's threads share it; each step is one operation on a set or
    dictionary.

    `cookie` is the name of the session's cookie. It holds the port, since browsers keep one jar for all ports of a host.
    """

    def __init__(self, *, token: str | None, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.cookie = f"remiss-{port}"
        self._token = None if token is None else _digest(token)
        self._links: set[bytes] = set()
        self._sessions: dict[bytes, float] = {}
        self._clock = clock

    def link(self) -> str:
        """Return a new one-time token; those before it stop working."""
        token = fresh()
        self._links = {_digest(token)}
        return token

    def knows_link(self, token: str) -> bool:
        """Return whether a one-time token would work, without using it up."""
        return _digest(token) in self._links

    def sign_in(self, token: str) -> str | None:
        """Use a one-time token up and return the session that it opens; None when it does not work (any more)."""
        try:
            # In one step: of two who send the same token at once, one is let in.
            self._links.remove(_digest(token))
        except KeyError:
            return None
        now = self._clock()
        alive = sorted((end, key) for key, end in self._sessions.items() if end > now)
        self._sessions = {key: end for end, key in alive[-(MOST_SESSIONS - 1) :]}
        session = fresh()
        self._sessions[_digest(session)] = now + SESSION_SECONDS
        return session

    def sign_out(self, cookies: bytes | None) -> None:
        """End a session."""
        if (session := self._session(cookies)) is not None:
            self._sessions.pop(_digest(session), None)

    def admits(self, authorization: bytes | None, cookies: bytes | None) -> bool:
        """Return whether a request with these headers may go on."""
        if authorization is not None:
            scheme, _, given = authorization.partition(b" ")
            digest = hashlib.sha256(given.strip()).digest()
            return scheme.lower() == b"bearer" and self._token is not None and hmac.compare_digest(digest, self._token)
        session = self._session(cookies)
        return session is not None and self._sessions.get(_digest(session), 0.0) > self._clock()

    def _session(self, cookies: bytes | None) -> str | None:
        if cookies is None:
            return None
        try:
            morsel = SimpleCookie(cookies.decode("latin-1")).get(self.cookie)
        except CookieError:
            return None
        return None if morsel is None else morsel.value
