"""A model that does what it is asked to do: by the value of `do`, all that no model should. It runs in a process of its own."""

from __future__ import annotations

import ctypes
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def predict(rows: list[dict[str, Any]]) -> Any:
    """Answer each row with its `x`, unless one says otherwise."""
    answers = []
    for row in rows:
        todo = row.get("do")
        if todo in BATCH:
            return BATCH[todo](answers, rows)
        answers.append(ROW[todo](row) if todo in ROW else row.get("x"))
    return answers


def hang(*_: object) -> None:
    time.sleep(60)


def allocate(*_: object) -> None:
    held = []
    while True:
        held.append(bytes(50_000_000))


def shout(*_: object) -> None:
    line = b"x" * (1 << 20)
    for _ in range(1 << 10):
        os.write(1, line)
    os.write(2, b"\nthat was a gigabyte")
    os._exit(4)


def fail(*_: object) -> None:
    raise ValueError("no such carrier")


def leave(*_: object) -> None:
    sys.exit("I quit")


def write_where_answers_go(*_: object) -> None:
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"\xff" * 64)
        except OSError:
            continue
    time.sleep(60)


def forever(answers: list[Any], _: object) -> Any:
    yield from answers
    while True:
        yield 1


def contained(_: object) -> Any:
    held: list[Any] = []
    held.append(held)
    return held


def deep(_: object) -> Any:
    held: list[Any] = []
    for _ in range(100_000):
        held = [held]
    return held


BATCH = {
    "hang": hang,
    "die": lambda *_: os._exit(3),
    "crash": lambda *_: ctypes.string_at(0),
    "allocate": allocate,
    "shout": shout,
    "fail": fail,
    "leave": leave,
    "too few": lambda answers, _: answers,
    "too many": lambda answers, rows: [1] * (len(rows) + 1),
    "without end": forever,
    "no list": lambda *_: "on-time",
    "nothing": lambda *_: None,
    "protocol": write_where_answers_go,
}
ROW = {
    "nan": lambda _: float("nan"),
    "infinite": lambda _: {"output": 1, "confidence": float("inf")},
    "object": lambda _: object(),
    "bytes": lambda _: b"late",
    "set": lambda _: {1, 2},
    "surrogate": lambda _: "\ud800",
    "itself": contained,
    "deep": deep,
    "much": lambda _: "x" * 100_000,
    "unsure": lambda _: {"output": 1, "confidence": "high"},
    "large number": lambda _: 10**5000,
    "sure": lambda row: {"output": row.get("x"), "confidence": 0.75},
    "chance": lambda _: random.random(),  # noqa: TID251 - it is what is seeded
    "process": lambda _: os.getpid(),
    "environment": lambda _: dict(os.environ),
    "path": lambda _: [str(Path.cwd()), *sys.path],
    "standard": lambda _: sys.stdin.read(),
}


def parent(rows: list[dict[str, Any]]) -> Any:
    """Start a process of its own, write down both, and hang."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(rows[0]["x"]).write_text(f"{os.getppid()} {os.getpid()} {child.pid}", "utf-8")
    time.sleep(60)
