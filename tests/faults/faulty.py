"""Commands whose k-th call to the disk fails, kills them, or is the last of which anything is left.

One process has loaded what commands need, with the shim before the C library, and forks for each command. SQLite and DuckDB write
from C, so that the calls are met below Python (`shim.c`).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).with_name("shim.c")
LOADED = (
    *("remiss.faces.cli.main", "remiss.capture.actions", "remiss.edges.engines.duckdb", "remiss.edges.stores.store"),
    *("remiss.edges.stores.filing", "remiss.edges.stores.migrating", "remiss.edges.vaults.folder", "remiss.backup"),
    *("remiss.curate.labelling_actions", "remiss.catalog.actions", "remiss.govern.actions", "remiss.govern.audit_actions"),
    *("pyarrow.parquet", "psycopg", "sqlalchemy.dialects.postgresql", "tests.faults.worlds"),
)
KILLED = 0
# What is made by chance in the names of files.
BY_CHANCE = re.compile(r"[0-9a-f]{8,}(-[0-9a-f]{4,})*")


@dataclass(frozen=True)
class Fault:
    """What happens to calls on what lies under `under`: from call `at` on, that one alone or `all`, `error` or the end.

    With `log`, a folder, all calls are noted there, and what is durable after each.
    """

    under: str
    error: int = KILLED
    at: int = 0
    all: bool = False
    log: str = ""

    def __str__(self) -> str:
        what = "killed" if self.error == KILLED else errno.errorcode[self.error]
        return f"{what} {'from' if self.all else 'at'} call {self.at}"


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, or minus the signal; and what it said."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Call:
    """A call to the disk: its number, what it does, and the path, in which what is made by chance is left out."""

    number: int
    kind: str
    path: str


def shim(folder: Path) -> Path:
    """Return the shim, compiled once into a folder of the run."""
    built = folder / "shim.so"
    with (folder / "shim.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            command = ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(built), str(SOURCE), "-ldl"]
            try:
                subprocess.run(command, check=True, capture_output=True, text=True)
            except FileNotFoundError:
                raise RuntimeError("these tests compile a few lines of C: install a C compiler that is called cc") from None
    return built


class FaultyCommands:
    """The process that forks; in a `with` block."""

    def __init__(self, folder: Path) -> None:
        self._shim = shim(folder)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.faulty", str(self._shim)],
            cwd=ROOT,
            env={**os.environ, "LD_PRELOAD": str(self._shim)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def run(self, typed: Sequence[str], environment: Mapping[str, str], fault: Fault | None = None) -> Ended:
        """Run a command to its end, with a fault or without."""
        return Ended(**self._ask({"typed": list(typed), "fault": None if fault is None else asdict(fault)}, environment))

    def ask(self, work: str, environment: Mapping[str, str], *arguments: str) -> Any:
        """Return what a function of `worlds` tells, without faults."""
        told = Ended(**self._ask({"work": work, "arguments": arguments, "fault": None}, environment))
        if told.status:
            raise AssertionError(told.err)
        return json.loads(told.out)

    def calls(self, typed: Sequence[str], environment: Mapping[str, str], under: Path, log: Path) -> list[Call]:
        """Run a command without faults, and return its calls."""
        done = self.run(typed, environment, Fault(under=str(under), log=str(log)))
        assert done.status == 0, done.err
        return list(calls_in(log, under))

    def _ask(self, what: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([what, dict(environment)]) + "\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


def calls_in(log: Path, under: Path) -> Iterator[Call]:
    """Yield the calls that a log has."""
    for line in (log / "log").read_text().splitlines():
        number, kind, what = line.split(" ", 2)
        if kind not in {"N", "F", "D"}:
            yield Call(int(number), kind, BY_CHANCE.sub("*", what.removeprefix(str(under))))


def telling(calls: Sequence[Call]) -> list[int]:
    """Return the numbers of the calls that may differ in what comes of them: first, second and last of each row of alike ones."""
    chosen: set[int] = set()
    row: list[Call] = []
    for call in [*calls, Call(0, "", "")]:
        if row and (call.kind, call.path) != (row[0].kind, row[0].path):
            chosen |= {row[0].number, row[min(1, len(row) - 1)].number, row[-1].number}
            row = []
        row.append(call)
    return sorted(chosen)


def _forked(what: dict[str, Any], environment: Mapping[str, str], library: ctypes.CDLL) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        if (child := os.fork()) == 0:
            _become(what, environment, library, out.fileno(), err.fileno())
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        return {"status": status, "out": out.read(), "err": err.read()}


def _become(what: dict[str, Any], environment: Mapping[str, str], library: ctypes.CDLL, out: int, err: int) -> None:
    """Do what was asked for in this process, which ends with it."""
    status = 70
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.environ.update(environment)
        if "work" in what:
            told = getattr(importlib.import_module("tests.faults.worlds"), what["work"])(*what["arguments"])
            sys.stdout.write(json.dumps(told))
            status = 0
        else:
            if what["fault"] is not None:
                fault = Fault(**what["fault"])
                library.fault_arm(fault.under.encode(), fault.error, fault.at, int(fault.all), fault.log.encode())
            status = importlib.import_module("remiss.faces.cli.main").run(what["typed"])
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - a fork must not go on with what its parent was about
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def main(library: str) -> None:
    """Be the process that forks."""
    preloaded = ctypes.CDLL(library)
    preloaded.fault_arm.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_long, ctypes.c_int, ctypes.c_char_p]
    for module in LOADED:
        importlib.import_module(module)
    for line in sys.stdin:
        print(json.dumps(_forked(*json.loads(line), preloaded)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
