"""Asks a server whether it lives, twenty times a second, in a process of its own, and beside it a bare server.

    python -m tests.faces.health PORT < (its end ends the asking)

What is measured in a process that has other things to do is that process; and what the bare server takes is the machine's.
Printed as JSON: for each time the seconds since the beginning, those that the server took, and those that the bare one took.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import select
import socket
import sys
import time
from contextlib import suppress

EVERY_S = 0.05


def bare(listening: socket.socket) -> None:
    """Answer everything with as little as asyncio can."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
        await writer.drain()
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(answer, sock=listening) as server:
            await server.serve_forever()

    asyncio.run(serve())


def took(port: int) -> float:
    """Return the seconds from the connection's beginning to its end, with the whole answer."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), 60) as line:
        line.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % port)
        answer = b"".join(iter(lambda: line.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return time.perf_counter() - began


def main(port: int) -> None:
    """Ask until standard input ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        beside = multiprocessing.get_context("fork").Process(target=bare, args=(listening,), daemon=True)
        beside.start()
        other = listening.getsockname()[1]
        # Who looks at the clock does not wait behind those who are looked at, where it may say so.
        with suppress(PermissionError):
            os.nice(-1)
        began, found = time.perf_counter(), []
        while not select.select([sys.stdin], [], [], EVERY_S)[0]:
            found.append((time.perf_counter() - began, took(port), took(other)))
        beside.terminate()
        beside.join()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
