"""Callers: who sent a request, and what says what they may.

People are looked up at every request, so that a person who was disabled, lost a role or had a token revoked is out at the next
one. What opens a session, and the operator, are in `govern/tokens.py`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from remiss.errors import RemissError
from remiss.govern.authority import Granted, actor_of
from remiss.govern.ports.actor import Actor, Authority
from remiss.govern.tokens import Attempts, Sessions, SignedIn, bearer
from remiss.records.person import EVERY_TEAM, Person
from remiss.records.view_entry import ViewEntry, ViewKind

if TYPE_CHECKING:
    from remiss.records.person import Token
    from remiss.workspace import Workspace


# Who sends a token that does not work, as the audit names them; no person is called so.
NOBODY = "(nobody)"


def fresh() -> str:
    """Return a secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def sessions_at(port: int, token: str | None = None, *, clock: Callable[[], float] = time.monotonic, **given: bool) -> Sessions:
    """Return the sessions of a server, none of them open yet (see `Sessions`)."""
    return Sessions(token=token, port=port, clock=clock, fresh=fresh, lock=threading.Lock(), **given)


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
        self.own_cookie = sessions.own_cookie
        self._clock = clock
        self.attempts = Attempts(self._tell, time.monotonic, threading.Lock())

    def operator(self, authorization: bytes | None, cookies: bytes | None) -> Caller | None:
        """Return the operator, if the headers are theirs; asks no database."""
        return OPERATOR if self._sessions.admits(authorization, cookies) else None

    def caller(self, authorization: bytes | None, cookies: bytes | None, address: str) -> Caller | None:
        """Return `person`, for whoever sent a token from an address.

        Raises
        ------
        Waits
        """
        if authorization is None:
            return self.person(None, cookies)
        return self.attempts.tried(address, authorization.decode("latin-1"), lambda: self.person(authorization, cookies))

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

    def _tell(self, address: str, count: int) -> None:
        ws = self._workspace.serving("sign-in", actor=Actor(name=NOBODY, team=EVERY_TEAM))
        # Where it cannot be recorded, nothing is shown either: they are refused all the same.
        with suppress(RemissError):
            ws.record_views([ViewEntry(kind=ViewKind.REFUSED, subject=address, count=count)], "token.use")

    def _known_by(self, text: str) -> tuple[Person, Token] | None:
        return self._workspace.people.known_by(text, self._clock())
