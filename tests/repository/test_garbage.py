"""A server that looks for garbage: what outlives a search is left out of the next ones, and found all the same in the end."""

from __future__ import annotations

import subprocess
import sys

import pytest

SPARED = """
import gc, weakref
from remiss import opening

class Node: pass

def lost():
    node = Node()
    node.itself = node
    gc.collect()
    return weakref.ref(node)
"""

QUIET = """
opening.SEARCHES = 4
with opening.ready_to_serve() as nobody_asks:
    gc.disable()
    seen = lost()
    spared = gc.get_freeze_count()
    found = []
    for _ in range(5):
        nobody_asks()
        found.append(seen() is None)
        gc.collect()
        found.append(seen() is None)
print(spared > 0, found.index(True), gc.get_freeze_count())
"""

# Nobody is ever quiet: only what has grown several times is searched again.
BUSY = """
opening.SEARCHES = 4
with opening.ready_to_serve():
    gc.disable()
    seen = lost()
    for _ in range(40):
        gc.collect()
    kept = seen() is not None
    more = [[] for _ in range(opening.MOST_GROWTH * gc.get_freeze_count() + 1_000)]
    gc.collect()
    gc.collect()
print(kept, seen() is None)
"""

SERVED = """
import asyncio, gc, httpx, socket, threading, uvicorn, weakref
from remiss.faces.server import ResponsiveServer

opening.SEARCHES = 2
during = []

async def app(scope, receive, send):
    gc.collect()
    gc.collect()
    await asyncio.sleep(0.4)
    during.append(seen() is None)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})

with opening.ready_to_serve() as nobody_asks, socket.create_server(("127.0.0.1", 0)) as bound:
    gc.disable()
    seen = lost()
    server = ResponsiveServer(uvicorn.Config(app, lifespan="off", log_config=None), nobody_asks)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    httpx.get(f"http://127.0.0.1:{bound.getsockname()[1]}/", timeout=30)
    for _ in range(100):
        if seen() is None:
            break
        threading.Event().wait(0.1)
    server.should_exit = True
    thread.join()
print(*during, seen() is None)
"""


def told(script):
    answer = subprocess.run([sys.executable, "-c", SPARED + script], capture_output=True, text=True, timeout=60, check=True)
    return answer.stdout.split()


def test_what_outlives_a_search_is_spared_until_some_later_and_nobody_asks():
    # The first search is that of `lost`; the third of those that follow is the fourth, and the next quiet moment takes in all.
    assert told(QUIET) == ["True", "6", "0"]


def test_where_somebody_asks_all_the_time_what_is_spared_does_not_grow_without_end():
    assert told(BUSY) == ["True", "True"]


@pytest.mark.slow(reason="a process of its own that serves")
def test_a_server_takes_in_all_when_no_request_is_under_way_and_never_during_one():
    assert told(SERVED) == ["False", "True"]
