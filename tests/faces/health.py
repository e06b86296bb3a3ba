"""Asks a server whether it lives, twenty times a second, in a process of its own: at its health port, and at the server itself.

    python -m tests.faces.health HEALTH_PORT PORT < (its end ends the asking)

What is measured in a process that has other things to do is that process. Printed as JSON: for each time the seconds since the
beginning, those that the health port took, and those that the server itself took.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from contextlib import suppress

EVERY_S = 0.05


def took(port: int) -> float:
    """Return the seconds from the connection's beginning to its end, with the whole answer."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), 60) as line:
        line.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % port)
        answer = b"".join(iter(lambda: line.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return time.perf_counter() - began


def main(health_port: int, port: int) -> None:
    """Ask until standard input ends."""
    # Who looks at the clock does not wait behind those who are looked at, where it may say so.
    with suppress(PermissionError):
        os.nice(-10)
    # What answers at the health port starts beside the server: whoever asks first waits for that.
    took(health_port)
    began, found = time.perf_counter(), []
    while not select.select([sys.stdin], [], [], EVERY_S)[0]:
        found.append((time.perf_counter() - began, took(health_port), took(port)))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
