"""A process of its own answers for health, from what its server tells it, as long as that server lives and no longer."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import remiss
from remiss.errors import StorageError
from remiss.faces.http import health_port
from remiss.faces.http.health_port import HealthPort
from remiss.faces.server import listen

SOON_S = 20.0


@contextmanager
def serving(address, environment):
    """Run `remiss serve --health-port 0`; give its process and where health is answered."""
    command = [sys.executable, "-m", "remiss", "--catalog", address, "serve", "--port", "0", "--health-port", "0"]
    settings = {**os.environ, **environment}
    with subprocess.Popen(command, env=settings, stderr=subprocess.PIPE, text=True) as process:
        try:
            found = next(said for said in iter(process.stderr.readline, "") if "health is answered" in said)
            yield process, re.search(r"http://[^/]+", found)[0]
        finally:
            process.kill()


def status(url, path="/livez"):
    """How health answers: its status, or None where nobody does."""
    try:
        return httpx.get(url + path, timeout=5, verify=False).status_code
    except httpx.TransportError:
        return None


def until(wanted, url, path="/livez"):
    """Ask until an answer is as wanted."""
    deadline = time.monotonic() + SOON_S
    while (found := status(url, path)) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def children(process):
    """The processes that a process has started."""
    return [int(each) for each in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()]


@pytest.fixture
def of_its_own(monkeypatch):
    """What a server does for its health port, whose catalog can be read as `readable` says."""
    readable = [True]

    def look():
        if not readable[0]:
            raise StorageError("it is away", do="wait")

    monkeypatch.setattr(health_port, "LOOK_S", 0.05)
    with HealthPort(listen("127.0.0.1", 0), look) as port:
        yield port, readable


@pytest.mark.slow(reason="a server of its own is started and killed")
def test_health_is_answered_beside_a_server_and_ends_with_it_though_it_be_killed(address, environment):
    remiss.open(address, environment=environment).close()
    with serving(address, environment) as (process, url):
        for path in ("/livez", "/readyz"):
            until(200, url, path)
            assert httpx.get(url + path).text == "ok\n"
            assert httpx.head(url + path).status_code == 200
        assert [httpx.get(url + "/cases").status_code, httpx.post(url + "/livez").status_code] == [404, 405]
        [beside] = children(process)
        assert b"REMISS" not in Path(f"/proc/{beside}/environ").read_bytes()
        process.kill()
        until(None, url)


def test_what_answers_for_health_is_started_anew_when_it_dies_and_nobody_who_asked_meanwhile_is_refused(of_its_own):
    port, _ = of_its_own
    until(200, port.address)
    before = port._process.pid
    os.kill(before, signal.SIGKILL)
    assert status(port.address) == 200
    assert port._process.pid != before


def test_a_catalog_that_cannot_be_read_makes_a_server_not_ready_until_it_can(of_its_own):
    port, readable = of_its_own
    for now, wanted in ((True, 200), (False, 503), (True, 200)):
        readable[0] = now
        deadline = time.monotonic() + SOON_S
        while status(port.address, "/readyz") != wanted:
            assert time.monotonic() < deadline
            port.tell()
        assert status(port.address) == 200


def test_a_server_of_which_nothing_is_heard_does_not_live(tmp_path):
    told = health_port.Told()
    heard, told.heard = told.heard, told.heard - health_port.SILENT_S - 1
    for path in ("/livez", "/readyz"):
        answer = told._answer({"path": path, "method": "GET"})
        assert (answer.status_code, answer.body) == (503, b"the server has not turned for 11 seconds\n")
    told.heard = heard
    assert told._answer({"path": "/livez", "method": "GET"}).status_code == 200


def test_who_opens_connections_and_says_nothing_keeps_nobody_from_an_answer(of_its_own):
    port, _ = of_its_own
    host, number = port._bound.getsockname()
    until(200, port.address)
    held = [socket.create_connection((host, number), 20) for _ in range(700)]
    try:
        assert status(port.address) == 200
    finally:
        for each in held:
            each.close()
