"""Stock Firefox, driven by what it speaks itself: WebDriver BiDi, which is JSON over a WebSocket.

Playwright has a patched Firefox of its own, and what it asks of a stock one Debian's does not know yet. What the tests need is
little: to open a page, to ask it something, to press keys, and to hear what goes wrong in its scripts.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

PROGRAM = "REMISS_TEST_FIREFOX"
PROGRAMS = ("firefox-esr", "firefox")
PATIENCE = 30.0  # seconds
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004"}
LISTENING = re.compile(r"WebDriver BiDi listening on ws://([\d.]+):(\d+)")


def program() -> str | None:
    """Return where Firefox is, if it is anywhere."""
    named = (os.environ[PROGRAM],) if PROGRAM in os.environ else PROGRAMS
    return next(filter(None, map(shutil.which, named)), None)


class Firefox:
    """A running Firefox with one page; `faults` is what went wrong in the scripts of the pages."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /session HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._file = self._socket.makefile("rb")
        assert b" 101 " in self._file.readline()
        while self._file.readline().strip():
            pass
        self._asked = 0
        self.faults: list[str] = []
        self.version: str = self.ask("session.new", capabilities={})["capabilities"]["browserVersion"]
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.page: str = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **parameters: Any) -> Any:
        """Have a command done, and return its result."""
        self._asked += 1
        self._send(json.dumps({"id": self._asked, "method": method, "params": parameters}).encode())
        while True:
            said = json.loads(self._receive())
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.faults.append(said["params"]["text"])
            if said.get("id") == self._asked:
                assert said["type"] == "success", said
                return said["result"]

    def open(self, address: str) -> None:
        """Open a page, and wait until it is loaded."""
        self.ask("browsingContext.navigate", context=self.page, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """Return what an expression is in the page, by way of JSON."""
        wrapped = f"(async () => JSON.stringify(await ({expression}) ?? null))()"
        found = self.ask("script.evaluate", expression=wrapped, target={"context": self.page}, awaitPromise=True)
        assert found["type"] == "success", found
        return json.loads(found["result"]["value"])

    def until(self, expression: str) -> None:
        """Wait until an expression holds in the page."""
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.05)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, each a letter or a name of `KEYS`."""
        acts = [{"type": act, "value": KEYS.get(key, key)} for key in keys for act in ("keyDown", "keyUp")]
        self.ask("input.performActions", context=self.page, actions=[{"type": "key", "id": "keyboard", "actions": acts}])

    def keep(self, name: str, value: str, host: str) -> None:
        """Keep a cookie."""
        self.ask("storage.setCookie", cookie={"name": name, "value": {"type": "string", "value": value}, "domain": host})

    def close(self) -> None:
        """Have Firefox end as when a person quits it: what its pages keep is written by then."""
        self.ask("browser.close")
        self._file.close()
        self._socket.close()

    def _send(self, content: bytes) -> None:
        # A client's frames are masked, and Firefox hears none that is masked by zeros. None of a test has more than 65,535 bytes.
        size, mask = len(content), os.urandom(4)
        length = struct.pack(">B", 0x80 | size) if size < 126 else struct.pack(">BH", 0xFE, size)
        self._socket.sendall(b"\x81" + length + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(content)))

    def _receive(self) -> bytes:
        content = b""
        while True:
            first, size = self._file.read(2)
            if size >= 126:
                size = int.from_bytes(self._file.read(2 if size == 126 else 8))
            piece = self._file.read(size)
            if first & 0x0F in {0, 1}:
                content += piece
                if first & 0x80:
                    return content


# It asks nothing of its maker's servers, and keeps what is stored at once.
QUIET = {
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}


@contextmanager
def started(found: str, profile: Path) -> Iterator[Firefox]:
    """Give a Firefox without a window, with what it kept in a folder of its own, until the block ends."""
    profile.mkdir(exist_ok=True)
    wishes = "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in QUIET.items())
    (profile / "user.js").write_text(wishes, encoding="utf-8")
    command = [found, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        try:
            where = next(filter(None, map(LISTENING.search, running.stderr)), None)
            assert where is not None, "Firefox ended before it listened"
            with closing(Firefox(where[1], int(where[2]))) as one:
                yield one
            running.communicate(timeout=PATIENCE)
        finally:
            running.kill()
