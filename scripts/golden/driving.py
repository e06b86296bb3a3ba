"""Commands of the tree under test, run in this process, and read as a person at a terminal would.

What is imported is what stands first on the path, by `python -m remiss` alone: modules may have any names.
"""

from __future__ import annotations

import io
import os
import re
import runpy
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import remiss

# What a terminal would say of itself; the same everywhere, so that tables have the same width.
TERMINAL = {"COLUMNS": "160", "LINES": "40", "NO_COLOR": "1", "TERM": "dumb", "TZ": "UTC", "REMISS_PROGRESS": "never"}
COMMANDS = re.compile(r"^Commands:\n((?:[ ].*\n?|\n)+)", re.MULTILINE)
FORMATS = re.compile(r"--format \[([a-z|]+)\]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command wrote and how it ended."""

    status: int
    out: str
    err: str


def run(words: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Answer:
    """Run `remiss WORDS` in `folder` and return its answer; the environment has no other `REMISS_` variables than these."""
    out, err = _stream(), _stream()
    with _placed(folder, {**TERMINAL, **environment}), redirect_stdout(out), redirect_stderr(err):
        before, sys.argv = sys.argv, ["remiss", *words]
        try:
            # By its path: where pytest loads remiss as a plugin, its module cannot be run by name.
            runpy.run_path(str(Path(remiss.__file__).with_name("__main__.py")), run_name="__main__")
            status: Any = 0
        except SystemExit as end:
            status = 0 if end.code is None else end.code
        finally:
            sys.argv = before
    return Answer(int(status), _written(out), _written(err))


def walk(folder: Path, path: Sequence[str] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every command and group with its help, found by reading the help of what stands above it."""
    said = run([*path, "--help"], folder=folder, environment={})
    yield tuple(path), said.out
    listed = COMMANDS.search(said.out)
    # A description that goes on in the next line is further to the right than the names are.
    for name in re.findall(r"^ {2}([a-z][a-z0-9-]*)", listed[1] if listed else "", re.MULTILINE):
        yield from walk(folder, (*path, name))


@cache
def formats(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the formats that a command can print its answer in; none when it has only one."""
    found = FORMATS.search(run([*path, "--help"], folder=Path.cwd(), environment={}).out)
    return tuple(found[1].split("|")) if found else ()


def source_of_the_tree() -> str:
    """Return the folder that the package under test is imported from."""
    import remiss

    return str(Path(str(remiss.__file__)).parents[1])


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    held = stream.buffer
    assert isinstance(held, io.BytesIO)
    return held.getvalue().decode("utf-8", "backslashreplace")


@contextmanager
def _placed(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Have the process stand in a folder, with these settings, while the block lasts."""
    here, before = Path.cwd(), dict(os.environ)
    for name in [name for name in before if name.startswith("REMISS_")]:
        del os.environ[name]
    os.environ.update(environment)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)
