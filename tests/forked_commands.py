"""Commands in processes of their own that need not load what they run: one process has, and forks for each.

A command is one of remiss, or `pytest` with its words; one with PWD in its environment runs in that folder.

A command ends as it would by itself, also where it is killed; what it said is in files, for nobody reads along.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.forks import leave_alone

ROOT = Path(__file__).resolve().parents[1]
LOADED = (
    *("remiss.faces.cli.main", "remiss.capture.actions", "remiss.edges.engines.duckdb", "remiss.edges.stores.store"),
    *("remiss.edges.stores.filing", "remiss.edges.vaults.folder", "pyarrow.parquet", "psycopg", "sqlalchemy.dialects.postgresql"),
    *("remiss.suite_session", "pytest"),
)


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, or minus the signal; what it said; and how long it took."""

    status: int
    out: str
    err: str
    seconds: float


class ForkedCommands:
    """The process that forks; in a `with` block."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked_commands"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def run(self, typed: Sequence[str], environment: Mapping[str, str], kill_after: float | None = None) -> Ended:
        """Run a command to its end, or kill it after so many seconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([typed, dict(environment), kill_after]) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


def _forked(typed: Sequence[str], environment: Mapping[str, str], kill_after: float | None) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.perf_counter()
        if (child := os.fork()) == 0:
            _become(typed, environment, out.fileno(), err.fileno())
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        seconds = time.perf_counter() - began
        out.seek(0)
        err.seek(0)
        return {"status": status, "out": out.read(), "err": err.read(), "seconds": seconds}


def _become(typed: Sequence[str], environment: Mapping[str, str], out: int, err: int) -> None:
    """Run a command in this process, which ends with it."""
    status = 70
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.environ.update(environment)
        if folder := environment.get("PWD"):
            os.chdir(folder)
        name, *words = typed
        if name == "pytest":
            status = int(importlib.import_module("pytest").main(words))
        else:
            status = importlib.import_module("remiss.faces.cli.main").run(list(typed))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


# What a shell runs by the name of the command: it hands over what it was given, and ends as the command did.
CALLED = """\
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as there:
    there.connect({path!r})
    said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(there, [said], [0, 1, 2])
    sys.exit((there.recv(1) or b"F")[0])
"""


@contextmanager
def in_a_shell(folder: Path) -> Iterator[Path]:
    """Give a folder for the PATH of a shell, in which `remiss` is a command that need not load what it runs."""
    place, called = folder / "socket", folder / "remiss"
    folder.mkdir()
    (folder / "called.py").write_text(CALLED.format(path=str(place)))
    called.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {shlex.quote(str(folder / "called.py"))} "$@"\n')
    called.chmod(0o755)
    serving = [sys.executable, "-m", "tests.forked_commands", str(place)]
    with subprocess.Popen(serving, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield folder
        finally:
            process.kill()


def _answer(place: str) -> None:
    """Run what shells call, each in a process of its own, until this one is killed."""
    # Not ignored: what the children took would be nobody's then.
    signal.signal(signal.SIGCHLD, _reap)
    with socket.socket(socket.AF_UNIX) as here:
        here.bind(place)
        here.listen()
        print("ready", flush=True)
        while True:
            there, _ = here.accept()
            if os.fork() == 0:
                _called(there)
            there.close()


def _reap(*_: object) -> None:
    """Wait for the children that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _called(there: socket.socket) -> None:
    """Run a command as the shell called it, tell its status, and end."""
    status = 70
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        said, files, _, _ = socket.recv_fds(there, 1 << 16, 3)
        typed, folder, environment = json.loads(said)
        for at, file in enumerate(files):
            os.dup2(file, at)
            os.close(file)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        status = importlib.import_module("remiss.faces.cli.main").run(typed)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        # What reads from a pipe to this process is told of its end before its shell is.
        os.closerange(0, 3)
        there.sendall(bytes([status]))
        os._exit(status)


if __name__ == "__main__":
    for module in LOADED:
        importlib.import_module(module)
    leave_alone()
    if sys.argv[1:]:
        _answer(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(_forked(*json.loads(line))), flush=True)
    gc.unfreeze()
