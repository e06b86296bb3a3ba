"""Nobody keeps others out by asking much or slowly: real sockets against a real server, and places by themselves."""

from __future__ import annotations

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from remiss.faces.http import places
from remiss.faces.http.places import Places
from remiss.faces.identity import Caller
from remiss.records.person import Person
from tests.serving import TOKEN


@contextmanager
def slow_bodies(there, target: str, *headers: str, count: int):
    """Hold so many requests whose bodies have begun and do not go on."""
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: 127.0.0.1:{there.port}",
        f"Origin: {there.url}",
        "Content-Length: 1000",
        *headers,
        "",
        "{",
    ]
    with ExitStack() as held:
        for _ in range(count):
            line = held.enter_context(socket.create_connection(("127.0.0.1", there.port), 20))
            line.sendall("\r\n".join(lines).encode())
        yield


def seconds(client, path: str, status: int) -> float:
    began = time.perf_counter()
    assert client.get(path).status_code == status
    return time.perf_counter() - began


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/api/v1/cases", [f"Authorization: Bearer {TOKEN}", "Content-Type: application/json"]),
        ("/sign-in", ["Content-Type: application/x-www-form-urlencoded"]),
        ("/api/v1/cases", ["Content-Type: application/json"]),
        ("/livez", []),
    ],
    ids=["a reader", "signing in", "a stranger", "health"],
)
def test_two_hundred_slow_bodies_keep_nobody_out(reading, target, headers):
    with reading.client() as client, reading.stranger() as other:
        client.get("/api/v1/cases")
        other.get("/livez")
        with slow_bodies(reading, target, *headers, count=200):
            assert client.get("/api/v1/cases").status_code == 200
            assert (
                other.post("/sign-in", data={"token": reading.sessions.link()}, headers={"Origin": reading.url}).status_code
                == 303
            )
            # The best of some: others have the processor, too.
            assert min(seconds(other, "/livez", 200) for _ in range(5)) < 0.1
            assert min(seconds(other, "/readyz", 200) for _ in range(5)) < 0.1


@pytest.mark.parametrize("path", ["/nowhere", "/cases/x", "/runs?nothing=1"])
def test_the_page_of_an_error_that_waits_for_the_database_keeps_nobody_waiting(reading, path):
    engine = reading.workspace._store.engine
    with reading.browser() as client, reading.stranger() as other, ThreadPoolExecutor(1) as pool:
        with ExitStack() as held:
            # No connection is left: whoever asks the catalog now waits.
            for _ in range(engine.pool.size() + engine.pool._max_overflow):
                held.enter_context(engine.connect())
            asked = pool.submit(client.get, path)
            until = time.monotonic() + 0.3
            while time.monotonic() < until:
                assert other.get("/livez", timeout=1).status_code == 200
            assert not asked.done()
        assert asked.result().status_code in {404, 422}


def scope(name: str | None, path: str = "/") -> dict[str, object]:
    state = {} if name is None else {"caller": Caller(Person(name=name))}
    return {"type": "http", "path": path, "client": ("127.0.0.1", 1), "headers": [], "state": state}


class Asked:
    """A request to `Places`: its body is there unless it is slow, and it is worked on until it is released."""

    def __init__(self, **of: object) -> None:
        self.scope = scope(**of)
        self.slow = False
        self.status: int | None = None
        self.answer = b""

    async def receive(self) -> dict[str, object]:
        if self.slow:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": b"x", "more_body": False}

    async def send(self, message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]


class Working:
    """An application that holds every request until it is released."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.under_way = 0

    async def __call__(self, scope, receive, send) -> None:
        assert (await receive())["body"] == b"x"
        self.under_way += 1
        await self.open.wait()
        self.under_way -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})


async def asked(app: Places, *requests: Asked) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(app(each.scope, each.receive, each.send)) for each in requests]
    for _ in range(20):
        await asyncio.sleep(0)
    return tasks


def test_one_person_who_asks_much_waits_in_their_own_line():
    async def told() -> None:
        working = Working()
        app = Places(working)
        many = [Asked(name="ana") for _ in range(places.ASKED_BY_ONE + 10)]
        tasks = await asked(app, *many)
        assert working.under_way == places.PLACES_OF_ONE
        assert [each.status for each in many].count(503) == 10
        other, health = Asked(name="bo"), Asked(name=None, path="/livez")
        tasks += await asked(app, other, health)
        assert working.under_way == places.PLACES_OF_ONE + 2
        working.open.set()
        await asyncio.gather(*tasks)
        assert [each.status for each in many].count(200) == places.ASKED_BY_ONE
        assert (other.status, health.status) == (200, 200)
        assert not app.held

    asyncio.run(told())


COSTLY = (
    "/parts/cases/facets",
    "/api/v1/estimate",
    "/api/v1/cases/facets",
    "/api/v1/actions/case.facets",
    "/estimates",
    "/trends",
    "/api/v1/actions/estimate.exact",
)


@pytest.mark.parametrize("path", COSTLY)
def test_few_questions_of_one_person_that_cost_much_are_worked_out_at_once(path):
    async def told() -> None:
        working = Working()
        app = Places(working)
        costly = [Asked(name="ana", path=path) for _ in range(20)]
        tasks = await asked(app, *costly)
        assert working.under_way == places.COSTLY_OF_ONE
        others = [Asked(name="ana", path="/cases"), Asked(name="bo", path=path)]
        tasks += await asked(app, *others)
        assert working.under_way == places.COSTLY_OF_ONE + 2
        working.open.set()
        await asyncio.gather(*tasks)
        assert {each.status for each in (*costly, *others)} == {200}
        assert not app.held

    asyncio.run(told())


def test_a_body_that_follows_its_head_by_a_moment_is_read_although_many_others_came_in_between():
    async def told() -> None:
        working = Working()
        working.open.set()
        app = Places(working)
        prompt, slow = Asked(name="ana"), [Asked(name="ana") for _ in range(200)]
        arrived = asyncio.Event()
        read = prompt.receive

        async def a_moment_later():
            await arrived.wait()
            return await read()

        prompt.receive = a_moment_later
        for each in slow:
            each.slow = True
        tasks = await asked(app, prompt, *slow)
        await asyncio.sleep(0.05)
        arrived.set()
        await tasks[0]
        assert prompt.status == 200
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not app.held

    asyncio.run(told())


def test_of_bodies_that_do_not_come_the_one_waited_for_longest_goes():
    async def told() -> None:
        working = Working()
        working.open.set()
        app = Places(working)
        slow = [Asked(name="ana") for _ in range(places.BODIES_OF_ONE + 5)]
        for each in slow:
            each.slow = True
        tasks = await asked(app, *slow)
        assert {each.status for each in slow} == {None}
        await asyncio.sleep(places.PROMPT_SECONDS + 0.1)
        assert [each.status for each in slow] == [413] * 5 + [None] * places.BODIES_OF_ONE
        prompt = Asked(name="ana")
        tasks += await asked(app, prompt)
        assert prompt.status == 200
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not app.held

    asyncio.run(told())
