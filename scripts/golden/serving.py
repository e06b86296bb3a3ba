"""A server of the tree under test, in a process of its own: `remiss serve`, whose statements are written to a file.

Run as a module it is that process: `python -m scripts.golden.serving FILE serve --port 0`. For each line that comes by standard
input it appends to FILE what was asked of the database since.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from scripts.golden.databases import Place
from scripts.golden.driving import TERMINAL, source_of_the_tree
from scripts.golden.fixing import fix_clock, fix_randomness
from scripts.golden.statements import watch

TOKEN = "a-token-that-only-a-record-knows-of"  # noqa: S105 - of a server that lives for a minute
SERVING = re.compile(r"http://127\.0\.0\.1:(\d+)/")


@dataclass
class Served:
    """A catalog that is being served."""

    port: int
    _child: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, token: str | None) -> httpx.Client:
        """Return a client of somebody with a token, or of a stranger, that says it comes from this server's own pages."""
        headers = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", "X-Request-Id": "golden"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return httpx.Client(base_url=self.url, headers=headers, timeout=120)

    def asked(self) -> dict[str, Any]:
        """Return what the server has asked of its database since the last time."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write("\n")
        self._child.stdin.flush()
        found: dict[str, Any] = json.loads(self._child.stdout.readline())
        return found


@contextmanager
def served(place: Place) -> Iterator[Served]:
    """Serve the catalog of a place while the block lasts."""
    scripts = str(Path(__file__).resolve().parents[2])
    environment: Mapping[str, str] = {
        **{name: value for name, value in os.environ.items() if not name.startswith("REMISS_")},
        **TERMINAL,
        **place.environment,
        "REMISS_TOKEN": TOKEN,
        "PYTHONPATH": os.pathsep.join((source_of_the_tree(), scripts)),
    }
    command = [sys.executable, "-m", "scripts.golden.serving", "serve", "--port", "0"]
    said: list[str] = []
    with subprocess.Popen(
        command,
        cwd=place.folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as child:
        assert child.stderr is not None
        port = None
        for line in child.stderr:
            said.append(line)
            if found := SERVING.search(line):
                port = int(found[1])
                break
        if port is None:
            raise RuntimeError(f"the server did not start: {''.join(said)}")
        rest = threading.Thread(target=_drained, args=(child.stderr,), daemon=True)
        rest.start()
        try:
            yield Served(port, child)
        finally:
            child.terminate()
            child.wait(60)
            rest.join(10)


def _drained(stream: Any) -> None:
    """Pass on what a server says beyond how to reach it, which is what went wrong."""
    for line in stream:
        if "sign in" not in line:
            sys.stderr.write(f"server: {line}")


def main(words: list[str]) -> None:
    """Be the server."""
    fix_clock()
    fix_randomness("server")
    take = watch()

    def answer() -> None:
        # The answers of the pipe are the only thing that this process writes to it.
        for _ in sys.stdin:
            sys.stdout.write(json.dumps(take().figures) + "\n")
            sys.stdout.flush()

    threading.Thread(target=answer, daemon=True).start()
    sys.argv = ["remiss", *words]
    runpy.run_module("remiss", run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
