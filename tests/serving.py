"""A real server for tests: uvicorn on a free port of this machine, behind its door, spoken to over real sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn

import remiss
from remiss.faces import server
from remiss.faces.http.connection import configured
from remiss.faces.identity import sessions_at
from remiss.govern import access_actions, people_actions
from remiss.govern.tokens import Sessions
from remiss.records.case import Sensitivity
from remiss.workspace import Workspace

TOKEN = "a-token-that-only-tests-know-of"
# Whom a client trusts, which takes longer to read than most requests, it is not asked without TLS.
PLAIN: Any = {"timeout": 60, "verify": False}


class QuickToEnd(uvicorn.Server):
    """A server that ends when it is told to: uvicorn's own looks every tenth of a second, and waits for one more."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Have it end, from another thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        self._loop, ticks = asyncio.get_running_loop(), 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for each in (*self.servers, *(sockets or [])):
            each.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._done(), self.config.timeout_graceful_shutdown)
        for task in self.server_state.tasks:
            task.cancel()

    async def _done(self) -> None:
        """Wait until what is being answered is answered."""
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  no event tells when they are gone
            await asyncio.sleep(0.005)
        for each in self.servers:
            await each.wait_closed()


@dataclass
class Served:
    """A catalog that is being served, and what a test needs to talk to it or to look behind it."""

    workspace: Workspace
    port: int
    sessions: Sessions
    app: Any
    links: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **settings: Any) -> httpx.Client:
        """Return a program's client, which sends the token."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, **PLAIN, **settings)

    def stranger(self, **settings: Any) -> httpx.Client:
        """Return a client that sends nothing of its own."""
        return httpx.Client(base_url=self.url, **PLAIN, **settings)

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """Give a client that has signed in by a link, as a browser does, and says where its requests come from."""
        with self.stranger(headers={"Origin": self.url, "Sec-Fetch-Site": "same-origin"}) as client:
            answer = client.post("/sign-in", data={"token": self.sessions.link()})
            assert answer.status_code == 303, answer.text
            yield client

    def person(
        self, name: str, *, role: str | None = None, team: str = "default", clearance: str = "internal", days: int = 90
    ) -> str:
        """Add a person unless they are there, grant them a role, and return a new token of theirs."""
        ws = self.workspace.serving("people")
        if ws.people.find(name) is None:
            people_actions.add_person(ws, name)
        if team not in {"*", *(each.name for each in ws.people.teams(None))}:
            people_actions.add_team(ws, team)
        if role is not None:
            people_actions.grant(ws, name, role, team=team, clearance=Sensitivity[clearance.upper()])
        return access_actions.create_token(ws, name, days=days).text

    def program(self, token: str, **settings: Any) -> httpx.Client:
        """Return a client that sends a person's token."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, **PLAIN, **settings)

    @contextmanager
    def browser_of(self, token: str) -> Iterator[httpx.Client]:
        """Give a client that has signed in with a person's token, as a browser does."""
        with self.stranger(headers={"Origin": self.url, "Sec-Fetch-Site": "same-origin"}) as client:
            answer = client.post("/sign-in", data={"token": token})
            assert answer.status_code == 303, answer.text
            yield client

    def session_of(self, token: str) -> str:
        """Return what a browser keeps of whoever has signed in with that token."""
        with self.browser_of(token) as client:
            return client.cookies[self.sessions.cookie]

    def position(self) -> int:
        """Return the catalog's position: how much was journalled."""
        return self.workspace.position()


@contextmanager
def served(
    address: str, environment: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic, **given: Any
) -> Iterator[Served]:
    """Serve a catalog while the block lasts."""
    with remiss.open(address, environment={**environment, "REMISS_TOKEN": TOKEN}, **given) as ws:
        bound = server.listen("127.0.0.1", 0)
        port: int = bound.getsockname()[1]
        links: list[str] = []
        sessions = sessions_at(port, TOKEN, clock=clock)
        app = server.secured(ws, sessions, port, links.append)
        running = QuickToEnd(configured(app))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, name="remiss-serve")
        thread.start()
        try:
            yield Served(ws, port, sessions, app, links)
        finally:
            running.end()
            thread.join(30)
            bound.close()
        assert not thread.is_alive()
