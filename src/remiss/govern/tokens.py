"""Tokens and sessions: how a token is written, whether what somebody sends is one, what it lets them do, and what it opens.

Most stand for a person until they expire: programs send them, and a browser may be signed in with one. The token of a link does
nothing but sign one browser in, once and soon; what stays of it in a history, a log or a chat opens nothing.

A token is `remiss_ID_SECRET`. The id finds it; of the secret, 256 random bits, only a digest is kept, which is compared in
constant time. A plain digest does: nobody guesses 256 bits, however fast they try.

Sessions: what a browser gets when it signed in, and the two things by which the operator of a server is known.

A person who starts a server can read its database anyway: they are its operator. `remiss serve` prints a link with a token that
works once. Opening it shows a form; sending the form exchanges the token for a session, kept in a cookie that scripts cannot
read; another site's link brings it along, which changes nothing. The operator's programs send the server's token as
`Authorization: Bearer`. Both are random, compared in constant time, and kept as digests only. People have their own tokens.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Network, ip_address
from typing import TypeVar

from remiss.records.identity import CROCKFORD
from remiss.records.person import Person, Token

SESSION_SECONDS = 12 * 3600
# Of one person, or of the operator. It holds for each by themselves: nobody ends another's by signing in.
SESSIONS_OF_ONE = 32
# As secrets are written, and no longer: whatever else a cookie holds is none of ours.
_SECRET = re.compile(rb"[A-Za-z0-9_-]{1,128}")
T = TypeVar("T")
# Of so many tokens that do not work an address gets its answer in a minute; then it waits for the next.
WRONG_TOKENS = 20
MINUTE = 60.0
# So many addresses are remembered, and credentials that worked, whose holders do not wait; and so many entries a minute are made.
ADDRESSES, WORKED, ENTRIES = 4096, 4096, 60
_TOKEN = re.compile(rf"remiss_([{CROCKFORD}]{{12}})_([A-Za-z0-9_-]{{43}})")


def written(token_id: str, secret: str) -> str:
    """Return a token as its holder keeps it."""
    return f"remiss_{token_id}_{secret}"


def split_token(text: str) -> tuple[str, str] | None:
    """Return the id and the secret of a token; None when it is not written like one.

    >>> split_token("remiss_0123456789ab_" + "x" * 43)[0], split_token("remiss_secret")
    ('0123456789ab', None)
    """
    found = _TOKEN.fullmatch(text)
    return None if found is None else (found[1], found[2])


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def admits(token: Token, kept: str, secret: str, now: datetime) -> bool:
    """Return whether a secret is that of a token that stands for its person now, which a link's never does."""
    right = hmac.compare_digest(kept, digest(secret))
    return right and not token.once and works(token, now)


def opens(token: Token, kept: str, secret: str, now: datetime) -> bool:
    """Return whether a secret is that of a link that can be used now."""
    right = hmac.compare_digest(kept, digest(secret))
    return right and token.once and token.used is None and works(token, now)


def keeps_open(token: Token, now: datetime) -> bool:
    """Return whether a session that a token opened may go on: until it is revoked, and, where it is no link's, expires."""
    return token.position_to is None and token.used is not None if token.once else works(token, now)


def works(token: Token, now: datetime) -> bool:
    """Return whether a token is neither revoked nor expired."""
    return token.position_to is None and (token.expires is None or now < token.expires)


