"""Clients of one server that do everything at once, in a process of their own: they read, label, comment, revise and attack.

    python -m tests.faces.mixed URL SECONDS SEED < PLAN

PLAN is JSON: tokens by role, and the cases that all of them revise and comment. What they found is printed as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

MODE = "remiss:model/weak-slice"
FAILS = {
    "verdict": "failure",
    "mode": MODE,
    "answers": {"harm": "loss", "reach": "slice", "detection": "late", "recovery": "itself"},
    "rationale": "seen",
}
READS = (
    "/",
    "/cases?query=criterion%3Aslow",
    "/runs",
    "/audit",
    "/api/v1/cases?limit=20",
    "/api/v1/cases?query=late%20inputs.carrier%3AUA",
    "/api/v1/cases/facets?query=late",
    "/api/v1/estimate?query=criterion%3Aslow&by=inputs.carrier",
    "/api/v1/estimate?confirmed=true&by=criterion",
    "/api/v1/estimate?query=criterion%3Aunknown",
    "/api/v1/agreement",
    "/api/v1/queue",
    "/api/v1/runs",
    "/metrics",
)
DEEP = "(" * 400 + "late" + ")" * 400
WIDE = ".{0,1000}" * 100


@dataclass
class Seen:
    """What clients saw: answers by status, what they changed, and every answer that nobody should get."""

    statuses: Counter[str] = field(default_factory=Counter)
    revised: Counter[str] = field(default_factory=Counter)
    commented: dict[str, list[str]] = field(default_factory=dict)
    labelled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def answered(self, answer: httpx.Response, *allowed: int) -> None:
        """Count an answer; it is wrong when it is a fault of the server, or not among those allowed."""
        self.statuses[str(answer.status_code)] += 1
        busy = answer.status_code == 503 and "retry-after" in answer.headers
        if (answer.status_code >= 500 and not busy) or (allowed and not busy and answer.status_code not in {*allowed, 429}):
            asked = f"{answer.request.method} {answer.request.url}"
            self.wrong.append(f"{asked[:200]}: {answer.status_code} {answer.text[:300]}")


@dataclass
class Clients:
    """All clients of a process, with the cases that they share."""

    url: str
    tokens: dict[str, list[str]]
    cases: list[str]
    seen: Seen
    until: float

    def client(self, token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    async def reads(self, token: str, draw: random.Random) -> None:
        """Open pages and ask questions."""
        async with self.client(token) as client:
            while time.monotonic() < self.until:
                path = draw.choice(READS)
                self.seen.answered(await client.get(path), 200, 403, *((422,) if "unknown" in path else ()))
                self.seen.answered(await client.get(f"/api/v1/cases/{draw.choice(self.cases)}"), 200)

    async def labels(self, token: str, draw: random.Random) -> None:
        """Take what the queue gives: label most of it, and pass, put back or not be able to tell the rest."""
        async with self.client(token) as client:
            while time.monotonic() < self.until:
                taken = await client.post("/api/v1/queue/next")
                self.seen.answered(taken, 200)
                task = taken.json().get("task") if taken.status_code == 200 else None
                if task is None:
                    await asyncio.sleep(0.2)
                    continue
                case, way = task["form"]["case"], {"annotation": "annotation", "verification": "verification"}.get(task["kind"])
                what = draw.random()
                if way is None or what < 0.1:
                    self.seen.answered(await client.post(f"/api/v1/queue/{case}/release"), 200, 404)
                elif what < 0.2:
                    self.seen.answered(await client.post(f"/api/v1/queue/{case}/pass"), 200, 404)
                else:
                    said = {"verdict": "cannot-tell", "rationale": "cut off"} if what < 0.3 else FAILS
                    about = {"json": said, "headers": {"If-Match": taken.headers["ETag"]}}
                    answer = await client.post(f"/api/v1/cases/{case}/{way}", **about)
                    self.seen.answered(answer, 200, 409, 412)
                    if answer.status_code == 200 and said is FAILS:
                        self.seen.labelled.append(f"{case} {way}")

    async def writes(self, token: str, draw: random.Random, name: str) -> None:
        """Comment the shared cases, and revise them on what was read."""
        async with self.client(token) as client:
            count = 0
            while time.monotonic() < self.until:
                case, count = draw.choice(self.cases), count + 1
                said = f"{name} says {count}"
                answer = await client.post(f"/api/v1/cases/{case}/comments", json={"text": said})
                self.seen.answered(answer, 201)
                if answer.status_code == 201:
                    self.seen.commented.setdefault(case, []).append(said)
                read = await client.get(f"/api/v1/cases/{case}")
                self.seen.answered(read, 200)
                if read.status_code == 200:
                    about = {"json": {"note": said}, "headers": {"If-Match": read.headers["ETag"]}}
                    answer = await client.patch(f"/api/v1/cases/{case}", **about)
                    self.seen.answered(answer, 200, 412)
                    self.seen.revised[case] += answer.status_code == 200

    async def attacks(self, token: str, draw: random.Random) -> None:
        """Send what nobody should."""
        async with self.client(token) as client, httpx.AsyncClient(base_url=self.url, timeout=60) as stranger:
            ways: list[Any] = [
                lambda: client.get("/api/v1/cases", params={"query": DEEP}),
                lambda: client.get("/api/v1/cases", params={"query": "a" * 3000}),
                lambda: client.get("/api/v1/cases", params={"after": "x" * 200}),
                lambda: client.get("/api/v1/cases/%00%ff"),
                lambda: client.get("/api/v1/cases/../../etc/passwd"),
                lambda: client.post("/api/v1/cases", content=b"[" * 20_000, headers={"Content-Type": "application/json"}),
                lambda: client.post("/api/v1/cases", json={"model": "m\x00", "at": "0001-01-01T00:00:00Z", "title": "t"}),
                lambda: client.post("/api/v1/queue/next", content=b"\xff" * 50_000),
                lambda: client.post(f"/api/v1/cases/{self.cases[0]}/comments", json={"text": "> " * 9_000 + "<b>&amp;" * 200}),
                lambda: client.post(
                    "/api/v1/protocols/check", json={"documents": {"p.yaml": f"redaction: [{{name: a, pattern: '{WIDE}'}}]"}}
                ),
                lambda: stranger.get("/cases", headers={"Cookie": "session=" + "\\" * 30_000}),
                lambda: stranger.get("/api/v1/cases", headers={"Authorization": "Bearer wrong"}),
                lambda: stranger.post("/sign-in", data={"token": "wrong"}),
                lambda: stranger.post("/api/v1/people", json={"person": "eve"}),
            ]
            while time.monotonic() < self.until:
                try:
                    answer = await draw.choice(ways)()
                except httpx.HTTPError as error:
                    # A connection that the server ends is an answer too.
                    self.seen.statuses[type(error).__name__] += 1
                    continue
                self.seen.answered(answer)
                if (
                    answer.is_success
                    and not str(answer.request.url).endswith(("/comments", "/check"))
                    and answer.request.method != "GET"
                ):
                    self.seen.wrong.append(f"{answer.request.method} {answer.request.url} was let in")
                await asyncio.sleep(0.02)


async def together(url: str, seconds: float, seed: int, plan: dict[str, Any]) -> Seen:
    """Have all clients of a plan at work for some seconds."""
    seen = Seen()
    all_of_them = Clients(url, plan["tokens"], plan["cases"], seen, time.monotonic() + seconds)
    ways = {
        "reader": all_of_them.reads,
        "verifier": all_of_them.labels,
        "annotator": all_of_them.writes,
        "stranger": all_of_them.attacks,
    }
    working = []
    for role, tokens in plan["tokens"].items():
        for number, token in enumerate(tokens):
            draw = random.Random(f"{seed} {role} {number}")
            more = (f"{role}{number}",) if role == "annotator" else ()
            working.append(ways[role](token, draw, *more))
    await asyncio.gather(*working)
    return seen


if __name__ == "__main__":
    _, address, lasting, drawn = sys.argv
    found = asyncio.run(together(address, float(lasting), int(drawn), json.load(sys.stdin)))
    json.dump(found.__dict__, sys.stdout)
