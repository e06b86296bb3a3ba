"""Capturing a log: remiss, and hand-written SQL with the same outputs; DuckDB's own filtered COPY beside them."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import uuid
from pathlib import Path

from bench import capture_log, results
from bench.results import WORK, Figure, Timed

HERE = Path(__file__).parent
ROWS = int(os.environ.get("BENCH_ROWS", "20000000"))
LIMITS = {"memory_limit": "600MB", "threads": "2"}


def floor() -> None:
    """Run capture_floor.sql."""
    run_sql((HERE / "capture_floor.sql").read_text())


def copy() -> None:
    """Run a filtered COPY of all columns: about what a log's reader and writer cost alone."""
    run_sql("COPY (SELECT * FROM read_parquet('log/*.parquet') WHERE latency_ms > 215) TO 'copy.parquet' (FORMAT parquet)")


def capture(protocol: str = "capture.yaml") -> None:
    """Run the capture of a protocol into the new catalog that REMISS_CATALOG names."""
    import remiss
    from remiss.capture import actions

    with remiss.open() as ws:
        run = actions.capture(ws, protocol, since=capture_log.SINCE, until=capture_log.UNTIL)
        if run.manifest.rows != ROWS or run.events_new < 1000:
            sys.exit(f"the capture read {run.manifest.rows} rows and filed {run.events_new} events")


def new_catalog() -> None:
    """Make an empty catalog for the next capture and let the environment name it.

    A new one each time, and all removed at the end: for five minutes ext4 avoids the inodes of files just removed, and
    looking for others makes thousands of small files many times slower.
    """
    import remiss

    os.environ |= {f"REMISS_{name.upper()}": value for name, value in LIMITS.items()}
    os.environ["REMISS_CATALOG"] = f"bench-{uuid.uuid4().hex}.db"
    remiss.open(create=True).close()


def clear() -> None:
    """Remove the catalogs of all runs from the working folder."""
    for old in Path().glob("bench-*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()


def run_sql(text: str) -> None:
    """Run SQL in an engine with the limits that captures have."""
    import duckdb

    connection = duckdb.connect(config={**LIMITS, "temp_directory": "spill"})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(text)


def measure() -> list[Figure]:
    """Measure both sides and return the figures."""
    WORK.mkdir(exist_ok=True)
    capture_log.generate(WORK / "log", ROWS)
    shutil.copy(HERE / "capture.yaml", WORK / "capture.yaml")
    os.environ["PYTHONPATH"] = str(HERE.parent)
    os.chdir(WORK)
    ours, by_hand, copied = results.alternate(lambda: _side("capture"), lambda: _side("floor"), lambda: _side("copy"))
    ratio = results.ratio(ours, by_hand)
    beside = results.ratio(by_hand, copied)
    peak = results.peak(ours)
    return [
        Figure(
            f"capture of {ROWS:,} rows, 20 columns, six criteria",
            f"{results.seconds(ours):.1f} s; by hand {results.seconds(by_hand):.1f} s; ratio {ratio:.2f}",
            "1.25",
            ratio <= 1.25,
            f"processor time {results.processor(ours):.1f} s, by hand {results.processor(by_hand):.1f} s; "
            f"the hand-written SQL takes {beside:.1f} times DuckDB's filtered COPY ({results.seconds(copied):.1f} s)",
        ),
        Figure(f"peak memory, memory_limit={LIMITS['memory_limit']}", f"{peak:.0f} MB", "1000 MB", peak < 1000),
    ]


def _side(name: str) -> Timed:
    if name == "capture":
        new_catalog()
    return results.child("-m", "bench.capture", name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=["capture", "floor", "copy"])
    {"capture": capture, "floor": floor, "copy": copy}[parser.parse_args().side]()
