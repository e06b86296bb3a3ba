"""Works of tests in processes of their own that need not load what they work with: one process has, and forks for each.

A work is a function in the table WORK of a module, by its name there; it is given words, and what it returns is written as JSON.
To start Python and load remiss takes most of a second, which is longer than most works take. One such process serves all tests
of a worker, from the first that asks for it; it ends with the worker, whose end of the socket is closed then.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
# What most works need; a module that holds a work loads the rest, once.
LOADED = ("remiss.catalog.actions", "tests.edges.stores.drawing", "psycopg", "sqlalchemy.dialects.postgresql")
MESSAGE = 1 << 17  # bytes: words, and an environment


class Fork:
    """A process that does a work: what it writes, and how it ends."""

    def __init__(self, out: IO[str], err: IO[str], there: socket.socket) -> None:
        self.stdout, self._err, self._there = out, err, there
        self.number = int(there.recv(32))

    def finish(self, *, within: float) -> str:
        """Wait until it has succeeded, and return what it wrote."""
        deadline = time.monotonic() + within
        with self.stdout, self._err, closing(self._there):
            wrote = bytearray()
            while piece := self._read(deadline):
                wrote += piece
            assert self._there.recv(1) == b"\0", self._complaints()
        return wrote.decode()

    def _read(self, deadline: float) -> bytes:
        ready, _, _ = select.select([self.stdout], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"it still works: {self._complaints()}"
        return os.read(self.stdout.fileno(), 1 << 16)

    def kill(self) -> str:
        """Kill it, wait until it is gone, and return what it has complained of."""
        os.kill(self.number, signal.SIGKILL)
        with self._err, closing(self._there):
            assert self._there.recv(1) in {b"", b"\0", b"\1"}
            return self._complaints()

    def _complaints(self) -> str:
        """Return what it has complained of."""
        self._err.seek(0)
        return self._err.read()


def start(module: str, work: str, *words: str, environment: Mapping[str, str]) -> Fork:
    """Begin a work of a module, with more in its environment."""
    reading, writing = os.pipe()
    here, there = socket.socketpair()
    err = tempfile.TemporaryFile("w+")  # noqa: SIM115 - who waits for the process reads and closes it
    said = json.dumps([module, work, words, {**os.environ, **environment}]).encode()
    assert len(said) < MESSAGE
    with closing(there):
        socket.send_fds(_forker(), [said], [writing, err.fileno(), there.fileno()])
    os.close(writing)
    return Fork(os.fdopen(reading), err, here)


@cache
def _forker() -> socket.socket:
    """Return the way to the process that forks, which is started when the first asks for it."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(there):
        command = [sys.executable, "-m", "tests.forks", str(there.fileno())]
        process = subprocess.Popen(command, cwd=ROOT, pass_fds=[there.fileno()])

    def end() -> None:
        here.close()
        process.wait(30)

    atexit.register(end)
    return here


def leave_alone() -> None:
    """Have no fork look through what is loaded for garbage: to look is to copy each page of it.

    At its end the process that forks has to `gc.unfreeze`: libraries say on stderr what they still find in use.
    """
    gc.collect()
    gc.freeze()


def _serve(there: socket.socket) -> None:
    """Fork for whatever is asked for, until nobody can ask any more."""
    signal.signal(signal.SIGCHLD, _reap)
    while True:
        said, files, _, _ = socket.recv_fds(there, MESSAGE, 3)
        if not said:
            return
        module, work, words, environment = json.loads(said)
        importlib.import_module(module)
        if os.fork() == 0:
            there.close()
            _work(module, work, words, environment, files)
        for file in files:
            os.close(file)


def _reap(*_: object) -> None:
    """Wait for the children that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _work(module: str, work: str, words: Sequence[str], environment: Mapping[str, str], files: Sequence[int]) -> None:
    """Do a work in this process, which ends with it."""
    out, err, asked = files
    status = b"\1"
    with socket.socket(fileno=asked) as there:
        there.sendall(str(os.getpid()).encode())
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for file, at in ((out, 1), (err, 2)):
                os.dup2(file, at)
                os.close(file)
            os.environ.clear()
            os.environ.update(environment)
            answer = importlib.import_module(module).WORK[work](*words)
            print(json.dumps(answer), flush=True)
            status = b"\0"
        except BaseException:  # noqa: BLE001 - it is told, and a fork must not go on with what its parent is about
            traceback.print_exc()
            sys.stderr.flush()
        there.sendall(status)
        os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who stops the tests stops this by leaving
    for name in LOADED:
        importlib.import_module(name)
    leave_alone()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    gc.unfreeze()
