"""Timing two sides in turn, and the page where figures are kept."""

from __future__ import annotations

import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

WORK = Path(__file__).parent / ".work"
# Where the key of every catalog here lies: what is written is sealed, and a server's database has no place beside it.
KEYS = WORK / "keys"
PAGE = Path(__file__).parent / "RESULTS.md"
VERDICT = {None: "", True: "yes", False: "NO"}
REPEATS = int(os.environ.get("BENCH_REPEATS", "5"))


@dataclass(frozen=True)
class Figure:
    """One promise: what was measured, the bound, and whether it holds."""

    name: str
    measured: str
    bound: str
    holds: bool | None
    detail: str = ""


@dataclass(frozen=True)
class Timed:
    """One run of a child process: wall seconds, its peak resident memory in MB, and what all its threads computed for."""

    seconds: float
    peak_mb: float
    processor_seconds: float


def child(*arguments: str) -> Timed:
    """Run a module of this package in a process of its own and measure it whole.

    A process of its own, because peak memory is a figure of processes and caches must not help the second side.
    """
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {process.returncode}")
    return Timed(seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime)


def alternate(*sides: Callable[[], Timed]) -> list[list[Timed]]:
    """Run the sides in turn, after one unmeasured round, and return the runs of each."""
    for side in sides:
        side()
    runs: list[list[Timed]] = [[] for _ in sides]
    for _ in range(REPEATS):
        for at, side in enumerate(sides):
            runs[at].append(side())
    return runs


def same(name: str, ours: Sequence[object], by_hand: Sequence[object]) -> None:
    """Check that both sides answer the same, for otherwise they are not worth timing; names the first row that differs."""
    for row, (one, other) in enumerate(zip_longest(ours, by_hand, fillvalue="nothing"), 1):
        if one != other:
            sys.exit(f"{name}: the two sides differ in row {row}: {one} and by hand {other}")


def medians(calls: Sequence[Callable[[], object]], repeats: int = 0) -> list[float]:
    """Return the median milliseconds of each call, taken in turn within this process."""
    times: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call()
    for _ in range(repeats or REPEATS):
        for at, call in enumerate(calls):
            times[at].append(timed(call))
    return [statistics.median(each) for each in times]


def timed(call: Callable[[], object]) -> float:
    """Return the milliseconds of one call."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def seconds(runs: Sequence[Timed]) -> float:
    """Return the median wall seconds."""
    return statistics.median(run.seconds for run in runs)


def processor(runs: Sequence[Timed]) -> float:
    """Return the median processor seconds, which tell work from waiting for others who use the machine."""
    return statistics.median(run.processor_seconds for run in runs)


def peak(runs: Sequence[Timed]) -> float:
    """Return the greatest peak memory in MB: a limit is a limit in every run."""
    return max(run.peak_mb for run in runs)


def ratio(left: Sequence[Timed], right: Sequence[Timed]) -> float:
    """Return the median of the ratios pair by pair: it holds when the machine's speed drifts."""
    return statistics.median(a.seconds / b.seconds for a, b in zip(left, right, strict=True))


def machine() -> str:
    """Return in words what this was measured on."""
    model = "unknown processor"
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        model = found[1] if found else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GB, Python {platform.python_version()}"


def write(section: str, figures: Sequence[Figure], repeats: int = REPEATS) -> None:
    """Put the figures of one script into RESULTS.md, in place of its earlier ones, and print them."""
    lines = [
        f"## {section}",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, medians of {repeats}.",
        "",
        "| figure | measured | bound | holds |",
        "| --- | --- | --- | --- |",
        *(f"| {figure.name} | {figure.measured} | {figure.bound} | {VERDICT[figure.holds]} |" for figure in figures),
        "",
        *(f"- {figure.name}: {figure.detail}" for figure in figures if figure.detail),
    ]
    text = PAGE.read_text() if PAGE.exists() else "# Measured\n\nWritten by `make bench`; see README.md for what each means.\n"
    kept = [part for part in re.split(r"(?m)^(?=## )", text) if not part.startswith(f"## {section}\n")]
    PAGE.write_text("\n".join(part.rstrip() + "\n" for part in [*kept, "\n".join(lines)]))
    print("\n".join(lines))


def own_peak_mb() -> float:
    """Return the peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
