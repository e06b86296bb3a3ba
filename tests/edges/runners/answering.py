"""A server for models, in a thread: it answers as it should, or does to a client whatever the path names."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

BOMB = gzip.compress(b'"' + b"x" * 200_000_000 + b'"', 1)


@dataclass
class Seen:
    """What was asked: path, headers, body, and when."""

    path: str
    headers: dict[str, str]
    body: Any
    at: float


@dataclass
class Answering:
    """A server that runs, and what it was asked."""

    port: int
    seen: list[Seen] = field(default_factory=list)
    # By path how many requests are still to be refused, with which status and headers.
    refusing: dict[str, tuple[int, int, dict[str, str]]] = field(default_factory=dict)
    together: int = 0
    most_together: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    here: Answering
    lock = threading.Lock()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(content)
        path = urlsplit(self.path).path
        with self.lock:
            self.here.seen.append(Seen(path, dict(self.headers), body, time.monotonic()))
            self.here.together += 1
            self.here.most_together = max(self.here.most_together, self.here.together)
        try:
            left, status, headers = self.here.refusing.get(path, (0, 0, {}))
            if left:
                self.here.refusing[path] = (left - 1, status, headers)
                self._send(status, b"busy", headers)
            else:
                getattr(self, "on_" + path.strip("/").split("/")[0].replace("-", "_"))(body)
        finally:
            with self.lock:
                self.here.together -= 1

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode())

    def on_echo(self, body: Any) -> None:
        self._json(body)

    def on_batch(self, body: Any) -> None:
        if any(row.get("do") == "fail" for row in body["rows"]):
            self._send(500, b"no such carrier")
        elif any(row.get("do") == "hang" for row in body["rows"]):
            time.sleep(1)
        else:
            few = [row for row in body["rows"] if row.get("do") != "lose"]
            self._json({"answers": [{"said": row.get("x"), "sure": 0.5} for row in few]})

    def on_slow(self, body: Any) -> None:
        time.sleep(0.05)
        self._json(body)

    def on_constant(self, _: Any) -> None:
        self._send(200, b'{"output": NaN}')

    def on_text(self, _: Any) -> None:
        self._send(200, b"<html>")

    def on_secret(self, _: Any) -> None:
        self._send(401, f"who is {self.headers['Authorization']}?".encode())

    def on_hang(self, _: Any) -> None:
        time.sleep(1)

    def on_close(self, _: Any) -> None:
        self.close_connection = True

    def on_endless(self, _: Any) -> None:
        self._chunks(b'"' + b"x" * 10_000, 0)

    def on_drip(self, _: Any) -> None:
        self._chunks(b" ", 0.02)

    def on_head(self, _: Any) -> None:
        while True:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: "[:1])
            time.sleep(0.02)

    def _chunks(self, chunk: bytes, wait: float) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        end = time.monotonic() + 5
        while time.monotonic() < end:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            time.sleep(wait)

    def on_bomb(self, _: Any) -> None:
        self._send(200, BOMB, {"Content-Encoding": "gzip"})

    def on_packed(self, body: Any) -> None:
        self._send(200, gzip.compress(json.dumps(body).encode()), {"Content-Encoding": "gzip"})

    def on_odd(self, _: Any) -> None:
        self._send(200, b"x", {"Content-Encoding": "br"})

    def on_to(self, _: Any) -> None:
        self._send(307, b"", {"Location": self.path.partition("?")[2]})

    def on_see_other(self, _: Any) -> None:
        self._send(302, b"", {"Location": "/echo"})

    def on_v2(self, body: Any) -> None:
        [*tensors] = body["inputs"]
        count = tensors[0]["shape"][0]
        data = [sum(tensor["data"][at] for tensor in tensors) for at in range(count)]
        sure = [[0.25]] * count
        self._json({"outputs": [{"name": "delay", "shape": [count], "data": data}, {"name": "sure", "data": sure}]})

    def on_v1(self, body: Any) -> None:
        said = json.dumps({"late": body["messages"][-1]["content"], "p": 0.5})
        self._json({"choices": [{"message": {"role": "assistant", "content": said}}]})


@contextmanager
def answering(context: ssl.SSLContext | None = None) -> Iterator[Answering]:
    """Give a server on a free port of this machine, by TLS where a context is given."""
    here = Answering(0)
    handler = type("Handler", (_Handler,), {"here": here})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        here.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()
