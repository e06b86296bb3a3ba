"""One connection of a client: how long it may take to ask, what it is told when it speaks no HTTP, and when it makes room.

A request line and its headers are a packet or two. Who sends them by the byte, or opens connections and says nothing, holds a
place that others need; bodies are bounded by the guard, which knows who asks.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from remiss.faces.http.security import HEADERS, MOST_HEADER_BYTES, App

HEADER_SECONDS = 10.0
IDLE_SECONDS = 30
STOP_SECONDS = 5
# Half of the 1,024 files that a process may have open by default; the catalog and the logs that are read need some, too.
MOST_CONNECTIONS = 512


class HttpConnection(H11Protocol):
    """HTTP/1.1 on one connection, which is closed when a request, once begun or before the first, does not arrive in time."""

    _deadline: asyncio.TimerHandle | None = None
    # By a clock of its own: that of a loop stands still while the loop takes connections, and then all would have come at once.
    idle_since = 0.0

    @property
    def waiting(self) -> bool:
        """Whether no request is under way here."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def idle(self) -> bool:
        """Whether it holds a place that it can be asked to leave."""
        return self.waiting and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request; where too many do, the one that has waited longest goes."""
        super().connection_made(transport)
        self.idle_since = time.monotonic()
        self._watch()
        if len(self.connections) > MOST_CONNECTIONS:
            idle = [each for each in self.connections if isinstance(each, HttpConnection) and each.idle]
            min(idle, key=lambda each: each.idle_since).transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what arrived, and see whether it was a whole request."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._forget()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begin to wait for another request, which may take as long as an idle connection is kept."""
        self.idle_since = time.monotonic()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Tell a client that speaks no HTTP, where its answer has not begun, and close the connection."""
        if self.cycle is not None:
            # Whatever is under way here answers nobody any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            what = f"this is not HTTP/1.1, or has more than {MOST_HEADER_BYTES >> 10} KB of headers"
            body = json.dumps({"error": {"code": "request", "what": what, "where": None, "do": "send a whole request"}}).encode()
            own = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"connection", b"close"))
            for event in (
                h11.Response(status_code=400, headers=[*own, *HEADERS], reason=b"Bad Request"),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch(self) -> None:
        if not self.waiting or self.transport.is_closing():
            self._forget()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def configured(app: App) -> uvicorn.Config:
    """Return how the server is run: quiet, bounded, one process."""
    asynchronous: Any = app
    return uvicorn.Config(
        asynchronous,
        http=HttpConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
