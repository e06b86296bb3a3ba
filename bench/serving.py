"""Servers as child processes, and a client that keeps its connection, as browsers and programs do."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.results import KEYS

TOKEN = "a-token-of-the-benchmark-alone"
START_SECONDS = 30


class Client:
    """A client of one server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def get(self, path: str) -> bytes:
        """Return the body of an answer, which has to be a good one."""
        self._connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            sys.exit(f"{path} was answered {answer.status}: {content[:500]!r}")
        return content

    def timed(self, path: str) -> float:
        """Return the milliseconds until an answer was there."""
        started = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def serving(address: str, *, module: str = "remiss") -> Iterator[Client]:
    """Run `remiss serve` on a catalog; by another module, without what that leaves out."""
    port = free_port()
    with _running(["-m", module, "--catalog", address, "serve", "--port", str(port)], port) as client:
        yield client


@contextmanager
def serving_by_hand(database: str, address: str) -> Iterator[Client]:
    """Run the application that was made by hand on a catalog."""
    port = free_port()
    with _running(["-m", "bench.pages_by_hand", database, address, str(port)], port) as client:
        yield client


@contextmanager
def _running(arguments: Sequence[str], port: int) -> Iterator[Client]:
    environment = os.environ | {"REMISS_TOKEN": TOKEN, "REMISS_KEYS": str(KEYS)}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=quiet, stderr=quiet)
    client = Client(port)
    try:
        _wait(process, port)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    sys.exit(f"{process.args!r} does not answer")


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
