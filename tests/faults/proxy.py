"""A line between a program and a server, which can be cut, or fall silent, and be there again under the same address."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress
from typing import Self


class Line:
    """Passes on what goes to `port` of this machine; in a `with` block. Its own port stays the same."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._silent = threading.Event()
        self._ended = threading.Event()
        self._listening: socket.socket | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.cut()

    def mend(self) -> None:
        """Listen, and pass everything on."""
        self._silent.clear()
        if self._listening is None:
            self._listening = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listening.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """Close all connections and refuse new ones."""
        if self._listening is not None:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for each in (one for pair in pairs for one in pair):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def fall_silent(self) -> None:
        """Take connections and what is sent on them, and pass nothing on."""
        self._silent.set()

    def _accept(self, listening: socket.socket) -> None:
        while not self._ended.is_set():
            try:
                near, _ = listening.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            with self._lock:
                self._pairs.append((near, far))
            threading.Thread(target=self._pass, args=(near, far), daemon=True).start()

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with suppress(OSError, ValueError):
            while True:
                ready, _, _ = select.select([near, far], [], [], 1)
                for each in ready if not self._silent.is_set() else ():
                    content = each.recv(65536)
                    if not content:
                        raise OSError
                    other[each].sendall(content)
                if self._silent.is_set() and self._ended.wait(0.05):
                    return
        near.close()
        far.close()
