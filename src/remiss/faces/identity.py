"""Callers: who sent a request, and what says what they may.

People are looked up at every request, so that a person who was disabled, lost a role or had a token revoked is out at the next
one.

Sessions: what a browser gets when it signed in, and the two things by which the operator of a server is known.

A person who starts a server can read its database anyway: they are its operator. `remiss serve` prints a link with a token that
works once. Opening it shows a form; sending the form exchanges the token for a session, kept in a cookie that scripts cannot
read and that no other site's request carries. The operator's programs send the server's token as `Authorization: Bearer`. Both
are random, compared in constant time, and kept here as digests only. People have tokens of their own, which open sessions too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from remiss.govern.authority import Granted, actor_of
from remiss.govern.ports.actor import Actor, Authority
from remiss.records.person import Person

if TYPE_CHECKING:
    from remiss.records.person import Token
    from remiss.workspace import Workspace


SESSION_SECONDS = 12 * 3600
# Of one person, or of the operator. It holds for each by themselves: nobody ends another's by signing in.
SESSIONS_OF_ONE = 32
# What `fresh` makes, and no more: whatever else a cookie holds is none of ours.
_SECRET = re.compile(rb"[A-Za-z0-9_-]{1,128}")


def fresh() -> str:
    """Return a secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose session it is: by which token they signed in, and what they held then."""

    token: str
    person: Person


class Sessions:
    """The one-time link and the sessions that were opened. A server's threads share it: one opens a session at a time, and every
    other step is one operation on a set or dictionary.

    `cookie` is the name of the session's cookie. It holds the port, since browsers keep one jar for all ports of a host. `secure`
    keeps it to encrypted connections. Where there is no `operator` no link is made, and nobody is the operator.
    """

    def __init__(
        self,
        *,
        token: str | None,
        port: int,
        clock: Callable[[], float] = time.monotonic,
        secure: bool = False,
        operator: bool = True,
    ) -> None:
        self.cookie = f"__Host-remiss-{port}" if secure else f"remiss-{port}"
        self.secure = secure
        self.operator = operator
        self._token = None if token is None or not operator else _digest(token)
        self._links: set[bytes] = set()
        self._sessions: dict[bytes, tuple[float, SignedIn | None]] = {}
        self._clock = clock
        self._opening = threading.Lock()

    def link(self) -> str:
        """Return a new one-time token of the operator; those before it stop working."""
        token = fresh()
        self._links = {_digest(token)} if self.operator else set()
        return token

    def knows_link(self, token: str) -> bool:
        """Return whether a one-time token would work, without using it up."""
        return _digest(token) in self._links

    def sign_in(self, token: str) -> str | None:
        """Use a one-time token up and return the operator's session; None when it does not work (any more)."""
        try:
            # In one step: of two who send the same token at once, one is let in.
            self._links.remove(_digest(token))
        except KeyError:
            return None
        return self.open(None)

    def open(self, who: SignedIn | None) -> str:
        """Return a new session, of somebody or of the operator; their own oldest makes room where they have too many."""
        now, session, name = self._clock(), fresh(), None if who is None else who.person.name
        with self._opening:
            known = sorted(self._sessions.copy().items(), key=lambda each: each[1][0])
            own = [key for key, (_, whose) in known if (None if whose is None else whose.person.name) == name]
            ended = [key for key, (until, _) in known if until <= now]
            for key in (*ended, *own[: 1 - SESSIONS_OF_ONE]):
                self._sessions.pop(key, None)
            self._sessions[_digest(session)] = (now + SESSION_SECONDS, who)
        return session

    def sign_out(self, cookies: bytes | None) -> None:
        """End a session."""
        if (session := self._session(cookies)) is not None:
            self._sessions.pop(_digest(session), None)

    def admits(self, authorization: bytes | None, cookies: bytes | None) -> bool:
        """Return whether a request with these headers comes from the operator."""
        if authorization is not None:
            digest = hashlib.sha256(bearer(authorization) or b"").digest()
            return self._token is not None and hmac.compare_digest(digest, self._token)
        found = self._found(cookies)
        return found is not None and found[1] is None

    def signed_in(self, cookies: bytes | None) -> SignedIn | None:
        """Return which person's session a request has; None where it has none, or the operator's."""
        found = self._found(cookies)
        return None if found is None else found[1]

    def _found(self, cookies: bytes | None) -> tuple[float, SignedIn | None] | None:
        session = self._session(cookies)
        found = None if session is None else self._sessions.get(_digest(session))
        return found if found is not None and found[0] > self._clock() else None

    def own_cookie(self, headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return a request's headers with this server's own cookie as the only one; without any where it is not there.

        Whoever reads cookies later gets no others to read: the standard library unquotes a value in time that is quadratic in its
        length (CVE-2024-7592), and the framework has it unquote each one of every request.
        """
        kept = [(name, value) for name, value in headers if name != b"cookie"]
        given = [value for name, value in headers if name == b"cookie"]
        session = self._session(b";".join(given)) if given else None
        return kept if session is None else [*kept, (b"cookie", f"{self.cookie}={session}".encode("ascii"))]

    def _session(self, cookies: bytes | None) -> str | None:
        """Return what our cookie holds, of several the last one's; in time linear in the length of all."""
        found = None
        for each in (cookies or b"").split(b";"):
            name, _, value = each.strip().partition(b"=")
            if name == self.cookie.encode() and _SECRET.fullmatch(value):
                found = value.decode("ascii")
        return found


def bearer(authorization: bytes) -> bytes | None:
    """Return the token of an Authorization header; None of another scheme."""
    scheme, _, given = authorization.partition(b" ")
    return given.strip() if scheme.lower() == b"bearer" else None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request; without a person, the operator of the server."""

    person: Person | None = None

    @property
    def actor(self) -> Actor | None:
        """Who acts; None is the server's own."""
        return None if self.person is None else actor_of(self.person)

    @property
    def authority(self) -> Authority | None:
        """What says what they may; None is the server's own."""
        return None if self.person is None else Granted(self.person)


OPERATOR = Caller()


class Identities:
    """Whom the headers of a request stand for. Safe for threads."""

    def __init__(
        self, workspace: Workspace, sessions: Sessions, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._workspace = workspace
        self._sessions = sessions
        self._clock = clock

    def own_cookie(self, headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return a request's headers with no cookies but this server's own (`Sessions.own_cookie`)."""
        return self._sessions.own_cookie(headers)

    def operator(self, authorization: bytes | None, cookies: bytes | None) -> Caller | None:
        """Return the operator, if the headers are theirs; asks no database."""
        return OPERATOR if self._sessions.admits(authorization, cookies) else None

    def person(self, authorization: bytes | None, cookies: bytes | None) -> Caller | None:
        """Return the person whose headers these are: a token that works, or a session of somebody who holds what they held.

        A wrong token is not saved by a session.
        """
        if authorization is not None:
            sent = bearer(authorization)
            found = None if sent is None else self._known_by(sent.decode("latin-1"))
            return None if found is None else Caller(found[0])
        signed = self._sessions.signed_in(cookies)
        if signed is None:
            return None
        person = self._workspace.people.still(signed.token, self._clock())
        if person != signed.person:
            self._sessions.sign_out(cookies)
            return None
        return Caller(person)

    def sign_in(self, text: str) -> str | None:
        """Return a new session for whom a token stands, or a link, which is used up then; None when it does not work."""
        found = self._known_by(text) or self._workspace.use_link(text)
        return None if found is None else self._sessions.open(SignedIn(found[1].id, found[0]))

    def knows_link(self, text: str) -> bool:
        """Return whether a link would sign somebody in, without using it up. A token that is no link's is not for links."""
        return self._workspace.people.linked_by(text, self._clock()) is not None

    def _known_by(self, text: str) -> tuple[Person, Token] | None:
        return self._workspace.people.known_by(text, self._clock())