def _session_digest(secret: str) -> bytes:
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
        clock: Callable[[], float],
        fresh: Callable[[], str],
        lock: AbstractContextManager[object],
        secure: bool = False,
        operator: bool = True,
    ) -> None:
        self.cookie = f"__Host-remiss-{port}" if secure else f"remiss-{port}"
        self.secure = secure
        self.operator = operator
        self._token = None if token is None or not operator else _session_digest(token)
        self._links: set[bytes] = set()
        self._sessions: dict[bytes, tuple[float, SignedIn | None]] = {}
        self._clock, self._fresh, self._opening = clock, fresh, lock

    def link(self) -> str:
        """Return a new one-time token of the operator; those before it stop working."""
        token = self._fresh()
        self._links = {_session_digest(token)} if self.operator else set()
        return token

    def knows_link(self, token: str) -> bool:
        """Return whether a one-time token would work, without using it up."""
        return _session_digest(token) in self._links

    def sign_in(self, token: str) -> str | None:
        """Use a one-time token up and return the operator's session; None when it does not work (any more)."""
        try:
            # In one step: of two who send the same token at once, one is let in.
            self._links.remove(_session_digest(token))
        except KeyError:
            return None
        return self.open(None)

    def open(self, who: SignedIn | None) -> str:
        """Return a new session, of somebody or of the operator; their own oldest makes room where they have too many."""
        now, session, name = self._clock(), self._fresh(), None if who is None else who.person.name
        with self._opening:
            known = sorted(self._sessions.copy().items(), key=lambda each: each[1][0])
            own = [key for key, (_, whose) in known if (None if whose is None else whose.person.name) == name]
            ended = [key for key, (until, _) in known if until <= now]
            for key in (*ended, *own[: 1 - SESSIONS_OF_ONE]):
                self._sessions.pop(key, None)
            self._sessions[_session_digest(session)] = (now + SESSION_SECONDS, who)
        return session

    def sign_out(self, cookies: bytes | None) -> None:
        """End a session."""
        if (session := self._session(cookies)) is not None:
            self._sessions.pop(_session_digest(session), None)

    def admits(self, authorization: bytes | None, cookies: bytes | None) -> bool:
        """Return whether a request with these headers comes from the operator."""
        if authorization is not None:
            sent = hashlib.sha256(bearer(authorization) or b"").digest()
            return self._token is not None and hmac.compare_digest(sent, self._token)
        found = self._found(cookies)
        return found is not None and found[1] is None

    def signed_in(self, cookies: bytes | None) -> SignedIn | None:
        """Return which person's session a request has; None where it has none, or the operator's."""
        found = self._found(cookies)
        return None if found is None else found[1]

    def _found(self, cookies: bytes | None) -> tuple[float, SignedIn | None] | None:
        session = self._session(cookies)
        found = None if session is None else self._sessions.get(_session_digest(session))
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


class Waits(Exception):
    """An address sent so many tokens that do not work that it waits for some seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many tokens that do not work came from this address: wait {seconds} seconds")
        self.seconds = seconds


@dataclass(slots=True)
class _Wrong:
    """The wrong tokens of one address: in the minute that began then, and those that no entry tells of yet."""

    since: float
    count: int = 0
    untold: int = 0


class Attempts:
    """Tokens that do not work, by the address that sends them. Safe for threads.

    An address that sent too many waits for the minute to end before another of its tokens is looked up. `tell` is called with an
    address and how many it sent since it was called for it last: at most once a minute for each.
    """

    def __init__(
        self, tell: Callable[[str, int], None], clock: Callable[[], float], lock: AbstractContextManager[object]
    ) -> None:
        self._tell, self._clock, self._lock = tell, clock, lock
        self._wrong: OrderedDict[str, _Wrong] = OrderedDict()
        self._worked: OrderedDict[bytes, None] = OrderedDict()
        self._told = _Wrong(since=clock())

    def tried(self, address: str, credential: str, look_up: Callable[[], T | None]) -> T | None:
        """Return what a credential of an address is found to stand for; None where it does not work.

        Raises
        ------
        Waits : it was not looked up
        """
        kept = hashlib.sha256(credential.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            now, wrong = self._clock(), self._wrong.get(address)
            if wrong is not None and wrong.count >= WRONG_TOKENS and now < wrong.since + MINUTE and kept not in self._worked:
                wrong.untold += 1
                raise Waits(math.ceil(wrong.since + MINUTE - now))
        found = look_up()
        with self._lock:
            if found is not None:
                self._worked.pop(kept, None)
                self._worked[kept] = None
                if len(self._worked) > WORKED:
                    self._worked.popitem(last=False)
            untold = 0 if found is not None else self._counted(address)
        if untold:
            self._tell(address, untold)
        return found

    def _counted(self, address: str) -> int:
        now = self._clock()
        found = self._wrong.setdefault(address, _Wrong(since=now))
        self._wrong.move_to_end(address)
        if len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)
        begins = not found.count or now >= found.since + MINUTE
        if begins:
            found.since, found.count = now, 0
        found.count += 1
        found.untold += 1
        self._told = self._told if now < self._told.since + MINUTE else _Wrong(since=now)
        if not begins or self._told.count >= ENTRIES:
            return 0
        self._told.count += 1
        untold, found.untold = found.untold, 0
        return untold


def address_of(peer: str, forwarded: bytes | None) -> str:
    """Return the address that a request is from, of IPv6 the network of a customer.

    Where who is connected is this machine, it passes requests on: then the last of X-Forwarded-For.

    >>> address_of("127.0.0.1", b"203.0.113.9, 198.51.100.7"), address_of("203.0.113.9", b"198.51.100.7")
    ('198.51.100.7', '203.0.113.9')
    """
    try:
        address = ip_address(peer)
        if address.is_loopback and forwarded is not None:
            address = ip_address(forwarded.rpartition(b",")[2].strip().decode("latin-1"))
    except ValueError:
        return peer
    return str(address) if address.version == 4 else str(IPv6Network((address, 64), strict=False).network_address)
