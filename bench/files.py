"""What it takes to notice nothing: `remiss status`, and what is due, of a log of 10,000 files that are what they were.

Files are listed and not opened, so that it takes about as long as a listing and one statement. Beside it stands what the first
look took, which reads every footer; and what a look, and a capture of its window, take more after one more file has come.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import remiss
from bench import results
from bench.results import WORK, Figure
from remiss import capture
from remiss.errors import IntervalError
from remiss.workspace import Workspace

FILES = 10_000
BOUND_SECONDS = 0.3
# What one new file among them may cost more.
NEW_SECONDS = 0.5
WEEK = timedelta(weeks=1)
START = datetime(2013, 6, 3, tzinfo=UTC)
TEXT = """\
protocol: many-files
version: 1
about: A log of many small files.
model: many-files
source: {name: many-files, format: parquet, uri: "log/**/*.parquet"}
fields: {id: id, time: at, output: said, latency_ms: latency_ms}
criteria:
  - {name: slow, kind: latency, when: latency_ms > 250, severity: 3, why: Somebody waits.}
sampling: {window: 1 week, keep: 5, control: 5, undecided: 5, population: 50, seed: "2026"}
"""


def measure() -> list[Figure]:
    """Measure a catalog of a log of many files and return the figures."""
    folder = WORK / "files"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    protocol = write_log(folder, FILES)
    with remiss.open(str(folder / "remiss.db"), environment={"REMISS_KEYS": str(results.KEYS)}, create=True) as ws:
        first = processor(lambda: capture.due(ws, protocol))
        for since, until in capture.due(ws, protocol):
            capture.capture(ws, protocol, since=since, until=until)
        taken, due = (middle(ws, asked) for asked in (capture.status, lambda ws: capture.due(ws, protocol)))
        idle = middle(ws, lambda ws: captured(ws, protocol))
        seen, drawn = [], []
        for at in range(5):
            write_file(folder / "log" / f"late-{at}.parquet", FILES)
            seen.append(processor(lambda: capture.status(ws)))
            drawn.append(processor(lambda: captured(ws, protocol)))
        looking, capturing = sorted(seen)[2] - taken, sorted(drawn)[2] - idle
    shutil.rmtree(folder)
    return [
        Figure(
            f"status, and what is due, of a log of {FILES:,} files that are what they were",
            f"{taken:.2f} and {due:.2f} processor seconds; the first look at them {first:.1f}",
            f"{BOUND_SECONDS} s",
            max(taken, due) < BOUND_SECONDS,
        ),
        Figure(
            f"status, and a capture, with one new file among {FILES:,}, more than without",
            f"{looking:.2f} and {capturing:.2f} processor seconds; without {taken:.2f} and {idle:.2f}",
            f"{NEW_SECONDS} s",
            max(looking, capturing) < NEW_SECONDS,
        ),
    ]


def captured(ws: Workspace, protocol: str) -> None:
    """Capture what is due, if anything is."""
    with suppress(IntervalError):
        capture.capture(ws, protocol)


def middle(ws: Workspace, asked: Callable[[Workspace], object]) -> float:
    """Return the processor seconds that a question takes in a process that has asked it before; the median of five."""
    asked(ws)
    return sorted(processor(lambda: asked(ws)) for _ in range(5))[2]


def processor(asked: Callable[[], object]) -> float:
    """Return the processor seconds that a question takes."""
    began = time.process_time()
    asked()
    return time.process_time() - began


def write_log(folder: Path, files: int) -> str:
    """Write a log of so many files of two events each, a folder of 100 of them for each week, and a protocol; return its path."""
    for at in range(files):
        week = folder / "log" / f"week={at // 100:03}"
        week.mkdir(parents=True, exist_ok=True)
        write_file(week / f"part-{at:05}.parquet", at)
    document = folder / "many-files.yaml"
    document.write_text(TEXT)
    return str(document)


def write_file(file: Path, at: int) -> None:
    """Write a file of two events in the middle of its week."""
    moment = START + (at // 100) * WEEK + timedelta(days=3)
    columns = {
        "id": [f"e{at}-1", f"e{at}-2"],
        "at": [moment, moment + timedelta(hours=1)],
        "said": ["on-time", "late"],
        "latency_ms": [float(at % 300), 20.0],
    }
    pq.write_table(pa.table(columns), file)
