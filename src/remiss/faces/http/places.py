"""How much of a server one person, or one address, may take: places to work in, and bodies that it waits for.

A request takes a place only when its whole body is there, so that bodies that trickle hold none. Of one person, and of one
address where nobody is signed in, so many are worked on at once, fewer of those that cost much; the next wait in a line of their
own, and what is too long a line is refused. Health needs no place. Of bodies that are waited for, the oldest of the same person
goes where there are too many, once it has had a second: who is patient with many keeps nobody out who is prompt with one.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from anyio import to_thread

from remiss.faces.http.security import App, Message, Receive, Scope, Send, most_bytes, refuse

HEALTH = frozenset({"/livez", "/readyz"})
# Each is a thread at work or one that waits for it; more would only wait longer.
MOST_REQUESTS = 128
# Of Python's threads one computes at a time, and the loop waits for its turn behind all that would like to: with 40 threads every
# call to the system costs it 20 ms, with 8 as many are answered (32 clients on two cores: 44 and 43 good answers a second).
THREADS = 8
# Fewer than there are threads, so that one person never has them all.
PLACES_OF_ONE = 6
# At work or in line.
ASKED_BY_ONE = 64
# What may read a whole catalog to answer; so many of one person's are worked out at once.
COSTLY = re.compile(
    r"(?:/api/v1|/parts)?/(?:cases/facets|cases/count|agreement|estimates?(?:/.*)?|trends|cases/[^/]+/(?:comparison|similar)|sample(?:/export)?)"
    r"|/api/v1/actions/(?:case\.(?:facets|comparison|similar)|sample\..*|(?:agreement|estimate).*)"
)
COSTLY_OF_ONE = 3
BODIES_OF_ONE = 16
BODY_SECONDS = 30.0
# So long nobody has to make room: many that come at once let a body, which follows its head by a moment, still arrive.
PROMPT_SECONDS = 1.0
# A person's name, or an address; apart, what costs much of theirs.
Whose: TypeAlias = tuple[str, str, bool]


@dataclass(slots=True)
class Held:
    """What one person or address has: a turn for each that may be at work, requests at work or in line, bodies waited for."""

    turn: asyncio.Semaphore
    asked: int = 0
    bodies: list[asyncio.Timeout] = field(default_factory=list)


class Places:
    """Hands a request on when its body is there and its sender has a place."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._at_work = 0
        self.held: dict[Whose, Held] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or what the server asks around requests."""
        if scope["type"] != "http" or scope["path"] in HEALTH:
            await self._app(scope, receive, send)
            return
        # Which threads there are is known where the loop runs.
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        whose = _whose(scope)
        held = self.held.setdefault(whose, Held(asyncio.Semaphore(COSTLY_OF_ONE if whose[2] else PLACES_OF_ONE)))
        try:
            body = await _arrived(held.bodies, receive, send, most_bytes(scope))
            if body is not None:
                await self._in_turn(held, scope, _again(body, receive), send)
        finally:
            if not held.asked and not held.bodies and self.held.get(whose) is held:
                del self.held[whose]

    async def _in_turn(self, held: Held, scope: Scope, receive: Receive, send: Send) -> None:
        if held.asked >= ASKED_BY_ONE:
            await _busy(send, f"{ASKED_BY_ONE} requests of yours are under way")
            return
        held.asked += 1
        try:
            async with held.turn:
                if self._at_work >= MOST_REQUESTS:
                    await _busy(send, f"{MOST_REQUESTS} requests are under way")
                    return
                self._at_work += 1
                try:
                    await self._app(scope, receive, send)
                finally:
                    self._at_work -= 1
        finally:
            held.asked -= 1


def _whose(scope: Scope) -> Whose:
    caller = scope.get("state", {}).get("caller")
    if caller is None:
        return "address", (scope.get("client") or ("",))[0], False
    return "person", "" if caller.person is None else caller.person.name, COSTLY.fullmatch(scope["path"]) is not None


async def _arrived(waited: list[asyncio.Timeout], receive: Receive, send: Send, most: int) -> bytes | None:
    """Return a body; None when the client went away, or was told that it is too long, came too late or made room for another."""
    body, more = bytearray(), True
    try:
        async with asyncio.timeout(BODY_SECONDS) as limit:
            waited.append(limit)
            if len(waited) > BODIES_OF_ONE:
                oldest = waited.pop(0)
                oldest.reschedule((oldest.when() or 0.0) - BODY_SECONDS + PROMPT_SECONDS)
            while more and len(body) <= most:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                body += message.get("body", b"")
                more = message.get("more_body", False)
    except TimeoutError:
        await refuse(send, 413, "too-large", "the request did not arrive in time", "send it at once, and few together")
        return None
    finally:
        if limit in waited:
            waited.remove(limit)
    if len(body) > most:
        await refuse(send, 413, "too-large", f"a request here may have {most:,} bytes", "send less")
        return None
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    left = [body]

    async def read() -> Message:
        # After the body there is only that the client goes away, which may take as long as the work does.
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

    return read


async def _busy(send: Send, what: str) -> None:
    await refuse(send, 503, "busy", what, "try again in a second", (b"retry-after", b"1"))
