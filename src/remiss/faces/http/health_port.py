"""Health at a port of its own (`remiss serve --health-port`), answered by a process that has nothing else to do.

A server computes with one thread at a time, and what answers for health within it waits for its turn behind each thread at work.
So a second process answers, from what the server tells it ten times a second through a pipe: that its loop turns, and whether
the catalog can be read. What it hears nothing of for some seconds does not live; and it ends with the server, however that ends.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from starlette.responses import PlainTextResponse

from remiss.errors import RemissError, SettingError
from remiss.faces.http.connection import configured
from remiss.faces.http.security import ALIVE, READS, UNREADABLE, Receive, Scope, Send

if TYPE_CHECKING:
    from types import TracebackType

# A server that has not turned for so long is stuck: under the heaviest load of the tests it turns every half second.
SILENT_S = 10.0
LOOK_S = 1.0
READY, NOT_READY = b"r", b"n"
log = logging.getLogger(__name__)


class HealthPort:
    """What a server does for its health port: it starts the process that answers, and anew if that dies, and tells it of itself.

    Parameters
    ----------
    bound : a socket that listens; connections wait in it while the process starts
    look : looks whether the catalog can be read; raises RemissError if not
    """

    def __init__(self, bound: socket.socket, look: Callable[[], object]) -> None:
        self._bound, self._look = bound, look
        self._found, self._looked = False, time.monotonic()
        self._ended, self._changing = threading.Event(), threading.Lock()
        self._process = self._started()
        self._watching = threading.Thread(target=self._watch, name="remiss-health", daemon=True)

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        with self._changing:
            self._ended.set()
            self._end()
        self._bound.close()

    @property
    def address(self) -> str:
        """Where it answers."""
        host, port = self._bound.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def tell(self) -> None:
        """Tell the process that the server turns, and whether its catalog could be read when somebody last looked."""
        ready = self._found and time.monotonic() - self._looked < SILENT_S
        pipe = self._process.stdin
        assert pipe is not None
        try:
            os.write(pipe.fileno(), READY if ready else NOT_READY)
        except OSError:
            # It is gone, and is about to be started anew; or it does not read, and then one word more would tell it nothing.
            return

    def _started(self) -> subprocess.Popen[bytes]:
        if sys.platform == "win32":
            raise SettingError("there is no health port on Windows", do="leave it out, and ask /livez of the server itself")
        command = [sys.executable, "-m", __name__, str(self._bound.fileno())]
        # It needs nothing that the server was told in secret; and in a session of its own it is not what Ctrl-C ends.
        own = {name: value for name, value in os.environ.items() if not name.startswith("REMISS_")}
        made = subprocess.Popen(  # noqa: S603  a module of ours, with a number
            command, env=own, stdin=subprocess.PIPE, bufsize=0, pass_fds=[self._bound.fileno()], start_new_session=True
        )
        assert made.stdin is not None
        os.set_blocking(made.stdin.fileno(), False)
        return made

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()

    def _watch(self) -> None:
        while not self._ended.is_set():
            try:
                self._look()
                self._found = True
            except RemissError:
                self._found = False
            self._looked = time.monotonic()
            with self._changing:
                if self._process.poll() is not None and not self._ended.is_set():
                    log.warning("what answers at the health port ended (%s), and is started anew", self._process.returncode)
                    self._end()
                    self._process = self._started()
            self._ended.wait(LOOK_S)


class Told:
    """What the process knows of its server, and answers from."""

    def __init__(self) -> None:
        self.ready, self.heard = False, time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> PlainTextResponse:
        if scope["path"] not in {"/livez", "/readyz"}:
            return PlainTextResponse("ask /livez or /readyz\n", 404)
        if scope["method"] not in READS:
            return PlainTextResponse("only GET and HEAD are answered\n", 405, {"Allow": "GET, HEAD"})
        silent = time.monotonic() - self.heard
        if silent > SILENT_S:
            return PlainTextResponse(f"the server has not turned for {silent:.0f} seconds\n", 503)
        return ALIVE if scope["path"] == "/livez" or self.ready else UNREADABLE

    def listen(self, pipe: int) -> None:
        """Hear what the server tells through a pipe, until it ends; then end this process."""
        while said := os.read(pipe, 4096):
            self.ready, self.heard = said.endswith(READY), time.monotonic()
        os._exit(0)


def main(handle: int) -> None:
    """Answer at a socket that listens, until standard input ends."""
    # It computes for some microseconds at a time; where it may say so, it does not wait behind all others for these.
    with suppress(PermissionError):
        os.nice(-10)
    told: Any = Told()
    threading.Thread(target=told.listen, args=(sys.stdin.fileno(),), daemon=True).start()
    uvicorn.Server(configured(told)).run(sockets=[socket.socket(fileno=handle)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
